"""The page of memory that says which events the worker is at.

The service has given it to this process, and reads it once the process has ended, however that came about: a crash in
native code leaves it as it was.
"""

from __future__ import annotations

import mmap
import os
import struct

from makinage_worker.times import STEPS

SIZE = 4096
"""Bytes of the page."""

_WRITTEN = struct.Struct("<QQIIQ")
"""Number of the write, id, first place, count, number of the write again: a write that was torn is noticed."""

_STEP = _WRITTEN.size
"""The byte of the step's number."""


class Page:
    """Where the worker says what it is at; `memory` is the service's too, or else nobody reads it."""

    def __init__(self, memory: mmap.mmap | bytearray) -> None:
        self._memory = memory
        self._writes = 0
        self._ident = 0

    def begin(self, ident: int) -> None:
        """What is written from now on is about the request of this id."""
        self._ident = ident
        self._memory[_STEP] = 0

    def write(self, first: int, count: int) -> None:
        """The events in these places of the request are what user code or the model sees next."""
        self._writes = number = self._writes + 1
        _WRITTEN.pack_into(self._memory, 0, number, self._ident, first, count, number)

    def enter(self, step: str) -> None:
        """The event, which passes by itself, comes to this step."""
        self._memory[_STEP] = STEPS.index(step) + 1


def opened(descriptor: int | None) -> Page:
    """The page that the service has sent as this descriptor, which is closed; one of its own where there is none."""
    if descriptor is None:
        return Page(bytearray(SIZE))
    try:
        return Page(mmap.mmap(descriptor, SIZE))
    except (OSError, ValueError):
        return Page(bytearray(SIZE))
    finally:
        os.close(descriptor)
