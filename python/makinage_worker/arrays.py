"""Rows for a model without a signature: arrays by the rank of the event, and DataFrame rows for objects."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain, count
from typing import Any

import numpy as np

from makinage_worker import exact, frames
from makinage_worker.features import FieldOrder
from makinage_worker.likeness import form, forms, nulls
from makinage_worker.rows import Row

_FLOAT64 = np.dtype(np.float64)


def as_array(value: Any) -> np.ndarray:
    """`np.array(event)`, the default pre-transform, as an array that holds what the event has.

    Where NumPy would change a value to make all of one type, the array holds Python's own objects instead: bytes and
    texts that end with NUL, which NumPy's types drop, and numbers beside texts. Raises ValueError for an integer that
    would be rounded beside a float, and for lists of unequal lengths.
    """
    if isinstance(value, (bytes, bytearray)):
        return _objects(bytes(value), ())
    if isinstance(value, np.ndarray):
        return np.array(value)
    array = np.array(value)
    if array.dtype.kind == "f" and (array.ndim == 1 or not exact.all_within(array, exact.FLOAT64 - 1)):
        _check_integers(value)
    elif array.dtype.kind in "US" and not _keeps_texts(value):
        return _objects(value, array.shape)
    return array


def _objects(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.empty(shape, dtype=object)
    array[...] = value
    return array


def _check_integers(value: Any) -> None:
    for number in exact.whole_numbers(value):
        if not -exact.FLOAT64 <= number <= exact.FLOAT64 and not exact.in_float(number, _FLOAT64):
            raise ValueError(
                f"{number} would be rounded, as float64 has no such number: send it as text, give the model a "
                "signature that calls it long, or make its array in a pre_transform"
            )


def _keeps_texts(value: Any) -> bool:
    """Whether NumPy's fixed-width texts hold the value: all of it texts, without a NUL at the end."""
    if isinstance(value, (list, tuple)):
        return all(map(_keeps_texts, value))
    return isinstance(value, (str, bytes)) and value[-1:] not in ("\0", b"\0")


def numbers(events: Sequence[Any]) -> np.ndarray | None:
    """Events that are all numbers, or all lists of equally many, as one array (n,) or (n, width).

    None when they aren't, or when `np.array` would give one of them another dtype than the rest.
    """
    types = set(map(type, events))
    if types == {list}:
        if len(set(map(len, events))) != 1:
            return None
        types = set(map(type, chain.from_iterable(events)))
    if types not in ({float}, {int}):
        return None
    together = np.array(events)
    # Integers beyond 64 bits make other dtypes, of their neighbours too.
    wanted = "<i8" if types == {int} else "<f8"
    return together if together.dtype.str == wanted and together.size else None


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
    """The rows of a DataFrame; they stack with those of the same columns, types and nulls.

    One with an index or attributes of its own, which a model may read, stacks with nothing.
    """
    if frame.attrs or not frames.counts_rows(frame.index):
        return Row(("frame of its own", next(_OWN_FRAMES)), frame, len(frame))
    missing = frame.isna().to_numpy()
    where = missing.tobytes() if missing.any() else b""
    inferred = [
        form(frame.iloc[:, place].tolist()) for place, dtype in enumerate(frame.dtypes) if str(dtype) == "object"
    ]
    return Row(
        ("frame", tuple(frame.columns), tuple(map(_dtype_key, frame.dtypes)), where, *inferred), frame, len(frame)
    )


_OWN_FRAMES = count()


def _dtype_key(dtype: Any) -> Hashable:
    """What two columns must have in common for their rows to stay what they are in one frame."""
    categories = getattr(dtype, "categories", None)
    return str(dtype) if categories is None else ("category", tuple(categories), str(categories.dtype), dtype.ordered)


def join_frames(frames: Sequence[Any]) -> Any:
    """The rows of all frames, numbered from 0; a single one as it is."""
    import pandas as pd

    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


class ArrayPlan:
    """Rank 0 or 1 is one row, rank 2 and more is as many rows as its first axis is long.

    Numbers stack to (n, 1), texts to (n,), lists to (n, width); only events of one dtype, row shape and pattern of
    nulls stack. An object is one row of a DataFrame, with its fields as columns in the order of `FieldOrder`.
    """

    stackable = True
    fields: tuple[str, ...] = ()
    takes_vectors = True
    mixes = True

    def __init__(self, order: FieldOrder | None = None) -> None:
        self.order: FieldOrder | None = order or FieldOrder()

    def row(self, value: Any) -> Row:
        """The row of an event; raises ValueError for a ragged list, and for what an array would change."""
        kind = type(value)
        if kind is str and value[-1:] != "\0":
            return Row(("text", _text_dtype(len(value))), value)
        if kind is dict:
            names, cells = self._fields(value)
            return Row(("object", names, forms(cells)), cells)
        if kind is list:
            return self._array_row(as_array(value))
        if is_frame(value):
            return frame_row(value)
        if is_series(value):
            return self.row(frames.fields(value))
        if is_sparse(value):
            value = value.tocsr()
            return Row(("sparse", value.dtype.str, value.shape[1]), value, value.shape[0])
        return self._array_row(value if isinstance(value, np.ndarray) else as_array(value))

    def _fields(self, value: dict[Any, Any]) -> tuple[tuple[Any, ...], list[Any]]:
        assert self.order is not None  # as it was made
        return self.order.values(value)

    def _array_row(self, array: np.ndarray) -> Row:
        if isinstance(array, np.ma.MaskedArray):
            if np.ma.is_masked(array):
                raise ValueError(
                    "the array has masked values, which a model's input can't keep: fill them, say with NaN"
                )
            array = np.asarray(array)
        if array.ndim == 0:
            if array.dtype.kind == "U":
                return self.row(str(array))
            return Row(("scalar", *_likeness(array)), array)
        if array.ndim == 1:
            return Row(("list", *_likeness(array), array.shape), array)
        return Row(("rows", *_likeness(array), array.shape[1:]), array, len(array))

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The input of rows of one key; none is left out."""
        assert isinstance(key, tuple)  # as `row` makes them
        kind, *rest = key
        if kind == "object":
            return _object_frame(rest[0], values), {}
        if kind == "sparse":
            from scipy import sparse

            return sparse.vstack(values, format="csr"), {}
        if kind in ("frame", "frame of its own"):
            return join_frames(values), {}
        dtype = np.dtype(rest[0])
        if kind == "text":
            return np.array(values, dtype=dtype), {}
        if kind == "rows":
            return np.concatenate(values, dtype=dtype), {}
        stacked = np.stack(values, dtype=dtype)
        return (stacked.reshape(-1, 1) if kind == "scalar" and dtype.kind not in "OSU" else stacked), {}

    def dense(self, together: np.ndarray) -> Any:
        """The numbers themselves: they have the dtype of `np.array(event)`. Lists of lists are rows of their own."""
        return together.reshape(len(together), -1) if together.ndim <= 2 else None

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """Without a signature a dict may be anything."""
        return False


def _object_frame(names: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Any:
    import pandas as pd

    columns = [list(cells) for cells in zip(*rows, strict=True)]
    return pd.DataFrame(dict(zip(names, columns, strict=True)), index=range(len(rows)))


def _likeness(array: np.ndarray) -> tuple[Hashable, ...]:
    """The dtype that an array's stack has, and what else of it could change its neighbours."""
    dtype = array.dtype
    if dtype.kind == "U":
        return (_text_dtype(dtype.itemsize // 4),)
    if dtype.kind == "O":
        return ("O", form(array))
    return (dtype.str, nulls(array))


def _text_dtype(width: int) -> str:
    """A text's own width rounded up to a power of two: none is wider for its neighbours, nor widens them."""
    return f"U{1 << max(width - 1, 0).bit_length()}"
