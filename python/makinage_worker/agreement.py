"""Whether two predictions are the same, to rounding: a batch may sum in another order than a single row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_SINGLE = (2e-5, 1e-6)
"""Of float32, and of what was computed in it: the part of a number, and of the largest like it, that is rounding."""

_DOUBLE = (1e-6, 1e-11)
"""Of float64."""

_HALF = (1e-2, 1e-3)
"""Of float16."""


def agree(one: Any, other: Any, likes: Sequence[Any]) -> bool:
    """Whether two predictions are equal to rounding, in value and in type.

    `likes` are predictions of the same kind: where a number is zero but for rounding, they show how large it could be.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            agree(one[key], other[key], [like[key] for like in likes if isinstance(like, dict) and key in like])
            for key in one
        )
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(
            agree(*pair, [like[place] for like in likes if isinstance(like, (list, tuple)) and len(like) == len(one)])
            for place, pair in enumerate(zip(one, other, strict=True))
        )
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and one.dtype == other.dtype and _arrays_agree(one, other, likes)
    if isinstance(one, (float, np.floating)) and isinstance(other, (float, np.floating)):
        return type(one) is type(other) and _arrays_agree(np.asarray(one), np.asarray(other), likes)
    return _equal(one, other)


def _arrays_agree(one: np.ndarray, other: np.ndarray, likes: Sequence[Any]) -> bool:
    if one.dtype.kind not in "fc":
        return agree(one.tolist(), other.tolist(), ())
    same_shape = [like for like in map(_floats, likes) if like is not None and like.shape == one.shape]
    sizes = np.abs(np.nan_to_num(np.stack([one, other, *same_shape]), posinf=0, neginf=0)).max(axis=0)
    relative, floor = _rounding(one, other)
    allowed = relative * np.maximum(np.abs(one), np.abs(other)) + floor * sizes
    with np.errstate(invalid="ignore"):
        alike = (np.abs(one - other) <= allowed) | (one == other) | (np.isnan(one) & np.isnan(other))
    return bool(np.all(alike))


def _floats(value: Any) -> np.ndarray | None:
    array = np.asarray(value) if isinstance(value, (float, np.floating, np.ndarray)) else None
    return array if array is not None and array.dtype.kind in "fc" else None


def _rounding(*arrays: np.ndarray) -> tuple[float, float]:
    smallest = min(array.dtype.itemsize for array in arrays)
    if smallest == 2:
        return _HALF
    # A list of Python's floats may have been float32 before.
    return _SINGLE if smallest == 4 or all(map(_is_single, arrays)) else _DOUBLE


def _is_single(array: np.ndarray) -> bool:
    if array.dtype.kind != "f":
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.array_equal(array.astype(np.float32), array, equal_nan=True))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, (bool, int, float, np.generic)) and type(one) is not type(other):
        return False  # 1, 1.0 and true are written differently
    try:
        # Nulls of every kind aren't themselves.
        return one is other or bool(one == other) or bool(one != one and other != other)  # noqa: PLR0124
    except Exception:
        return False  # what can't be compared is taken for different
