"""What a value is, as a short text for people: JSON where it is of Python's, NumPy's or pandas' own types.

Nothing of the user's runs for that, neither `__repr__` nor an iterator of theirs: what they return may count its calls,
and the next event must not find it changed. An object of another class is its class's name, with its attributes.
"""

from __future__ import annotations

import datetime
import decimal
import json
import sys
import uuid
import zoneinfo
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import numpy as np

LONGEST = 500
"""Characters that are kept of a text."""

_DEEPEST = 20
"""Lists in lists, and the like, that are gone into."""

_MOST_DIGITS = 4000
"""Digits of an integer, for more of which Python refuses to write it."""


def shown(value: Any) -> str:
    """The text; never raises."""
    text = _Text()
    try:
        text.write(value, 0)
    except _Full:
        pass
    except Exception as error:
        # A library's type that isn't what it was.
        text.parts.append(f"…({type(error).__name__} while it was looked at)")
    whole = "".join(text.parts)
    return whole if len(whole) <= LONGEST else whole[:LONGEST] + "…"


class _Full(Exception):  # noqa: N818  # no error: it ends the walk
    """There is text enough."""


class _Text:
    """Writes values one after the other until there is no room."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._room = LONGEST

    def write(self, value: Any, depth: int) -> None:
        """One value."""
        kind = type(value)
        if depth > _DEEPEST:
            self._add("…")
        elif kind in _WRITTEN:
            self._add(_WRITTEN[kind](value))
        elif issubclass(kind, dict):
            self._object(dict.items(value), depth)
        elif issubclass(kind, (list, tuple, set, frozenset)):
            self._list(_base(kind).__iter__(value), depth)
        elif issubclass(kind, (str, int, float, bytes)):
            self.write(_plain(kind, value), depth)
        elif not self._of_a_library(kind, value, depth):
            self._add(f"<{_name_of(kind)}")
            self._attributes(value, depth)
            self._add(">")

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self._room -= len(text)
        if self._room < 0:
            raise _Full

    def _list(self, items: Iterable[Any], depth: int) -> None:
        before = "["
        for item in islice(items, LONGEST):
            self._add(before)
            self.write(item, depth + 1)
            before = ", "
        self._add("]" if before == ", " else "[]")

    def _object(self, items: Iterable[tuple[Any, Any]], depth: int) -> None:
        before = "{"
        for key, item in islice(items, LONGEST):
            self._add(before)
            self.write(key, depth + 1)
            self._add(": ")
            self.write(item, depth + 1)
            before = ", "
        self._add("}" if before == ", " else "{}")

    def _of_a_library(self, kind: type, value: Any, depth: int) -> bool:
        """Writes it, if it is NumPy's or pandas'."""
        if kind is np.ndarray:
            self._array(value, depth)
        elif issubclass(kind, np.generic) and _MODULE(kind) == "numpy":
            self._scalar(value, depth)
        else:
            pandas = sys.modules.get("pandas")
            if pandas is not None and kind is pandas.DataFrame:
                self._frame(value, depth)
            elif pandas is not None and kind is pandas.Series:
                self._object(((value.index[row], value.iloc[row]) for row in range(len(value))), depth)
            elif pandas is not None and kind in (pandas.Timestamp, pandas.Timedelta, type(pandas.NaT)):
                self._add(json.dumps(str(value)))
            else:
                return False
        return True

    def _array(self, array: np.ndarray, depth: int) -> None:
        if array.ndim == 0:
            self.write(array[()], depth)
        elif array.ndim == 1 and array.dtype.kind in "biufOUS":
            self._list(array[:LONGEST].tolist(), depth)
        else:
            self._list((array[row] for row in range(min(LONGEST, len(array)))), depth)

    def _scalar(self, value: np.generic, depth: int) -> None:
        if value.dtype.kind in "biufUS" and value.dtype.itemsize <= _LARGEST.get(value.dtype.kind, sys.maxsize):
            self.write(value.item(), depth)
        else:
            self._add(json.dumps(str(value)))

    def _frame(self, frame: Any, depth: int) -> None:
        names = list(frame.columns[:LONGEST])

        def row(place: int) -> dict[Any, Any]:
            return {name: frame.iloc[place, column] for column, name in enumerate(names)}

        if len(frame) == 1:
            self.write(row(0), depth)
        else:
            self._list((row(place) for place in range(min(LONGEST, len(frame)))), depth)

    def _attributes(self, value: Any, depth: int) -> None:
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return
        if type(attributes) is dict and attributes:
            self._add(" ")
            self._object(attributes.items(), depth)


_LARGEST = {"f": 8}
"""Bytes of NumPy's numbers that are Python's without loss."""


def _integer(value: int) -> str:
    bits = int.bit_length(value)
    return int.__repr__(value) if bits < 3 * _MOST_DIGITS else f"<an int of {bits} bits>"


def _moment(value: Any) -> str:
    # A zone of the user's says by code of theirs how far it is from UTC.
    zone = getattr(value, "tzinfo", None)
    known = zone is None or type(zone) in (datetime.timezone, zoneinfo.ZoneInfo)
    return json.dumps(str(value if known else value.replace(tzinfo=None)))


def _in_quotes(value: Any) -> str:
    return json.dumps(str(value))


_WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: _integer,
    float: json.dumps,
    str: lambda value: json.dumps(value[: LONGEST + 1], ensure_ascii=False),
    bytes: lambda value: repr(value[:LONGEST]),
    bytearray: lambda value: repr(bytes(value[:LONGEST])),
    datetime.datetime: _moment,
    datetime.time: _moment,
    **dict.fromkeys((datetime.date, datetime.timedelta, decimal.Decimal, uuid.UUID, complex), _in_quotes),
}
"""Types whose values are written as they stand; of no other class, whose own methods might run."""


def _base(kind: type) -> Any:
    """The type of Python's own that a class of containers is made from."""
    return next(base for base in (list, tuple, set, frozenset) if issubclass(kind, base))


def _plain(kind: type, value: Any) -> Any:
    """The value of a class that is made from one of Python's own, without the class."""
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, int):
        return int.__int__(value)
    return float.__float__(value) if issubclass(kind, float) else bytes.__getitem__(value, slice(None))


def _name_of(kind: type) -> str:
    """As `type.__repr__` has it, whatever its metaclass says."""
    return f"{_MODULE(kind)}.{_NAME(kind)}"


_MODULE = type.__dict__["__module__"].__get__
_NAME = type.__dict__["__qualname__"].__get__
