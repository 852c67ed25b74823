"""Estimators of scikit-learn that a hook has beside the model: scalers, encoders, a second model.

Their answers change nothing of them. Those are left out that draw random numbers, or call what they were given.
"""

from __future__ import annotations

import sys
from typing import Any

from makinage_worker.custom import has_users_code

_CLASSES = {
    "sklearn.preprocessing": """
        StandardScaler MinMaxScaler MaxAbsScaler RobustScaler Normalizer Binarizer QuantileTransformer PowerTransformer
        PolynomialFeatures OneHotEncoder OrdinalEncoder LabelEncoder LabelBinarizer KBinsDiscretizer
    """,
    "sklearn.impute": "SimpleImputer MissingIndicator",
    "sklearn.decomposition": "PCA TruncatedSVD",
    "sklearn.feature_extraction": "DictVectorizer",
    "sklearn.feature_extraction.text": "CountVectorizer TfidfVectorizer TfidfTransformer HashingVectorizer",
    "sklearn.compose": "ColumnTransformer",
    "sklearn.pipeline": "Pipeline FeatureUnion",
    "sklearn.linear_model": """
        LinearRegression LogisticRegression Ridge RidgeClassifier Lasso ElasticNet SGDClassifier SGDRegressor
    """,
    "sklearn.tree": "DecisionTreeClassifier DecisionTreeRegressor",
    "sklearn.ensemble": """
        RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor
        GradientBoostingClassifier GradientBoostingRegressor
    """,
}
_METHODS = frozenset(
    ["transform", "inverse_transform", "predict", "predict_proba", "predict_log_proba", "decision_function"]
)
_MOST_PARTS = 100
"""Parts of an estimator that are looked at."""


def is_known(value: Any) -> bool:
    """Whether it is one of these, and so are its parts."""
    if not _is_one(type(value)):
        return False
    parts = list(value.get_params(deep=True).values())
    for fitted in ("steps", "transformers_"):
        parts += [part for step in vars(value).get(fitted, ()) for part in step]
    return (
        len(parts) <= _MOST_PARTS
        and not has_users_code(value)
        and not any(callable(part) and not isinstance(part, type) for part in parts)
        and not any(name.endswith("verbose") and told for name, told in value.get_params(deep=True).items())
        and all(_is_one(type(part)) for part in parts if hasattr(part, "get_params"))
    )


def answers(value: Any, name: str) -> bool:
    """Whether this is a method by which such an estimator answers."""
    return name in _METHODS and name not in vars(value)


def writes_into_its_input(value: Any) -> bool:
    """Whether the estimator, or a part of it, may change what it is given."""
    return any(name.endswith("copy") and not kept for name, kept in value.get_params(deep=True).items())


def _is_one(kind: type) -> bool:
    if not kind.__module__.startswith("sklearn."):
        return False
    return any(
        module in sys.modules and getattr(sys.modules[module], kind.__name__, None) is kind
        for module, names in _CLASSES.items()
        if kind.__name__ in names.split()
    )
