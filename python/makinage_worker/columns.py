"""Rows for a model whose MLflow signature has columns: DataFrame rows, converted a column at a time."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from makinage_worker import frames
from makinage_worker.arrays import frame_row, is_frame, is_series, join_frames
from makinage_worker.cells import WHOLE, Column, convert
from makinage_worker.features import FieldOrder
from makinage_worker.likeness import form, is_null
from makinage_worker.rows import Row


class _Absent:
    """An optional column of whole numbers without a value in the event: it has no null, so the column is left out."""

    def __repr__(self) -> str:
        return "nothing"


_ABSENT = _Absent()


class ColumnPlan:
    """An object is one row, by name; a list is one row, by position; a list of lists or objects is a row each.

    Extra keys are ignored. A null, and an optional column that an event lacks, is the null of the column's type. Rows
    stack when they have their nulls in the same columns, so that none changes its neighbours' types.
    """

    stackable = True
    order: FieldOrder | None = None

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = list(columns)
        self._names = [column.name for column in columns]
        self._all_double = all(column.kind == "double" for column in columns)
        self._named = all(isinstance(name, str) for name in self._names)
        self._required = frozenset(column.name for column in columns if column.required)
        self._defaults = [
            (column.name, _ABSENT if column.kind in WHOLE and not column.required else None) for column in columns
        ]
        self._index: Any = None
        self.takes_vectors = all(column.nested is None for column in columns)
        self.mixes = all(column.is_number for column in columns)
        self._inferred = [index for index, column in enumerate(columns) if column.inferred]

    @property
    def names(self) -> Sequence[Any]:
        """The columns' names, in their order."""
        return self._names

    @property
    def fields(self) -> Sequence[str]:
        """All columns, where they have names, and take numbers."""
        names = {column.name: None for column in self._columns if column.is_number and isinstance(column.name, str)}
        return list(names) if len(names) == len(self._columns) else ()

    def row(self, value: Any) -> Row:
        """The row of an event; raises ValueError when it lacks a column."""
        if isinstance(value, dict):
            return self._row(self._cells_of_object(value))
        if is_frame(value):
            return frame_row(value)
        if is_series(value):
            return self.row(frames.fields(value) if self._named else value.tolist())
        if isinstance(value, (np.ndarray, np.generic)):
            value = value.tolist() if value.dtype.kind not in "mM" else list(np.atleast_1d(value))
        if isinstance(value, (list, tuple)) and not self._is_one_cell(value):
            if value and all(isinstance(item, (list, tuple, dict)) for item in value):
                return self._rows(value)
            return self._row(self._cells_of_list(value))
        return self._row(self._cells_of_list([value]))

    def _is_one_cell(self, value: Sequence[Any]) -> bool:
        """Whether a list is the one column's value (a column of arrays), not a row of columns."""
        if len(self._columns) != 1 or self._columns[0].nested is None:
            return False
        return not (len(value) == 1 and isinstance(value[0], (list, tuple)))

    def _cells_of_object(self, event: dict[Any, Any]) -> list[Any]:
        if not self._named:
            raise ValueError(
                f"the model's signature has {len(self._columns)} columns without names, and the event is an object: "
                "send a list, or write a pre_transform that makes one"
            )
        if not self._required <= event.keys():
            missing = [name for name in self._names if name in self._required and name not in event]
            raise ValueError(
                f"the model's signature requires the column {missing[0]!r}, which the event doesn't have"
                + (f" (nor {', '.join(map(repr, missing[1:]))})" if missing[1:] else "")
            )
        return [event.get(name, default) for name, default in self._defaults]

    def _cells_of_list(self, event: Sequence[Any]) -> list[Any]:
        if len(event) != len(self._columns):
            raise ValueError(
                f"the model's signature has {len(self._columns)} columns, and the event has {len(event)} "
                f"value{'' if len(event) == 1 else 's'}"
            )
        return list(event)

    def _row(self, cells: list[Any]) -> Row:
        return Row((_nulls(cells), tuple(form(cells[index]) for index in self._inferred)), cells)

    def _rows(self, events: Sequence[Any]) -> Row:
        """Several rows in one event: what one has is no neighbour to another."""
        rows = [self.row(item) for item in events]
        if any(row.count is not None for row in rows):
            raise ValueError("the event is nested deeper than rows of columns")
        frame, errors = self._frame([row.value for row in rows])
        for error in errors.values():
            raise error
        return frame_row(frame)

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The DataFrame of rows of one key, and the errors of those with a value that its column can't take."""
        if not isinstance(values[0], list):
            return join_frames(values), {}
        frame, errors = self._frame(values)
        if not errors or len(errors) == len(values):
            return frame, errors
        return self._frame([row for place, row in enumerate(values) if place not in errors])[0], errors

    def _frame(self, rows: Sequence[list[Any]]) -> tuple[Any, dict[int, BaseException]]:
        """The DataFrame of the rows, or none and the errors of rows by their index."""
        import pandas as pd

        errors: dict[int, BaseException] = {}
        columns = {}
        for column, cells in zip(self._columns, zip(*rows, strict=True), strict=True):
            if all(cell is _ABSENT for cell in cells):
                continue
            present = [None if cell is _ABSENT else cell for cell in cells]
            columns[column.name], failed = convert(column, present)
            for place, error in failed.items():
                errors.setdefault(place, error)
        return (None if errors else pd.DataFrame(columns, index=range(len(rows)))), errors

    def dense(self, together: np.ndarray) -> Any:
        """The DataFrame of the events, when their numbers are as many as the signature's columns, and all take them."""
        import pandas as pd

        matrix = together.reshape(len(together), -1)
        if together.ndim > 2 or matrix.shape[1] != len(self._columns):
            return None
        if self._all_double and matrix.dtype == np.float64:
            if self._index is None:
                self._index = pd.Index(self._names)
            # In memory as pandas has it, a column after the other: sums of the same numbers are the same then.
            return pd.DataFrame(np.array(matrix, order="F"), columns=self._index.copy())
        columns = {}
        for index, column in enumerate(self._columns):
            values = column.cast(matrix[:, index])
            if values is None:
                return None
            columns[column.name] = values
        return pd.DataFrame(columns)

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """Whether the dict has every required column."""
        return self._named and bool(self._required) and self._required <= value.keys()


def _nulls(cells: list[Any]) -> tuple[int, ...]:
    """Which cells are null (1) or left out (2); nothing for the many rows without."""
    kinds = set(map(type, cells))
    if kinds <= _PRESENT and not (float in kinds and math.isnan(sum(cell for cell in cells if type(cell) is float))):
        return ()
    return tuple(2 if cell is _ABSENT else int(is_null(cell)) for cell in cells)


_PRESENT = {int, float, str, bool, list, dict, bytes}
"""Types of JSON's values; of these only a NaN is a null."""
