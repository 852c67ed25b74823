"""Events as rows of one model call: what stacks with what, and the way back from a result to each event.

A *plan* knows the model's signature. It turns one event into a `Row` (`row`), and the values of rows that share a key
into one model input (`assemble`). This module groups rows by key into stacks and cuts inputs and results.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from makinage_worker import frames
from makinage_worker.errors import Failure


@dataclass(slots=True)
class Row:
    """One event, ready to be stacked.

    Rows of equal `key` stack. `count` is None for an event that is one row, whose prediction is that row's; for an
    event of k rows it is k, and its prediction is a list of k.
    """

    key: Hashable
    value: Any
    count: int | None = None


class Plan(Protocol):
    """How events become the input that one kind of model takes."""

    stackable: bool
    """False when the signature fixes the number of rows of a call: then each event has a call of its own."""

    def row(self, value: Any) -> Row:
        """The row of a pre-transformed event; raises ValueError or TypeError when the model can't take it."""
        ...

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The model input of rows of one key, and the errors of those that are left out of it, by their index."""
        ...

    def dense(self, matrix: np.ndarray, rank: int) -> Any:
        """The model input of n events that are numbers (rank 0, shape (n, 1)) or lists (rank 1, shape (n, width)).

        None when they must be looked at one by one.
        """
        ...

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """Whether a dict is an event for this plan rather than an argument of some other meaning."""
        ...


@dataclass(slots=True)
class Stack:
    """Events that share one model input.

    `places` are their positions in the batch, in order; `counts` their rows (`Row.count`), None when each is one row.
    """

    places: Sequence[int]
    data: Any
    counts: list[int | None] | None = None

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, start: int, stop: int) -> int:
        """Number of rows of the events from `start` up to `stop`."""
        if self.counts is None:
            return stop - start
        return sum(1 if count is None else count for count in self.counts[start:stop])

    def input(self, start: int, stop: int) -> Any:
        """A model input of the events from `start` up to `stop`: a copy, as models may write into what they get."""
        if self.counts is None:
            return take(self.data, start, stop)
        first = self.rows(0, start)
        return take(self.data, first, first + self.rows(start, stop))

    def per_event(self, start: int, stop: int, result: Any) -> Any:
        """The predictions of the events, from the result's rows (an array or a list)."""
        if self.counts is None:
            return result
        predictions, offset = [], 0
        for count in self.counts[start:stop]:
            if count is None:
                predictions.append(result[offset])
                offset += 1
            else:
                predictions.append(list(result[offset : offset + count]))
                offset += count
        return predictions


def take(data: Any, start: int, stop: int) -> Any:
    """Rows `start` up to `stop` of a model input, copied; a DataFrame's index starts at 0 again."""
    if isinstance(data, dict):
        return {name: take(part, start, stop) for name, part in data.items()}
    if isinstance(data, list):
        return data[start:stop]
    if hasattr(data, "iloc"):
        return data.iloc[start:stop].reset_index(drop=True)
    return data[start:stop].copy()


def stack_rows(plan: Plan, rows: Sequence[tuple[int, Row]]) -> tuple[list[Stack], list[tuple[int, Failure]]]:
    """Stacks of the rows (each with its event's place), in order of their first event, and the rows that failed."""
    groups: dict[Hashable, list[tuple[int, Row]]] = {}
    for item in rows:
        groups.setdefault(item[1].key, []).append(item)
    stacks: list[Stack] = []
    failures: list[tuple[int, Failure]] = []
    for key, members in groups.items():
        stacks += _assemble(plan, key, members, failures)
    return stacks, failures


def _assemble(
    plan: Plan, key: Hashable, members: list[tuple[int, Row]], failures: list[tuple[int, Failure]]
) -> list[Stack]:
    try:
        data, errors = plan.assemble(key, [row.value for _, row in members])
    except BaseException as error:
        if len(members) == 1:
            failures.append((members[0][0], Failure("predict", error)))
            return []
        # Too large together, or one of them is not what its key says: each by itself.
        return [stack for member in members for stack in _assemble(plan, key, [member], failures)]
    if errors:
        failures.extend((members[index][0], Failure("predict", error)) for index, error in errors.items())
        members = [member for index, member in enumerate(members) if index not in errors]
        if not members:
            return []
    counts = [row.count for _, row in members]
    if all(count is None for count in counts):
        return [Stack([place for place, _ in members], data)]
    return [Stack([place for place, _ in members], data, counts)]


def split(result: Any, rows: int) -> Any:
    """What a model returned for `rows` rows, as a list or array with one entry a row; None when it has another number.

    Never through one big array, so that mixed types stay what they are. A pandas result whose index says that its rows
    stand in another order than the input's is put in order.
    """
    if isinstance(result, np.ndarray):
        return plain_array(result) if result.ndim and len(result) == rows else None
    if isinstance(result, list):
        return result if len(result) == rows else None
    if isinstance(result, dict):
        return _split_dict(result, rows)
    if hasattr(result, "iloc"):
        return _split_pandas(frames.in_order(result)) if len(result) == rows else None
    if hasattr(result, "toarray"):  # SciPy's sparse matrices
        return split(result.toarray(), rows)
    if frames.is_values(result):
        return list(result) if len(result) == rows else None
    return None


def _split_pandas(result: Any) -> Any:
    if result.ndim > 1:
        return frames.records(result)
    return result.to_numpy() if _is_plain_dtype(result.dtype) else list(result)


def plain_array(array: np.ndarray) -> np.ndarray:
    """The array without what subclasses add: a masked value is a NaN among objects."""
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        return np.where(np.ma.getmaskarray(array), np.nan, np.asarray(array, dtype=object))
    return np.asarray(array)


def _split_dict(result: dict[Any, Any], rows: int) -> list[dict[Any, Any]] | None:
    columns = []
    for part in result.values():
        if not isinstance(part, (np.ndarray, list)) and not hasattr(part, "iloc"):
            return None
        column = split(part, rows)
        if column is None:
            return None
        columns.append(entries(column))
    if not columns:
        return None
    return [dict(zip(result, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _is_plain_dtype(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "iufbO"


def encodable(rows: Any) -> Any:
    """The entries of a split result for the JSON encoder: as Python's own where NumPy's `tolist` loses nothing.

    It would make integers of dates, and None, which means that there is no prediction, of a date that is missing.
    """
    if isinstance(rows, np.ndarray) and rows.dtype.kind in "iufbUSO" and rows.itemsize <= _itemsize(rows.dtype):
        return rows.tolist() if rows.ndim == 1 or rows.dtype.kind != "O" else list(rows)
    return list(rows)


def _itemsize(dtype: np.dtype[Any]) -> int:
    return 8 if dtype.kind in "iuf" else dtype.itemsize


def entries(rows: Any) -> list[Any]:
    """The entries of a split result as a hook should see them: booleans and text as Python's own.

    The page's `pred is False` holds for Python's False only, not for NumPy's.
    """
    if isinstance(rows, np.ndarray):
        return rows.tolist() if rows.ndim == 1 and rows.dtype.kind in "bUSO" else list(rows)
    return rows  # type: ignore[no-any-return]  # what isn't an array is a list
