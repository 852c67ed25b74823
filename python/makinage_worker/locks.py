"""Locks in the user's code: one that is held across a model call is waited for by the next event for ever.

Events that run side by side do so in one thread, where nobody else gives a lock back. What is looked through is what
the functions name: globals, variables of the functions around them, and what objects of the user's have.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from makinage_worker.errors import is_installed

_LOCKS = (type(threading.Lock()), threading.Condition, threading.Semaphore)
_MOST = 1000
"""Things that are looked at."""


def lock_of(function: Any) -> str | None:
    """A lock that one of the user's functions names, or that those do that it calls, as "LOCK (file.py:12)"."""
    pending: list[tuple[Any, str]] = [(function, "")]
    seen: set[int] = set()
    while pending and len(seen) < _MOST:
        value, name = pending.pop()
        if isinstance(value, _LOCKS):
            return name
        if id(value) not in seen:
            seen.add(id(value))
            pending += _named_by(value)
    return None


def _named_by(value: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(value, FunctionType):
        if not is_installed(value.__code__.co_filename):
            yield from _of_function(value)
    elif isinstance(value, MethodType):
        yield value.__func__, ""
        yield value.__self__, ""
    elif isinstance(value, functools.partial):
        for part in (value.func, *value.args, *value.keywords.values()):
            yield part, ""
    elif any(isinstance(member, FunctionType) for member in vars(type(value)).values()):
        # An object of somebody's class: its functions tell whose.
        kind = type(value)
        for name, part in (*getattr(value, "__dict__", {}).items(), *vars(kind).items()):
            yield part, f"{kind.__name__}.{name}"


def _of_function(function: FunctionType) -> Iterator[tuple[Any, str]]:
    code = function.__code__
    where = f"{code.co_filename}:{code.co_firstlineno}"
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield cell.cell_contents, f"{name} ({where})"
        except ValueError:
            continue  # it isn't there yet
    for name in _names(code):
        if name in function.__globals__:
            yield function.__globals__[name], f"{name} ({where})"


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
