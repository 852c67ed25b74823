"""Loading an MLflow model from a folder."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from makinage_worker import environment, errors, hiding, missing, unloadable
from makinage_worker.namesakes import HookModules
from makinage_worker.rows import Plan
from makinage_worker.unloadable import Loading


@dataclass(slots=True)
class LoadedModel:
    """A model ready for predictions; `flavour` and `seconds` are for the service's log."""

    pyfunc: Any
    plan: Plan
    flavour: str
    seconds: float
    warnings: list[str] = field(default_factory=list)
    is_users: bool = False
    """Whether its predict is code of the user's (a pyfunc class, a loader module), which may share state with hooks."""


def load(folder: str, modules: HookModules) -> LoadedModel:
    """Loads the model with `mlflow.pyfunc.load_model`. Raises SetupError (step `environment` or `load`)."""
    begin = time.monotonic()
    mlflow_pyfunc = _import_mlflow()
    # After MLflow, which must not import a module of the model's for one of its own.
    modules.meet(folder)
    found = environment.mismatches(folder)
    try:
        # Our own comparison of the requirements stands in for MLflow's warnings.
        pyfunc = mlflow_pyfunc.load_model(os.path.abspath(folder), suppress_warnings=True)
        from makinage_worker.signature import plan_for

        plan = plan_for(pyfunc)
    except BaseException as error:
        hint = _hint(error, Loading(folder, found))
        raise errors.SetupError(errors.report("load", error, hint, hook=False)) from error
    return LoadedModel(
        pyfunc=pyfunc,
        plan=plan,
        flavour=_flavour(pyfunc.loader_module or ""),
        seconds=time.monotonic() - begin,
        warnings=[environment.warning(found)] if found else [],
        is_users=_is_users(pyfunc.loader_module or ""),
    )


def _import_mlflow() -> Any:
    # A worker works without a network, and reports to nobody.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        import mlflow.pyfunc
    except BaseException as error:
        hint = hiding.hint(error) or hiding.hint_by_place(error) or _install(error)
        raise errors.SetupError(errors.report("environment", error, hint, hook=False)) from error
    return mlflow.pyfunc


def _install(error: BaseException) -> str:
    name = getattr(error, "name", None) or "mlflow"
    return errors.install_command(["mlflow" if name.startswith("mlflow") else errors.distribution(name)])


def _is_users(loader_module: str) -> bool:
    return loader_module.startswith("mlflow.pyfunc.") or not loader_module.startswith("mlflow.")


def _flavour(loader_module: str) -> str:
    parts = loader_module.split(".")
    return parts[1] if parts[0] == "mlflow" and len(parts) > 1 else loader_module


def _hint(error: BaseException, loading: Loading) -> str | None:
    hides = hiding.hint(error) or hiding.hint_by_place(error)
    return hides or missing.lacking(error) or unloadable.hint(error, loading)
