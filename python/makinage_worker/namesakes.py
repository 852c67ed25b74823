"""Modules that the user's hooks and the model's own code both have under one name: shared, or refused by name.

MLflow puts the model's code folder first on the import path, but a process has one module of a name, and the hooks are
imported first: without this, a model would silently run the hooks' `utils`. Files with the same text are one module.
Packages of one name are made one, whose submodules come from both sides. Whatever else has one name is refused.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, all_suffixes
from types import ModuleType
from typing import Any

from makinage_worker import errors, hiding, snapshot

_MOST_SHOWN = 5
"""Pairs of files that one message names; the others are counted."""


@dataclass(slots=True)
class _Found:
    """A module (`file`), a package (`folders`, and `file` where it has an `__init__`), as one side has it."""

    file: str | None
    folders: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return self.file or self.folders[0]


@dataclass(slots=True)
class _Package:
    """A package of both sides: its `__init__`, if any, and the folders that its submodules come from."""

    init: str | None
    folders: list[str]


_IMPORTING = (
    *("import_module", "__import__", "resolve_name", "runpy", "pydoc", "exec(", "eval(", "hydra", "instantiate"),
    *("pickle", "joblib", "dill", "shelve", "torch.load", "skops"),
)
"""What imports modules by names that aren't in the text: those of a pickle's classes, for one."""


class HookModules:
    """The names that the hooks and encoders use. Made before they are imported, it knows what Python had by itself."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._sources: Mapping[str, str] = request["modules"]
        self._before = frozenset(sys.modules)
        references = [reference.partition(":")[0] for reference in request["hooks"].values() if reference]
        encoders = [source["encoder"] for source in [*request["sources"], request["sink"]]]
        self._used = {_top(name) for name in [*references, *encoders]}

    def meet(self, model_folder: str) -> None:
        """Makes one of what the model's code shares with the hooks. Raises SetupError where that can't be."""
        try:
            self._meet(model_folder)
        except errors.SetupError:
            raise
        except BaseException as error:
            # A file that can't be read, or a package's `__init__`, which is run here.
            hint = hiding.hint(error)
            raise errors.SetupError(errors.report("load", error, hint, hook=False)) from error

    def _meet(self, model_folder: str) -> None:
        folders = _code_folders(model_folder)
        if folders:
            self._used |= _imported(self._sources.values())
        meeting = _Meeting(self._sources)
        for folder in folders:
            for name, model in _all_modules([folder], {}).items():
                self._compare(name, model, meeting)
        if meeting.collisions:
            raise errors.SetupError(_report(meeting.collisions))
        # MLflow puts them there too, but the first of these packages may be run before that.
        sys.path[:0] = [folder for folder in folders if folder not in sys.path]
        meeting.share()

    def _compare(self, name: str, model: _Found, meeting: _Meeting) -> None:
        theirs = _loaded(name) or _on_path(name, self._sources)
        if theirs is None or name in self._before:
            return
        of_the_user = hiding.is_users(theirs.shown)
        if name in self._used or (of_the_user and (self._imports_any() or name in sys.modules)):
            meeting.compare(name, model, theirs)
        elif of_the_user:
            # No hook imports it. What is alike is shared all the same; else it is the model's alone.
            trial = _Meeting(self._sources)
            trial.compare(name, model, theirs)
            if not trial.collisions:
                meeting.packages.update(trial.packages)
            elif model.folders:
                meeting.packages[name] = _Package(model.file, model.folders)

    def _imports_any(self) -> bool:
        """Whether the hooks import by names that they put together: it may be any."""
        return any(word in text for text in self._sources.values() for word in _IMPORTING)


class _Meeting:
    """What both sides have under one name: what collides, and the packages to be shared."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self.collisions: list[tuple[str, str, str]] = []
        self.packages: dict[str, _Package] = {}

    def compare(self, name: str, model: _Found, theirs: _Found) -> None:
        """Notes what the two and all below them have in common."""
        if bool(model.folders) != bool(theirs.folders):
            self.collisions.append((name, theirs.shown, model.shown))
        elif not model.folders:
            if self._text(theirs.file) != self._text(model.file):
                self.collisions.append((name, theirs.shown, model.shown))
        else:
            self._compare_packages(name, model, theirs)

    def _compare_packages(self, name: str, model: _Found, theirs: _Found) -> None:
        init = self._init(theirs.file, model.file)
        if init is None:
            self.collisions.append((name, theirs.shown, model.shown))
        self.packages[name] = _Package(init or None, [*theirs.folders, *model.folders])
        known = _all_modules(theirs.folders, self._sources)
        for child, found in _all_modules(model.folders, {}).items():
            if child in known:
                self.compare(f"{name}.{child}", found, known[child])

    def _init(self, theirs: str | None, models: str | None) -> str | None:
        """The `__init__` that stands for both, `""` if there is none; None if they contradict each other."""
        if theirs is None or models is None:
            return theirs or models or ""
        one, other = self._text(theirs), self._text(models)
        if one == other or _says_nothing(other):
            return theirs
        return models if _says_nothing(one) else None

    def _text(self, file: str | None) -> bytes:
        if file is None:
            return b""
        if file in self._sources:
            data = self._sources[file].encode()
        else:
            with open(file, "rb") as opened:
                data = opened.read()
        return data.replace(b"\r\n", b"\n")

    def share(self) -> None:
        """From now on the packages have their submodules from both sides; those that are imported already, too."""
        if not self.packages:
            return
        sys.meta_path.insert(0, _SharedPackages(self.packages, self._sources))
        importlib.invalidate_caches()
        for name, package in self.packages.items():
            module = sys.modules.get(name)
            if module is not None:
                self._extend(module, name, package)

    def _extend(self, module: ModuleType, name: str, package: _Package) -> None:
        has_run = getattr(module, "__file__", None)
        module.__path__ = list(package.folders)
        if package.init is None or package.init == has_run:
            return
        # The one that has been run says nothing, or there was none.
        spec = snapshot.file_spec(name, package.init, self._sources, package.folders)
        if spec is not None and spec.loader is not None:
            module.__file__, module.__spec__ = package.init, spec
            spec.loader.exec_module(module)


class _SharedPackages:
    """Finds the packages of both sides that aren't imported yet."""

    def __init__(self, packages: Mapping[str, _Package], sources: Mapping[str, str]) -> None:
        self._packages = packages
        self._sources = sources

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = self._packages.get(name)
        if package is None:
            return None
        if package.init is not None:
            return snapshot.file_spec(name, package.init, self._sources, package.folders)
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = list(package.folders)
        return spec


def _code_folders(model_folder: str) -> list[str]:
    """The folders that MLflow will put on the import path, as the flavours of `MLmodel` name them."""
    try:
        from mlflow.models import Model

        flavours = Model.load(model_folder).flavors.values()
        named = {flavour["code"]: None for flavour in flavours if flavour.get("code")}
    except Exception:
        # MLflow reads the same next, and says what is wrong with it.
        return []
    return [os.path.join(os.path.abspath(model_folder), name) for name in named]


def _imported(texts: Iterable[str]) -> set[str]:
    """First parts of all names that the texts import, also within functions."""
    names: set[str] = set()
    for text in texts:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue  # it can't be imported either
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(_top(alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(_top(node.module))
    return names


def _top(name: str) -> str:
    return name.partition(".")[0]


def _says_nothing(source: bytes) -> bool:
    """Whether an `__init__` has no code, only comments and texts."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def _loaded(name: str) -> _Found | None:
    module = sys.modules.get(name)
    file, folders = getattr(module, "__file__", None), list(getattr(module, "__path__", ()))
    return _Found(file, folders) if file or folders else None


def _on_path(name: str, sources: Mapping[str, str]) -> _Found | None:
    return _merged(_module(entry, name, sources) for entry in sys.path)


def _merged(parts: Iterable[_Found | None]) -> _Found | None:
    """What Python finds: the first that is whole, else all the parts of a package without `__init__`."""
    folders: list[str] = []
    for found in parts:
        if found is not None and found.file is not None:
            return found
        folders += found.folders if found is not None else []
    return _Found(None, folders) if folders else None


def _all_modules(folders: Sequence[str], sources: Mapping[str, str]) -> dict[str, _Found]:
    names = {name for folder in folders for name in _names(folder, sources)}
    found = {name: _merged(_module(folder, name, sources) for folder in folders) for name in sorted(names)}
    return {name: module for name, module in found.items() if module is not None}


def _names(folder: str, sources: Mapping[str, str]) -> Iterator[str]:
    """Names of what may be modules in the folder; a package's own `__init__` and `__main__` are none."""
    try:
        entries = os.listdir(folder)
    except OSError:
        entries = []
    entries += [file[len(folder) + 1 :].partition(os.sep)[0] for file in sources if file.startswith(folder + os.sep)]
    for entry in entries:
        stem = entry.partition(".")[0]
        if stem.isidentifier() and not (stem.startswith("__") and stem.endswith("__")):
            yield stem


def _module(folder: str, name: str, sources: Mapping[str, str]) -> _Found | None:
    stem = os.path.join(folder, name)
    init = _file(os.path.join(stem, "__init__"), sources)
    if init is not None:
        return _Found(init, [stem])
    file = _file(stem, sources)
    if file is not None:
        return _Found(file)
    return _Found(None, [stem]) if _holds_modules(stem, sources) else None


def _file(stem: str, sources: Mapping[str, str]) -> str | None:
    candidates = (stem + suffix for suffix in all_suffixes())
    return next((file for file in candidates if file in sources or os.path.isfile(file)), None)


def _holds_modules(folder: str, sources: Mapping[str, str]) -> bool:
    """Whether the folder is a package without `__init__` rather than one of data."""
    if any(file.startswith(folder + os.sep) for file in sources):
        return True
    files = (name for _, _, names in os.walk(folder) for name in names)
    return any(name.endswith(tuple(all_suffixes())) for name in files)


def _report(collisions: Sequence[tuple[str, str, str]]) -> errors.Report:
    told = [f"{name} is {theirs} for the hooks and {models} for the model" for name, theirs, models in collisions]
    more = [f"{len(told) - _MOST_SHOWN} more"] if len(told) > _MOST_SHOWN else []
    name, theirs, models = collisions[0]
    whose = "the one of the hooks" if hiding.is_users(theirs) else "the model's"
    return errors.Report(
        step="load",
        error="ImportError",
        message=f"two modules of one name differ: {'; '.join([*told[:_MOST_SHOWN], *more])}",
        where=theirs if whose != "the model's" else models,
        hint=(f"Python can have only one {name}: rename {whose} and its imports, or give both files the same text"),
    )
