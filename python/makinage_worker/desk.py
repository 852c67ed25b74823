"""Where the model calls of a batch's hooks wait for each other, and become as few as answer each as if it were alone.

Whether a model's answers to several rows are those to each alone is `Predictor`'s to see, for each method by itself. A
call that it can't answer is handed back, to be made by the hook itself: what it raises is raised there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from makinage_worker import inputs
from makinage_worker.asked import AS_IS, BY_ITSELF, SLICED, AsIs, Kind, Method, NoRowsError, Wish, kind_of, sliced
from makinage_worker.errors import Failure, is_exhaustion
from makinage_worker.notices import Forgiving, Notices
from makinage_worker.own import own
from makinage_worker.predict import Manner, Predictor
from makinage_worker.rows import Plan, entries
from makinage_worker.stack import Stack, of_arrays, stack_rows
from makinage_worker.strands import Strands

_AS_IS: Plan = AsIs()

_KINDS = 64
"""Methods with different keyword arguments that are remembered; a hook that makes more of them calls by itself."""


class Desk:
    """Takes the calls of hooks that run in strands; out of a strand a call is made at once."""

    def __init__(self, plan: Plan, notices: Notices, manner: Manner) -> None:
        self._plan = plan
        self._notices = notices
        self._manner = manner
        self._lines: dict[Kind, _Line] = {}
        self._of_vectors: dict[str, _Line] = {}
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
        given = args[0]
        # As it is now: other events' hooks run before it is used.
        value = None if named or not self._plan.takes_vectors else vector(given)
        if value is not None:
            wish = Wish(self._of_vectors.get(method.name) or self._line_of_vectors(method), value)
        else:
            try:
                value, kept = own(given), own(named)
                found = self._wish(method, value, kept)
            except BaseException:
                found = None
            if found is None:
                return method.plainly(given, **named)
            wish, named = found, kept
        if wish.line.is_hopeless:
            return method.plainly(given, **named)
        answer = strands.wait(wish)
        if answer is not BY_ITSELF:
            return answer
        if type(given) is list and type(value) is np.ndarray:
            value = value.tolist()
        # The model may write into it, for the hook to see.
        return method.plainly(given if _is_unchanged_since(value, given) else value, **named)

    def answer(self, wishes: Sequence[Wish]) -> None:
        """Gives calls that wait their answers; their events are in ascending order of their places."""
        groups: dict[_Line, list[Wish]] = {}
        for wish in wishes:
            groups.setdefault(wish.line, []).append(wish)
        for line, members in groups.items():
            line.answer(members)

    def _wish(self, method: Method, value: Any, named: dict[str, Any]) -> Wish | None:
        found = kind_of(method, self._plan, value, named)
        order = self._plan.order
        # The first object that the model can score decides how the others are read.
        if found is None or (order is not None and order.is_open):
            return None
        kind, row = found
        if kind not in self._lines and len(self._lines) >= _KINDS:
            return None
        return Wish(self._line(kind, method, named), row)

    def _line_of_vectors(self, method: Method) -> _Line:
        line = self._of_vectors[method.name] = self._line(Kind(method.name, (), 0), method, {})
        return line

    def _line(self, kind: Kind, method: Method, named: dict[str, Any]) -> _Line:
        line = self._lines.get(kind)
        if line is None:
            call = _Call(method, named, is_sliced=bool(kind.how & SLICED))
            predictor = Predictor(call, Forgiving(self._notices), self._manner)
            line = self._lines[kind] = _Line(_AS_IS if kind.how & AS_IS else self._plan, call, predictor)
        return line


class NoDesk:
    """That of a copied proxy, whose calls are made at once."""

    strands = None


class _Line:
    """The calls of one kind."""

    def __init__(self, plan: Plan, call: _Call, predictor: Predictor) -> None:
        self._plan = plan
        self._call = call
        self.predictor = predictor

    @property
    def is_hopeless(self) -> bool:
        """Whether each of these calls is to be made by itself."""
        return self.predictor.is_one_by_one or self._call.is_refused

    def answer(self, members: list[Wish]) -> None:
        """Answers what can be answered together; the other calls are left to be made by themselves."""
        arrays: list[Wish] = []
        rows: list[Wish] = []
        for wish in members:
            (arrays if type(wish.row) is np.ndarray else rows).append(wish)
        try:
            # What can't be assembled is called by itself, and raises there what it raises.
            for alike in _alike(arrays):
                places = [wish.job.place for wish in alike]
                self._answer(of_arrays(self._plan, places, [wish.row for wish in alike]), alike)
            if rows:
                self._answer(stack_rows(self._plan, [(wish.job.place, wish.row) for wish in rows])[0], rows)
        except Exception as error:
            # Out of memory for many is no event's fault, and may be enough for one.
            if not is_exhaustion(error):
                raise

    def _answer(self, stacks: list[Stack], wishes: list[Wish]) -> None:
        by_place = {wish.job.place: wish for wish in wishes}
        for stack in stacks:
            try:
                self._score(stack, by_place)
            except Exception as error:
                if not is_exhaustion(error):
                    raise

    def _score(self, stack: Stack, by_place: dict[int, Wish]) -> None:
        places = stack.places
        for chunk in self.predictor.score(stack):
            if chunk.borrowed:
                continue
            for index, answer in zip(chunk.events, entries(chunk.predictions), strict=True):
                if not isinstance(answer, Failure):
                    by_place[places[index]].answer = answer


def _alike(wishes: list[Wish]) -> Iterable[list[Wish]]:
    """Those whose arrays have one type and length."""
    if len({wish.row.dtype for wish in wishes}) == 1 and len({len(wish.row) for wish in wishes}) == 1:
        return [wishes]
    groups: dict[Hashable, list[Wish]] = {}
    for wish in wishes:
        groups.setdefault((wish.row.dtype, len(wish.row)), []).append(wish)
    return groups.values()


def vector(value: Any) -> np.ndarray | None:
    """A copy of a row that is an array of 64-bit numbers, or a list that NumPy makes one of; None for any other."""
    kind = type(value)
    if kind is list:
        if set(map(type, value)) not in _OF_NUMBERS:
            return None
        value = np.array(value)
    elif kind is np.ndarray and value.ndim == 1:
        value = value.copy()
    else:
        return None
    return value if value.dtype in _NUMBERS else None


_OF_NUMBERS = ({float}, {int})
_NUMBERS = (np.dtype(np.float64), np.dtype(np.int64))


class _Call:
    """The model's answers to the rows of an input, for calls of one kind."""

    def __init__(self, method: Method, named: dict[str, Any], *, is_sliced: bool) -> None:
        self._method = method
        self._named = named
        self._is_sliced = is_sliced
        self.is_refused = False
        """Whether the answers can't be cut into those of rows."""

    def __call__(self, data: Any) -> Any:
        if not self._is_sliced:
            return self._method.on_input(data, **self._named)
        rows = inputs.count(data)
        given = own(data) if rows == 1 else None
        result = self._method.on_input(data, **self._named)
        try:
            # The hook would see what the model wrote into its argument.
            if given is not None and not _is_unchanged(given, data):
                raise NoRowsError("the model writes into its input")
            return sliced(result, rows)
        except NoRowsError:
            self.is_refused = True
            raise


def _is_unchanged_since(kept: Any, given: Any) -> bool:
    """Whether an argument still is what was kept of it."""
    if isinstance(kept, np.ndarray) and isinstance(given, np.ndarray):
        return kept.dtype == given.dtype and kept.shape == given.shape and kept.tobytes() == given.tobytes()
    return bool(given.equals(kept)) if hasattr(given, "iloc") else inputs.same(kept, given)


def _is_unchanged(given: Any, data: Any) -> bool:
    return not inputs.differing(data, given).any()
