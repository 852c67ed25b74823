"""Boosted trees of XGBoost: a Booster, or its classes in the manner of scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from makinage_worker import ubjson
from makinage_worker.trees_layout import Grown, Kind, NotUnderstood, ensemble
from makinage_worker.trees_library import Library, Link
from makinage_worker.trees_reading import Accepts, Reading

_PLAIN = ("reg:squarederror", "reg:squaredlogerror", "reg:absoluteerror", "reg:pseudohubererror", "binary:logitraw")
_LOGISTIC = ("binary:logistic", "reg:logistic")
_POSITIVE = ("count:poisson", "reg:gamma", "reg:tweedie")
_CLASSES = ("multi:softprob", "multi:softmax")


def read(model: Any, method: str, library: Library) -> Reading:
    """What is known of the model. Raises NotUnderstood."""
    import xgboost

    wrappers = (xgboost.XGBClassifier, xgboost.XGBRegressor, xgboost.XGBRFClassifier, xgboost.XGBRFRegressor)
    if type(model) is xgboost.Booster:
        if method != "predict":
            raise NotUnderstood(f"it has no {method}")
        return _reading(_Text(model), None, library, lambda answers: answers, _has_still(model, lambda: model))
    if type(model) not in wrappers:
        raise NotUnderstood(f"a {type(model).__name__} is left to XGBoost")
    if not (isinstance(model.missing, float) and np.isnan(model.missing)):
        raise NotUnderstood(f"it takes {model.missing} for a missing value")
    booster = model.get_booster()
    text = _Text(booster)
    finish = _finish_of_wrapper(model, method, text)
    last = getattr(model, "best_iteration", None)
    current = _has_still(booster, model.get_booster)
    return _reading(text, None if last is None else int(last) + 1, library, finish, current)


def _has_still(booster: Any, now: Callable[[], Any]) -> Callable[[], bool]:
    """Whether it is the same booster, with as many trees."""
    rounds = booster.num_boosted_rounds()
    return lambda: now() is booster and booster.num_boosted_rounds() == rounds


class _Text:
    """What a booster says of itself."""

    def __init__(self, booster: Any) -> None:
        learner = ubjson.loads(bytes(booster.save_raw("ubj")))["learner"]
        settings = json.loads(booster.save_config())["learner"].get("generic_param", {})
        if learner["gradient_booster"]["name"] != "gbtree":
            raise NotUnderstood(f"its booster is {learner['gradient_booster']['name']}")
        if not str(settings.get("device", "cpu")).startswith("cpu"):
            raise NotUnderstood(f"it runs on {settings['device']}")
        self.objective: str = learner["objective"]["name"]
        self.model = learner["gradient_booster"]["model"]
        self.names: list[str] = booster.feature_names or []
        parameters = learner["learner_model_param"]
        if int(parameters.get("num_target", 1)) > 1:
            raise NotUnderstood("it has several targets")
        self.features = int(parameters["num_feature"])
        self.groups = max(1, int(parameters["num_class"]))
        base = np.array(json.loads(parameters["base_score"]), np.float32).reshape(-1)
        if len(base) not in (1, self.groups):
            raise NotUnderstood("its base score is none for each class")
        self.base = np.broadcast_to(base, self.groups)

    def trees(self, iterations: int | None) -> list[Grown]:
        """The trees of the first iterations."""
        trees, groups = self.model["trees"], self.model["tree_info"]
        if iterations is not None:
            trees = trees[: self.model["iteration_indptr"][iterations]]
        return [_grown(tree, group) for tree, group in zip(trees, groups, strict=False)]


def _grown(tree: dict[str, Any], group: int) -> Grown:
    if np.any(tree["split_type"]) or len(tree["categories"]):
        raise NotUnderstood("it has categories")
    if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise NotUnderstood("its leaves have several values")
    numbers = np.asarray(tree["split_conditions"], np.float32)
    return Grown(
        tree["left_children"],
        tree["right_children"],
        tree["split_indices"],
        numbers,
        numbers,
        np.asarray(tree["default_left"]) == 0,
        group,
    )


def _reading(
    text: _Text,
    iterations: int | None,
    library: Library,
    finish: Callable[[Any], Any],
    is_current: Callable[[], bool],
) -> Reading:
    begin, answer = _link(text, library)
    trees = ensemble(Kind.FLOAT_BELOW, text.trees(iterations), text.features, begin)
    return Reading(trees, Accepts.MISSING, lambda sums: finish(answer(sums)), is_current, text.names or None)


def _link(text: _Text, library: Library) -> tuple[Any, Callable[[Any], Any]]:
    """The base score as a sum, and what becomes of sums."""
    objective, base = text.objective, text.base
    if objective in _CLASSES:
        if objective == "multi:softmax":
            return base, lambda sums: np.argmax(sums, axis=1).astype(np.float32)
        return base, lambda sums: library.link(Link.SOFTMAX, sums)
    if text.groups != 1:
        raise NotUnderstood(f"{objective} of several classes is left to XGBoost")
    if objective in _PLAIN:
        return base, lambda sums: sums.ravel()
    if objective in _LOGISTIC:
        return [library.logit(base[0])], lambda sums: library.link(Link.LOGISTIC_OF_XGBOOST, sums).ravel()
    if objective in _POSITIVE:
        return [library.log(base[0])], lambda sums: library.link(Link.EXP, sums).ravel()
    raise NotUnderstood(f"{objective} is left to XGBoost")


def _finish_of_wrapper(model: Any, method: str, text: _Text) -> Callable[[Any], Any]:
    """What a wrapper's method makes of the booster's answers."""
    if not hasattr(model, "n_classes_"):
        if method != "predict":
            raise NotUnderstood(f"it has no {method}")
        return lambda answers: answers
    if text.objective not in (*_CLASSES, "binary:logistic"):
        raise NotUnderstood(f"a classifier with {text.objective} is left to XGBoost")
    if method == "predict_proba" and text.objective != "multi:softmax":
        return lambda answers: answers if answers.ndim > 1 else np.vstack((1.0 - answers, answers)).transpose()
    if method != "predict":
        raise NotUnderstood(f"{method} with {text.objective} is left to XGBoost")
    if text.objective == "multi:softmax":
        return lambda answers: answers.astype(np.int32)

    def labels(answers: Any) -> Any:
        if answers.ndim > 1:
            return np.argmax(answers, axis=1)
        labels = np.repeat(0, len(answers))
        labels[answers > 0.5] = 1
        return labels

    return labels
