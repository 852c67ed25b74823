"""The user's modules from memory, as they were when the service read its configuration.

A worker that takes a dead one's place must run the code of its generation, not what an editor has half written
since. So the service sends the sources; the modules keep their names, files and folders, so that tracebacks,
`__file__` and data files beside them are what they always are.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import Any

_INIT = "__init__.py"


def install(sources: Mapping[str, str]) -> None:
    """From now on the files that `sources` has the texts of are imported as these. Call it before any of them is."""
    if sources:
        finders = sys.meta_path
        # Where Python's own finder is: built-in modules still come before files.
        finders.insert(finders.index(PathFinder) if PathFinder in finders else len(finders), _Finder(sources))


def file_spec(name: str, file: str, sources: Mapping[str, str], folders: list[str] | None) -> ModuleSpec | None:
    """The spec of a module's file, whose text comes from `sources` if it is there; `folders` are a package's."""
    loader = _Loader(name, file, sources[file]) if file in sources else None
    return spec_from_file_location(name, file, loader=loader, submodule_search_locations=folders)


class _Loader(SourceFileLoader):
    """A file's loader that takes the text it was given for what is in the file."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self._text = text

    def get_data(self, path: str) -> bytes:
        # Others ask it for data files that lie beside the module.
        return self._text.encode() if path == self.path else super().get_data(path)

    def path_stats(self, path: str) -> Any:
        # Without a time of change nothing is compiled ahead, and no older compilation is believed.
        raise OSError(f"{path} is imported from memory")

    def get_code(self, fullname: str) -> CodeType | None:
        # No time of change: tracebacks keep these lines, whatever the file holds by then.
        linecache.cache[self.path] = (len(self._text), None, self._text.splitlines(True), self.path)
        return super().get_code(fullname)


class _Finder:
    """Finds what Python would find in the same places, had the files not changed."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._folders = {parent for path in sources for parent in _parents(path)}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        tail = name.rpartition(".")[2]
        entries = [os.path.abspath(entry) for entry in (sys.path if path is None else path) if isinstance(entry, str)]
        if not any(self._holds(entry, tail) for entry in entries):
            return None
        parts = []
        for entry in entries:
            spec = self._in_memory(name, entry, tail)
            if spec is None and os.path.join(entry, tail) in self._folders:
                # A package without __init__.py: it may have parts in other folders, and a whole one wins over it.
                parts.append(os.path.join(entry, tail))
            elif spec is None:
                spec = PathFinder.find_spec(name, [entry], target)
            if spec is not None and spec.loader is not None:
                return spec
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            # Its folder is gone for the moment, or for good.
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = parts
        return spec

    def _holds(self, entry: str, tail: str) -> bool:
        stem = os.path.join(entry, tail)
        return stem in self._folders or stem + ".py" in self._sources

    def _in_memory(self, name: str, entry: str, tail: str) -> ModuleSpec | None:
        stem = os.path.join(entry, tail)
        for file, is_package in ((os.path.join(stem, _INIT), True), (stem + ".py", False)):
            if file in self._sources:
                return file_spec(name, file, self._sources, [stem] if is_package else None)
        return None


def _parents(path: str) -> list[str]:
    parents = []
    while (parent := os.path.dirname(path)) != path:
        parents.append(parent)
        path = parent
    return parents
