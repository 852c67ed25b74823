"""What a worker tells the service while it works: that it progresses, and warnings."""

from __future__ import annotations

import time
from collections.abc import Callable

PROGRESS_SECONDS = 1.0
"""Least time between two `progress` frames."""


class Notices:
    """Sends `progress` at most once a second, and warnings, through the functions it is given."""

    def __init__(self, progress: Callable[[], None], warn: Callable[[str], None]) -> None:
        self._progress = progress
        self.warn = warn
        self._next = 0.0

    def begin(self) -> None:
        """A request begins: the first `progress` is due a second from now."""
        self._next = time.monotonic() + PROGRESS_SECONDS

    def tick(self) -> None:
        """Called wherever work has moved on; cheap enough for every event."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + PROGRESS_SECONDS
            self._progress()
