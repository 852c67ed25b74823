"""The worker's end of the socket: frames in from a thread of their own, frames out from the main thread."""

from __future__ import annotations

import os
import queue
import select
import socket
import struct
import sys
import threading
from typing import Any, NoReturn

from makinage_worker import errors, protocol
from makinage_worker.protocol import Kind

_QUEUE_FRAMES = 4
"""The service keeps two batches in flight; a few more frames never wait in the socket."""

_EXHAUSTED = 71
"""Exit code of a worker that has run out of memory."""

_FULL_QUEUE_POLL_SECONDS = 0.5
"""How often a reader whose queue is full looks whether the service is still there."""


class Channel:
    """Frames to and from the service. End of file ends the process, whatever the main thread is doing."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._frames: queue.Queue[bytes] = queue.Queue(_QUEUE_FRAMES)
        threading.Thread(target=self._read_frames, name="makinage-reader", daemon=True).start()

    def receive(self) -> tuple[int, int, memoryview]:
        """The next frame's kind, id and payload."""
        return protocol.split_body(self._frames.get())

    def send(self, frame: bytes) -> None:
        """Sends a frame; ends the process when the service has gone."""
        try:
            self._socket.sendall(frame)
        except OSError:
            os._exit(0)

    def send_json(self, kind: Kind, ident: int, message: dict[str, Any]) -> None:
        """Sends a frame with a JSON payload."""
        self.send(protocol.json_frame(kind, ident, message))

    def _read_frames(self) -> None:
        try:
            while True:
                (length,) = struct.unpack("<I", self._read(4))
                self._put(self._read(protocol.check_length(length)))
        except OSError:
            os._exit(0)
        except BaseException as error:
            fail(error)

    def _read(self, size: int) -> bytes:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self._socket.recv_into(view)
            if not count:
                os._exit(0)
            view = view[count:]
        return bytes(data)

    def _put(self, body: bytes) -> None:
        while True:
            try:
                self._frames.put(body, timeout=_FULL_QUEUE_POLL_SECONDS)
                return
            except queue.Full:
                # Nobody reads the socket meanwhile, so end of file has to be asked for.
                poll = select.poll()
                poll.register(self._socket, 0)
                if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0)):
                    os._exit(0)


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
