"""Functions that give something other than a value: `async def`, and generators."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

_PLAIN_DEF = "nobody awaits it here: make it a plain `def`"
_RETURN = "`return` the value instead of `yield`ing it"

_LAZY: dict[type, tuple[str, str]] = {
    CoroutineType: ("a coroutine", _PLAIN_DEF),
    GeneratorType: ("a generator", _RETURN),
    AsyncGeneratorType: ("an async generator", _RETURN),
}


def laziness(function: Callable[..., Any]) -> tuple[str, str] | None:
    """What the function is, and what to do about it, where none of its calls can give a value; else None."""
    if inspect.iscoroutinefunction(function):
        return "an `async def`", _PLAIN_DEF
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return "a generator function", _RETURN
    return None


def computed(step: str, value: Any) -> Any:
    """What a step's function returned. Raises TypeError for what has not been computed yet."""
    found = _LAZY.get(type(value))
    if found is None:
        return value
    if isinstance(value, CoroutineType):
        value.close()  # or Python warns that it was never awaited
    raise TypeError(f"{step} returned {found[0]}, not a value: {found[1]}")
