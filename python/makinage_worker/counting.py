"""Sends the service what hooks have counted, a second's at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from makinage_worker import metrics
from makinage_worker.channel import Channel
from makinage_worker.protocol import Kind

_SECONDS = 1.0
"""Least time between two `metrics` frames."""


class Counting:
    """What is due while no request is there."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._serves = False
        self._next = 0.0

    def begin(self, warn: Callable[[str], None]) -> None:
        """A model is loaded, and somebody listens: what can't be counted is told as its warnings are."""
        self._serves = True
        metrics.warn_by(warn)

    def due_in(self) -> float | None:
        """Milliseconds until something is to be sent; None where nothing is."""
        if not self._serves or not metrics.has_news():
            return None
        return max(0.0, self._next - time.monotonic()) * 1000

    def do(self) -> None:
        """Sends it."""
        self._next = time.monotonic() + _SECONDS
        self._channel.send_json(Kind.METRICS, 0, {"metrics": metrics.taken()})
