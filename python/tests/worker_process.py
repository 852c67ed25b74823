"""A real worker process, as the service starts one, and the frames that they exchange."""

import json
import socket
import struct
import subprocess
import sys
from pathlib import Path

from harness import read_results

from makinage_worker.protocol import Kind, json_frame, split_body
from makinage_worker.protocol import frame as protocol_frame

PYTHON = Path(__file__).parents[1]


class WorkerProcess:
    """Starts `python -c bootstrap.py` with the package over its socket; end it with `close`."""

    def __init__(self):
        self._socket, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-c", (PYTHON / "bootstrap.py").read_text("utf-8")],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        files = {path.stem: path.read_text("utf-8") for path in (PYTHON / "makinage_worker").glob("*.py")}
        names = {"makinage_worker" if stem == "__init__" else f"makinage_worker.{stem}": files[stem] for stem in files}
        package = json.dumps(names).encode()
        self._socket.sendall(struct.pack("<I", len(package)) + package)
        self.warnings = []

    def serve(self, setup, model):
        """Sends `setup` and `load`; the payload of `loaded`."""
        self._ask(json_frame(Kind.SETUP, 1, setup), Kind.READY)
        (payload,) = self._ask(json_frame(Kind.LOAD, 2, {"path": model, "model": "test"}), Kind.LOADED)
        return json.loads(bytes(payload))

    def batch(self, payload, events):
        """The results of a batch of so many events."""
        payloads = self._ask(protocol_frame(Kind.BATCH, 3, payload), Kind.RESULT, events)
        return read_results(payloads)

    def close(self):
        """Ends the process, as the service's end does."""
        self._socket.close()
        assert self._process.wait(30) == 0

    def _ask(self, request, answer, events=0):
        self._socket.sendall(request)
        payloads, counted = [], 0
        while True:
            kind, _, payload = split_body(self._receive(*struct.unpack("<I", self._receive(4))))
            if kind == Kind.LOG:
                self.warnings.append(json.loads(bytes(payload))["message"])
            elif kind != Kind.PROGRESS:
                assert kind == answer, bytes(payload)
                payloads.append(payload)
                counted += struct.unpack_from("<II", payload)[1] if kind == Kind.RESULT else 0
                if counted >= events:
                    return payloads

    def _receive(self, size):
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            assert part, "the worker has ended"
            data += part
        return data
