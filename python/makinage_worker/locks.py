"""Locks in the user's code: one that is held across a model call is waited for by the next event for ever.

Events that run side by side do so in one thread, where nobody else gives a lock back, and a lock that one thread may
take twice keeps nobody out. What is looked through is what the functions name: globals, what they take from modules of
the user's, defaults, variables of the functions around them, and what containers, classes and objects of the user's
have.
"""

from __future__ import annotations

import collections
import functools
import inspect
import itertools
import logging
import sys
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from makinage_worker.errors import is_installed

_MOST = 1000
"""Things that are looked at, and of a container."""

_PLAIN = (str, bytes, int, float, complex, type(None))
"""What holds no lock."""


def lock_of(function: Any) -> str | None:
    """A lock that one of the user's functions names, or that those do that it calls, as "LOCK (file.py:12)"."""
    pending: collections.deque[tuple[Any, str]] = collections.deque([(function, "")])
    seen: set[int] = set()
    while pending and len(seen) < _MOST:
        value, name = pending.popleft()
        if isinstance(value, _PLAIN) or id(value) in seen:
            continue
        if _is_lock(value):
            return name
        seen.add(id(value))
        pending += _named_by(value, name)
    return None


def _is_lock(value: Any) -> bool:
    """Threads', processes', and those that libraries have for files and servers: all are taken and given back."""
    if isinstance(value, (logging.Handler, ModuleType, type)):
        return False
    # Nothing of the user's runs for the question; conditions have these methods on each object.
    return all(callable(inspect.getattr_static(value, name, None)) for name in ("acquire", "release"))


def _named_by(value: Any, name: str) -> Iterable[tuple[Any, str]]:
    if isinstance(value, FunctionType):
        return _of_function(value) if _is_users(value) else ()
    if isinstance(value, MethodType):
        return (value.__func__, name), (value.__self__, name)
    if isinstance(value, functools.partial):
        return [(part, name) for part in (value.func, *value.args, *value.keywords.values())]
    if isinstance(value, dict):
        return [(part, name) for part in itertools.islice(value.values(), _MOST)]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [(part, name) for part in itertools.islice(value, _MOST)]
    return _of_class(value) if isinstance(value, type) else _of_object(value)


def _of_object(value: Any) -> Iterator[tuple[Any, str]]:
    kind = type(value)
    if _is_users_class(kind):
        for attribute, part in getattr(value, "__dict__", {}).items():
            yield part, f"{kind.__name__}.{attribute}"
        yield from _of_class(kind)


def _of_class(kind: type) -> Iterator[tuple[Any, str]]:
    for one in filter(_is_users_class, kind.__mro__):
        for attribute, part in vars(one).items():
            yield part, f"{kind.__name__}.{attribute}"


def _is_users_class(kind: type) -> bool:
    return _is_users_module(sys.modules.get(kind.__module__)) or any(
        _is_users(member) for member in vars(kind).values() if isinstance(member, FunctionType)
    )


def _is_users(function: FunctionType) -> bool:
    """Whether somebody wrote it who isn't a library's author."""
    return not _is_ours(str(function.__module__)) and not is_installed(function.__code__.co_filename)


def _is_users_module(module: ModuleType | None) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and not _is_ours(str(getattr(module, "__name__", ""))) and not is_installed(file)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "makinage_worker"


def _of_function(function: FunctionType) -> Iterator[tuple[Any, str]]:
    code = function.__code__
    where = f"{code.co_filename}:{code.co_firstlineno}"
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield cell.cell_contents, f"{name} ({where})"
        except ValueError:
            continue  # it isn't there yet
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield default, f"a default ({where})"
    for name, value in _taken(function.__globals__, sorted(set(_names(code)))):
        yield value, f"{name} ({where})"


def _taken(namespace: dict[str, Any], names: list[str]) -> Iterator[tuple[str, Any]]:
    """What these names may stand for: in the namespace, and in modules of the user's that are in it."""
    modules = [(name, namespace[name]) for name in names if name in namespace]
    seen: set[int] = set()
    while modules:
        name, value = modules.pop()
        if not isinstance(value, ModuleType):
            yield name, value
        elif id(value) not in seen and _is_users_module(value):
            seen.add(id(value))
            modules += [(f"{name}.{inner}", vars(value)[inner]) for inner in names if inner in vars(value)]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
