"""Rows for a pyfunc model with type hints: its `predict` takes a list, an event is one element of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from makinage_worker import frames
from makinage_worker.arrays import frame_row, is_frame, is_series, join_frames
from makinage_worker.features import FieldOrder
from makinage_worker.likeness import form
from makinage_worker.rows import Row


class RecordPlan:
    """One event, one list element, as plain Python; MLflow validates it against the hint.

    Elements of one form stack: what the model makes of a list may depend on the types and keys of all of it.
    """

    stackable = True
    fields: tuple[str, ...] = ()
    takes_vectors = False
    mixes = False
    order: FieldOrder | None = None

    def row(self, value: Any) -> Row:
        """The row of an event."""
        if is_frame(value):
            return frame_row(value)
        if is_series(value):
            value = frames.fields(value)
        if isinstance(value, (np.ndarray, np.generic)):
            value = value.tolist()
        return Row(("record", form(value)), value)

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The list of the events; none is left out."""
        assert isinstance(key, tuple)  # as `row` and `frame_row` make them
        return (list(values) if key[0] == "record" else join_frames(values)), {}

    def dense(self, together: np.ndarray) -> Any:
        """The events as Python numbers or lists of them."""
        return together.tolist()

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """Hints don't name columns: a dict may be anything."""
        return False
