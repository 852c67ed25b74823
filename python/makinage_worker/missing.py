"""What to do about a module that isn't found."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

from makinage_worker import errors


def hint(error: BaseException) -> str | None:
    """What to add or to install; None where no module is missing."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    return lacking(error) or errors.install_command([errors.distribution(error.name)])


def lacking(error: BaseException) -> str | None:
    """Which package of the user's own lacks the module: nothing that could be installed."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    package, _, name = error.name.rpartition(".")
    place = _place(package)
    if place is None:
        return None
    return f"the package {package} is {place}, and has no module {name}: put {name}.py there, or mend the import"


def _place(package: str) -> str | None:
    """Where a package of the user's is; what is installed may lack a module only for want of another version."""
    module = sys.modules.get(package)
    spec = PathFinder.find_spec(package) if module is None and package else getattr(module, "__spec__", None)
    folders = list(getattr(spec, "submodule_search_locations", None) or ())
    if not folders or any(errors.is_installed(folder) for folder in folders):
        return None
    return " and ".join(folders)
