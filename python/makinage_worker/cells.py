"""Columns of a signature: converting the values of one column, fast for a whole column, exact for each value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import exact, scalars
from makinage_worker.moments import moment
from makinage_worker.nested import Reader

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

WHOLE = ("integer", "long")
"""Types that have no null: MLflow takes such a column without one, or no such column."""


@dataclass(slots=True)
class Column:
    """A column of the signature: `kind` is MLflow's type name; `nested` reads arrays, objects and maps."""

    name: str | int
    kind: str
    required: bool = True
    nested: Reader | None = None

    @property
    def inferred(self) -> bool:
        """Whether pandas chooses the column's type by the values in it (MLflow's AnyType)."""
        return self.kind == "anytype"

    @property
    def is_number(self) -> bool:
        """Whether it takes nothing but numbers."""
        return self.kind in _NUMPY and self.kind != "boolean"

    def cast(self, values: np.ndarray) -> np.ndarray | None:
        """A column of int64 or float64 numbers in this column's type; None when one of them would change."""
        dtype = _NUMPY.get(self.kind)
        if dtype is None or dtype.kind == "b":
            return None
        return values if dtype == values.dtype else cast_numbers(values, dtype)


def cast_numbers(values: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray | None:
    """Numbers in another type; None when an integer would change, or a number would become infinite.

    A float becomes the nearest float of its new type.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        cast = values.astype(dtype)
    if dtype.kind not in "iuf":
        return cast
    if dtype.kind == "f":
        if values.dtype.kind == "f":
            return None if exact.overflowed(cast, values) else cast
        if not exact.all_within(values, exact.limit(dtype)):
            fits = all(exact.in_float(number, dtype) for number in exact.whole_numbers(values))
            return cast if fits else None
        return cast
    if values.dtype.kind == "f" and not exact.all_within(values, exact.FLOAT64 - 1):
        return None
    return cast if np.array_equal(cast, values) else None


def convert(column: Column, cells: list[Any]) -> tuple[Any, dict[int, BaseException]]:
    """The values as a column, and the errors of those that don't fit, by their index.

    With errors there is no column.
    """
    types = set(map(type, cells))
    if types in _PLAIN_TYPES.get(column.kind, ()):
        plain = _plain(column, cells, types)
        if plain is not None:
            return plain, {}
    values: list[Any] = []
    errors: dict[int, BaseException] = {}
    for index, cell in enumerate(cells):
        try:
            values.append(_cell(column, cell))
        except Exception as error:
            errors[index] = _unfit(column, cell, error)
    if errors:
        return None, errors
    return _as_column(column, values), {}


def _plain(column: Column, cells: list[Any], types: set[type]) -> Any:
    """The cells as they are; None when one of them doesn't fit: each by itself tells which."""
    dtype = _NUMPY.get(column.kind)
    if dtype is None:
        return cells if _is_unicode(cells) else None
    if dtype.kind == "f" and int in types and not _are_exact(cells, exact.limit(dtype)):
        return None
    try:
        with np.errstate(over="ignore"):
            array = np.array(cells, dtype=dtype)
    except OverflowError:
        return None
    return None if column.kind == "float" and np.isinf(array).any() else array


def _are_exact(cells: list[Any], limit: int) -> bool:
    return all(type(cell) is float or -limit <= cell <= limit for cell in cells)


def _is_unicode(cells: list[str]) -> bool:
    try:
        "\0".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_column(column: Column, values: list[Any]) -> Any:
    dtype = _NUMPY.get(column.kind)
    if dtype is not None and (dtype.kind != "b" or None not in values):
        return np.array(values, dtype=dtype)
    if column.kind == "datetime":
        return np.array(values, dtype="datetime64[ns]")
    if column.kind == "string" or column.inferred:
        return values
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _unfit(column: Column, cell: Any, error: Exception) -> ValueError:
    detail = f": {error}" if str(error) else ""
    unfit = ValueError(
        f"the column {column.name!r} takes a {column.kind}, and the event has {scalars.shown(cell)}{detail}"
    )
    unfit.__cause__ = error
    return unfit


def _cell(column: Column, cell: Any) -> Any:
    """One value in the column's type; raises ValueError or TypeError when it doesn't fit without loss."""
    if column.nested is not None:
        return column.nested(cell)
    cell = scalars.python(cell)
    if cell is None:
        return _null(column)
    return _CELLS[column.kind](cell)


def _null(column: Column) -> Any:
    """What MLflow's scoring server makes of null, except for what it would turn into False."""
    if column.kind in _NULLS:
        return _NULLS[column.kind]
    if column.required:
        raise ValueError("the signature doesn't call it optional")
    if column.kind in WHOLE:
        raise ValueError("whole numbers have no null: leave it out, or let the signature say double")
    return None


_NULLS: dict[str, Any] = {
    "double": float("nan"),
    "float": float("nan"),
    "string": None,
    "datetime": np.datetime64("NaT", "ns"),
}
_CELLS: dict[str, Callable[[Any], Any]] = {
    "double": scalars.double,
    "float": scalars.single,
    "long": scalars.long,
    "integer": scalars.integer,
    "boolean": scalars.boolean,
    "string": scalars.text,
    "binary": scalars.data,
    "datetime": moment,
}
