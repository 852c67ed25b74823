"""Rows for a model whose MLflow signature has columns: DataFrame rows, converted a column at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from makinage_worker.arrays import frame_row, is_frame, is_series, join_frames
from makinage_worker.cells import Column, convert
from makinage_worker.rows import Row

_ABSENT = None
"""An optional column without a value in the event: it is left out, as one with a null is."""


class ColumnPlan:
    """An object is one row, by name; a list is one row, by position; a list of lists or objects is a row each.

    Extra keys are ignored. Rows stack when the same columns have a value, so that a null or a missing optional column
    changes no neighbour's types.
    """

    stackable = True

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = list(columns)
        self._names = [column.name for column in columns]
        self._named = all(isinstance(name, str) for name in self._names)
        self._required = frozenset(column.name for column in columns if column.required)

    def row(self, value: Any) -> Row:
        """The row of an event; raises ValueError when it lacks a column."""
        if isinstance(value, dict):
            return self._row(self._cells_of_object(value))
        if is_frame(value):
            return frame_row(value)
        if is_series(value):
            return self.row(value.to_dict() if self._named else value.tolist())
        if isinstance(value, (np.ndarray, np.generic)):
            value = value.tolist()
        if isinstance(value, (list, tuple)) and not self._is_one_cell(value):
            if value and all(isinstance(item, (list, tuple, dict)) for item in value):
                return self._rows([self.row(item) for item in value])
            return self._row(self._cells_of_list(value))
        return self._row(self._cells_of_list([value]))

    def _is_one_cell(self, value: Sequence[Any]) -> bool:
        """Whether a list is the one column's value (a column of arrays), not a row of columns."""
        if len(self._columns) != 1 or not self._columns[0].nested:
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
        return [event.get(name, _ABSENT) for name in self._names]

    def _cells_of_list(self, event: Sequence[Any]) -> list[Any]:
        if len(event) != len(self._columns):
            raise ValueError(
                f"the model's signature has {len(self._columns)} columns, and the event has {len(event)} "
                f"value{'' if len(event) == 1 else 's'}"
            )
        return list(event)

    def _row(self, cells: list[Any]) -> Row:
        nulls = tuple(cell is None for cell in cells) if None in cells else ()
        return Row(nulls, cells)

    def _rows(self, rows: list[Row]) -> Row:
        if any(row.count is not None for row in rows):
            raise ValueError("the event is nested deeper than rows of columns")
        keys = {row.key for row in rows}
        if len(keys) > 1:
            raise ValueError("the event's rows have values in different columns")
        frame, errors = self.assemble(keys.pop(), [row.value for row in rows])
        for error in errors.values():
            raise error
        return frame_row(frame)

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The DataFrame of rows of one key, and the errors of those with a value that its column can't take."""
        import pandas as pd

        if not isinstance(values[0], list):
            return join_frames(values), {}
        # Rows of a key have their nulls in the same columns.
        first = values[0]
        present = [
            (index, column) for index, column in enumerate(self._columns) if column.required or first[index] is not None
        ]
        errors: dict[int, BaseException] = {}
        columns = {}
        for index, column in present:
            columns[column.name], failed = convert(column, [row[index] for row in values])
            for place, error in failed.items():
                errors.setdefault(place, error)
        if not errors:
            return pd.DataFrame(columns), {}
        good = [row for place, row in enumerate(values) if place not in errors]
        return (self.assemble(key, good)[0] if good else None), errors

    def dense(self, matrix: np.ndarray, rank: int) -> Any:
        """The DataFrame of the matrix, when its columns are as many as the signature's and all take numbers."""
        import pandas as pd

        if matrix.shape[1] != len(self._columns):
            return None
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
