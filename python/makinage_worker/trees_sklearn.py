"""Trees, forests and boosted trees of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from makinage_worker.trees_layout import Grown, Kind, NotUnderstood, ensemble
from makinage_worker.trees_library import Library
from makinage_worker.trees_reading import Accepts, Reading

_TREES = ("DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor")
_FORESTS = ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor")
_BOOSTED = ("GradientBoostingClassifier", "GradientBoostingRegressor")
_BY_HISTOGRAM = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")

_NAMES = frozenset((*_TREES, *_FORESTS, *_BOOSTED, *_BY_HISTOGRAM))


def read(model: Any, method: str, library: Library) -> Reading:  # noqa: ARG001  # as all readers are called
    """What is known of the model. Raises NotUnderstood."""
    if method not in ("predict", "predict_proba"):
        raise NotUnderstood(f"{method} is left to scikit-learn")
    if type(model).__name__ not in _NAMES:
        # Before anything is imported that such a model has no need of.
        raise NotUnderstood(f"a {type(model).__name__} is left to scikit-learn")
    from sklearn import ensemble as ensembles
    from sklearn import tree

    def is_one(home: Any, names: tuple[str, ...]) -> bool:
        # Not a subclass, whose methods may be anybody's.
        return type(model) in [getattr(home, name) for name in names]

    if is_one(tree, _TREES):
        reading = _forest(model, [model], method)
    elif is_one(ensembles, _FORESTS):
        reading = _forest(model, list(model.estimators_), method)
    elif is_one(ensembles, _BOOSTED):
        reading = _boosted(model, method)
    elif is_one(ensembles, _BY_HISTOGRAM):
        reading = _by_histogram(model, method)
    else:
        raise NotUnderstood(f"a {type(model).__name__} is left to scikit-learn")
    names = getattr(model, "feature_names_in_", None)
    reading.columns = None if names is None else list(names)
    return reading


def _forest(model: Any, trees: list[Any], method: str) -> Reading:
    if model.n_outputs_ != 1:
        raise NotUnderstood("it has several outputs")
    is_forest = hasattr(model, "estimators_")
    values = [tree.tree_.value[:, 0, :] for tree in trees]
    if is_forest and model.n_jobs not in (None, 1) and not _adds_exactly(trees):
        raise NotUnderstood(
            f"with n_jobs={model.n_jobs} its threads add up the trees in any order, so that its own last bits vary; "
            "n_jobs=1 would make it faster, too"
        )
    grown = [_grown(tree.tree_, value) for tree, value in zip(trees, values, strict=True)]
    # A tree's own answer is what stands at its leaf: added to this zero, a negative zero stays one.
    begin = np.full(values[0].shape[1], 0.0 if is_forest else -0.0)
    read_trees = ensemble(Kind.FLOAT_UP_TO, grown, model.n_features_in_, begin)
    count = len(trees) if is_forest else None
    current = _has_still(model, "estimators_" if is_forest else "tree_")
    return Reading(read_trees, Accepts.FINITE, _finish_of_forest(model, method, count), current)


def _has_still(model: Any, name: str) -> Callable[[], bool]:
    """Whether the model's attribute is what it was: training replaces it, or makes it longer."""
    kept = getattr(model, name)
    count = _count(kept)
    return lambda: getattr(model, name, None) is kept and _count(kept) == count


def _count(trees: Any) -> int:
    """Trees of a list, or nodes of one tree."""
    return int(trees.node_count) if hasattr(trees, "node_count") else len(trees)


def _finish_of_forest(model: Any, method: str, count: int | None) -> Callable[[Any], Any]:
    def mean(sums: Any) -> Any:
        if count is not None:
            sums /= count
        return sums

    if not hasattr(model, "classes_"):
        if method != "predict":
            raise NotUnderstood(f"it has no {method}")
        return lambda sums: mean(sums).reshape(-1)
    if method == "predict_proba":
        return mean
    return lambda sums: model.classes_.take(np.argmax(mean(sums), axis=1), axis=0)


def _adds_exactly(trees: list[Any]) -> bool:
    """Whether the sum of one leaf of each tree has no rounding in it, in whatever order they are added."""
    numbers = np.concatenate([tree.tree_.value[tree.tree_.children_left < 0].ravel() for tree in trees])
    numbers = np.abs(numbers[numbers != 0])
    if not len(numbers) or not np.isfinite(numbers).all():
        return not len(numbers)
    mantissa, exponent = np.frexp(numbers)
    bits = (mantissa * 2.0**53).astype(np.int64)
    lowest = exponent - 53 + np.log2((bits & -bits).astype(np.float64)).astype(np.int64)
    return bool(numbers.max() * len(trees) < 2.0 ** (53 + int(lowest.min())))


def _grown(tree: Any, value: Any, column: int = 0) -> Grown:
    return Grown(tree.children_left, tree.children_right, tree.feature, _rounded_down(tree), value, column=column)


def _rounded_down(tree: Any) -> Any:
    """For features that are `f32` the largest `f32` up to a threshold is the same threshold."""
    exact = tree.threshold
    with np.errstate(over="ignore"):
        rounded = exact.astype(np.float32)
    above = rounded > exact
    rounded[above] = np.nextafter(rounded[above], np.float32(-np.inf))
    small = (rounded != 0) & (np.abs(rounded) < np.finfo(np.float32).tiny)
    if small[tree.children_left >= 0].any():
        raise NotUnderstood("a threshold of it is smaller than all normal numbers")
    return rounded


def _boosted(model: Any, method: str) -> Reading:
    stages = model.estimators_
    trees = [
        _grown(tree.tree_, model.learning_rate * tree.tree_.value[:, 0, 0], column)
        for stage in stages
        for column, tree in enumerate(stage)
    ]
    begin = _begin_of_boosted(model)
    if begin.shape != (stages.shape[1],):
        raise NotUnderstood("its first predictions aren't one for each tree of a stage")
    read_trees = ensemble(Kind.FLOAT_UP_TO, trees, model.n_features_in_, begin)
    return Reading(read_trees, Accepts.FINITE, _finish_of_boosted(model, method), _has_still(model, "estimators_"))


def _begin_of_boosted(model: Any) -> Any:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    init = model.init_
    constant = init == "zero" if isinstance(init, str) else type(init) in (DummyClassifier, DummyRegressor)
    if not constant or getattr(init, "strategy", None) in ("stratified", "uniform"):
        raise NotUnderstood("its first predictions come from another model")
    if not hasattr(model, "_raw_predict_init"):
        raise NotUnderstood("its first predictions aren't where they are looked for")
    return model._raw_predict_init(np.zeros((1, model.n_features_in_), np.float32))[0]


def _finish_of_boosted(model: Any, method: str) -> Callable[[Any], Any]:
    if not hasattr(model, "classes_"):
        if method != "predict":
            raise NotUnderstood(f"it has no {method}")
        return lambda sums: sums.ravel()
    if method == "predict_proba":
        loss = model._loss
        return lambda sums: loss.predict_proba(sums.ravel() if sums.shape[1] == 1 else sums)

    def labels(sums: Any) -> Any:
        if sums.shape[1] == 1:
            return model.classes_[(sums.ravel() >= 0).astype(int)]
        return model.classes_[np.argmax(sums, axis=1)]

    return labels


def _by_histogram(model: Any, method: str) -> Reading:
    if getattr(model, "_preprocessor", None) is not None or not hasattr(model, "_predictors"):
        raise NotUnderstood("it has categories")
    trees = []
    for predictors in model._predictors:
        for column, predictor in enumerate(predictors):
            nodes = predictor.nodes
            if nodes["is_categorical"].any():
                raise NotUnderstood("it has categories")
            left = np.where(nodes["is_leaf"], -1, nodes["left"].astype(np.int64))
            trees.append(
                Grown(
                    left,
                    nodes["right"].astype(np.int64),
                    nodes["feature_idx"],
                    nodes["num_threshold"],
                    nodes["value"],
                    nodes["missing_go_to_left"] == 0,
                    column,
                )
            )
    baseline = np.asarray(model._baseline_prediction)
    # As the library adds it: to zero.
    begin = np.zeros(model.n_trees_per_iteration_) + baseline.reshape(-1)
    read_trees = ensemble(Kind.DOUBLE_UP_TO, trees, model.n_features_in_, begin)
    return Reading(read_trees, Accepts.ALL, _finish_by_histogram(model, method), _has_still(model, "_predictors"))


def _finish_by_histogram(model: Any, method: str) -> Callable[[Any], Any]:
    loss = model._loss
    if not hasattr(model, "classes_"):
        if method != "predict":
            raise NotUnderstood(f"it has no {method}")
        return lambda sums: loss.link.inverse(sums.ravel())
    if method == "predict_proba":
        predict_proba: Callable[[Any], Any] = loss.predict_proba
        return predict_proba

    def labels(sums: Any) -> Any:
        if sums.shape[1] == 1:
            return model.classes_[(sums.ravel() > 0).astype(int)]
        return model.classes_[np.argmax(sums, axis=1)]

    return labels
