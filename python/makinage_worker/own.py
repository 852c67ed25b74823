"""Copies of what user code, or a model, has handed over: whatever it reuses afterwards, these stay what they were.

A hook may fill one array for each event, a model answer in one buffer, a codec parse into one message object. So what
they return is copied before any of them runs again, unless the event that it belongs to is finished by then.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

_PLAIN = frozenset(
    {
        *(type(None), bool, int, float, complex, str, bytes),
        *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta),
        *(decimal.Decimal, uuid.UUID),
    }
)
"""Types that can't be changed, and that most values are made of."""


def own(value: Any) -> Any:
    """The value, with nothing in it that anybody else could change.

    Raises whatever a type raises that can't be copied (`copy.deepcopy`), and RecursionError for one that contains
    itself.
    """
    kind = type(value)
    if kind in _CONTAINERS:
        return _CONTAINERS[kind](value)
    if kind in _PLAIN or (isinstance(value, np.generic) and not isinstance(value, np.void)):
        return value
    if isinstance(value, np.ndarray):
        return _own_array(value)
    return own_frame(value) if hasattr(value, "iloc") else copy.deepcopy(value)


def own_each(values: Iterable[Any]) -> list[Any]:
    """Copies of the items, each by itself: an object that stands in two places becomes two."""
    items = list(values)
    return items if _PLAIN.issuperset(map(type, items)) else [own(item) for item in items]


def _own_array(array: np.ndarray) -> np.ndarray:
    copied: np.ndarray = array.copy()
    if array.dtype.kind == "O" and not _PLAIN.issuperset(map(type, array.reshape(-1))):
        flat = copied.reshape(-1)
        for place, item in enumerate(array.reshape(-1)):
            flat[place] = own(item)
    return copied


_CONTAINERS: dict[type, Callable[[Any], Any]] = {
    list: own_each,
    tuple: lambda value: tuple(own_each(value)),
    dict: lambda value: dict(zip(value, own_each(value.values()), strict=True)),
    np.ndarray: _own_array,
}


def own_frame(frame: Any) -> Any:
    """A copy of a DataFrame or Series, with the objects in its cells."""
    copied = frame.copy()
    if copied.ndim == 1:
        return _objects(copied) if _holds_objects(copied) else copied
    for place, dtype in enumerate(copied.dtypes):
        if dtype.kind == "O":
            column = copied.iloc[:, place]
            if _holds_objects(column):
                copied.isetitem(place, _objects(column))
    return copied


def _holds_objects(series: Any) -> bool:
    return series.dtype.kind == "O" and not _PLAIN.issuperset(map(type, series))


def _objects(series: Any) -> Any:
    import pandas as pd

    # From an array of objects: pandas would look into a list of lists.
    return pd.Series(_own_array(series.to_numpy()), index=series.index, name=series.name, dtype=object)
