"""Models made of trees, by name, with data to ask them about; each is trained once."""

import functools
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import xgboost
from sklearn import ensemble, tree
from sklearn.datasets import load_iris, make_classification, make_regression

ONE = {"random_state": 0}
LGB = {"verbose": -1, "n_jobs": 1, "n_estimators": 20, "random_state": 0}
XGB = {"n_jobs": 1, "n_estimators": 20, "random_state": 0}


@dataclass
class Data:
    rows: Any
    labels: Any


@functools.cache
def iris():
    return Data(*load_iris(return_X_y=True))


@functools.cache
def named():
    data = iris()
    return Data(data.rows, np.array(["setosa", "versicolor", "virginica"], dtype=object)[data.labels])


@functools.cache
def two():
    return Data(*make_classification(800, 12, n_informative=6, flip_y=0.1, random_state=0))


@functools.cache
def five():
    return Data(*make_classification(800, 12, n_informative=8, n_classes=5, random_state=1))


@functools.cache
def holes():
    data = five()
    return Data(np.where(np.random.default_rng(0).random(data.rows.shape) < 0.1, np.nan, data.rows), data.labels)


@functools.cache
def sparse():
    data = five()
    return Data(np.where(np.abs(data.rows) < 0.5, 0.0, data.rows), data.labels)


@functools.cache
def numbers():
    return Data(*make_regression(600, 7, noise=5, random_state=0))


@functools.cache
def positive():
    data = numbers()
    return Data(data.rows, np.abs(data.labels) / 10)


def _booster(model, data):
    return model.fit(data.rows, data.labels).get_booster()


def _lightgbm(parameters, data, rounds=20):
    return lightgbm.train(
        {"verbose": -1, "num_threads": 1, **parameters}, lightgbm.Dataset(data.rows, data.labels), rounds
    )


def _stopped(model, data):
    """Trained until it no longer gets better, on noise: the best iteration is one of the first."""
    rows, labels = data.rows, np.random.default_rng(0).permutation(data.labels)
    half = len(rows) // 2
    if isinstance(model, xgboost.XGBModel):
        return model.fit(rows[:half], labels[:half], eval_set=[(rows[half:], labels[half:])], verbose=False)
    stop = lightgbm.early_stopping(5, verbose=False)
    return model.fit(rows[:half], labels[:half], eval_set=[(rows[half:], labels[half:])], callbacks=[stop])


MODELS = {
    "tree": (tree.DecisionTreeClassifier(**ONE, max_depth=5), five),
    "tree of numbers": (tree.DecisionTreeRegressor(**ONE), numbers),
    "random tree": (tree.ExtraTreeClassifier(**ONE), two),
    "random tree of numbers": (tree.ExtraTreeRegressor(**ONE), numbers),
    "forest": (ensemble.RandomForestClassifier(50, **ONE), iris),
    "forest with names": (ensemble.RandomForestClassifier(20, **ONE, class_weight="balanced"), named),
    "forest with fractions": (ensemble.RandomForestClassifier(20, **ONE, min_samples_leaf=4), five),
    "forest of numbers": (ensemble.RandomForestRegressor(30, **ONE), numbers),
    "random forest": (ensemble.ExtraTreesClassifier(20, **ONE, max_depth=6), five),
    "random forest of numbers": (ensemble.ExtraTreesRegressor(20, **ONE), numbers),
    "boosted": (ensemble.GradientBoostingClassifier(n_estimators=20, **ONE), two),
    "boosted, five classes": (ensemble.GradientBoostingClassifier(n_estimators=10, **ONE), five),
    "boosted, exponential": (ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=10, **ONE), two),
    "boosted from zero": (ensemble.GradientBoostingClassifier(init="zero", n_estimators=10, **ONE), two),
    "boosted numbers": (ensemble.GradientBoostingRegressor(n_estimators=20, **ONE), numbers),
    "histogram": (ensemble.HistGradientBoostingClassifier(max_iter=20, **ONE), two),
    "histogram, holes": (ensemble.HistGradientBoostingClassifier(max_iter=10, **ONE), holes),
    "histogram of numbers": (ensemble.HistGradientBoostingRegressor(max_iter=20, **ONE), numbers),
    "histogram, poisson": (ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=10, **ONE), positive),
    "xgboost": (xgboost.XGBClassifier(**XGB), two),
    "xgboost, five classes": (xgboost.XGBClassifier(**XGB), holes),
    "xgboost, softmax": (xgboost.XGBClassifier(**XGB, objective="multi:softmax"), five),
    "xgboost of numbers": (xgboost.XGBRegressor(**XGB), holes),
    "xgboost, absolute": (xgboost.XGBRegressor(**XGB, objective="reg:absoluteerror"), numbers),
    "xgboost, poisson": (xgboost.XGBRegressor(**XGB, objective="count:poisson"), positive),
    "xgboost, gamma": (xgboost.XGBRegressor(**XGB, objective="reg:gamma"), positive),
    "xgboost, deleted nodes": (xgboost.XGBClassifier(**XGB, gamma=3, tree_method="exact"), two),
    "xgboost, parallel trees": (xgboost.XGBClassifier(**XGB, num_parallel_tree=3, subsample=0.5), five),
    "xgboost's forest": (xgboost.XGBRFClassifier(**XGB), two),
    "xgboost's forest of numbers": (xgboost.XGBRFRegressor(**XGB), numbers),
    "lightgbm": (lightgbm.LGBMClassifier(**LGB), two),
    "lightgbm, five classes": (lightgbm.LGBMClassifier(**LGB), holes),
    "lightgbm, names": (lightgbm.LGBMClassifier(**LGB), named),
    "lightgbm, zeros missing": (lightgbm.LGBMClassifier(**LGB, zero_as_missing=True), sparse),
    "lightgbm of numbers": (lightgbm.LGBMRegressor(**LGB), numbers),
    "lightgbm, tweedie": (lightgbm.LGBMRegressor(**LGB, objective="tweedie"), positive),
    "lightgbm, one leaf": (lightgbm.LGBMRegressor(**{**LGB, "n_estimators": 3}, min_child_samples=1000), numbers),
}
"""Trained when they are asked for."""

MADE = {
    "xgboost's booster": (lambda data: _booster(xgboost.XGBClassifier(**XGB), data), two),
    "xgboost's booster, softmax": (
        lambda data: _booster(xgboost.XGBClassifier(**XGB, objective="multi:softmax"), data),
        holes,
    ),
    "xgboost's booster, raw": (
        lambda data: _booster(xgboost.XGBRegressor(**XGB, objective="binary:logitraw"), data),
        two,
    ),
    "xgboost, stopped": (
        lambda data: _stopped(xgboost.XGBClassifier(n_jobs=1, n_estimators=50, early_stopping_rounds=5), data),
        five,
    ),
    "lightgbm's booster": (lambda data: _lightgbm({"objective": "multiclass", "num_class": 5}, data), holes),
    "lightgbm's booster, one for each": (
        lambda data: _lightgbm({"objective": "multiclassova", "num_class": 5, "sigmoid": 0.7}, data),
        five,
    ),
    "lightgbm's booster, steep": (lambda data: _lightgbm({"objective": "binary", "sigmoid": 1.7}, data), two),
    "lightgbm, stopped": (lambda data: _stopped(lightgbm.LGBMClassifier(**{**LGB, "n_estimators": 50}), data), five),
}
"""Made of something trained."""


@functools.cache
def trained(name):
    """A model and its data."""
    if name in MADE:
        make, data = MADE[name]
        return make(data()), data()
    model, data = MODELS[name]
    return model.fit(data().rows, data().labels), data()


def ask(model, method="predict"):
    """The library's own method, of a matrix."""
    if type(model) is xgboost.Booster:
        return lambda matrix: model.predict(xgboost.DMatrix(matrix))
    return getattr(model, method)


def same(ours, theirs):
    """Asserts that two answers are the same to the bit."""
    assert type(ours) is type(theirs)
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    if ours.dtype == object:
        assert ours.tolist() == theirs.tolist()
    else:
        assert ours.tobytes() == theirs.tobytes()
