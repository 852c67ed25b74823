"""Finds and downloads models through the user's own MLflow: the publisher runs `python -c <this text>`.

Standard input is a socket: requests come as lines of JSON, and each is answered by one. Whatever libraries print goes
elsewhere. The first line out says that MLflow is there, or that it isn't.
"""

import sys

# `-c` puts the current folder first on the path, where a `json.py` may be anybody's.
sys.path[:] = [entry for entry in sys.path if entry != ""]

import json
import os
import queue
import re
import shutil
import socket
import threading

# What is downloaded is named by the publisher; this file of MLflow's would make two downloads of one model differ.
_META = "registered_model_meta"
_ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "BAD_REQUEST", "NOT_FOUND"}
_LONGEST = 500
# An address in a message, up to the next space or quote; and a path with a query, of an address whose host was cut off.
_ADDRESS = re.compile(r"""//([^\s"'`<>]*)""")
_QUERY = re.compile(r"""(/[^\s"'`<>?#]*)[?#][^\s"'`<>)]*""")


def _follow(requests, waiting):
    """Hands requests on. Their end means that the publisher is gone: so is what was downloaded for it."""
    folders = []
    for line in requests:
        request = json.loads(line)
        folders.append(request.get("folder"))
        waiting.put(request)
    for folder in filter(None, folders):
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _find(client, request):
    """The registered version that the request means."""
    name, which, value = request["name"], request["which"], request["value"]
    if which == "alias":
        return client.get_model_version_by_alias(name, value)
    if which == "version":
        return client.get_model_version(name, value)
    quote = '"' if "'" in name else "'"
    query = f"name={quote}{name}{quote}"
    found = client.search_model_versions(query, order_by=["version_number DESC"])
    found = [version for version in found if which == "newest" or version.current_stage.lower() == value.lower()]
    if not found:
        # For a name that isn't there, the registry says so.
        client.get_registered_model(name)
        raise LookupError(f"the model {name} has no version" + ("" if which == "newest" else f" in stage {value}"))
    return max(found, key=lambda version: int(version.version))


def _answer(mlflow, request):
    answer = {}
    uri = request.get("uri")
    if "name" in request:
        found = _find(mlflow.MlflowClient(), request)
        version = str(found.version)
        # A registered model that is deleted and made again counts from 1 again.
        answer = {"version": version, "stamp": f"{version}/{found.creation_timestamp}"}
        uri = "/".join(filter(None, [f"models:/{request['name']}/{version}", request["below"]]))
    if "folder" in request:
        path = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=request["folder"])
        if os.path.isdir(path) and os.path.exists(os.path.join(path, _META)):
            os.unlink(os.path.join(path, _META))
        answer["path"] = path
    return answer


def _shown(address):
    """What may be shown of what follows an address's `//`; when in doubt less. For a password may hold anything."""
    rest = address[1]
    head, *query = re.split("[?#]", rest, maxsplit=1)
    is_plain = re.fullmatch(r"(\[[^\]@]*\]|[^@/\\:\[]+)(:\d+)?/[^@]*", head)
    if query and not is_plain and re.search("@|%40", query[0]):
        # Either a password goes on behind the mark, or a query is all that has this `@`.
        return "//"
    # One that has an encoded mark in it has a query all the same.
    return "//" + re.split("%3F", re.split("@|%40", head)[-1], maxsplit=1, flags=re.IGNORECASE)[0]


def _hide(text):
    """A text without the credentials of the addresses in it."""
    return _QUERY.sub(r"\1", _ADDRESS.sub(_shown, text))


def _failure(error, mlflow, request):
    from mlflow.exceptions import MlflowException

    message = " ".join(str(error).split())
    # A database's error goes on with its query.
    message = message.partition(" [SQL: ")[0]
    if not isinstance(error, MlflowException | LookupError):
        message = f"{type(error).__name__}: {message}"
    absent = isinstance(error, LookupError | FileNotFoundError) or getattr(error, "error_code", None) in _ABSENT
    kind = "install" if isinstance(error, ImportError) else "absent" if absent else "away"
    where = mlflow.get_registry_uri() if "name" in request else mlflow.get_tracking_uri()
    # An address may hold a password, and MLflow's messages may hold the address: hidden before anything is cut.
    return {"kind": kind, "message": _hide(message)[:_LONGEST].rstrip("."), "where": _hide(where)}


def main():
    """Answers until the publisher is gone."""
    # os.dup makes a descriptor that children of this process don't inherit.
    sock = socket.socket(fileno=os.dup(0))
    requests = sock.makefile("r", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    # `-c` puts the current folder first on the path, where a folder called mlflow would be taken for it.
    sys.path[:] = [entry for entry in sys.path if entry != ""]

    def say(answer):
        sock.sendall(json.dumps(answer).encode() + b"\n")

    waiting = queue.Queue()
    threading.Thread(target=_follow, args=(requests, waiting), daemon=True).start()
    # A server that is away is told of in seconds, and asked again by the publisher.
    for name, value in {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }.items():
        os.environ.setdefault(name, value)
    try:
        import mlflow
        import mlflow.artifacts
    except ImportError as error:
        say({"error": {"kind": "install", "message": str(error), "where": ""}})
        return
    say({"mlflow": mlflow.__version__})
    while True:
        request = waiting.get()
        try:
            say(_answer(mlflow, request))
        except Exception as error:
            say({"error": _failure(error, mlflow, request)})


main()
