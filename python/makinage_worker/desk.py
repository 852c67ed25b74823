"""Where the model calls of a batch's hooks wait for each other, and become as few as answer each as if it were alone.

Whether a model's answers to several rows are those to each alone is `Predictor`'s to see, for each method by itself. A
call that it can't answer is handed back, to be made by the hook itself: what it raises is raised there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from makinage_worker import inputs
from makinage_worker.arrays import ArrayPlan
from makinage_worker.asked import AS_IS, SLICED, AsIs, Kind, Method, NoRows, Wish, frozen, sliced, wish
from makinage_worker.errors import Failure, is_exhaustion
from makinage_worker.notices import Forgiving, Notices
from makinage_worker.own import own
from makinage_worker.predict import Manner, Predictor
from makinage_worker.rows import Plan, Row, entries
from makinage_worker.stack import Stack, of_arrays, stack_rows
from makinage_worker.strands import Strands

_BY_ITSELF = object()
"""The answer to a call that the hook is to make itself."""

_AS_IS: Plan = AsIs()

_NUMBERS = "iufb"
"""Kinds of arrays that stack as they are."""

_KINDS = 64
"""Methods with different keyword arguments that are remembered; a hook that makes more of them calls by itself."""


class Desk:
    """Takes the calls of hooks that run in strands; out of a strand a call is made at once."""

    def __init__(self, plan: Plan, notices: Notices, manner: Manner) -> None:
        self._plan = plan
        self._takes_arrays = type(plan) is ArrayPlan
        self._notices = notices
        self._manner = manner
        self._lines: dict[Kind, _Line] = {}
        self.strands: Strands | None = None
        """Where hooks run while their calls are to wait."""

    def __reduce__(self) -> tuple[type[NoDesk], tuple[()]]:
        # A hook may copy its model, or send it to another process.
        return NoDesk, ()

    @property
    def has_given_up(self) -> bool:
        """Whether the model has been seen not to answer row by row."""
        return any(line.predictor.is_one_by_one for line in self._lines.values())

    def call(self, method: Method, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A hook's call, and its answer."""
        strands = self.strands
        if strands is None or len(args) != 1 or not strands.is_in_one():
            return method.plainly(*args, **named)
        try:
            # As it is now: other events' hooks run before it is used.
            value, named = own(args[0]), own(named) if named else named
            wished = self._wish(method, value, named)
        except BaseException:
            wished = None
        if wished is None or self._is_hopeless(wished):
            return method.plainly(*args, **named)
        answer = strands.wait(wished)
        return method.plainly(value, **named) if answer is _BY_ITSELF else answer

    def answer(self, wishes: Sequence[tuple[int, Wish]]) -> list[Any]:
        """The answers to calls that wait, each with its event's place in the batch, in ascending order."""
        answers: dict[int, Any] = {}
        groups: dict[Kind, list[tuple[int, Wish]]] = {}
        for item in wishes:
            groups.setdefault(item[1].kind, []).append(item)
        for kind, members in groups.items():
            line = self._lines.get(kind)
            if line is None:
                line = self._lines[kind] = self._line(members[0][1])
            line.answer(members, answers)
        return [answers.get(place, _BY_ITSELF) for place, _ in wishes]

    def _wish(self, method: Method, value: Any, named: dict[str, Any]) -> Wish | None:
        if self._takes_arrays and type(value) is np.ndarray and value.ndim == 1 and value.dtype.kind in _NUMBERS:
            keyed = frozen(named)
            return None if keyed is None else Wish(Kind(method.name, keyed, 0), method, named, value)
        wished = wish(method, self._plan, value, named)
        order = self._plan.order
        # The first object that the model can score decides how the others are read.
        return None if order is not None and order.is_open else wished

    def _line(self, first: Wish) -> _Line:
        return _Line(
            _AS_IS if first.kind.how & AS_IS else self._plan,
            Predictor(_call(first), Forgiving(self._notices), self._manner),
        )

    def _is_hopeless(self, wished: Wish) -> bool:
        line = self._lines.get(wished.kind)
        return line.predictor.is_one_by_one if line is not None else len(self._lines) >= _KINDS


class NoDesk:
    """That of a copied proxy, whose calls are made at once."""

    strands = None


class _Line:
    """The calls of one kind."""

    def __init__(self, plan: Plan, predictor: Predictor) -> None:
        self._plan = plan
        self.predictor = predictor

    def answer(self, members: list[tuple[int, Wish]], answers: dict[int, Any]) -> None:
        """Adds the answers by the events' places; a call that is to be made by itself has none."""
        for stack in self._stacks(members):
            try:
                self._score(stack, answers)
            except Exception as error:
                # Out of memory for many is no event's fault, and may be enough for one.
                if not is_exhaustion(error):
                    raise

    def _score(self, stack: Stack, answers: dict[int, Any]) -> None:
        for chunk in self.predictor.score(stack):
            if chunk.borrowed:
                continue
            for index, answer in zip(chunk.events, entries(chunk.predictions), strict=True):
                if not isinstance(answer, Failure):
                    answers[stack.places[index]] = answer

    def _stacks(self, members: list[tuple[int, Wish]]) -> list[Stack]:
        arrays: dict[Hashable, tuple[list[int], list[np.ndarray]]] = {}
        rows: list[tuple[int, Row]] = []
        for place, wished in members:
            row = wished.row
            if type(row) is np.ndarray:
                places, alike = arrays.setdefault((row.dtype, row.shape), ([], []))
                places.append(place)
                alike.append(row)
            else:
                rows.append((place, row))
        stacks = [stack for group in arrays.values() for stack in of_arrays(self._plan, *group)]
        # What can't be assembled is called by itself, and raises there what it raises.
        return stacks + stack_rows(self._plan, rows)[0]


def _call(first: Wish) -> Callable[[Any], Any]:
    """The model's answers to the rows of an input, for calls that are like this one."""
    on_input, named = first.method.on_input, first.named
    if not first.kind.how & SLICED:
        return functools.partial(on_input, **named)

    def call(data: Any) -> Any:
        rows = inputs.count(data)
        given = own(data) if rows == 1 else None
        result = sliced(on_input(data, **named), rows)
        # The hook would see what the model wrote into its argument.
        if given is not None and not _is_unchanged(given, data):
            raise NoRows("the model writes into its input")
        return result

    return call


def _is_unchanged(given: Any, data: Any) -> bool:
    return not inputs.differing(data, given).any()
