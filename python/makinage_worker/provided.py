"""What hooks may import from the service itself: `from makinage import metrics`.

Where a package `makinage` is installed (Maki Nage's own, for one) its other modules stay what they are.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from makinage_worker import metrics

_PACKAGE = "makinage"
_METRICS = f"{_PACKAGE}.metrics"


class _Metrics:
    """Finds and loads `makinage.metrics`: the worker's own module, before anybody else's of that name."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002  # importlib's
        return ModuleSpec(name, self, origin=metrics.__file__) if name == _METRICS else None  # type: ignore[arg-type]  # it has what importlib asks for

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002  # importlib's
        return metrics

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: it has been imported."""


class _Package:
    """Finds an empty `makinage` where nobody else has one."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002  # importlib's
        return ModuleSpec(name, None, is_package=True) if name == _PACKAGE else None


def provide() -> None:
    """Lets hooks import it."""
    sys.meta_path.insert(0, _Metrics())
    sys.meta_path.append(_Package())
