"""Whether two answers are the same to the bit, and of the same type and shape."""

from __future__ import annotations

from typing import Any

import numpy as np


def difference(ours: Any, theirs: Any) -> str | None:
    """Where the library's answer, an array, is another one than ours; None where it is the same."""
    if type(ours) is not type(theirs):
        return f"the library returns a {type(theirs).__name__} and not a {type(ours).__name__}"
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return f"the library returns {theirs.dtype} {theirs.shape} and not {ours.dtype} {ours.shape}"
    if ours.dtype == object:
        same = [type(one) is type(other) and one == other for one, other in zip(ours.flat, theirs.flat, strict=True)]
        equal = np.array(same, bool).reshape(ours.shape)
    else:
        equal = _bits(ours) == _bits(theirs)
    if equal.all():
        return None
    place = tuple(np.argwhere(~equal)[0])
    return f"it answers {theirs[place]!r} and they {ours[place]!r} to row {place[0]} of {len(ours)}"


def _bits(array: Any) -> Any:
    """The bytes of each element, comparable."""
    size = array.dtype.itemsize
    return np.ascontiguousarray(array).view(np.dtype((np.void, size))).reshape(array.shape)
