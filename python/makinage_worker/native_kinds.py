"""Which models this package can compute itself: by the very classes of the libraries, never by what looks like them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from makinage_worker import native_linear, native_scaling, trees, trees_proof
from makinage_worker.native_linear import Evaluate
from makinage_worker.native_scaling import Scale

if TYPE_CHECKING:
    import numpy as np

Tell = Callable[[str], None]
"""Takes a sentence for the log."""

_METHODS = ("decision_function", "predict", "predict_proba", "transform")


def evaluators(model: Any, method: str, library: Evaluate, tell: Tell) -> list[Evaluate]:
    """What may be the model's method, which the library answers to matrices; which it is, if any, has to be seen.

    `tell` is told what shouldn't be: a model that was read, and answers otherwise.
    """
    name = sklearn_name(model)
    if name == "Pipeline":
        return _of_pipeline(model, method, tell)
    linear = [] if name is None else native_linear.evaluators(name, model, method)
    return linear or _of_trees(model, method, library, tell)


def _of_trees(model: Any, method: str, library: Evaluate, tell: Tell) -> list[Evaluate]:
    if not trees.is_known(model):
        return []
    verdict = trees_proof.proven(model, library, method)
    if verdict.is_odd:
        tell(verdict.told)
    return [] if verdict.evaluator is None else [verdict.evaluator]


def sklearn_name(model: Any) -> str | None:
    """The name of scikit-learn's own class that the model is exactly of; None for one that somebody has changed."""
    kind = type(model)
    if kind.__module__.partition(".")[0] != "sklearn" or any(method in vars(model) for method in _METHODS):
        return None
    return kind.__name__


def _of_pipeline(pipeline: Any, method: str, tell: Tell) -> list[Evaluate]:
    *transformers, (_, last) = pipeline.steps
    scales = [_scale(step) for _, step in transformers]
    if None in scales:
        return []
    steps = [step for step in scales if step is not None and step is not _unchanged]
    parts = [part for _, part in pipeline.steps]
    library = getattr(last, method, None)
    found = [] if library is None else evaluators(last, method, library, tell)
    return [_chained(pipeline, parts, steps, evaluate) for evaluate in found]


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
