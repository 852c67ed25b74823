"""One value of an event in one of MLflow's scalar types: unharmed, or a ValueError or TypeError that says why not.

`null` is the caller's: what it means depends on where it stands.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from makinage_worker import exact

_DOUBLE, _SINGLE = np.dtype(np.float64), np.dtype(np.float32)


def python(value: Any) -> Any:
    """NumPy's scalars as Python's, except for dates, whose nanoseconds Python lacks."""
    return value.item() if isinstance(value, np.generic) and value.dtype.kind not in "mM" else value


def shown(value: Any) -> str:
    """The value as it stands in an error, not too long."""
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"


def double(value: Any) -> float:
    """A number as a float64; an integer that it would round is refused."""
    _check_number(value)
    if isinstance(value, int):
        exact.check_float(value, _DOUBLE)
    return float(value)


def single(value: Any) -> np.float32:
    """A number as the nearest float32; an integer that it would round, and what exceeds it, is refused."""
    _check_number(value)
    if isinstance(value, int):
        exact.check_float(value, _SINGLE)
    with np.errstate(over="ignore"):
        number = np.float32(value)
    if np.isinf(number) and not np.isinf(value):
        raise ValueError("it exceeds float32")
    return number  # type: ignore[no-any-return]


def long(value: Any) -> int:
    """A whole number of 64 bits."""
    return _whole(value, 64)


def integer(value: Any) -> int:
    """A whole number of 32 bits."""
    return _whole(value, 32)


def boolean(value: Any) -> bool:
    """True or False; numbers and texts are neither."""
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def text(value: Any) -> str:
    """A text that UTF-8 has a form for: pandas' texts are UTF-8."""
    if not isinstance(value, str):
        raise TypeError("text is needed")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("it has half of a surrogate pair") from None
    return value


def data(value: Any) -> bytes:
    """Bytes, or their base64 text as in MLflow's own JSON."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        return base64.b64decode(value, validate=True)
    raise TypeError("base64 text is needed")


def _check_number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("a number is needed")


def _whole(value: Any, bits: int) -> int:
    _check_number(value)
    if isinstance(value, float):
        if not value.is_integer():
            raise ValueError("it isn't a whole number")
        if abs(value) >= exact.FLOAT64:
            raise ValueError("from 2^53 on a number with a point or an exponent isn't exact: write all its digits")
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError(f"it exceeds {bits} bits")
    return int(value)
