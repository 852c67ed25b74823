"""Rows for a model without a signature: arrays by the rank of the event, and DataFrame rows for objects."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from makinage_worker.rows import Row


def as_array(value: Any) -> np.ndarray:
    """`np.array(event)`, the default pre-transform, as an array.

    Bytes are the exception: NumPy's own bytes type drops trailing NULs, so they stay Python's, in an array of objects.
    Raises ValueError for lists of unequal lengths.
    """
    if isinstance(value, (bytes, bytearray)):
        array = np.empty((), dtype=object)
        array[()] = bytes(value)
        return array
    return np.array(value)


def number_matrix(events: Sequence[Any]) -> tuple[np.ndarray, int] | None:
    """Events that are all numbers, or all lists of equally many, as one matrix (n, width), and their rank.

    None when they aren't, or when `np.array` would give one of them another dtype than the rest.
    """
    types = set(map(type, events))
    rank = 0
    if types == {list}:
        rank = 1
        if len(set(map(len, events))) != 1:
            return None
        types = set(map(type, chain.from_iterable(events)))
    if types not in ({float}, {int}):
        return None
    matrix = np.array(events)
    # Integers beyond 64 bits make other dtypes.
    return (matrix.reshape(len(events), -1), rank) if matrix.dtype.str in ("<i8", "<f8") else None


def is_frame(value: Any) -> bool:
    """Whether the value is a pandas DataFrame (seen without importing pandas)."""
    return hasattr(value, "iloc") and getattr(value, "ndim", 0) == 2


def is_series(value: Any) -> bool:
    """Whether the value is a pandas Series (seen without importing pandas)."""
    return hasattr(value, "iloc") and getattr(value, "ndim", 0) == 1


def is_sparse(value: Any) -> bool:
    """Whether the value is a SciPy sparse matrix or array."""
    return hasattr(value, "toarray") and hasattr(value, "tocsr")


def frame_row(frame: Any) -> Row:
    """The rows of a DataFrame; they stack with those of the same columns and types."""
    return Row(("frame", tuple(frame.columns), tuple(map(str, frame.dtypes))), frame, len(frame))


def join_frames(frames: Sequence[Any]) -> Any:
    """The rows of all frames, numbered from 0."""
    import pandas as pd

    return pd.concat(frames, ignore_index=True)


class ArrayPlan:
    """Rank 0 or 1 is one row, rank 2 and more is as many rows as its first axis is long.

    Numbers stack to (n, 1), texts to (n,), lists to (n, width); only events of one dtype and row shape stack. An object
    is one row of a DataFrame, with its own keys as columns.
    """

    stackable = True

    def row(self, value: Any) -> Row:
        """The row of an event; raises ValueError for a ragged list."""
        kind = type(value)
        if kind is str:
            # By length, within a factor of two: in one array the longest text sets the width of all.
            return Row(("text", len(value).bit_length()), value)
        if kind is dict:
            return Row(("object", tuple(value), tuple(map(_cell_kind, value.values()))), list(value.values()))
        if is_frame(value):
            return frame_row(value)
        if is_series(value):
            return self.row(value.to_dict())
        if is_sparse(value):
            value = value.tocsr()
            return Row(("sparse", value.dtype.str, value.shape[1]), value, value.shape[0])
        array = value if isinstance(value, np.ndarray) else as_array(value)
        if array.ndim == 0:
            item = array[()]
            return self.row(str(item)) if array.dtype.kind == "U" else Row(("scalar", array.dtype.str), item)
        width = array.dtype.itemsize.bit_length() if array.dtype.kind in "US" else array.dtype.str
        if array.ndim == 1:
            return Row(("list", array.dtype.kind, width, array.shape), array)
        return Row(("rows", array.dtype.kind, width, array.shape[1:]), array, len(array))

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The input of rows of one key; none is left out."""
        assert isinstance(key, tuple)  # as `row` makes them
        kind, *rest = key
        if kind == "text":
            return np.array(values, dtype=str), {}
        if kind == "scalar":
            dtype = np.dtype(rest[0])
            array = np.empty(len(values), dtype=dtype)
            array[:] = values
            return (array if dtype.kind in "OS" else array.reshape(-1, 1)), {}
        if kind == "list":
            return np.stack(values), {}
        if kind == "rows":
            return np.concatenate(values), {}
        if kind == "sparse":
            from scipy import sparse

            return sparse.vstack(values, format="csr"), {}
        if kind == "frame":
            return join_frames(values), {}
        import pandas as pd

        names, _ = rest
        cells = zip(*values, strict=True)
        return pd.DataFrame({name: list(column) for name, column in zip(names, cells, strict=True)}), {}

    def dense(self, matrix: np.ndarray, rank: int) -> Any:
        """The matrix itself: it has the dtype of `np.array(event)`."""
        return matrix

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """Without a signature a dict may be anything."""
        return False


def _cell_kind(value: Any) -> str:
    """What decides a column's type: a number's neighbours must not change it."""
    if type(value) is int and not -(2**63) <= value < 2**63:
        return "big"
    return type(value).__name__
