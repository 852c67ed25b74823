"""Files of the user's that stand in for a standard or an installed module of the same name.

The configuration's folder comes first on the import path, so that `statistics.py` beside the configuration is what
everybody gets who imports `statistics`. Nothing is forbidden here: it is only named where it is what went wrong.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from types import ModuleType

from makinage_worker import errors


def hint(error: BaseException) -> str | None:
    """What hides the module that the error is about, and what to do; None if nothing does."""
    return _first(_names_of(error))


def hint_by_place(error: BaseException) -> str | None:
    """The same of an error that came out of such a file: weaker, since it may be the file's own affair."""
    files = (file for each in _chain(error) for file in _files(each))
    inside = (os.path.relpath(file, folder) for file in files for folder in _folders() if _is_below(file, folder))
    return _first(part.split(os.sep)[0].partition(".")[0] for part in inside)


def hidden(name: str) -> str | None:
    """A sentence that says which file of the user's hides which standard or installed module; None if none does."""
    file = _first_on_path(name, sys.path)
    if name in sys.builtin_module_names or file is None or not is_users(file) or not _is_used(name, file):
        return None
    if name in sys.stdlib_module_names:
        return f"{file} hides the standard module {name}"
    installed = _first_on_path(name, [entry for entry in sys.path if entry not in _folders()])
    if installed is None or os.path.realpath(installed) == os.path.realpath(file):
        return None
    return f"{file} hides the installed package {name}"


def overtaken(name: str) -> str | None:
    """The opposite: what came before the user's file, where the top-level module `name` is another one than that."""
    theirs = _first_on_path(name, _folders())
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    is_part = theirs is not None and os.path.dirname(theirs) in getattr(module, "__path__", ())
    if theirs is None or module is None or theirs == file or is_part:
        return None
    kind = "standard module" if name in sys.stdlib_module_names else "module"
    return f"the {kind} {name} ({file or 'built in'}) comes before {theirs}: rename your file, and what names it"


def is_users(file: str) -> bool:
    """Whether the file is neither Python's own nor in a package that is installed, be it in an environment nearby."""
    return not _holds_packages(os.path.dirname(file)) and any(_is_below(file, folder) for folder in _folders())


def _folders() -> list[str]:
    """The folders on the import path that aren't Python's: the config's, those of `PYTHONPATH`, a model's code."""
    return [entry for entry in sys.path if os.path.isdir(entry) and not _holds_packages(entry)]


def _first_on_path(name: str, entries: list[str]) -> str | None:
    """The file of a module; a folder without `__init__.py` has none, and hides nothing."""
    spec = PathFinder.find_spec(name, entries)
    return None if spec is None or spec.loader is None else spec.origin


def _first(names: Iterable[str]) -> str | None:
    for name in names:
        sentence = hidden(name)
        if sentence is not None:
            return f"{sentence}: rename it, and what imports it"
        sentence = overtaken(name)
        if sentence is not None:
            return sentence
    return None


def _names_of(error: BaseException) -> Iterator[str]:
    for each in _chain(error):
        if isinstance(each, ImportError) and each.name:
            yield each.name.partition(".")[0]
        elif isinstance(each, AttributeError) and isinstance(each.obj, ModuleType):
            yield each.obj.__name__.partition(".")[0]
        elif isinstance(each, AttributeError):
            # pickle's say it only in words.
            yield from re.findall(r"<module '(\w+)", errors.message(each))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__context__, each.__cause__]


def _files(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename
        trace = trace.tb_next


def _is_used(name: str, file: str) -> bool:
    loaded = sys.modules.get(name)
    return loaded is None or getattr(loaded, "__file__", None) == file


def _is_below(file: str, folder: str) -> bool:
    return file.startswith(folder.rstrip(os.sep) + os.sep)


def _holds_packages(folder: str) -> bool:
    return errors.is_installed(os.path.join(folder, "_"))
