"""Columns of a signature: converting the values of one column, fast for a whole column, exact for each value."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

_NUMPY: dict[str, np.dtype[Any]] = {
    "integer": np.dtype(np.int32),
    "long": np.dtype(np.int64),
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
    "boolean": np.dtype(np.bool_),
}
"""MLflow's type names whose columns are NumPy arrays; all others are columns of objects."""

_PLAIN_TYPES: dict[str, list[set[type]]] = {
    "integer": [{int}],
    "long": [{int}],
    "float": [{float}, {int, float}, {int}],
    "double": [{float}, {int, float}, {int}],
    "boolean": [{bool}],
    "string": [{str}],
}
"""Types of a column's values that need no look at each of them."""


@dataclass(slots=True)
class Column:
    """A column of the signature: `kind` is MLflow's type name, `nested` for arrays, objects and maps."""

    name: str | int
    kind: str
    required: bool = True
    nested: bool = False

    def cast(self, values: np.ndarray) -> np.ndarray | None:
        """A column of int64 or float64 numbers in this column's type; None when one of them would change."""
        dtype = _NUMPY.get(self.kind)
        if dtype is None or dtype.kind == "b":
            return None
        if dtype == values.dtype:
            return values
        with np.errstate(invalid="ignore", over="ignore"):
            cast = values.astype(dtype)
        return cast if dtype.kind == "f" or np.array_equal(cast, values) else None


def convert(column: Column, cells: list[Any]) -> tuple[Any, dict[int, BaseException]]:
    """The values as a column, and the errors of those that don't fit, by their index.

    With errors there is no column.
    """
    dtype = _NUMPY.get(column.kind)
    if set(map(type, cells)) in _PLAIN_TYPES.get(column.kind, ()):
        if dtype is None:
            return cells, {}
        try:
            return np.array(cells, dtype=dtype), {}
        except OverflowError:
            pass  # some are too large: each by itself tells which
    values: list[Any] = []
    errors: dict[int, BaseException] = {}
    for index, cell in enumerate(cells):
        try:
            values.append(_cell(column, cell))
        except Exception as error:
            errors[index] = _unfit(column, cell, error)
    if errors:
        return None, errors
    return _as_column(column, values, dtype), {}


def _as_column(column: Column, values: list[Any], dtype: np.dtype[Any] | None) -> Any:
    if dtype is not None:
        return np.array(values, dtype=dtype)
    if column.kind == "datetime":
        return np.array(values, dtype="datetime64[ns]")
    if column.nested or column.kind == "binary":
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    return values


def _unfit(column: Column, cell: Any, error: Exception) -> ValueError:
    shown = repr(cell)
    shown = shown if len(shown) <= 80 else shown[:80] + "…"
    detail = f": {error}" if str(error) else ""
    unfit = ValueError(f"the column {column.name!r} takes a {column.kind}, and the event has {shown}{detail}")
    unfit.__cause__ = error
    return unfit


def _cell(column: Column, cell: Any) -> Any:
    """One value in the column's type; raises ValueError or TypeError when it doesn't fit without loss."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    kind = column.kind
    if column.nested or kind not in _CELLS:
        return cell
    return _CELLS[kind](cell)


def _float(cell: Any) -> float:
    if cell is None:
        return float("nan")
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        raise TypeError
    return float(cell)


def _whole(cell: Any, bits: int) -> int:
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        raise TypeError
    if int(cell) != cell:
        raise ValueError("it isn't a whole number")
    if not -(1 << (bits - 1)) <= cell < 1 << (bits - 1):
        raise ValueError(f"it exceeds {bits} bits")
    return int(cell)


def _bool(cell: Any) -> bool:
    if not isinstance(cell, bool):
        raise TypeError
    return cell


def _text(cell: Any) -> str | None:
    if cell is not None and not isinstance(cell, str):
        raise TypeError
    return cell


def _bytes(cell: Any) -> bytes | None:
    """Bytes, or their base64 text as in MLflow's own JSON."""
    if cell is None or isinstance(cell, bytes):
        return cell
    if isinstance(cell, str):
        return base64.b64decode(cell, validate=True)
    raise TypeError


def _moment(cell: Any) -> Any:
    """A moment in UTC without a zone, as MLflow's datetime columns take no zones."""
    import pandas as pd

    if cell is None:
        return np.datetime64("NaT", "ns")
    if isinstance(cell, (bool, int, float)):
        raise TypeError
    moment = pd.Timestamp(cell)
    if moment.tzinfo is not None:
        moment = moment.tz_convert("UTC").tz_localize(None)
    return moment.to_datetime64().astype("datetime64[ns]")


_CELLS = {
    "double": _float,
    "float": _float,
    "long": lambda cell: _whole(cell, 64),
    "integer": lambda cell: _whole(cell, 32),
    "boolean": _bool,
    "string": _text,
    "binary": _bytes,
    "datetime": _moment,
}
