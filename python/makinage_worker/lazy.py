"""What is no value yet: what `async def`, generators and iterators give."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import Future
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

_PLAIN_DEF = "nobody awaits it here: make it a plain `def`"
_RETURN = "`return` the value instead of `yield`ing it"

_LAZY: dict[type, tuple[str, str]] = {
    CoroutineType: ("a coroutine", _PLAIN_DEF),
    GeneratorType: ("a generator", _RETURN),
    AsyncGeneratorType: ("an async generator", _RETURN),
    Future: ("a future", "return its `result()`"),
    **{
        kind: (f"an iterator ({kind.__name__})", "make a list of it")
        for kind in (map, filter, zip, enumerate, reversed)
    },
    type(iter([])): ("an iterator", "make a list of it"),
}


def laziness(function: Callable[..., Any]) -> tuple[str, str] | None:
    """What the function is, and what to do about it, where none of its calls can give a value; else None."""
    if inspect.iscoroutinefunction(function):
        return "an `async def`", _PLAIN_DEF
    if inspect.isasyncgenfunction(function):
        return "an async generator function", f"{_RETURN}, of a plain `def`"
    if inspect.isgeneratorfunction(function):
        return "a generator function", _RETURN
    return None


def pending(value: Any) -> tuple[str, str] | None:
    """What a value is that has not been computed yet, and what to do about it; None for any other."""
    found = _LAZY.get(type(value))
    if isinstance(value, CoroutineType):
        value.close()  # or Python warns that it was never awaited
    return found


def computed(step: str, value: Any) -> Any:
    """What a step's function returned. Raises TypeError for what has not been computed yet."""
    # A look at each value of each step.
    if type(value) not in _LAZY:
        return value
    found = pending(value)
    assert found is not None  # it is among them
    raise TypeError(f"{step} returned {found[0]}, not a value: {found[1]}")
