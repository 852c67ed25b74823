"""Model inputs that are nothing but numbers, as an array, and what else of them a model could take notice of."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np

_DTYPES = frozenset(map(np.dtype, (np.float64, np.float32, np.int64, np.int32)))

_EXACT = float(1 << 53)
"""Whole numbers up to here are float64's own."""


class Numbers(NamedTuple):
    """A model input's numbers, a row each."""

    matrix: np.ndarray
    form: Hashable
    """Models, and signatures, treat inputs of one form alike."""
    is_finite: bool
    """Of missing numbers, and such without an end, libraries think differently."""


def read(data: Any) -> Numbers | None:
    """The input's numbers; None for any other input, and for one without rows."""
    if type(data) is np.ndarray:
        if data.ndim < 2 or not data.size or data.dtype not in _DTYPES:
            return None
        is_finite = _is_finite(data)
        return Numbers(data, (data.dtype, data.shape[1:], is_finite), is_finite)
    return _read_frame(data) if _is_frame(data) else None


def _read_frame(frame: Any) -> Numbers | None:
    dtypes = tuple(frame.dtypes)
    # Not each of pandas' types can be compared with NumPy's.
    if not all(type(dtype) in _DTYPE_CLASSES and dtype in _DTYPES for dtype in dtypes):
        return None
    matrix = frame.to_numpy()
    if not matrix.size or matrix.dtype not in _DTYPES:
        return None
    # Libraries may take integers in another way than by float64.
    if len(set(dtypes)) > 1 and (matrix.dtype != np.float64 or (np.abs(matrix) > _EXACT).any()):
        return None
    is_finite = _is_finite(matrix)
    return Numbers(matrix, ("frame", dtypes, tuple(frame.columns.tolist()), is_finite), is_finite)


def _is_frame(data: Any) -> bool:
    kind = type(data)
    return kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas"


def _is_finite(matrix: np.ndarray) -> bool:
    return matrix.dtype.kind != "f" or bool(np.isfinite(matrix).all())


_DTYPE_CLASSES = frozenset(map(type, _DTYPES))
