"""Why a model doesn't load, where that is sure, and what to do."""

from __future__ import annotations

import importlib.util
import itertools
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from makinage_worker import environment, errors

_NO_ATTRIBUTE = re.compile(r"Can't (?:get attribute|resolve path) '([^']+)' on (?:<module|module) '([^']+)'")
_MAIN = ("__main__", "__mp_main__", "__mpmain__")
_OTHER_VERSIONS = {
    "numpy": ("is not a known BitGenerator", "__randomstate_ctor()", "__bit_generator_ctor()", "__generator_ctor()"),
    "sklearn": ("node array from the pickle has an incompatible dtype",),
}
"""What a package says of a pickle that another version of it has made."""
_SKOPS = (
    "the model was saved with skops and holds types that skops doesn't trust: save it again with "
    'skops_trusted_types=[...] (the types that the message names) or serialization_format="cloudpickle"'
)
_COMPILED = (
    "a package here was compiled for another version of NumPy than is installed: install that package and NumPy anew, "
    "at versions that go together"
)
_TOLD = {
    "skops": _SKOPS,
    "untrusted": _SKOPS,
    "numpy.dtype size changed": _COMPILED,
    "compiled using numpy 1.x": _COMPILED,
}
_REMOVED = ("asynchat", "asyncore", "distutils", "imp", "smtpd")
"""Modules of Python's own that later versions don't have."""
_BYTECODE = re.compile(
    r"\bcode\(\) argument|\bcode expected at least|bad marshal data|unknown opcode|unsupported pickle protocol"
)
_PYTHON = re.compile(r"^\s*python_version:\s*['\"]?(\d+)\.(\d+)", re.MULTILINE)
_POINTER = b"version https://git-lfs.github.com/"
_MOST_FILES = 10_000


@dataclass(slots=True)
class Loading:
    """A model that was being loaded from `folder`, and the requirements of it that the environment doesn't meet."""

    folder: str
    mismatches: list[environment.Mismatch]


def hint(error: BaseException, loading: Loading) -> str | None:
    """What to do about the exception of a load; None where the cause isn't sure and no package differs."""
    pointer = _pointer(loading.folder)
    if pointer is not None:
        return (
            f"{pointer} in the model is a Git LFS pointer instead of the file itself: fetch that with `git lfs pull`, "
            "and publish the model again"
        )
    for cause in _chain(error):
        found = _of(cause, loading)
        if found is not None:
            return found
    return environment.command(loading.mismatches) if loading.mismatches else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what it came from: MLflow wraps some."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _of(error: BaseException, loading: Loading) -> str | None:
    text = errors.message(error)
    missing = _NO_ATTRIBUTE.search(text)
    if missing is not None:
        return _without_attribute(missing[1], missing[2], loading)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _without_module(error.name, loading)
    if _BYTECODE.search(text):
        return _other_python(loading.folder)
    for package, signs in _OTHER_VERSIONS.items():
        if any(sign in text for sign in signs):
            return _other_version(package, loading)
    return next((told for sign, told in _TOLD.items() if sign in text.lower()), None)


def _without_attribute(name: str, module: str, loading: Loading) -> str | None:
    if module in _MAIN:
        return _of_main(name)
    if _is_installed(module):
        return _other_version(module, loading)
    file = getattr(sys.modules.get(module), "__file__", None) or module
    return (
        f"the module {module} here ({file}) is another one than the model was saved with, or another version of it: "
        f'save the model again with its own in code_paths=["{module.replace(".", "/")}.py"], under a name that nothing '
        "else has"
    )


def _of_main(name: str | None) -> str:
    what = f"{name} was" if name else "what it needs was"
    return (
        f"{what} defined in the notebook or script that saved the model, of which the pickle has the name only: move "
        'it into a module (say, parts.py), import it from there, and save the model again with code_paths=["parts.py"] '
        "(of save_model or log_model)"
    )


def _without_module(name: str, loading: Loading) -> str | None:
    top = name.partition(".")[0]
    if top in _MAIN:
        return _of_main(None)
    if top != name and _is_installed(top):
        return _other_version(name, loading)
    if top in _REMOVED:
        return _other_python(loading.folder)
    package = errors.distribution(name)
    lacking = [mismatch for mismatch in loading.mismatches if mismatch.installed is None]
    if package != top or any(_is_of(mismatch, package) for mismatch in lacking):
        return environment.command(loading.mismatches) if lacking else errors.install_command([package])
    command = environment.command(lacking) if lacking else errors.install_command([package])
    return (
        f'if {top} is a module of your own, save the model again with it in code_paths=["{top}.py"] (a file or a '
        f"folder); if it is an installed package: {command}"
    )


def _is_installed(module: str) -> bool:
    """Whether a module belongs to an installed package, rather than to the model or the user."""
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin is not None and errors.is_installed(spec.origin)


def _other_version(module: str, loading: Loading) -> str | None:
    package = errors.distribution(module)
    if package in sys.stdlib_module_names:
        return _other_python(loading.folder)
    here = environment.installed_version(package)
    saved = f"the model was saved with another version of {package} than is here{f' ({here})' if here else ''}"
    if any(_is_of(mismatch, package) for mismatch in loading.mismatches):
        return f"{saved}: {environment.command(loading.mismatches)}"
    if module.startswith("numpy._core"):
        return f"{saved}: {errors.install_command(['numpy>=2'])}"
    command = errors.install_command([f"{package}==<version>"])
    return f"{saved}: install the one that it was saved with ({command}), or save it again with this one"


def _is_of(mismatch: environment.Mismatch, package: str) -> bool:
    name = re.match(r"[\w.-]*", mismatch.requirement)
    return name is not None and name[0].lower().replace("_", "-") == package.lower().replace("_", "-")


def _other_python(folder: str) -> str | None:
    from pathlib import Path

    try:
        saved = _PYTHON.search((Path(folder) / "MLmodel").read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    here = platform.python_version_tuple()[:2]
    if saved is None or saved.groups() == here:
        return None
    version = ".".join(saved.groups())
    return (
        f"the model was saved with Python {version}, and this is {'.'.join(here)}, which can't read its code: set "
        f"operators.<name>.python to a Python {version}, or save the model again with {'.'.join(here)}"
    )


def _pointer(folder: str) -> str | None:
    """A file of the model of which only Git LFS's pointer is there."""
    from pathlib import Path

    for path in itertools.islice(Path(folder).rglob("*"), _MOST_FILES):
        try:
            with path.open("rb") as file:
                begins = file.read(len(_POINTER))
        except OSError:
            continue
        if begins == _POINTER:
            return str(path.relative_to(folder))
    return None
