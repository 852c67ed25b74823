"""Rows for a model whose MLflow signature names tensors: the signature's sample shape and dtype win."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import exact, frames
from makinage_worker.arrays import as_array, frame_row, is_frame, is_series, join_frames
from makinage_worker.cells import cast_numbers
from makinage_worker.features import FieldOrder
from makinage_worker.likeness import form, nulls
from makinage_worker.rows import Row


@dataclass(slots=True)
class Tensor:
    """One input of the model: `sample` is one row's shape (-1 where any length fits), `rows` the fixed number or -1."""

    name: str | None
    dtype: np.dtype[Any]
    rows: int
    sample: tuple[int, ...]

    def fit(self, value: Any) -> tuple[np.ndarray, int | None]:
        """The value as rows of this tensor, and their number (None: the value is one sample).

        Raises ValueError when neither shape nor type fit.
        """
        array = self._array(value)
        if _matches(array.shape, self.sample):
            return array[np.newaxis], None
        if array.ndim and _matches(array.shape[1:], self.sample):
            return array, len(array)
        if array.ndim <= 1 and array.size == 1 and self.sample in ((), (1,)):
            return array.reshape((1, *self.sample)), None
        of = f" for the input {self.name!r}" if self.name else ""
        raise ValueError(
            f"the model's signature takes rows of shape {self.sample}{of}, and the event has shape {array.shape}"
        )

    def _array(self, value: Any) -> np.ndarray:
        array = as_array(value)
        if self.dtype.kind == "f" and array.dtype.kind == "f" and not exact.all_within(array, exact.limit(self.dtype)):
            # A float becomes the nearest one; an integer that stood beside floats must be what it was.
            for number in exact.whole_numbers(value):
                if not exact.in_float(number, self.dtype):
                    of = f" for the input {self.name!r}" if self.name else ""
                    raise ValueError(f"the model's signature takes {self.dtype}{of}, which would round {number}")
        return self._cast(array)

    def _cast(self, array: np.ndarray) -> np.ndarray:
        if array.dtype == self.dtype:
            return array
        of = f" for the input {self.name!r}" if self.name else ""
        if self.dtype.kind == "O":
            return array.astype(object)
        if self.dtype.kind in "US":
            if array.dtype.kind != self.dtype.kind:
                raise ValueError(f"the model's signature takes text{of}, and the event holds {_kind_name(array)}")
            return array
        if array.dtype.kind == "O" and self.dtype.kind == "f":
            array = _with_nans(array)
        if array.dtype.kind not in "iufb" or (array.dtype.kind == "b") != (self.dtype.kind == "b"):
            raise ValueError(f"the model's signature takes {self.dtype}{of}, and the event holds {_kind_name(array)}")
        cast = cast_numbers(array, self.dtype)
        if cast is None:
            raise ValueError(
                f"the model's signature takes {self.dtype}{of}, and the event holds numbers that don't fit it"
            )
        return cast


class TensorPlan:
    """An event of one sample's shape is one row, one of (k, *sample) is k rows; an object holds the inputs by name."""

    fields: tuple[str, ...] = ()

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._tensors = list(tensors)
        self._named = tensors[0].name is not None
        self.order: FieldOrder | None = None
        self.stackable = all(tensor.rows < 0 for tensor in tensors)
        self.takes_vectors = self.stackable and len(tensors) == 1 and len(tensors[0].sample) == 1
        # Rows with floats have only integers that float32 holds.
        self.mixes = all(tensor.dtype != np.float16 for tensor in tensors)

    def row(self, value: Any) -> Row:
        """The row of an event; raises ValueError when it doesn't fit the signature."""
        if is_frame(value):
            return frame_row(value)
        if is_series(value):
            value = frames.fields(value) if self._named else value.to_numpy()
        if isinstance(value, dict):
            return self._object_row(value)
        if len(self._tensors) > 1:
            names = ", ".join(str(tensor.name) for tensor in self._tensors)
            raise ValueError(
                f"the model's signature has several inputs ({names}): the event must be an object with these keys"
            )
        array, count = self._tensors[0].fit(value)
        return Row(_key([array]), [array], count)

    def _object_row(self, value: dict[str, Any]) -> Row:
        if not self._named:
            shape = self._tensors[0].sample
            raise ValueError(
                f"the model's signature takes an array with rows of shape {shape}, and the event is an object: "
                "write a pre_transform that makes the array of its fields"
            )
        missing = [tensor.name for tensor in self._tensors if tensor.name not in value]
        if missing:
            raise ValueError(f"the model's signature requires the input {missing[0]!r}, which the event doesn't have")
        fitted = [tensor.fit(value[str(tensor.name)]) for tensor in self._tensors]
        counts = {count for _, count in fitted}
        if len(counts) > 1:
            raise ValueError("the event's inputs have unequal numbers of rows")
        arrays = [array for array, _ in fitted]
        return Row(_key(arrays), arrays, counts.pop())

    def assemble(self, key: Hashable, values: Sequence[Any]) -> tuple[Any, dict[int, BaseException]]:
        """The input of rows of one key; none is left out."""
        if not isinstance(values[0], list):
            return join_frames(values), {}
        arrays = [np.concatenate(parts) for parts in zip(*values, strict=True)]
        return self._input(arrays), {}

    def _input(self, arrays: list[np.ndarray]) -> Any:
        if self._named:
            return {tensor.name: array for tensor, array in zip(self._tensors, arrays, strict=True)}
        return arrays[0]

    def dense(self, together: np.ndarray) -> Any:
        """The numbers in the signature's dtype, when each event is one sample of it."""
        tensor = self._tensors[0]
        if len(self._tensors) > 1 or not self.stackable:
            return None
        if together.ndim == 1 and tensor.sample != ():
            together = together.reshape(-1, 1)
        if not _matches(together.shape[1:], tensor.sample):
            return None
        try:
            return self._input([tensor._cast(together)])
        except ValueError:
            return None

    def takes_object(self, value: dict[Any, Any]) -> bool:
        """Whether the dict has every input by name."""
        return self._named and all(tensor.name in value for tensor in self._tensors)


def _with_nans(array: np.ndarray) -> np.ndarray:
    """Numbers with nulls among them as floats; anything else as it was."""
    items = [item for item in array.reshape(-1) if item is not None]
    if len(items) == array.size or not all(type(item) in (int, float) for item in items):
        return array
    return as_array([float("nan") if item is None else item for item in array.reshape(-1)]).reshape(array.shape)


def _matches(shape: tuple[int, ...], sample: tuple[int, ...]) -> bool:
    return len(shape) == len(sample) and all(want in (-1, have) for want, have in zip(sample, shape, strict=True))


def _key(arrays: list[np.ndarray]) -> Hashable:
    return tuple(
        (
            array.dtype.kind,
            array.dtype.itemsize if array.dtype.kind in "US" else array.dtype.str,
            array.shape[1:],
            form(array) if array.dtype.kind == "O" else nulls(array),
        )
        for array in arrays
    )


def _kind_name(array: np.ndarray) -> str:
    return {"U": "text", "O": "values of mixed types", "b": "booleans"}.get(array.dtype.kind, str(array.dtype))
