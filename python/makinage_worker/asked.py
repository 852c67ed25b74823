"""A model call as a hook makes it: which calls may become one, and the form in which each has its answer.

What a hook hands over is an event of one row, whose answer is that row's; or it has an axis of rows already, of which
there is one, and then the answer has that axis too.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from makinage_worker import inputs
from makinage_worker.arrays import frame_row, is_frame
from makinage_worker.features import FieldOrder
from makinage_worker.likeness import forms, nulls
from makinage_worker.rows import Plan, Row

_SCALARS = (str, int, float, bool, type(None))
"""Keyword arguments of these types can be compared between calls."""


class Method(Protocol):
    """A method of the model as the proxy has it."""

    name: str

    def plainly(self, *args: Any, **kwargs: Any) -> Any:
        """The call as it is where nothing is stacked."""
        ...

    def on_input(self, data: Any, **kwargs: Any) -> Any:
        """The model's own answer to an input of any number of rows."""
        ...

    def takes_as_event(self, value: Any) -> bool:
        """Whether the argument is for the plan to make a row of, rather than handed on as it is."""
        ...


class Kind(NamedTuple):
    """Which calls may become one: those of a method, with equal keyword arguments, and equally made."""

    method: str
    named: tuple[Hashable, ...]
    how: int


BY_ITSELF = object()
"""The answer to a call that the hook is to make itself."""


@dataclass(slots=True, eq=False)
class Wish:
    """A call of one row that waits for its answer.

    `line` is where it waits. `strand` and `job` are who waits: the job is the event's record.
    """

    line: Any
    row: Any
    strand: Any = None
    job: Any = None
    answer: Any = BY_ITSELF


AS_IS, SLICED = 1, 2
"""What is special about a kind: its rows aren't made by the plan; its answers have an axis of rows."""


def kind_of(method: Method, plan: Plan, value: Any, named: dict[str, Any]) -> tuple[Kind, Row] | None:
    """Which calls one with this argument may join, and its row; None for one that has to be made by itself.

    Raises whatever the plan raises for what the model can't take.
    """
    keyed = frozen(named)
    if keyed is None:
        return None
    if method.takes_as_event(value):
        row = plan.row(value)
        if row.count is None:
            return Kind(method.name, keyed, 0), row
        # Its count is of no more use: the answer is cut from the result.
        return (Kind(method.name, keyed, SLICED), Row(row.key, row.value)) if row.count == 1 else None
    found = _as_is(value)
    return None if found is None else (Kind(method.name, keyed, AS_IS | SLICED), found)


def frozen(named: dict[str, Any]) -> tuple[Hashable, ...] | None:
    """Keyword arguments for comparison, 1 apart from True; None where they can't be compared."""
    if not named:
        return ()
    parts: list[Hashable] = []
    for name, value in named.items():
        if type(value) in _SCALARS:
            parts.append((name, type(value), repr(value)))
        elif type(value) is dict:
            inner = frozen(value)
            if inner is None:
                return None
            parts.append((name, inner))
        else:
            return None
    return tuple(parts)


def _as_is(value: Any) -> Row | None:
    """The one row of an argument that the model gets as it is, and what it must have in common with others."""
    if type(value) is np.ndarray:
        if value.ndim < 2 or len(value) != 1 or value.dtype.kind not in "iufb":
            return None
        return Row(("array", value.dtype.str, value.shape[1:], nulls(value)), value)
    if type(value) is list:
        if len(value) != 1 or type(value[0]) is not list:
            return None
        kinds = forms(value[0])
        return Row(("list", kinds), value) if set(map(type, value[0])) <= {int, float} else None
    if is_frame(value) and len(value) == 1:
        row = frame_row(value)
        return None if row.key[0] != "frame" else Row(row.key, value)  # type: ignore[index]  # as `frame_row` makes it
    return None


class AsIs:
    """The plan of arguments that the model gets as they are: their rows are joined."""

    stackable = True
    fields: tuple[str, ...] = ()
    takes_vectors = False
    mixes = False
    order: FieldOrder | None = None

    def row(self, value: Any) -> Row:
        """The row of an argument of one."""
        row = _as_is(value)
        if row is None:
            raise TypeError("it isn't one row")
        return row

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """Their rows in one input."""
        del key
        return inputs.join(values), {}

    def dense(self, together: np.ndarray) -> Any:
        """Never asked for."""
        del together

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """It takes rows."""
        del value
        return False


class NoRowsError(TypeError):
    """A result that can't be cut into the results of single rows."""


def sliced(result: Any, rows: int) -> list[Any]:
    """The results that the rows of an input have by themselves. Raises NoRowsError."""
    if type(result) is np.ndarray and result.ndim and len(result) == rows:
        return [result[row : row + 1] for row in range(rows)]
    if type(result) is list and len(result) == rows:
        return [[entry] for entry in result]
    raise NoRowsError(f"a {type(result).__name__} for {rows} rows")
