"""Objects of the user's own classes that are there before the event, and records that are made while it passes.

What an object has is looked up as Python does it, where that runs nobody's code but functions that can be followed.
"""

from __future__ import annotations

import collections
import dataclasses
import linecache
import sys
import types
from collections.abc import Iterable
from typing import Any

from makinage_worker.errors import is_installed
from makinage_worker.purity_source import Source, parsed
from makinage_worker.purity_values import Doubt, Taint, taint_of

_HEAP = 1 << 9
"""Classes that Python code makes: `Py_TPFLAGS_HEAPTYPE`."""

_HOOKED = ("__getattr__", "__getattribute__", "__slots__")
_GENERATED = ("<string>", collections.__file__, dataclasses.__file__)
"""The files of functions that `dataclass` and `namedtuple` make."""

_GENERATED_NAMES = frozenset(
    [
        "__init__",
        "__repr__",
        "__eq__",
        "__hash__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__setattr__",
        "__delattr__",
        "__replace__",
        "__getstate__",
        "__setstate__",
        "__new__",
        "__getnewargs__",
        "_replace",
        "_asdict",
    ]
)
_OF_CLASSES = frozenset(
    [
        "__module__",
        "__qualname__",
        "__doc__",
        "__dict__",
        "__weakref__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__firstlineno__",
        "__static_attributes__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__match_args__",
        "__slots__",
        "__orig_bases__",
        "_fields",
        "_field_defaults",
        "_make",
    ]
)


def is_users_class(kind: Any) -> bool:
    """Whether it is a class of the user's whose attributes are what is written there."""
    return type(kind) is type and all(
        one is object or (one.__flags__ & _HEAP and _HOOKED_NAMES.isdisjoint(vars(one)) and _is_written(one))
        for one in kind.__mro__
    )


_HOOKED_NAMES = frozenset(_HOOKED)


def is_users_object(value: Any) -> bool:
    """Whether it is an instance of such a class."""
    return type(value) is not type and is_users_class(type(value)) and type(value) is not object


def _is_written(kind: type) -> bool:
    filename = _filename(kind)
    return filename is not None and not is_installed(filename)


def _filename(kind: type) -> str | None:
    return getattr(sys.modules.get(kind.__module__), "__file__", None)


def found_in(kind: type, name: str) -> Any:
    """What a class has under a name, as it is written there; `MISSING` for nothing."""
    for one in kind.__mro__:
        if name in vars(one):
            return vars(one)[name]
    return MISSING


MISSING = object()


def setter(kind: type, name: str) -> tuple[str, int] | None:
    """Where a function of the class's file sets an attribute of this name, outside of what makes an object."""
    for one in kind.__mro__[:-1]:
        source = _source(one)
        node = source.setter(name)
        if node is not None:
            return source.filename, getattr(node, "lineno", 0)
    return None


def _source(kind: type) -> Source:
    filename = _filename(kind) or ""
    lines = linecache.getlines(filename)
    source = parsed(filename, "".join(lines)) if lines else None
    if source is None:
        raise Doubt(f"uses {kind.__name__}, whose source can't be read", filename)
    return source


def is_record(kind: Any) -> bool:
    """Whether making one of these keeps what it is given, and nothing of it runs code of the user's."""
    if type(kind) is not type or not kind.__flags__ & _HEAP:
        return False
    if dataclasses.is_dataclass(kind):
        plain = all(
            field.default_factory in (dataclasses.MISSING, list, dict, set) for field in dataclasses.fields(kind)
        )
    else:
        defaults = getattr(kind, "_field_defaults", None)
        plain = issubclass(kind, tuple) and type(defaults) is dict and _are_plain(defaults.values())
    return plain and all(not one.__flags__ & _HEAP or _is_bare(one) for one in kind.__mro__)


def _is_bare(kind: type) -> bool:
    return all(name in _OF_CLASSES or _is_generated(name, value) for name, value in vars(kind).items())


def _is_generated(name: str, value: Any) -> bool:
    if isinstance(value, staticmethod):
        value = value.__func__
    if isinstance(value, types.FunctionType):
        # The text of a dataclass wraps what it shows.
        code = getattr(value, "__wrapped__", value).__code__
        return name in _GENERATED_NAMES and code.co_filename in _GENERATED
    if isinstance(value, (types.MemberDescriptorType, type(_Pair.first))):
        return True
    return value is None or _are_plain([value])


def _are_plain(values: Iterable[Any]) -> bool:
    return all(taint_of(value) is Taint.PLAIN for value in values)


_Pair = collections.namedtuple("_Pair", "first")
