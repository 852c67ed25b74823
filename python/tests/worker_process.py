"""A real worker process, as the service starts one, and the frames that they exchange."""

import json
import socket
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness import read_results

from makinage_worker.protocol import Kind, json_frame, split_body
from makinage_worker.protocol import frame as protocol_frame

PYTHON = Path(__file__).parents[1]


@dataclass
class End:
    """A worker's end: exit code, last payload, results of the request, the page, and the number of the step on it."""

    code: int
    said: bytes
    results: list
    page: tuple
    step: int


class WorkerProcess:
    """Starts `python -c bootstrap.py` with the package over its socket; end it with `close`."""

    def __init__(self):
        self._socket, theirs = socket.socketpair()
        # What doesn't answer fails the test.
        self._socket.settimeout(60)
        self._page = tempfile.TemporaryFile()  # noqa: SIM115  # it ends with the test's process
        self._page.truncate(4096)
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
        socket.send_fds(self._socket, [struct.pack("<I", len(package))], [self._page.fileno()])
        self._socket.sendall(package)
        self.warnings = []
        self.metrics = []

    def serve(self, setup, model):
        """Sends `setup` and `load`; the payload of `loaded`."""
        self._ask(json_frame(Kind.SETUP, 1, setup), Kind.READY)
        (payload,) = self._ask(json_frame(Kind.LOAD, 2, {"path": model, "model": "test"}), Kind.LOADED)
        return json.loads(bytes(payload))

    def batch(self, payload, events):
        """The results of a batch of so many events."""
        payloads = self._ask(protocol_frame(Kind.BATCH, 3, payload), Kind.RESULT, events)
        return read_results(payloads)

    def counted(self, payload, events):
        """What the user's code has counted once so many events are answered, and nothing more is asked for."""
        self.metrics = []
        self.batch(payload, events)
        kind, _, payload = split_body(self._receive(*struct.unpack("<I", self._receive(4))))
        assert kind == Kind.METRICS
        return self.metrics + json.loads(bytes(payload))["metrics"]

    def ends(self, kind, payload):
        """How the process ends over a request: its code, what it said last, and what it was at."""
        self._socket.sendall(protocol_frame(kind, 3, payload))
        said, results = None, []
        while head := self._socket.recv(4):
            kind, _, body = split_body(self._receive(*struct.unpack("<I", head)))
            said = bytes(body)
            if kind == Kind.RESULT:
                results.append(said)
        return End(self._process.wait(30), said, read_results(results), *self.page())

    def page(self):
        """Request, first place and count of what the worker said last that it is at; and the number of the step."""
        self._page.seek(0)
        before, ident, first, count, after, step = struct.unpack("<QQIIQB", self._page.read(33))
        assert before == after
        return (ident, first, count), step

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
            elif kind == Kind.METRICS:
                self.metrics += json.loads(bytes(payload))["metrics"]
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
