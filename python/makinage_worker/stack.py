"""Events that are scored together: which rows share a model input, and the way back from a result to each event."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import inputs
from makinage_worker.errors import Failure
from makinage_worker.likeness import nulls
from makinage_worker.rows import Plan, Row, entries

_FORMS = 64
"""Widths and types of number rows whose keys are remembered."""


@dataclass(slots=True)
class Stack:
    """Events that share one model input.

    `places` are their positions in the batch, in order. Stacks of equal `key` may be joined. `counts` are the events'
    rows (`Row.count`), None when each is one row, whose prediction is that row's.
    """

    places: Sequence[int]
    data: Any
    key: Hashable
    counts: list[int | None] | None = None

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, events: Sequence[int]) -> int:
        """Number of rows of these events."""
        return len(events) if self.counts is None else sum(self._count(event) for event in events)

    def input(self, events: Sequence[int]) -> Any:
        """A model input of these events: a copy, as models may write into what they get."""
        return inputs.take(self.data, self._places(events))

    def lend(self, events: Sequence[int]) -> Any:
        """The rows of these events themselves, for what can't be copied and is used once."""
        return inputs.part(self.data, self._places(events))

    def per_event(self, events: Sequence[int], rows: Any) -> Any:
        """The predictions of these events, from the rows of a result (an array or a list)."""
        if self.counts is None:
            return rows
        # An event's prediction has one type, whatever stands beside it.
        rows = entries(rows)
        predictions, offset = [], 0
        for event in events:
            end = offset + self._count(event)
            predictions.append(rows[offset] if self.counts[event] is None else list(rows[offset:end]))
            offset = end
        return predictions

    def differing(self, events: Sequence[int], reference: Any, known: np.ndarray | None) -> np.ndarray:
        """Where these events differ from the input of a single one: see `inputs.differing`.

        Events of several rows are compared as a whole.
        """
        if self.is_one_row_each:
            return inputs.differing(inputs.part(self.data, self._places(events)), reference, known)
        return np.array([[not inputs.alike(self.input([event]), reference)] for event in events])

    @property
    def is_one_row_each(self) -> bool:
        """Whether no event has several rows."""
        return self.counts is None or all(count in (None, 1) for count in self.counts)

    def _count(self, event: int) -> int:
        count = None if self.counts is None else self.counts[event]
        return 1 if count is None else count

    def _places(self, events: Sequence[int]) -> Sequence[int]:
        if self.counts is None:
            return events
        first = np.cumsum([0, *map(self._count, range(len(self)))])
        return [row for event in events for row in range(first[event], first[event] + self._count(event))]


def stack_rows(plan: Plan, rows: Sequence[tuple[int, Row]]) -> tuple[list[Stack], list[tuple[int, Failure]]]:
    """Stacks of the rows (each with its event's place), in order of their first event, and the rows that failed."""
    groups: dict[Hashable, list[tuple[int, Row]]] = {}
    for item in rows:
        groups.setdefault(_key(item[1]), []).append(item)
    stacks: list[Stack] = []
    failures: list[tuple[int, Failure]] = []
    for members in groups.values():
        stacks += _assemble(plan, members, failures)
    return stacks, failures


class Dense:
    """Makes stacks of events that are numbers, or lists of them, or lists of such lists."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._keys: dict[tuple[str, tuple[int, ...]], Hashable] = {}

    def stack(self, places: Sequence[int], together: np.ndarray) -> Stack | None:
        """The stack of a row for each event; None where the plan must look at each by itself."""
        data = self._plan.dense(together)
        if data is None:
            return None
        form = (together.dtype.str, together.shape[1:])
        if form not in self._keys:
            if len(self._keys) == _FORMS:
                self._keys.clear()
            # The one that these events have when they come by themselves.
            self._keys[form] = _key(self._plan.row(together[0].tolist()))
        return Stack(places, data, self._keys[form])


def single(plan: Plan, row: Row) -> Stack:
    """The stack of one event, in place 0. Raises ValueError for a value that its column can't take."""
    data, errors = plan.assemble(row.key, [row.value])
    for error in errors.values():
        raise error
    return Stack([0], data, _key(row), None if row.count is None else [row.count])


def of_arrays(plan: Plan, places: Sequence[int], arrays: Sequence[np.ndarray]) -> list[Stack]:
    """Stacks of one-dimensional arrays of numbers, of one dtype and length, for a plan that takes vectors.

    Those are left out that the plan refuses.
    """
    matrix = np.concatenate(arrays).reshape(len(arrays), -1)
    data = None if nulls(matrix) else plan.dense(matrix)
    if data is not None:
        return [Stack(places, data, _key(plan.row(arrays[0])))]
    rows = []
    for place, array in zip(places, arrays, strict=True):
        try:
            rows.append((place, plan.row(array)))
        except Exception:
            continue
    return stack_rows(plan, rows)[0]


def _key(row: Row) -> Hashable:
    # One row can be told from another by its features, several rows can't.
    return row.key, row.count in (None, 1)


def _assemble(plan: Plan, members: list[tuple[int, Row]], failures: list[tuple[int, Failure]]) -> list[Stack]:
    first = members[0][1]
    assembled = None
    try:
        assembled = plan.assemble(first.key, [row.value for _, row in members])
    except BaseException as error:
        if len(members) == 1:
            failures.append((members[0][0], Failure("predict", error)))
            return []
    if assembled is None:
        # Too large together, or one of them is not what its key says: each by itself.
        return [stack for member in members for stack in _assemble(plan, [member], failures)]
    data, errors = assembled
    if errors:
        failures.extend((members[index][0], Failure("predict", error)) for index, error in errors.items())
        members = [member for index, member in enumerate(members) if index not in errors]
        if not members:
            return []
    counts = [row.count for _, row in members]
    places = [place for place, _ in members]
    return [Stack(places, data, _key(first), None if set(counts) == {None} else counts)]
