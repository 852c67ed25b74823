"""Events as rows of a model call, and a model's result as rows again.

A *plan* knows the model's signature. It turns one event into a `Row` (`row`), and the values of rows that share a key
into one model input (`assemble`).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from makinage_worker import frames
from makinage_worker.features import FieldOrder


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

    takes_vectors: bool
    """Whether one-dimensional arrays of 64-bit numbers are rows that `dense` may take together."""

    order: FieldOrder | None
    """The order of an object's fields where no signature gives it."""

    mixes: bool
    """Whether an integer beside a float in an event is a float to the model: an array has one type."""

    @property
    def fields(self) -> Sequence[str]:
        """In which order a list of numbers is the same event as the object with these fields; none where none is."""
        ...

    def row(self, value: Any) -> Row:
        """The row of a pre-transformed event; raises ValueError or TypeError when the model can't take it."""
        ...

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The model input of rows of one key, and the errors of those that are left out of it, by their index."""
        ...

    def dense(self, together: np.ndarray) -> Any:
        """The model input of n events that are numbers (n,), or lists (n, width), or lists of lists (n, …).

        None when they must be looked at one by one.
        """
        ...

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """Whether a dict is an event for this plan rather than an argument of some other meaning."""
        ...


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


def is_number(result: Any) -> bool:
    """Whether a model's answer to a single row is an array of one number or boolean, and nothing but that."""
    return type(result) is np.ndarray and result.shape == (1,) and result.dtype.kind in "ifb" and result.itemsize <= 8


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

    `pred is False` in Maki Nage's documentation holds for Python's False only, not for NumPy's.
    """
    if isinstance(rows, np.ndarray):
        return rows.tolist() if rows.ndim == 1 and rows.dtype.kind in "bUSO" else list(rows)
    return rows  # type: ignore[no-any-return]  # what isn't an array is a list
