"""A model's answers as this package computes them itself, where they have been seen to be the library's, to the bit.

A library's call for one row costs a hundred times what its arithmetic does. What isn't known, isn't finite or has not
been compared is the library's to answer, and so is everything from the first doubt on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from makinage_worker import native_forms, native_kinds
from makinage_worker.native_linear import Evaluate
from makinage_worker.native_proof import Make, identical, proven
from makinage_worker.notices import Notices
from makinage_worker.rows import Plan

if TYPE_CHECKING:
    import numpy as np

Ask = Callable[..., Any]
"""A model's method."""

_MOST_CALLS_BETWEEN = 4096
"""Calls between two that the library answers, too: the second, the fourth, the eighth … at first."""

_MOST_FORMS = 16
"""Forms of input that are remembered."""


class Natives:
    """The methods of a model, native where they can be. The log is told once of each that stops being so."""

    def __init__(self, pyfunc: Any, model: Any, plan: Plan, notices: Notices) -> None:
        self._pyfunc = pyfunc
        self._model = model
        self._notices = notices
        name = _method_of_predict(pyfunc)
        self.predict: Ask = pyfunc.predict
        """MLflow's predict."""
        if name is not None:
            self.predict = self._native(name, pyfunc.predict, lambda matrix: plan.dense(matrix, 1))

    def __reduce__(self) -> tuple[type[Libraries], tuple[Any]]:
        # A hook may copy its model, or send it to another process.
        return Libraries, (self._pyfunc,)

    def method(self, name: str, ask: Ask) -> Ask:
        """`ask`, the model's own method of this name."""
        names = getattr(self._model, "feature_names_in_", None)
        return self._native(name, ask, _matrix if names is None else _frames(names))

    def _native(self, name: str, ask: Ask, make: Make) -> Ask:
        candidates = native_kinds.evaluators(self._model, name)
        width = getattr(self._model, "n_features_in_", None)
        if not candidates or not isinstance(width, int):
            return ask
        try:
            evaluate = proven(candidates, ask, make, width)
        except Exception:
            return ask  # it can't answer generated rows: there is nothing to compare with
        return ask if evaluate is None else Native(ask, evaluate, self._notices)


class Libraries:
    """The methods of a model as its library has them."""

    def __init__(self, pyfunc: Any) -> None:
        self.predict: Ask = pyfunc.predict
        """MLflow's predict."""

    def method(self, name: str, ask: Ask) -> Ask:  # noqa: ARG002  # as the other's
        """`ask`."""
        return ask


class Native:
    """A method that is computed here, and by the library now and then."""

    def __init__(self, ask: Ask, evaluate: Evaluate, notices: Notices) -> None:
        self._ask = ask
        self._evaluate: Evaluate | None = evaluate
        self._notices = notices
        self._forms: set[Hashable] = set()
        self._between = 1
        self._left = 0

    def __reduce__(self) -> tuple[Callable[[Ask], Ask], tuple[Ask]]:
        return _itself, (self._ask,)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The method's answer."""
        evaluate = self._evaluate
        read = None if evaluate is None or named or len(args) != 1 else native_forms.read(args[0])
        if evaluate is None or read is None:
            return self._ask(*args, **named)
        (data,) = args
        matrix, form = read
        self._left -= 1
        if self._left < 0 or form not in self._forms:
            return self._compared(data, matrix, form)
        try:
            return evaluate(matrix)
        except Exception as error:
            # Whatever is wrong, the library says it as its users know it.
            self._stop(f"{type(error).__name__}: {error}")
            return self._ask(data)

    def _compared(self, data: Any, matrix: np.ndarray, form: Hashable) -> Any:
        answer = self._ask(data)
        evaluate = self._evaluate
        assert evaluate is not None  # or it wouldn't be compared
        try:
            mine = evaluate(matrix)
        except Exception as error:
            self._stop(f"{type(error).__name__}: {error}")
            return answer
        if not identical(mine, answer):
            self._stop("its answer to an event is another one")
            return answer
        if form not in self._forms:
            if len(self._forms) == _MOST_FORMS:
                self._forms.clear()
            self._forms.add(form)
            return answer
        self._between = min(self._between * 2, _MOST_CALLS_BETWEEN)
        self._left = self._between
        return answer

    def _stop(self, why: str) -> None:
        self._evaluate = None
        self._notices.warn(
            f"the model is called by its library alone from now on, because what stood in for it can't be relied on "
            f"({why}). That is right, and slower; `native: false` says so from the start"
        )


def _itself(ask: Ask) -> Ask:
    return ask


def _method_of_predict(pyfunc: Any) -> str | None:
    """The method of scikit-learn's model that MLflow's predict calls; None for other flavours."""
    flavours = getattr(getattr(pyfunc, "metadata", None), "flavors", None)
    configured = flavours.get("python_function", {}) if isinstance(flavours, dict) else {}
    if configured.get("loader_module") != "mlflow.sklearn":
        return None
    name = configured.get("predict_fn", "predict")
    return name if isinstance(name, str) else None


def _matrix(matrix: np.ndarray) -> Any:
    return matrix


def _frames(names: Any) -> Make:
    import pandas as pd

    return lambda matrix: pd.DataFrame(matrix, columns=names)
