"""What the analysis of hooks knows of a value: whose it is, and so whether it may be changed.

`PLAIN` can't be changed, nor can anything in it. `OWN` was made for the event, or is it, and may be changed. `SHARED`
is data that outlives the event. Of the others more is known: what they are.
"""

from __future__ import annotations

import ast
import datetime
import decimal
import fractions
import re
import sys
import types
import uuid
import zoneinfo
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np


class Doubt(Exception):  # noqa: N818  # it is no error: events pass one by one
    """Something that may let one event tell what became of another: what it is, and where."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where


class Taint(Enum):
    """Whose data is."""

    PLAIN = 0
    OWN = 1
    SHARED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """An object that is there before the event: what a global, a closure's variable or a default holds."""

    object: Any
    name: str


@dataclass(frozen=True, slots=True)
class Part:
    """An attribute of some data, perhaps a method."""

    of: Taint
    name: str
    text: str = field(default="", compare=False)
    """The data as it stands in the source."""


@dataclass(frozen=True, slots=True)
class ModelMethod:
    """A method of the model that answers for rows, and changes nothing."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """A function that is made while the event passes."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    defaults: Taint


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A function of a class of the user's, bound to one of its objects."""

    function: types.FunctionType
    of: Known


Value = Taint | Known | Part | ModelMethod | Local | Method


@dataclass(slots=True, eq=False)
class Scope:
    """The variables of one function, or comprehension, while an event passes."""

    names: frozenset[str]
    """Those that it binds."""
    place: Place
    parent: Scope | None = None
    """The scope that encloses it, where that too is of the event."""
    values: dict[str, Value] = field(default_factory=dict)
    returned: Value | None = None
    has_changed: bool = False
    """Whether more has become known of its variables since that was last asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A function that is followed: where its names lead, and its file."""

    filename: str
    globals: dict[str, Any]
    cells: dict[str, Any]
    changed: Any
    """`changed(name)`: what else changes the variable, or None."""

    def at(self, node: ast.AST) -> str:
        """Where something of its source stands."""
        return f"{self.filename}:{getattr(node, 'lineno', 0)}"


_ATOMS = (
    *(type(None), bool, int, float, complex, str, bytes, range, type(Ellipsis), type(NotImplemented)),
    *(datetime.date, datetime.timedelta, datetime.timezone, zoneinfo.ZoneInfo),
    *(decimal.Decimal, fractions.Fraction, uuid.UUID, re.Pattern, np.dtype),
)
_MOST_ITEMS = 100_000
"""Data with more items than this isn't looked through."""


def taint_of(value: Any) -> Taint | None:
    """Whose an object's data is that outlives events: PLAIN or SHARED; None for what is no plain data."""
    return _look(value, set(), [_MOST_ITEMS])


def _look(value: Any, seen: set[int], left: list[int]) -> Taint | None:
    left[0] -= 1
    kind = type(value)
    if left[0] < 0:
        return None
    if kind in _ATOMS or _is_scalar(value, kind):
        return Taint.PLAIN
    if kind in (datetime.datetime, datetime.time):
        # A time zone of the user's own runs code.
        return Taint.PLAIN if value.tzinfo is None else _look(value.tzinfo, seen, left)
    if kind is np.ndarray:
        return Taint.SHARED if _is_of_atoms(value) else _shared(_items(value.ravel().tolist(), seen, left))
    if _is_pandas(kind):
        return _shared(_items(value.to_numpy().ravel().tolist(), seen, left))
    if kind not in _CONTAINERS:
        return None
    if id(value) in seen:
        return Taint.SHARED
    seen.add(id(value))
    held = [*value.keys(), *value.values()] if isinstance(value, dict) else list(value)
    found = _items(held, seen, left)
    return found if kind in (tuple, frozenset) else _shared(found)


def _shared(held: Taint | None) -> Taint | None:
    """Whose a container is that can be changed, by what it holds."""
    return None if held is None else Taint.SHARED


def _is_of_atoms(array: np.ndarray) -> bool:
    return array.dtype.kind in "iufbcUSmM"


def _items(held: list[Any], seen: set[int], left: list[int]) -> Taint | None:
    taints = [_look(item, seen, left) for item in held]
    if None in taints:
        return None
    return Taint.SHARED if Taint.SHARED in taints else Taint.PLAIN


_CONTAINERS = (list, dict, set, frozenset, tuple, OrderedDict, Counter, deque)


def _is_scalar(value: Any, kind: type) -> bool:
    return isinstance(value, np.generic) and not isinstance(value, (np.void, np.object_)) and kind.__module__ == "numpy"


def _is_pandas(kind: type) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and kind in (pandas.DataFrame, pandas.Series, pandas.Index)


def is_flat(value: Any) -> bool:
    """Whether nothing in the data could be changed by itself."""
    if type(value) is np.ndarray:
        return _is_of_atoms(value)
    if type(value) not in _CONTAINERS:
        return False
    if isinstance(value, dict):
        return all(taint_of(item) is Taint.PLAIN for item in value.values())
    return all(taint_of(item) is Taint.PLAIN for item in value)
