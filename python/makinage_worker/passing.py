"""The errors after which an event may be tried again: classes that the configuration names in `retry_on`."""

from __future__ import annotations

import builtins
import importlib
from typing import Any

from makinage_worker.errors import is_exhaustion, message, near_names


class Passing:
    """Tells errors that may pass from others. A class is named as it is imported, or as it calls itself."""

    def __init__(self, names: list[str]) -> None:
        self._names = frozenset(names)
        self._classes: set[type] = set()
        self.warnings: list[str] = []
        for name in names:
            self._add(name)

    def includes(self, error: BaseException) -> bool:
        """Whether the error is of one of the classes, or of one that is made from it."""
        if not self._names or not isinstance(error, Exception) or is_exhaustion(error):
            return False
        return any(one in self._classes or _own_name(one) in self._names for one in type(error).__mro__)

    def _add(self, name: str) -> None:
        try:
            found = _find(name)
        except LookupError as error:
            also = (
                f"only an error that calls itself {name} is tried again" if "." in name else "name others module.Class"
            )
            self.warnings.append(f"retry_on: {error.args[0]}; {also}")
            return
        if isinstance(found, type) and issubclass(found, Exception):
            self._classes.add(found)
        else:
            self.warnings.append(f"retry_on: {name} is no class of errors: no event is tried again for it")


def _own_name(one: type) -> str:
    return f"{one.__module__}.{one.__qualname__}"


def _find(name: str) -> Any:
    """What a name leads to: one of Python's own, or one of a module's. Raises LookupError, which says what is near."""
    if "." not in name:
        return _member(builtins, name, "Python has no error of its own that is called")
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        module, rest = ".".join(parts[:count]), ".".join(parts[count:])
        found = _module(module)
        if found is not None:
            return _member(found, rest, f"the module {module} has no")
    raise LookupError(f"there is no module {parts[0]}")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            return None
        raise LookupError(f"{name} can't be imported ({message(error)})") from error
    except BaseException as error:
        raise LookupError(f"{name} can't be imported ({type(error).__name__}: {message(error)})") from error


def _member(module: Any, name: str, missing: str) -> Any:
    found = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except Exception:
            near = near_names(part, [other for other, it in getattr(found, "__dict__", {}).items() if _is_error(it)])
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            raise LookupError(f"{missing} {name}{hint}") from None
    return found


def _is_error(it: Any) -> bool:
    return isinstance(it, type) and issubclass(it, Exception)
