"""Whether two predictions are the same, to rounding: a batch may sum in another order than a single row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

_ROUNDING = {2: 1e-2, 4: 1e-4}
"""Relative differences that are rounding, by the bytes of a float; what has more of them is held to `_FINE`."""

_FINE = 1e-5


def agree(one: Any, other: Any, scale: float) -> bool:
    """Whether two predictions are equal to rounding; `scale` is the size of the numbers that they are made of."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(one[key], other[key], scale) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(agree(*pair, scale) for pair in zip(one, other, strict=True))
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape:
            return False
        if one.dtype.kind not in "fc" or other.dtype.kind not in "fc":
            return agree(one.tolist(), other.tolist(), scale)
        rounding = _rounding(one, other)
        return bool(np.allclose(one, other, rtol=rounding, atol=rounding * scale, equal_nan=True))
    if isinstance(one, (float, np.floating)) and isinstance(other, (float, np.floating)):
        rounding = _rounding(one, other)
        return bool(np.isclose(one, other, rtol=rounding, atol=rounding * scale, equal_nan=True))
    return _equal(one, other)


def scale(*predictions: Any) -> float:
    """The largest finite number in predictions, without its sign; 0 where there is none."""
    return max((abs(number) for one in predictions for number in _numbers(one)), default=0.0)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, np.ndarray) and value.dtype.kind in "iufc":
        finite = np.abs(value[np.isfinite(value)])
        yield from [float(finite.max())] if finite.size else []
    elif isinstance(value, (list, tuple, np.ndarray)):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, (float, np.floating)) and np.isfinite(value):
        yield float(value)


def _rounding(*values: Any) -> float:
    return max(_ROUNDING.get(getattr(value, "itemsize", 8), _FINE) for value in values)


def _equal(one: Any, other: Any) -> bool:
    try:
        # Nulls of every kind aren't themselves.
        return one is other or bool(one == other) or bool(one != one and other != other)  # noqa: PLR0124
    except (TypeError, ValueError):
        return False
