"""In which step an event is that passes by itself, so that a death of the worker's is told of that step."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from makinage_worker.notices import Notices
from makinage_worker.steps import Steps
from makinage_worker.times import NOTHING, STEPS, Watch


class Whereabouts:
    """Tells `notices` of the steps that events come to, as far as these can be told apart."""

    def __init__(self, notices: Notices, steps: Steps) -> None:
        self._notices = notices
        # The default step only puts event and prediction side by side.
        passed = [step for step in STEPS if step != "post_transform" or steps.post_transform is not None]
        self._next = dict(pairwise(passed))

    def told(self, watch: Watch | None) -> Watch:
        """Who is told of the steps of an event that is about to begin, in this one's place."""
        return _Told(watch, self._notices, self._next)


class _Told:
    def __init__(self, watch: Watch | None, notices: Notices, following: Mapping[str, str]) -> None:
        self._watch = watch
        self._notices = notices
        self._next = following

    def begin(self) -> None:
        """As `Watch` has it."""
        self._notices.enter(STEPS[0])
        if self._watch is not None:
            self._watch.begin()

    def passed(self, step: str, value: Any = NOTHING) -> None:
        """As `Watch` has it."""
        if self._watch is not None:
            self._watch.passed(step, value)
        following = self._next.get(step)
        if following is not None:
            self._notices.enter(following)

    def within(self, step: str) -> None:
        """As `Watch` has it."""
        if self._watch is not None:
            self._watch.within(step)

    def waits(self) -> None:
        """As `Watch` has it."""
        if self._watch is not None:
            self._watch.waits()
