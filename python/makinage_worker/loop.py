"""A worker's life: receives requests, answers them one at a time, ends with the service."""

from __future__ import annotations

import gc
import platform
import socket
import time
from typing import Any, NoReturn

from makinage_worker import channel as channels
from makinage_worker import environment, errors, hiding, lifetime, page, protocol, provided, stdio
from makinage_worker.channel import Channel
from makinage_worker.check import check
from makinage_worker.counting import Counting
from makinage_worker.protocol import Kind


def main(sock: socket.socket, parent: int, page_descriptor: int | None) -> None:
    """Serves requests from the socket until the service (the process `parent`) goes. Never returns."""
    lifetime.ignore_signals()
    lifetime.die_with_parent(parent)
    stdio.make_tolerant()
    stdio.name_levels()
    stdio.tell_crashes()
    provided.provide()
    try:
        _Worker(Channel(sock), page.opened(page_descriptor)).run()
    except BaseException as error:
        # A fault of the worker's own: user code's exceptions don't get here. The service starts another worker.
        channels.fail(error)


class _Worker:
    """The state between requests: the setup, then the loaded model."""

    def __init__(self, channel: Channel, where: page.Page) -> None:
        self._channel = channel
        self._page = where
        self._setup: Any = None
        self._serving: Any = None
        self._counting = Counting(channel)

    def run(self) -> None:
        handlers = {
            Kind.SETUP: self._on_setup,
            Kind.LOAD: self._on_load,
            Kind.BATCH: self._on_batch,
            Kind.SINGLY: self._on_singly,
            Kind.CHECK: self._on_check,
        }
        while True:
            kind, ident, payload = self._channel.receive(self._counting)
            if kind not in handlers:
                raise protocol.ProtocolError(f"a frame of kind {kind}")
            try:
                handlers[Kind(kind)](ident, payload)
            except errors.SetupError as error:
                self._channel.send_json(Kind.FAILED, ident, error.report.as_json())

    def _on_setup(self, ident: int, payload: memoryview) -> None:
        request = protocol.read_json(payload)
        # Before NumPy is imported, which reads them once.
        environment.bound_threads(request["threads"])
        try:
            import numpy
        except Exception as error:
            hint = hiding.hint(error) or hiding.hint_by_place(error) or errors.install_command(["numpy"])
            raise errors.SetupError(errors.report("environment", error, hint, hook=False)) from error
        from makinage_worker.assembly import Setup

        self._setup = Setup(request)
        answer = {"python": platform.python_version(), "numpy": numpy.__version__}
        self._channel.send_json(Kind.READY, ident, answer)

    def _on_load(self, ident: int, payload: memoryview) -> None:
        from makinage_worker.notices import Notices

        if self._setup is None:
            raise protocol.ProtocolError("load before setup")
        self._ident = ident
        told: list[str] = []
        notices = Notices(self._send_progress, told.append, self._end_exhausted, self._page)
        self._serving, answer = self._setup.load(protocol.read_json(payload)["path"], notices)
        # With the answer, of which the service shows that of one worker.
        answer["warnings"] += told
        notices.warn = self._send_warning
        self._counting.begin(self._send_warning)
        self._notices = notices
        # The libraries' million objects stay as long as the process: no collection need look at them again.
        gc.freeze()
        self._channel.send_json(Kind.LOADED, ident, answer)

    def _on_batch(self, ident: int, payload: memoryview) -> None:
        begin = time.perf_counter_ns()
        self._begin(ident, payload)
        frames = self._serving.lone(ident, payload)
        if frames is not None:
            for frame in frames:
                self._channel.send(frame)
            return
        outcomes = self._serving.run(protocol.decode_batch(payload))
        took = time.perf_counter_ns() - begin
        self._send_values(ident, outcomes)
        for frame in outcomes.frames(ident, took):
            self._channel.send(frame)

    def _on_singly(self, ident: int, payload: memoryview) -> None:
        begin = time.perf_counter_ns()
        self._begin(ident, payload)
        for place, outcomes in self._serving.singly(protocol.decode_batch(payload)):
            took = time.perf_counter_ns() - begin
            self._send_values(ident, outcomes)
            self._channel.send(outcomes.frame(ident, place, took))

    def _send_values(self, ident: int, outcomes: Any) -> None:
        values = outcomes.values(ident)
        if values is not None:
            self._channel.send(values)

    def _begin(self, ident: int, payload: memoryview) -> None:
        if self._serving is None:
            raise protocol.ProtocolError("batch before load")
        self._ident = ident
        # Before it is decoded, for which memory may not do.
        self._notices.begin(ident, protocol.count_of(payload))

    def _on_check(self, ident: int, payload: memoryview) -> None:
        self._channel.send_json(Kind.CHECKED, ident, check(protocol.read_json(payload)))

    def _send_progress(self) -> None:
        self._channel.send(protocol.frame(Kind.PROGRESS, self._ident))

    def _end_exhausted(self, error: BaseException) -> NoReturn:
        channels.end_exhausted(self._channel, error)

    def _send_warning(self, message: str) -> None:
        self._channel.send_json(Kind.LOG, self._ident, {"level": "warning", "message": message})
