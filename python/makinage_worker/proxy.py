"""The `model` that a custom predict factory gets: MLflow's model and the native one behind a single name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from makinage_worker.arrays import is_frame
from makinage_worker.features import settled
from makinage_worker.own import own
from makinage_worker.rows import Plan, entries, split
from makinage_worker.stack import single


class ModelProxy:
    """`predict` is MLflow's, every other attribute is the wrapped native model's.

    An event-shaped argument (rank 0 or 1) is one row, and the call returns that row's result; what has rows of its
    own (rank 2 and more, a DataFrame) goes to the model as it is, and its result comes back as it is.
    """

    def __init__(self, pyfunc: Any, plan: Plan) -> None:
        self._makinage_pyfunc = pyfunc
        self._makinage_plan = plan
        self._makinage_native = _native(pyfunc)

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """MLflow's pyfunc predict, with `params` passed on."""
        call = self._makinage_pyfunc.predict
        if params is not None:
            call = functools.partial(call, params=params)
        if is_frame(data):
            return call(data)
        row = self._makinage_plan.row(data)
        with settled(self._makinage_plan.order):
            result = call(single(self._makinage_plan, row).data)
        return result if row.count is not None else _only(result)

    def __getattr__(self, name: str) -> Any:
        """An attribute of the native model; a method takes events as rows, too."""
        if name.startswith("_makinage_"):  # not set yet: a copy or an unpickled proxy
            raise AttributeError(name)
        attribute = getattr(self._makinage_native, name)
        if not inspect.isroutine(attribute) and not isinstance(attribute, functools.partial):
            return attribute
        return _RowMethod(attribute, self._makinage_plan)

    def __dir__(self) -> list[str]:
        return sorted({"predict", *dir(self._makinage_native)})

    def __repr__(self) -> str:
        return f"<makinage model: {type(self._makinage_native).__name__}>"


class _RowMethod:
    """A method of the native model whose event-shaped arguments are one row."""

    def __init__(self, method: Callable[..., Any], plan: Plan) -> None:
        functools.update_wrapper(self, method)
        self._method = method
        self._plan = plan

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        arguments = [self._argument(value) for value in args]
        named = {name: self._argument(value) for name, value in kwargs.items()}
        result = self._method(*(value for value, _ in arguments), **{name: value for name, (value, _) in named.items()})
        one_row = any(is_row for _, is_row in (*arguments, *named.values()))
        return _only(result) if one_row else result

    def _argument(self, value: Any) -> tuple[Any, bool]:
        """The argument as the model takes it, and whether it was an event of one row."""
        if not self._is_event(value):
            return value, False
        try:
            row = self._plan.row(value)
            return single(self._plan, row).data, row.count is None
        except (ValueError, TypeError):
            # Not what the signature says: some methods take other arrays than rows of features.
            return (np.asarray(value).reshape(1, -1), True) if isinstance(value, np.ndarray) else (value, False)

    def _is_event(self, value: Any) -> bool:
        if isinstance(value, np.ndarray):
            return value.ndim <= 1
        if isinstance(value, list):
            # Numbers only: a list of texts is as likely a list of names.
            return bool(value) and all(isinstance(item, (int, float, np.number)) for item in value)
        return isinstance(value, dict) and self._plan.takes_object(value)


def _native(pyfunc: Any) -> Any:
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
