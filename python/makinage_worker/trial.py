"""The first batches of a model go both ways: one event after the other, which is what counts, and side by side.

What the analysis of the hooks couldn't see, and what a model's answers to many rows are to a bit, shows here.
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

    def run(self, batch: Batch, out: Outcomes) -> None:
        """Takes a batch's events."""
        if self._left == 0:
            self._way.run(batch, out)
        elif batch.events == 1:
            self._plain.run(batch, out)
        else:
            self._left -= 1
            self._compare(batch, out)

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
