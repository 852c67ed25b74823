"""The user's own code: importing hook modules and encoders, calling the factories of the three steps."""

from __future__ import annotations

import copy
import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from makinage_worker import errors, hiding, missing
from makinage_worker.lazy import laziness, pending

STEPS = ("pre_transform", "predict", "post_transform")


def add_folder(folder: str) -> None:
    """Puts the config file's folder first on the import path."""
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)


def import_hook(step: str, reference: str, folder: str) -> Callable[..., Any]:
    """The factory that `module:function` names. Raises SetupError (step `import`)."""
    module_name, _, name = reference.partition(":")
    module = import_module(module_name, folder)
    factory: Any = module
    for part in (name or step).split("."):
        try:
            factory = getattr(factory, part)
        except AttributeError:
            raise errors.SetupError(_no_such_name(module, name or step, step)) from None
    if not callable(factory):
        raise errors.SetupError(
            errors.Report(
                step="import",
                error="TypeError",
                message=f"{reference} is a {type(factory).__name__}, not a function",
                where=getattr(module, "__file__", None),
                hint=f"{step} names a factory: a function that returns the function called for each event",
            )
        )
    return factory  # type: ignore[no-any-return]  # checked to be callable just above


def import_module(name: str, folder: str) -> ModuleType:
    """A module of the user's. Raises SetupError (step `import`) for whatever its import raises."""
    try:
        return importlib.import_module(name)
    except BaseException as error:
        raise errors.SetupError(errors.report("import", error, _import_hint(error, name, folder))) from error


def import_encoder(name: str, folder: str) -> ModuleType:
    """A user's encoder module, with `decode` and `encode`. Raises SetupError (step `import`)."""
    module = import_module(name, folder)
    missing = [part for part in ("decode", "encode") if not callable(getattr(module, part, None))]
    if missing:
        raise errors.SetupError(
            errors.Report(
                step="import",
                error="AttributeError",
                message=f"the encoder module {name} has no function {' and no function '.join(missing)}",
                where=getattr(module, "__file__", None),
                hint=_overtaken(module) or "an encoder module has decode(bytes) -> object and encode(object) -> bytes",
            )
        )
    return module


def make_step(step: str, factory: Callable[..., Any], *arguments: Any, config: Any) -> Callable[..., Any]:
    """The function that a factory returns, given its own copy of the config. Raises SetupError (step: the hook's)."""
    try:
        # A copy each: what one hook does to its config stays its own.
        function = factory(*arguments, copy.deepcopy(config))
    except BaseException as error:
        raise errors.SetupError(errors.report(step, error, _factory_hint(step, error))) from error
    early = pending(function)
    if early is not None:
        raise _no_function(step, factory, f"returned {early[0]}, not a function", early[1])
    if not callable(function):
        returned = "nothing" if function is None else f"a {type(function).__name__}"
        hint = f"{step} must return the function to be called for each event (is a `return` missing?)"
        raise _no_function(step, factory, f"returned {returned}, not a function", hint)
    lazy = laziness(function)
    if lazy is not None:
        raise _no_function(step, function, f"returned {lazy[0]}, whose calls give no values", lazy[1])
    return function  # type: ignore[no-any-return]  # checked to be callable just above


def _no_function(step: str, at: Callable[..., Any], what: str, hint: str) -> errors.SetupError:
    """What a factory returned instead of a function, with the place of what is to be mended."""
    code = getattr(at, "__code__", None)
    where = f"{code.co_filename}:{code.co_firstlineno}" if code else None
    return errors.SetupError(errors.Report(step, "TypeError", f"the {step} factory {what}", where, hint=hint))


def _factory_hint(step: str, error: BaseException) -> str | None:
    if isinstance(error, KeyError) and error.args:
        return f"{step} reads the key {error.args[0]!r} of the config, which isn't there: add it to the config file"
    return hiding.hint(error) or missing.hint(error)


def _no_such_name(module: ModuleType, name: str, step: str) -> errors.Report:
    names = [other for other in vars(module) if not other.startswith("_")]
    near = errors.near_names(name, names)
    overtaken = _overtaken(module)
    if overtaken:
        hint = overtaken
    elif near:
        hint = f"did you mean {' or '.join(f'{module.__name__}:{other}' for other in near)}?"
    else:
        functions = sorted(other for other in names if callable(getattr(module, other)))
        hint = (
            f"its functions are: {', '.join(functions)}"
            if functions
            else f"it defines no functions: write one called {step}"
        )
    return errors.Report(
        step="import",
        error="AttributeError",
        message=f"the module {module.__name__} has no {name}",
        where=getattr(module, "__file__", None),
        hint=hint,
    )


def _overtaken(module: ModuleType) -> str | None:
    return hiding.overtaken(module.__name__.partition(".")[0])


def _import_hint(error: BaseException, name: str, folder: str) -> str | None:
    hint = hiding.hint(error) or missing.hint(error) or hiding.hint_by_place(error)
    top = name.partition(".")[0]
    if not isinstance(error, ModuleNotFoundError) or error.name != top or hiding.hint(error):
        return hint
    searched = [folder, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return (
        f"no {top}.py or package of that name in {', '.join(searched)} or among the packages "
        f"of {sys.executable}: put it beside the config file, add its folder to PYTHONPATH, or install its package"
    )
