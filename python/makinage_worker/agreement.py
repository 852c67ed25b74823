"""Whether two predictions are the same, to rounding: a batch may sum in another order than a single row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_SINGLE = (2e-5, 1e-6)
"""Of float32, and of what was computed in it: the part of a number, and of the largest like it, that is rounding."""

_DOUBLE = (1e-6, 1e-11)
"""Of float64."""

_HALF = (1e-2, 1e-3)
"""Of float16."""

_ULPS = 32
"""Steps of a type within which two numbers may be one, however it was summed."""

_NEARER = 4
"""So much nearer to its own is a prediction than to another."""

_FAR = 1e-3
"""The part of a number by which others differ that nobody takes for it."""

_LOOKED_AT = 16
"""Predictions of a call that are looked at for two that differ."""


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


def strange(one: Any, other: Any, likes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Which numbers of a prediction aren't those of this one, and which of them are as near to another's.

    What agrees to rounding could be a neighbour's where those are nearly alike, as times and pressures are. `likes` are
    the floats of all predictions that it could be (`all_floats`).
    """
    own, got = all_floats(one), all_floats(other)
    none = np.zeros(len(own), dtype=bool)
    if not len(own) or own.shape != got.shape or _has_half(one):
        return none, none
    with np.errstate(all="ignore"):
        distance, size = np.abs(own - got), np.maximum(np.abs(own), np.abs(got))
        single = (own == own.astype(np.float32)) & (got == got.astype(np.float32))
        rounding = _ULPS * np.where(single, np.spacing(size.astype(np.float32)), np.spacing(size))
        differs = distance > rounding
        if not differs.any():
            return none, none
        nearest = np.full(len(own), np.inf)
        for like in likes:
            if like.shape == own.shape:
                gap = np.abs(like - own)
                nearest = np.where(gap > rounding, np.minimum(gap, nearest), nearest)
        return differs, differs & ~(_NEARER * distance < nearest)


def apart(predictions: Any) -> tuple[int, int] | None:
    """The places of two predictions that differ by far more than rounding; None where none are found."""
    if isinstance(predictions, np.ndarray) and predictions.dtype.kind in "iufb" and predictions.ndim == 1:
        return _apart_numbers(predictions)
    first = all_floats(predictions[0]) if len(predictions) else np.empty(0)
    for place in range(1, min(len(predictions), _LOOKED_AT)):
        if _differ(first, predictions[0], predictions[place]):
            return 0, place
    return None


def _apart_numbers(numbers: np.ndarray) -> tuple[int, int] | None:
    missing = np.isnan(numbers) if numbers.dtype.kind == "f" else np.zeros(len(numbers), dtype=bool)
    if not len(numbers) or missing.all():
        return None
    if missing.any():
        return int(np.argmax(missing)), int(np.argmin(missing))
    low, high = int(np.argmin(numbers)), int(np.argmax(numbers))
    one, other = float(numbers[low]), float(numbers[high])
    return (low, high) if abs(one - other) > _FAR * max(abs(one), abs(other)) else None


def _differ(own: np.ndarray, one: Any, other: Any) -> bool:
    got = all_floats(other)
    if not len(own) or own.shape != got.shape:
        return not agree(one, other, ())
    with np.errstate(all="ignore"):
        far = np.abs(own - got) > _FAR * np.maximum(np.abs(own), np.abs(got))
        return bool((far | (np.isnan(own) != np.isnan(got))).any())


def _has_half(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.floating)):
        return bool(value.dtype == np.float16)
    return any(map(_has_half, _parts(value)))


def all_floats(value: Any) -> np.ndarray:
    """The floats of a prediction, at any depth, one after the other."""
    if isinstance(value, np.ndarray):
        return value.ravel().astype(np.float64) if value.dtype.kind == "f" else np.empty(0)
    if isinstance(value, (float, np.floating)):
        return np.asarray([value], dtype=np.float64)
    found = [all_floats(part) for part in _parts(value)]
    return np.concatenate(found) if found else np.empty(0)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


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
