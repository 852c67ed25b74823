"""The `model` that a custom predict factory gets: MLflow's model and the native one behind a single name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any

import numpy as np

from makinage_worker.arrays import is_frame
from makinage_worker.desk import Desk
from makinage_worker.features import settled
from makinage_worker.native import Libraries, Natives
from makinage_worker.native_flavour import Ask
from makinage_worker.own import own
from makinage_worker.rows import Plan, entries, split
from makinage_worker.stack import single


class ModelProxy:
    """`predict` is MLflow's, every other attribute is the wrapped native model's.

    An event-shaped argument (rank 0 or 1) is one row, and the call returns that row's result; what has rows of its
    own (rank 2 and more, a DataFrame) goes to the model as it is, and its result comes back as it is.
    """

    def __init__(self, native: Any, asked: Natives | Libraries, plan: Plan, desk: Desk) -> None:
        self._makinage_predict = _Predict(asked.predict, plan)
        self._makinage_plan = plan
        self._makinage_desk = desk
        self._makinage_asked = asked
        self._makinage_native = native

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """MLflow's pyfunc predict, with `params` passed on."""
        named = {} if params is None else {"params": params}
        if self._makinage_desk.strands is None:
            return self._makinage_predict.plainly(data, **named)
        return self._makinage_desk.call(self._makinage_predict, (data,), named)

    def __getattr__(self, name: str) -> Any:
        """An attribute of the native model; a method takes events as rows, too."""
        if name.startswith("_makinage_"):  # not set yet: a copy or an unpickled proxy
            raise AttributeError(name)
        attribute = getattr(self._makinage_native, name)
        if not inspect.isroutine(attribute) and not isinstance(attribute, functools.partial):
            return attribute
        native = self._makinage_native
        if getattr(attribute, "__self__", None) is not native or name in getattr(native, "__dict__", ()):
            return _RowMethod(name, attribute, attribute, self)
        # Made once: a hook asks for it with each event.
        method = self.__dict__[name] = _RowMethod(name, attribute, self._makinage_asked.method(name, attribute), self)
        return method

    def __dir__(self) -> list[str]:
        return sorted({"predict", *dir(self._makinage_native)})

    def __repr__(self) -> str:
        return f"<makinage model: {type(self._makinage_native).__name__}>"


class _Predict:
    """MLflow's predict, of an event or of rows."""

    name = "pyfunc predict"

    def __init__(self, ask: Ask, plan: Plan) -> None:
        self._ask = ask
        self._plan = plan

    def plainly(self, data: Any, **params: Any) -> Any:
        """The call as it is where nothing is stacked."""
        if is_frame(data):
            return self._ask(data, **params)
        row = self._plan.row(data)
        with settled(self._plan.order):
            result = self._ask(single(self._plan, row).data, **params)
        return result if row.count is not None else _only(result)

    def on_input(self, data: Any, **params: Any) -> Any:
        """The model's own answer to an input."""
        return self._ask(data, **params)

    def takes_as_event(self, value: Any) -> bool:
        """Whether it is for the plan to make rows of."""
        return not is_frame(value)


class _RowMethod:
    """A method of the native model whose event-shaped arguments are one row."""

    def __init__(self, name: str, method: Callable[..., Any], ask: Ask, model: ModelProxy) -> None:
        functools.update_wrapper(self, method)
        # What the model has it under: its own may be a decorator's.
        self.name = name
        self._ask = ask
        self._plan = model._makinage_plan
        self._desk = model._makinage_desk

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._desk.strands is None:
            return self.plainly(*args, **kwargs)
        return self._desk.call(self, args, kwargs)

    def on_input(self, data: Any, **kwargs: Any) -> Any:
        """The model's own answer to an input."""
        return self._ask(data, **kwargs)

    def plainly(self, *args: Any, **kwargs: Any) -> Any:
        """The call as it is where nothing is stacked."""
        arguments = [self._argument(value) for value in args]
        named = {name: self._argument(value) for name, value in kwargs.items()}
        result = self._ask(*(value for value, _ in arguments), **{name: value for name, (value, _) in named.items()})
        one_row = any(is_row for _, is_row in (*arguments, *named.values()))
        return _only(result) if one_row else result

    def _argument(self, value: Any) -> tuple[Any, bool]:
        """The argument as the model takes it, and whether it was an event of one row."""
        if not self.takes_as_event(value):
            return value, False
        try:
            row = self._plan.row(value)
            return single(self._plan, row).data, row.count is None
        except (ValueError, TypeError):
            # Not what the signature says: some methods take other arrays than rows of features.
            return (np.asarray(value).reshape(1, -1), True) if isinstance(value, np.ndarray) else (value, False)

    def takes_as_event(self, value: Any) -> bool:
        """Whether it is for the plan to make a row of."""
        if isinstance(value, np.ndarray):
            return value.ndim <= 1
        if isinstance(value, list):
            # Numbers only: a list of texts is as likely a list of names.
            return bool(value) and all(isinstance(item, (int, float, np.number)) for item in value)
        return isinstance(value, dict) and self._plan.takes_object(value)


def model_method(value: Any) -> str | None:
    """The name of the model's method that this is, as a hook has it; None for anything else."""
    if isinstance(value, _RowMethod):
        return value.name
    if isinstance(value, MethodType) and isinstance(value.__self__, ModelProxy):
        return value.__name__
    return None


def native(pyfunc: Any) -> Any:
    """The model behind MLflow's wrapper; the wrapper itself where MLflow has no way to it."""
    for unwrap in ("get_raw_model", "unwrap_python_model"):
        try:
            return getattr(pyfunc, unwrap)()
        except Exception:
            # Which exception says "not for this flavour" has changed between versions of MLflow.
            continue
    return getattr(pyfunc, "_model_impl", pyfunc)


def _only(result: Any) -> Any:
    rows = split(result, 1)
    # Copied: the model may answer its next call in the same buffer, and a hook may keep this answer.
    return result if rows is None else own(entries(rows)[0])
