"""Which models this package can compute itself: by the very classes of the libraries, never by what looks like them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from makinage_worker import native_linear, native_scaling
from makinage_worker.native_linear import Evaluate
from makinage_worker.native_scaling import Scale

if TYPE_CHECKING:
    import numpy as np

_METHODS = ("decision_function", "predict", "predict_proba", "transform")


def evaluators(model: Any, method: str) -> list[Evaluate]:
    """What may be the model's method; which of them it is, if any, has to be seen."""
    name = sklearn_name(model)
    if name is None:
        return []
    if name == "Pipeline":
        return _of_pipeline(model, method)
    return native_linear.evaluators(name, model, method)


def sklearn_name(model: Any) -> str | None:
    """The name of scikit-learn's own class that the model is exactly of; None for one that somebody has changed."""
    kind = type(model)
    if kind.__module__.partition(".")[0] != "sklearn" or any(method in vars(model) for method in _METHODS):
        return None
    return kind.__name__


def _of_pipeline(pipeline: Any, method: str) -> list[Evaluate]:
    *transformers, (_, last) = pipeline.steps
    scales = [_scale(step) for _, step in transformers]
    if None in scales:
        return []
    steps = [step for step in scales if step is not None and step is not _unchanged]
    parts = [part for _, part in pipeline.steps]
    return [_chained(pipeline, parts, steps, evaluate) for evaluate in evaluators(last, method)]


def _scale(step: Any) -> Scale | None:
    if step is None or step == "passthrough":
        return _unchanged
    name = sklearn_name(step)
    return None if name is None else native_scaling.scale(name, step)


def _unchanged(matrix: np.ndarray) -> np.ndarray:
    return matrix


def _chained(pipeline: Any, parts: list[Any], steps: list[Scale], evaluate: Evaluate) -> Evaluate:
    def chained(matrix: np.ndarray) -> Any:
        # As they are replaced when a hook fits it anew.
        if len(pipeline.steps) != len(parts) or any(map(_is_other, pipeline.steps, parts)):
            raise LookupError("the pipeline has other steps by now")
        for step in steps:
            matrix = step(matrix)
        return evaluate(matrix)

    return chained


def _is_other(step: Any, part: Any) -> bool:
    return step[1] is not part
