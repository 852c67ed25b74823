"""Numbers that another type holds exactly, and those that it would round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

FLOAT64 = 1 << 53
"""The largest integer up to which float64 holds every integer."""


def limit(dtype: np.dtype[Any]) -> int:
    """The largest integer up to which a float type holds every integer."""
    return 1 << (int(np.finfo(dtype).nmant) + 1)


def in_float(number: int, dtype: np.dtype[Any]) -> bool:
    """Whether a float type has this integer."""
    if abs(number) <= limit(dtype):
        return True
    try:
        with np.errstate(over="ignore"):
            rounded = float(dtype.type(number))
    except OverflowError:
        return False
    return rounded == number  # Python compares an int with a float exactly


def check_float(number: int, dtype: np.dtype[Any]) -> None:
    """Raises ValueError for an integer that the float type would round."""
    if not in_float(number, dtype):
        raise ValueError(f"{number} isn't exact as a {dtype}")


def whole_numbers(value: Any) -> Iterator[int]:
    """The integers of a list, at any depth; an array has them by its dtype."""
    if isinstance(value, (list, tuple)):
        for item in value:
            if type(item) is int:
                yield item
            elif type(item) is not float:
                yield from whole_numbers(item)
    elif isinstance(value, np.ndarray):
        if value.dtype.kind in "iuO":
            yield from whole_numbers(value.tolist())
    elif isinstance(value, (int, np.integer)):
        yield int(value)


def all_within(array: np.ndarray, largest: int) -> bool:
    """Whether no number exceeds `largest`, either way; not so with a NaN among them."""
    return bool(((array >= -largest) & (array <= largest)).all())


def overflowed(cast: np.ndarray, array: np.ndarray) -> bool:
    """Whether a finite number became infinite."""
    return not np.array_equal(np.isfinite(cast), np.isfinite(array))
