"""What of a value can change its neighbours in one model input: its types, its keys, its nulls.

Events stack only where these agree; a number's size or a text's letters don't matter.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np


def is_null(value: Any) -> bool:
    """Whether pandas takes the value for missing: None, NaN, NaT, NA."""
    if value is None:
        return True
    if isinstance(value, (float, np.floating, np.datetime64, np.timedelta64)):
        return bool(value != value)  # noqa: PLR0124 - neither NaN nor NaT is itself
    pandas = sys.modules.get("pandas")
    return pandas is not None and (value is pandas.NaT or value is pandas.NA)


def nulls(array: np.ndarray) -> bytes:
    """Where an array has NaN or NaT; empty when it has none."""
    if array.dtype.kind not in "fcmM":
        return b""
    missing = array != array  # noqa: PLR0124
    return missing.tobytes() if missing.any() else b""


def form(value: Any) -> Hashable:
    """The value without its numbers and letters: types, keys, lengths and nulls, at every depth."""
    kind = type(value)
    if kind is dict:
        return ("dict", *((key, form(item)) for key, item in value.items()))
    if kind is list or kind is tuple:
        return (kind.__name__, *_forms(value))
    if isinstance(value, np.ndarray):
        return _form_of_array(value)
    if kind is not str and is_null(value):
        return f"no {kind.__name__}"
    if kind is not int or -(2**63) <= value < 2**63:
        return kind.__qualname__
    # pandas makes unsigned integers of those that are some, and objects of all others.
    return "unsigned" if 0 < value < 2**64 else "big"


def forms(values: Sequence[Any]) -> Hashable:
    """The forms of several values, quickly for numbers and texts."""
    kinds = tuple(map(type, values))
    if _PLAIN.issuperset(kinds):
        numbers = [value for value, kind in zip(values, kinds, strict=True) if kind in _NUMBERS]
        if not numbers or (min(numbers) >= -(2**63) and max(numbers) < 2**63 and not math.isnan(sum(numbers))):
            return kinds
    return tuple(map(form, values))


_NUMBERS = frozenset((int, float))
_PLAIN = _NUMBERS | {str, bool}


def _form_of_array(array: np.ndarray) -> Hashable:
    parts = _forms(array.ravel().tolist()) if array.dtype.kind == "O" else ()
    width = "" if array.dtype.kind in "US" else array.dtype.str
    return ("array", array.dtype.kind, width, array.shape, nulls(array), *parts)


def _forms(values: Any) -> tuple[Hashable, ...]:
    """The forms of a list's values, or one for all where they are plain and alike."""
    types = set(map(type, values))
    if len(types) == 1 and types <= {str, bool}:
        return (len(values), types.pop().__name__)
    forms = tuple(form(value) for value in values)
    return (len(values), forms[0]) if len(set(forms)) == 1 else forms
