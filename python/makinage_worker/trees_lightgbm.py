"""Boosted trees of LightGBM: a Booster, or its classes in the manner of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from makinage_worker.trees_layout import Grown, Kind, NotUnderstood, ensemble
from makinage_worker.trees_library import Library, Link
from makinage_worker.trees_reading import Accepts, Reading

_ZERO = float(np.float32(1e-35))
"""What is no larger than this is zero to LightGBM."""
_PLAIN = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
_POSITIVE = ("poisson", "gamma", "tweedie")
_CATEGORICAL, _GOES_LEFT = 1, 2
_NEVER_MISSING, _ZERO_IS_MISSING = 0, 1


def read(model: Any, method: str, library: Library) -> Reading:
    """What is known of the model. Raises NotUnderstood."""
    import lightgbm

    if type(model) is lightgbm.Booster:
        if method != "predict":
            raise NotUnderstood(f"it has no {method}")
        return _reading(model, library, lambda answers: answers, lambda: model)
    if type(model) not in (lightgbm.LGBMClassifier, lightgbm.LGBMRegressor):
        raise NotUnderstood(f"a {type(model).__name__} is left to LightGBM")
    if callable(model.objective) or any(name.startswith("pred") for name in model.get_params()):
        raise NotUnderstood("it has an objective or ways to predict of its own")
    return _reading(model.booster_, library, _finish_of_wrapper(model, method), lambda: model.booster_)


class _Text:
    """What a booster says of itself, of the iterations that it predicts with."""

    def __init__(self, booster: Any) -> None:
        text = booster.model_to_string()
        head, *trees = text.partition("\nend of trees")[0].split("\nTree=")
        lines = head.splitlines()
        fields = dict(line.split("=", 1) for line in lines if "=" in line)
        if lines[0] != "tree" or "average_output" in lines or "objective" not in fields:
            raise NotUnderstood("it averages its trees, or has an objective of its own")
        self.objective, *settings = fields["objective"].split()
        self.settings = dict(setting.split(":", 1) if ":" in setting else (setting, "") for setting in settings)
        self.features = int(fields["max_feature_idx"]) + 1
        self.groups = int(fields["num_tree_per_iteration"])
        self._missing = np.full(self.features, -1)
        self.trees = [self._grown(tree, index % self.groups) for index, tree in enumerate(trees)]

    def _grown(self, text: str, group: int) -> Grown:
        fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if fields.get("is_linear", "0") != "0":
            raise NotUnderstood("its leaves are linear")
        values = np.array(fields["leaf_value"].split(), np.float64)
        count = len(values) - 1
        if not count:
            return Grown([-1], [-1], [0], [0.0], values, column=group)
        kinds = np.array(fields["decision_type"].split(), np.int64)
        feature = np.array(fields["split_feature"].split(), np.int64)
        if (kinds & _CATEGORICAL).any():
            raise NotUnderstood("it has categories")
        self._note_missing(feature, kinds >> 2 & 3)
        leaves = np.zeros(count + 1)

        def places(name: str) -> Any:
            # Leaves are counted from -1 downwards; here they stand behind the other nodes.
            children = np.array(fields[name].split(), np.int64)
            return np.append(np.where(children < 0, count + ~children, children), leaves - 1).astype(np.int64)

        return Grown(
            places("left_child"),
            places("right_child"),
            np.append(feature, leaves).astype(np.int64),
            np.append(_thresholds(np.array(fields["threshold"].split(), np.float64)), leaves),
            np.append(np.zeros(count), values),
            np.append(kinds & _GOES_LEFT == 0, leaves).astype(bool),
            group,
        )

    def _note_missing(self, feature: Any, missing: Any) -> None:
        for kind in np.unique(missing):
            noted = self._missing[feature[missing == kind]]
            if ((noted != -1) & (noted != kind)).any():
                raise NotUnderstood("what is missing differs between its trees")
            self._missing[feature[missing == kind]] = kind

    def preparation(self) -> Callable[[Any], Any] | None:
        """What makes missing values of those that are, and numbers of those that aren't."""
        never, zero = self._missing == _NEVER_MISSING, self._missing == _ZERO_IS_MISSING
        has_zero = zero.any()

        def prepare(rows: Any) -> Any:
            missing = np.isnan(rows)
            if missing.any():
                rows = np.where(missing & never, 0.0, rows)
            return np.where((np.abs(rows) <= _ZERO) & zero, np.nan, rows) if has_zero else rows

        return prepare


def _thresholds(thresholds: Any) -> Any:
    """Thresholds for features of which the small ones are not zero yet."""
    moved = np.where((thresholds >= 0) & (thresholds < _ZERO), _ZERO, thresholds)
    return np.where((moved < 0) & (moved >= -_ZERO), np.nextafter(-_ZERO, -np.inf), moved)


def _reading(booster: Any, library: Library, finish: Callable[[Any], Any], now: Callable[[], Any]) -> Reading:
    text = _Text(booster)
    count, best = booster.num_trees(), booster.best_iteration

    def is_current() -> bool:
        return now() is booster and booster.num_trees() == count and booster.best_iteration == best

    trees = ensemble(Kind.DOUBLE_UP_TO, text.trees, text.features, np.zeros(text.groups))
    answer = _link(text, library)
    return Reading(trees, Accepts.ALL, lambda sums: finish(answer(sums)), is_current, prepare=text.preparation())


def _link(text: _Text, library: Library) -> Callable[[Any], Any]:
    """What becomes of sums."""
    objective, settings = text.objective, text.settings
    if objective == "multiclass":
        return lambda sums: library.link(Link.SOFTMAX, sums)
    if text.groups == 1 and objective in _PLAIN and "sqrt" not in settings:
        return lambda sums: sums.ravel()
    if text.groups == 1 and objective in _POSITIVE:
        return lambda sums: library.link(Link.EXP, sums).ravel()
    if objective in ("binary", "multiclassova"):
        steepness = float(settings["sigmoid"])

        def logistic(sums: Any) -> Any:
            if steepness != 1:
                sums *= steepness
            answers = library.link(Link.LOGISTIC_OF_LIGHTGBM, sums)
            return answers.ravel() if objective == "binary" else answers

        return logistic
    raise NotUnderstood(f"{objective} is left to LightGBM")


def _finish_of_wrapper(model: Any, method: str) -> Callable[[Any], Any]:
    """What a wrapper's method makes of the booster's answers."""
    if not hasattr(model, "n_classes_"):
        if method != "predict":
            raise NotUnderstood(f"it has no {method}")
        return lambda answers: answers

    def probabilities(answers: Any) -> Any:
        return answers if answers.ndim > 1 else np.vstack((1.0 - answers, answers)).transpose()

    if method == "predict_proba":
        return probabilities
    if method != "predict":
        raise NotUnderstood(f"{method} is left to LightGBM")
    return lambda answers: model.classes_[np.argmax(probabilities(answers), axis=1)]
