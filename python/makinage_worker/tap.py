"""What events of a batch had after each step, for who looks on.

That is told of those that are asked for, and of those that fail or are skipped as far as it is known without asking.
What is looked at is made a text at once, by `texts`: the user's code may reuse it, and notices nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from makinage_worker import inputs, protocol, texts
from makinage_worker.columns import ColumnPlan
from makinage_worker.errors import Failure
from makinage_worker.predict import Chunk
from makinage_worker.protocol import Kind
from makinage_worker.rows import Plan, Row, entries
from makinage_worker.stack import Stack
from makinage_worker.times import NOTHING, Times, Watched

_MOST_OTHERS = 100
"""Events of a batch that are told of without having been asked for."""


class Tap:
    """What is seen of one batch. `asked` are the places of the events that are wanted."""

    def __init__(self, asked: Iterable[int], times: Times, plan: Plan) -> None:
        self._asked = frozenset(asked)
        self._times = times
        self._plan = plan
        self._looks: dict[int, Look] = {}

    def restart(self) -> None:
        """Nothing of what has been seen counts."""
        self._looks.clear()

    def watch(self, events: Iterable[tuple[int, Watched]]) -> None:
        """Of these events, which pass one by one, with their places: those that are asked for are watched."""
        for place, event in events:
            if place in self._asked:
                event.watch = self._look(place)

    def had(self, place: int, step: str, value: Any) -> None:
        """An event that fails or is skipped in the next step had this after the step; known of what is watched."""
        if place in self._asked or (place not in self._looks and len(self._looks) >= _MOST_OTHERS + len(self._asked)):
            return
        self._look(place).add(step, value, None)

    def rows(self, stack: Stack) -> None:
        """These rows are what the model is given next."""
        for index, place in enumerate(stack.places):
            if place in self._asked and not self._look(place).has("pre_transform"):
                self._look(place).add("pre_transform", _row_of(stack, index), None)

    def predictions(self, stack: Stack, chunk: Chunk) -> None:
        """What the model answered; with the rows of events that end there."""
        for index, prediction in zip(chunk.events, entries(chunk.predictions), strict=True):
            place = stack.places[index]
            if place in self._asked:
                self._look(place).add("predict", prediction, None)
            elif prediction is None or isinstance(prediction, Failure):
                self.had(place, "pre_transform", _row_of(stack, index))

    def frame(self, ident: int) -> bytes | None:
        """The `values` frame of what has been seen since the last one; None where that is nothing."""
        events = [{"place": place, "steps": look.steps} for place, look in sorted(self._looks.items()) if look.steps]
        # The others may still pass.
        self._looks = {place: look for place, look in self._looks.items() if not look.steps}
        return protocol.json_frame(Kind.VALUES, ident, {"events": events}) if events else None

    def _look(self, place: int) -> Look:
        look = self._looks.get(place)
        if look is None:
            look = self._looks[place] = Look(self._times, self._plan)
        return look


class Look:
    """What one event had after each step, and how long that took where that is known of it alone."""

    def __init__(self, times: Times, plan: Plan) -> None:
        self.steps: list[dict[str, Any]] = []
        self._times = times
        self._plan = plan
        self._waited = False

    def has(self, step: str) -> bool:
        """Whether it has come through this step."""
        return any(seen["step"] == step for seen in self.steps)

    def begin(self) -> None:
        """As `Watch` has it."""
        self._times.begin()

    def passed(self, step: str, value: Any = NOTHING) -> None:
        """As `Watch` has it."""
        took: int | None = self._times.passed(step)
        if self._waited and step == "predict":
            # The model was called for others, too.
            took = None
        self.add(step, value, took)

    def within(self, step: str) -> None:
        """As `Watch` has it."""
        self._times.passed(step)

    def waits(self) -> None:
        """As `Watch` has it."""
        self._times.waits()
        self._waited = True

    def add(self, step: str, value: Any, nanoseconds: int | None) -> None:
        """It had this value after the step."""
        since = self._times.now()
        if type(value) is Row:
            value = _named(self._plan, value)
        text = None if value is NOTHING or isinstance(value, Failure) else texts.shown(value)
        if text is not None or nanoseconds is not None:
            self.steps.append({"step": step, "value": text, "nanoseconds": nanoseconds})
        self._times.skip(since)


def _named(plan: Plan, row: Row) -> Any:
    """A row's values by their names, where it has some; it isn't assembled, for which user code may run."""
    names = plan.names if isinstance(plan, ColumnPlan) else ()
    if isinstance(row.key, tuple) and row.key[:1] == ("object",):
        names = row.key[1]
    if isinstance(row.value, (list, tuple)) and len(names) == len(row.value):
        return dict(zip(names, row.value, strict=True))
    return row.value


def _row_of(stack: Stack, index: int) -> Any:
    """The part of a model input that is one event's."""
    data = stack.lend(range(index, index + 1))
    if inputs.count(data) != 1:
        return data
    if isinstance(data, dict):
        return {name: part[0] for name, part in data.items()}
    return data[0] if isinstance(data, (list, np.ndarray)) else data
