"""The first batches of a model go both ways: one event after the other, which is what counts, and side by side.

What the analysis of the hooks couldn't see, and what a model's answers to many rows are to a bit, shows here. The
latter may differ by how many rows there are, so that a batch twice as large as any before goes both ways too.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Protocol

from makinage_worker import metrics
from makinage_worker.one_by_one import OneByOne
from makinage_worker.outcomes import Outcomes
from makinage_worker.protocol import Batch

_BATCHES = 4
"""Batches of several events that are compared."""

_EVENTS = 32
"""Events of a batch that are compared."""

_SECONDS = 0.5
"""Events are compared no longer than this, a batch."""


class Way(Protocol):
    """How a batch passes."""

    def run(self, batch: Batch, out: Outcomes) -> None:
        """Takes a batch's events."""
        ...


class Trial:
    """A way that is compared with the plain one for a while. `refuse` is told what was found that differs."""

    def __init__(self, way: Way, plain: OneByOne, refuse: Callable[[str], None]) -> None:
        self._way = way
        self._plain = plain
        self._refuse = refuse
        self._left = _BATCHES
        self._largest = 0

    def run(self, batch: Batch, out: Outcomes) -> None:
        """Takes a batch's events."""
        if batch.events > 1 and (self._left or batch.events >= 2 * self._largest):
            self._left = max(self._left - 1, 0)
            self._largest = max(self._largest, batch.events)
            self._compare(batch, out)
        elif self._left:
            self._plain.run(batch, out)
        else:
            self._way.run(batch, out)

    def _compare(self, batch: Batch, out: Outcomes) -> None:
        # Hooks count an event once, however often it passes.
        counted = metrics.kept()
        plainly = out.like()
        end = time.monotonic() + _SECONDS
        places = []
        for place in itertools.islice(self._plain.each(batch, plainly), _EVENTS):
            places.append(place)
            if time.monotonic() > end:
                break
        metrics.go_back(counted)
        # What the comparison takes is no step's.
        out.restart()
        self._way.run(batch, out)
        for place in places:
            if plainly.of(place) != out.of(place):
                self._refuse(f"an event had {_shown(plainly, place)} by itself and {_shown(out, place)} beside others")
                metrics.go_back(counted)
                out.restart()
                self._plain.run(batch, out)
                return


def _shown(out: Outcomes, place: int) -> str:
    _, body = out.of(place)
    text = body.decode(errors="replace")
    return text if len(text) <= 80 else text[:80] + "…"
