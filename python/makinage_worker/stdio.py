"""Standard output and error as mere logs: whatever hooks and models print must neither fail nor get stuck."""

from __future__ import annotations

import faulthandler
import io
import logging
import os
import sys


class _ToleratedFile(io.FileIO):
    """A descriptor whose reader may have gone: what can't be written is dropped."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]  # FileIO's buffer type has no public name in 3.10
        except OSError:
            return len(data)  # type: ignore[arg-type]  # as above


def make_tolerant() -> None:
    """Line buffers stdout and stderr, and makes them survive any text and a closed pipe."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        file = _ToleratedFile(descriptor, "w", closefd=False)
        stream = io.TextIOWrapper(
            io.BufferedWriter(file), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, stream)


def tell_crashes() -> None:
    """Has a crash in native code write where in Python it was, as the last that the process does."""
    faulthandler.enable(file=2, all_threads=False)


def name_levels() -> None:
    """Has lines of loggers for which nobody has set up a handler say their level, which the service looks for."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
