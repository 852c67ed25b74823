"""The worker's end of the socket: frames in and out, and the end of the process when the service has gone."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from typing import Any, NoReturn, Protocol

from makinage_worker import errors, protocol
from makinage_worker.protocol import LENGTH_BYTES, Kind

_EXHAUSTED = 71
"""Exit code of a worker that has run out of memory."""

_READ_BYTES = 1 << 16
"""What is read at once: a small frame whole, and the beginning of a large one."""


class Meanwhile(Protocol):
    """What is to be done while no frame is there."""

    def due_in(self) -> float | None:
        """In how many milliseconds; None where nothing is."""
        ...

    def do(self) -> None:
        """Does it."""
        ...


class Channel:
    """Frames to and from the service, on the main thread. End of file ends the process, whatever that is doing.

    Threads of hooks may send too: a warning of what they count.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        # Whatever runs in between, on this thread or another, a frame goes out whole.
        self._sending = threading.RLock()
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._begin = self._end = 0
        # A thread that blocks in a read of a Unix socket is also woken whenever the other end has read what was sent to
        # it; one that polls for input is woken by input, and by the end, alone.
        self._incoming = select.poll()
        self._incoming.register(sock, select.POLLIN)
        threading.Thread(target=_end_with, args=(sock,), name="makinage-end", daemon=True).start()

    def receive(self, meanwhile: Meanwhile) -> tuple[int, int, memoryview]:
        """The next frame's kind, id and payload. What is due `meanwhile` is done while there is none."""
        self._look_after(meanwhile)
        while self._end - self._begin < LENGTH_BYTES:
            self._read_more()
        start = self._begin + LENGTH_BYTES
        length = protocol.check_length(int.from_bytes(self._buffer[self._begin : start], "little"))
        body = memoryview(bytearray(length))
        there = min(length, self._end - start)
        body[:there] = self._buffer[start : start + there]
        self._begin = start + there
        while there < length:
            there += self._received(body[there:])
        return protocol.split_body(body.toreadonly())

    def _look_after(self, meanwhile: Meanwhile) -> None:
        """Does what is due, and what will be until the next frame begins to come."""
        while (left := meanwhile.due_in()) is not None:
            if left <= 0:
                meanwhile.do()
            elif self._end > self._begin or self._incoming.poll(left):
                return

    def _read_more(self) -> None:
        """Fills the buffer, of which less than a length is left to be read."""
        rest = self._buffer[self._begin : self._end].tobytes()
        self._buffer[: len(rest)] = rest
        self._begin, self._end = 0, len(rest)
        self._end += self._received(self._buffer[self._end :])

    def _received(self, room: memoryview) -> int:
        try:
            self._incoming.poll()
            count = self._socket.recv_into(room)
        except OSError:
            count = 0
        if not count:
            os._exit(0)
        return count

    def send(self, frame: bytes) -> None:
        """Sends a frame; ends the process when the service has gone."""
        try:
            with self._sending:
                self._socket.sendall(frame)
        except OSError:
            os._exit(0)

    def send_json(self, kind: Kind, ident: int, message: dict[str, Any]) -> None:
        """Sends a frame with a JSON payload."""
        self.send(protocol.json_frame(kind, ident, message))


def _end_with(sock: socket.socket) -> None:
    """Ends the process once the other end of the socket is closed; wakes for nothing else."""
    try:
        poll = select.poll()
        # That it is closed for reading only is a Linux thing to know; the rest is told unasked.
        poll.register(sock, getattr(select, "POLLRDHUP", 0))
        poll.poll()
        os._exit(0)
    except BaseException as error:
        fail(error)


_OUT_OF_MEMORY = protocol.json_frame(Kind.ENDING, 0, {"why": "out of memory"})
"""Made before it is needed: then there may not be the memory for it."""


def end_exhausted(channel: Channel, error: BaseException) -> NoReturn:
    """Ends the worker, which has run out of memory: another one tries what this one can't any more."""
    frame = _OUT_OF_MEMORY
    try:
        why = f"out of memory: {type(error).__name__}: {errors.message(error)}"
        place = errors.where(error, hook=False)
        frame = protocol.json_frame(Kind.ENDING, 0, {"why": why if place is None else f"{why} ({place})"})
    finally:
        channel.send(frame)
        os._exit(_EXHAUSTED)


def fail(error: BaseException) -> NoReturn:
    """Ends the worker over a fault of its own or of the service, from whichever thread."""
    import traceback

    traceback.print_exception(type(error), error, error.__traceback__)
    sys.stderr.flush()
    os._exit(70)
