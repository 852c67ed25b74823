"""What went wrong, in the words and the place that the user can act on."""

from __future__ import annotations

import difflib
import errno
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from types import TracebackType

MESSAGE_LIMIT = 2000
"""Characters kept of an exception's text: MLflow quotes the whole input in some of its messages."""

TRACEBACK_LINES = 12
"""Lines kept of a traceback's end."""

_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "dateutil": "python-dateutil",
}
"""Import names whose package on PyPI is called otherwise."""


@dataclass(slots=True)
class Failure:
    """One event's failure: the step it happened in and the exception."""

    step: str
    error: BaseException


@dataclass(slots=True)
class Skip:
    """An event that a step has dropped on purpose, by returning None."""

    step: str


class OutputTooLarge(ValueError):  # noqa: N818  # its name is in dead letters' headers: it says what is, as users read it
    """An encoded output that the sink topic doesn't take."""


class SetupError(Exception):
    """A hook, an encoder or a model that can't be used, told in full: the payload of `failed`."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.message)
        self.report = report


@dataclass(slots=True)
class Report:
    """A failure in the form that `failed` has on the wire; a field that doesn't apply is None."""

    step: str
    error: str
    message: str
    where: str | None = None
    traceback: str | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """The payload of `failed`."""
        return asdict(self)


def report(step: str, error: BaseException, hint: str | None = None, *, hook: bool = True) -> Report:
    """The report of an exception. `hook`: it came out of the user's own code rather than of a model's library."""
    lines = "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
    return Report(
        step=step,
        error=type(error).__name__,
        message=message(error),
        where=where(error, hook=hook),
        traceback="\n".join(lines[-TRACEBACK_LINES:]),
        hint=hint,
    )


def message(error: BaseException) -> str:
    """The exception's text, never empty, at most MESSAGE_LIMIT characters; a broken `__str__` is survived."""
    try:
        text = str(error) or type(error).__name__
    except BaseException:
        text = f"({type(error).__name__} whose text can't be shown)"
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + "…"


def is_exhaustion(error: BaseException) -> bool:
    """Whether the process has run out of memory, whatever libraries have made of that on its way here."""
    pending, seen = [error], set()
    while pending:
        one = pending.pop()
        if isinstance(one, MemoryError) or (isinstance(one, OSError) and one.errno == errno.ENOMEM):
            return True
        seen.add(id(one))
        members = getattr(one, "exceptions", ())  # an exception group's
        linked = (one.__cause__, one.__context__, *(members if isinstance(members, tuple) else ()))
        pending += [link for link in linked if isinstance(link, BaseException) and id(link) not in seen]
    return False


def where(error: BaseException, *, hook: bool) -> str | None:
    """`file:line` of the deepest frame in a file of the user's.

    Files of the worker, of Python and of installed packages aren't the user's; when there are only such and the
    exception came out of a hook, the outermost frame is the hook's own (an installed one).
    """
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith("<"):
        return f"{error.filename}:{error.lineno}"
    frames = list(_foreign_frames(error.__traceback__))
    users = [place for place in frames if not is_installed(place[0])]
    if users:
        return "{}:{}".format(*users[-1])
    if hook and frames:
        return "{}:{}".format(*frames[0])
    return None


def _foreign_frames(trace: TracebackType | None) -> Iterable[tuple[str, int]]:
    while trace is not None:
        code = trace.tb_frame.f_code
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in ("makinage_worker", "importlib") and code.co_filename[:1] != "<":
            yield code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def is_installed(filename: str) -> bool:
    """Whether a file is Python's own, or an installed package's: of this environment, the user's, or the system's."""
    path = os.path.abspath(filename)
    if not _PACKAGES.isdisjoint(path.split(os.sep)[:-1]):
        return True
    return any(path.startswith(folder + os.sep) for folder in _INSTALLED)


_PACKAGES = frozenset(("site-packages", "dist-packages"))
"""What the folders are called that packages are installed into; Debian's has the second name."""


_INSTALLED = sorted(
    {
        os.path.abspath(folder)
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
        if (folder := sysconfig.get_paths().get(name))
    }
)


def install_command(packages: Iterable[str]) -> str:
    """The command that installs the packages into the worker's Python."""
    quoted = (f"'{name}'" if set(name) & set("<>=!~ ;[") else name for name in packages)
    return f"{sys.executable} -m pip install {' '.join(quoted)}"


def distribution(module: str) -> str:
    """Name on PyPI of the package that provides a module."""
    top = module.partition(".")[0]
    return _DISTRIBUTIONS.get(top, top)


def near_names(name: str, names: Iterable[str]) -> list[str]:
    """Up to three of the names that look like a misspelt one."""
    return difflib.get_close_matches(name, sorted(names), n=3, cutoff=0.6)
