"""The `check` request: can the hooks, encoders and packages be used by this Python? Needs none of them itself."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from makinage_worker import environment, errors, hiding, hooks, snapshot
from makinage_worker.passing import Passing


def check(request: dict[str, Any]) -> dict[str, Any]:
    """The payload of `checked` for the payload of `check`."""
    with contextlib.suppress(Exception):
        # As in a worker: what it imports is imported before the user's folder comes first on the path.
        import numpy  # noqa: F401
    folder = request["folder"]
    hooks.add_folder(folder)
    snapshot.install(request["modules"])
    problems = [_missing_package(name) for name in request["packages"] if environment.installed_version(name) is None]
    for step, reference in request["hooks"].items():
        if reference is not None:
            problems += _problems(f"hooks.{step}", hooks.import_hook, step, reference, folder)
    for name in request["encoders"]:
        problems += _problems(f"encoder:{name}", hooks.import_encoder, name, folder)
    warnings = _hiding(folder, request["packages"]) + Passing(request["retry_on"]).warnings
    return {"problems": problems, "warnings": warnings}


def _hiding(folder: str, packages: list[str]) -> list[str]:
    """Files beside the config that a model or a package would get for a standard module, or for one that all need."""
    try:
        names = sorted({entry.partition(".")[0] for entry in os.listdir(folder)})
    except OSError:
        return []
    hidden = [hiding.hidden(name) for name in names if name in sys.stdlib_module_names or name in packages]
    return [f"{sentence}, also from the packages that import it: rename it" for sentence in hidden if sentence]


def _problems(key: str, function: Any, *arguments: str) -> list[dict[str, Any]]:
    try:
        function(*arguments)
    except errors.SetupError as error:
        report = error.report
        return [
            {"key": key, "error": report.error, "message": report.message, "where": report.where, "hint": report.hint}
        ]
    return []


def _missing_package(name: str) -> dict[str, Any]:
    return {
        "key": f"package:{name}",
        "error": "PackageNotFoundError",
        "message": f"the package {name} isn't installed",
        "where": None,
        "hint": errors.install_command([name]),
    }
