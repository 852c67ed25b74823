"""What surrounds a worker: the threads that libraries start, and the packages that a model needs."""

from __future__ import annotations

import importlib.metadata
import os
from dataclasses import dataclass
from typing import Any

from makinage_worker import errors

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""What the libraries below NumPy, SciPy and the model flavours read."""


@dataclass(slots=True)
class Mismatch:
    """A requirement of the model's that the environment doesn't meet; `installed` is None when it is missing."""

    requirement: str
    installed: str | None


def bound_threads(threads: int) -> None:
    """Bounds the threads of numerical libraries where the environment doesn't: workers share the processors."""
    for variable in _THREADS:
        os.environ.setdefault(variable, str(threads))


def installed_version(package: str) -> str | None:
    """The installed version of a package, None without one; mlflow-skinny is mlflow."""
    for name in (package, "mlflow-skinny") if package == "mlflow" else (package,):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def mismatches(folder: str) -> list[Mismatch]:
    """The requirements in the model's requirements.txt that are missing or differ; empty when there is no such file."""
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:  # MLflow needs it, so this is no Python that could load the model
        return []
    found = []
    for line in _lines(os.path.join(folder, "requirements.txt")):
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # an option, a path or an address: nothing to compare
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        mismatch = _compare(requirement, line)
        if mismatch is not None:
            found.append(mismatch)
    return found


def _compare(requirement: Any, line: str) -> Mismatch | None:
    version = installed_version(requirement.name)
    if version is not None and requirement.specifier.contains(version, prereleases=True):
        return None
    return Mismatch(line.partition(";")[0].strip(), version)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.partition(" #")[0].strip() for line in file]
    except OSError:
        return []
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def warning(found: list[Mismatch]) -> str:
    """One sentence about all mismatches, with the command that ends them."""
    told = ", ".join(
        f"{mismatch.requirement} ({'not installed' if mismatch.installed is None else f'here {mismatch.installed}'})"
        for mismatch in found
    )
    return f"the model was saved with {told}; if loading fails or predictions differ: {command(found)}"


def command(found: list[Mismatch]) -> str:
    """The command that installs what is missing or differs."""
    return errors.install_command(mismatch.requirement for mismatch in found)
