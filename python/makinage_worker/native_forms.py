"""Model inputs that are nothing but numbers, as an array, and what else of them a model could take notice of."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

_DTYPES = frozenset(map(np.dtype, (np.float64, np.float32, np.int64, np.int32)))

_EXACT = float(1 << 53)
"""Whole numbers up to here are float64's own."""


def read(data: Any) -> tuple[np.ndarray, Hashable] | None:
    """The input's numbers, a row each, and its form: models, and signatures, treat inputs of one form alike.

    None for any other input, for one without rows, and where a number in it isn't finite, of which libraries think
    differently.
    """
    if type(data) is np.ndarray:
        if data.ndim < 2 or not data.size or data.dtype not in _DTYPES or not _is_finite(data):
            return None
        return data, (data.dtype, data.shape[1:])
    return _read_frame(data) if _is_frame(data) else None


def _read_frame(frame: Any) -> tuple[np.ndarray, Hashable] | None:
    dtypes = tuple(frame.dtypes)
    # Not each of pandas' types can be compared with NumPy's.
    if not all(type(dtype) in _DTYPE_CLASSES and dtype in _DTYPES for dtype in dtypes):
        return None
    matrix = frame.to_numpy()
    if not matrix.size or matrix.dtype not in _DTYPES or not _is_finite(matrix):
        return None
    # Libraries may take integers in another way than by float64.
    if len(set(dtypes)) > 1 and (matrix.dtype != np.float64 or np.abs(matrix).max() > _EXACT):
        return None
    return matrix, ("frame", dtypes, tuple(frame.columns.tolist()))


def _is_frame(data: Any) -> bool:
    kind = type(data)
    return kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas"


def _is_finite(matrix: np.ndarray) -> bool:
    return matrix.dtype.kind != "f" or bool(np.isfinite(matrix).all())


_DTYPE_CLASSES = frozenset(map(type, _DTYPES))
