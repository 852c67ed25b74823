"""What names and attributes of what is there before the event stand for; no code of the user's runs to find out."""

from __future__ import annotations

import enum
import types
from typing import Any

import numpy as np

from makinage_worker import metrics
from makinage_worker import purity_estimators as estimators
from makinage_worker import purity_known as known
from makinage_worker import purity_logs as logs
from makinage_worker import purity_objects as objects
from makinage_worker.proxy import ModelProxy, model_method
from makinage_worker.purity_values import Doubt, Known, Local, Method, ModelMethod, Part, Taint, Value, taint_of


def is_matrix(value: Value) -> bool:
    """Whether the value is an array whose parts are arrays, which are views."""
    return isinstance(value, Known) and isinstance(value.object, np.ndarray) and value.object.ndim > 1


def resolved(value: Any, name: str) -> Value:
    """What a name means that leads to this object."""
    method = model_method(value)
    return ModelMethod(method) if method in known.MODEL_METHODS else Known(value, name)


def attribute(of: Known, name: str, where: str) -> Value:
    """An attribute of something that is there before the event. Raises Doubt."""
    target, path = of.object, f"{of.name}.{name}"
    if isinstance(target, types.ModuleType):
        if name not in vars(target):
            raise Doubt(f"uses {path}, which isn't there yet", where)
        return resolved(vars(target)[name], path)
    if isinstance(target, ModelProxy):
        return _of_model(target, name, path, where)
    if isinstance(target, type) and known.is_pure(target):
        found = getattr(target, name, None)
        return Known(found, path)
    if objects.is_users_object(target) or objects.is_users_class(target):
        return _of_object(of, name, where)
    found = _of_librarys_object(target, name)
    if found is not None:
        return Known(found, path)
    return Part(_data(of, where), name, of.name)


def _data(of: Known, where: str) -> Taint:
    taint = taint_of(of.object)
    if taint is None:
        raise Doubt(f"uses {shown(of)}", where)
    return taint


def bound_method(function: Known) -> Method | Part | None:
    """The method that an object is, or has to be called by: of an object of the user's, or of plain data."""
    target = function.object
    if isinstance(target, types.MethodType) and isinstance(target.__func__, types.FunctionType):
        of = Known(target.__self__, function.name)
        return Method(target.__func__, of) if objects.is_users_object(of.object) else None
    if isinstance(target, types.BuiltinMethodType):
        taint = taint_of(target.__self__)
        return None if taint is None else Part(taint, target.__name__, function.name)
    call = objects.found_in(type(target), "__call__") if objects.is_users_object(target) else None
    return Method(call, function) if isinstance(call, types.FunctionType) else None


def _of_librarys_object(target: Any, name: str) -> Any:
    """An attribute of a logger, a metric, an estimator or an enumeration; None for what isn't known of such."""
    if isinstance(target, enum.EnumMeta):
        return target.__members__.get(name)
    if isinstance(target, enum.Enum) and name == "value":
        plain = objects.found_in(enum.Enum, "value")
        return target._value_ if objects.found_in(type(target), "value") is plain else None
    if logs.is_logger(target):
        method = getattr(target, name, None)
        return None if logs.line(method) is None else method
    if metrics.is_metric(target):
        method = getattr(target, name, None)
        return method if metrics.is_method(method) else None
    if estimators.is_known(target):
        found = getattr(target, name, None)
        if estimators.answers(target, name) or taint_of(found) is not None:
            return found
    return None


def _of_object(of: Known, name: str, where: str) -> Value:
    """An attribute of an object of the user's, or of a class of theirs."""
    target, path = of.object, f"{of.name}.{name}"
    kind = target if isinstance(target, type) else type(target)
    found = objects.found_in(kind, name)
    if not isinstance(target, type) and name in vars(target) and not hasattr(type(found), "__set__"):
        found = vars(target)[name]
    elif isinstance(found, types.FunctionType):
        return Known(found, path) if isinstance(target, type) else Method(found, of)
    elif isinstance(found, staticmethod):
        found = found.__func__
    elif found is objects.MISSING or hasattr(type(found), "__get__"):
        raise Doubt(f"uses {path}, which isn't told from the source", where)
    changed = objects.setter(kind, name)
    if changed is not None:
        raise Doubt(f"uses {path}, which line {changed[1]} changes", where)
    return resolved(found, path)


def _of_model(model: ModelProxy, name: str, path: str, where: str) -> Value:
    if name in known.MODEL_METHODS:
        return ModelMethod(name)
    try:
        value = getattr(model, name)
    except Exception:
        raise Doubt(f"uses {path}, which can't be read", where) from None
    if taint_of(value) is None:
        raise Doubt(f"uses {path}, which may change the model", where)
    return Known(value, path)


def shown(value: Value) -> str:
    """The value for people."""
    if isinstance(value, Known):
        kind = type(value.object)
        return (
            f"{value.name}, {_article(kind.__name__)}"
            if not callable(value.object) or kind.__module__ != "builtins"
            else value.name
        )
    if isinstance(value, ModelMethod):
        return f"the model's {value.name}"
    if isinstance(value, Part):
        return f"{value.text}.{value.name}"
    if isinstance(value, Method):
        return f"{value.of.name}'s {value.function.__name__}"
    return "a function" if isinstance(value, Local) else "a value"


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
