"""What scikit-learn's linear models compute, without what they do around it: two NumPy calls instead of eighty.

Each function reads what the estimator has learned anew with each call: user code may put other coefficients there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Evaluate = Callable[[np.ndarray], Any]
"""From a matrix of finite numbers, a row each, to what the library answers to it; None where it must be asked."""

_CLASSIFIERS = frozenset(
    {
        *("LinearDiscriminantAnalysis", "LinearSVC", "LogisticRegression", "LogisticRegressionCV"),
        *("PassiveAggressiveClassifier", "Perceptron", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier"),
    }
)

_REGRESSORS = frozenset(
    {
        *("ARDRegression", "BayesianRidge", "ElasticNet", "ElasticNetCV", "HuberRegressor", "Lars", "LarsCV"),
        *("Lasso", "LassoCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "LinearRegression", "LinearSVR"),
        *("OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "QuantileRegressor", "Ridge", "RidgeCV"),
        *("PassiveAggressiveRegressor", "SGDRegressor", "TheilSenRegressor"),
    }
)


def evaluators(name: str, estimator: Any, method: str) -> list[Evaluate]:
    """What may be the method of scikit-learn's estimator of this name; which it is has to be seen."""
    if name in _CLASSIFIERS:
        return [build(estimator) for build in _OF_CLASSIFIERS.get(method, ())]
    return [_value(estimator), _value_in_a_row(estimator)] if name in _REGRESSORS and method == "predict" else []


def _decision(estimator: Any) -> Evaluate:
    def decide(matrix: np.ndarray) -> Any:
        scores = matrix @ estimator.coef_.T + estimator.intercept_
        return scores.reshape(-1) if scores.ndim > 1 and scores.shape[1] == 1 else scores

    return decide


def _label(estimator: Any) -> Evaluate:
    decide = _decision(estimator)

    def label(matrix: np.ndarray) -> Any:
        scores = decide(matrix)
        places = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        return estimator.classes_.take(places, axis=0)

    return label


def _softmax(estimator: Any) -> Evaluate:
    decide = _decision(estimator)

    def probabilities(matrix: np.ndarray) -> Any:
        scores = decide(matrix)
        scores -= scores.max(axis=1).reshape(-1, 1)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1).reshape(-1, 1)
        return scores

    return probabilities


def _sigmoid(estimator: Any) -> Evaluate:
    from scipy.special import expit

    decide = _decision(estimator)

    def probabilities(matrix: np.ndarray) -> Any:
        scores = decide(matrix)
        expit(scores, out=scores)
        return np.stack([1 - scores, scores], axis=1)

    return probabilities


def _value(estimator: Any) -> Evaluate:
    return lambda matrix: matrix @ estimator.coef_.T + estimator.intercept_


def _value_in_a_row(estimator: Any) -> Evaluate:
    return lambda matrix: (matrix @ estimator.coef_.T + estimator.intercept_).ravel()


_OF_CLASSIFIERS: dict[str, tuple[Callable[[Any], Evaluate], ...]] = {
    "predict": (_label,),
    "decision_function": (_decision,),
    "predict_proba": (_softmax, _sigmoid),
}
