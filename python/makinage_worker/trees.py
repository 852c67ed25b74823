"""Models made of trees, answered without their library: the same bits, several times sooner.

`evaluator_of` reads a scikit-learn, XGBoost or LightGBM model; whether its answers are the library's own is proven by
`trees_proof`, and nobody should use one that isn't. Who asks whom, and when, is decided elsewhere.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from makinage_worker import trees_library
from makinage_worker.errors import message
from makinage_worker.trees_layout import Ensemble, NotUnderstood, forest
from makinage_worker.trees_library import Forest, Unavailable
from makinage_worker.trees_reading import Accepts, Reading

_READERS = {"sklearn": "trees_sklearn", "xgboost": "trees_xgboost", "lightgbm": "trees_lightgbm"}
"""What reads the models of a library. Nothing of a library is imported for another one's model."""
_OTHERWISE = (AttributeError, KeyError, IndexError, TypeError, ValueError)
"""What reading a model raises that another version of its library has made."""


_TAKEN = (np.dtype(np.float64), np.dtype(np.float32))
"""Types of numbers that are answered here."""

_WHOLE = (np.dtype(np.int64), np.dtype(np.int32))
"""The same, of whole numbers. Each library makes something else of them before it looks at its trees."""

_ALIKE = 1 << 24
"""Whole numbers up to here are `f32` and `f64`, too: whatever a library makes of them, it is the same number."""


class Evaluator:
    """What a model's method returns for a matrix of numbers, or None where its library must be asked.

    `trees` are there for a proof, and can be let go after it.
    """

    def __init__(self, reading: Reading, laid_out: Forest) -> None:
        self.trees: Ensemble | None = reading.trees
        self.features = reading.trees.features
        self.accepts = reading.accepts
        self.columns = reading.columns
        self._begin = reading.trees.begin
        self._feature = np.dtype(reading.trees.kind.feature)
        self._forest = laid_out
        self._prepare = reading.prepare
        self._finish = reading.finish
        self._is_current = reading.is_current

    def __call__(self, matrix: Any) -> Any:
        """Raises nothing that the library would raise: that is for it to do."""
        rows = self._rows(matrix)
        if rows is None:
            return None
        sums = np.empty((len(rows), len(self._begin)), self._begin.dtype)
        sums[:] = self._begin
        self._forest.add(rows, sums)
        return self._finish(sums)

    def _rows(self, matrix: Any) -> Any:
        """The rows as the library would look at them; None where it must do that itself."""
        if type(matrix) is not np.ndarray or matrix.ndim != 2 or matrix.shape[1] != self.features:
            return None
        if not matrix.size or not _is_taken(matrix) or not self._is_current():
            return None
        if matrix.dtype == self._feature:
            rows = np.ascontiguousarray(matrix)
        else:
            with np.errstate(over="ignore"):
                rows = np.ascontiguousarray(matrix, self._feature)
        if not rows.flags.aligned:
            rows = rows.copy()
        if not self._takes(rows):
            return None
        return rows if self._prepare is None else self._prepare(rows)

    def _takes(self, rows: Any) -> bool:
        if self.accepts is Accepts.ALL or np.isfinite(rows).all():
            return True
        return self.accepts is Accepts.MISSING and not np.isinf(rows).any()


def _is_taken(matrix: Any) -> bool:
    if matrix.dtype in _WHOLE:
        return bool(matrix.min() >= -_ALIKE and matrix.max() <= _ALIKE)
    return matrix.dtype in _TAKEN


def is_known(model: Any) -> bool:
    """Whether the model comes from one of the libraries that are read here; imports nothing."""
    return _home(model) in _READERS


def evaluator_of(model: Any, method: str = "predict") -> Evaluator | None:
    """What stands in for this method of a native model; None where nothing does. It isn't proven yet."""
    try:
        return read(model, method)
    except (NotUnderstood, Unavailable):
        return None


def read(model: Any, method: str) -> Evaluator:
    """The same, but raises NotUnderstood or Unavailable, which say why there is none."""
    if not is_known(model):
        raise NotUnderstood("it comes from no library of trees")
    if method in getattr(model, "__dict__", ()):
        raise NotUnderstood(f"its {method} isn't its class's own")
    library = trees_library.load()
    reader = importlib.import_module(f"makinage_worker.{_READERS[_home(model)]}")
    try:
        reading: Reading = reader.read(model, method, library)
        return Evaluator(reading, forest(reading.trees, library))
    except _OTHERWISE as error:
        raise NotUnderstood(
            f"it is told otherwise than is known here ({type(error).__name__}: {message(error)})"
        ) from error


def _home(model: Any) -> str:
    return type(model).__module__.partition(".")[0]
