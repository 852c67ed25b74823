"""What a batch spends in each step, in nanoseconds of the clock on the wall.

A stopwatch: what has passed since it was looked at last goes to the step that has just ended, so that what events that
pass side by side wait for each other is no step's. Where events pass one by one, looking at it for each costs more than
it tells: then some are measured, and what all have taken is divided as they have taken it.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns as _now
from typing import Any, Protocol, TypeVar

STEPS = ("decode", "pre_transform", "predict", "post_transform", "encode")
"""The steps, as failures name them, in the order of the wire."""

_EVERY = 32
"""Of so many quick events one is measured."""

_SLOW = 500_000
"""Nanoseconds of an event from which on each is measured: a microsecond more is nothing to it. It is time on the clock,
which is several times that of the processor where others want that too."""


NOTHING: Any = object()
"""What an event has after a step where that is of no interest."""


class Watch(Protocol):
    """Who is told which steps an event passes."""

    def begin(self) -> None:
        """It begins, or goes on: what has passed since the last look was others'."""
        ...

    def passed(self, step: str, value: Any = NOTHING) -> Any:
        """It has come through this step, and has this value."""
        ...

    def within(self, step: str) -> None:
        """It has taken time of this step, and isn't through it, or not alone."""
        ...

    def waits(self) -> None:
        """It waits in its predict step until it goes on."""
        ...


class Watched(Protocol):
    """What may be watched."""

    watch: Watch | None


_Watched = TypeVar("_Watched", bound=Watched)


class Times:
    """The times of one batch. Of `every` so many events that pass one by one, one is measured, from `first` on."""

    def __init__(self, every: int, first: int) -> None:
        self._every = every
        self._first = first
        self.restart()

    def like(self) -> Times:
        """Those of the same batch, if it passes another time."""
        return Times(self._every, self._first)

    def restart(self) -> None:
        """Nothing of what has been measured counts."""
        self.spent = dict.fromkeys(STEPS, 0)
        self._measured = self.spent
        self._others = 0
        self._mark = _now()

    def lap(self, step: str) -> None:
        """All events have come through this step, in what has passed since the last look."""
        now = _now()
        self.spent[step] += now - self._mark
        self._mark = now

    def took(self, step: str, nanoseconds: int) -> None:
        """A step has taken so long, before this began."""
        self.spent[step] += nanoseconds

    def over(self, events: Sequence[_Watched]) -> Sequence[_Watched]:
        """The events, which pass one by one from now on until `share`; those that are to be measured are watched."""
        chosen = events
        if len(events) > 1 and self._every > 1:
            self._measured = dict.fromkeys(STEPS, 0)
            chosen = events[self._first % len(events) :: self._every]
        for event in chosen:
            if event.watch is None:
                event.watch = self
        return events

    def begin(self) -> None:
        """As `Watch` has it."""
        now = _now()
        self._others += now - self._mark
        self._mark = now

    def passed(self, step: str, value: Any = NOTHING) -> int:  # noqa: ARG002  # who sees values does more
        """As `Watch` has it; how long it took."""
        now = _now()
        took = now - self._mark
        self._measured[step] += took
        self._mark = now
        return took

    def within(self, step: str) -> None:
        """As `Watch` has it."""
        self.passed(step)

    def waits(self) -> None:
        """As `Watch` has it."""
        self.passed("predict")

    def now(self) -> int:
        """For `skip`."""
        return _now()

    def skip(self, since: int) -> None:
        """What has passed since then is no step's."""
        self._mark += _now() - since

    def share(self) -> None:
        """All have passed: what those took that weren't watched is divided as the others took it."""
        self.begin()
        measured, others = self._measured, self._others
        self._measured, self._others = self.spent, 0
        if measured is self.spent:
            return
        known = sum(measured.values())
        for step, took in measured.items():
            # Rounded down: together they are no more than has passed.
            self.spent[step] += took + (others * took // known if known else 0)


class Pace:
    """How many events are measured: by how long those of the batch before took."""

    def __init__(self) -> None:
        self._every = 1
        self._batches = 0

    def times(self) -> Times:
        """For the next batch: of its events not those of the last, or of what comes in turn only some would be seen."""
        self._batches += 1
        return Times(self._every, self._batches % self._every)

    @staticmethod
    def each() -> Times:
        """For events each of which is answered by itself."""
        return Times(1, 0)

    def took(self, events: int, nanoseconds: int) -> None:
        """A batch has passed."""
        self._every = 1 if nanoseconds >= _SLOW * events else _EVERY
