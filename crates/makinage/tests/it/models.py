"""Models for the tests of behaviours, saved by MLflow into folders below the one that is the argument."""

import sys

import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

QUICK = {"pip_requirements": []}


def sklearn(name, model, signature=None):
    path = f"{sys.argv[1]}/{name}"
    mlflow.sklearn.save_model(model, path, signature=signature, serialization_format="cloudpickle", **QUICK)


class Proba(BaseEstimator):
    """One probability a row: the sum of its features."""

    def predict(self, x):
        return self.predict_proba(x) > 0.5

    def predict_proba(self, x):
        return np.asarray(x).sum(axis=1)


class Text(mlflow.pyfunc.PythonModel):
    """A number for each text."""

    def predict(self, context, model_input, params=None):
        special = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
        return [special.get(text, float(len(text))) for text in model_input]


class Sorting(mlflow.pyfunc.PythonModel):
    """Answers in another order than it was asked in."""

    def predict(self, context, model_input, params=None):
        return np.sort(model_input[:, 0])


fruit = pd.DataFrame({"weight": [1.0, 2.0, 3.0, 4.0], "color": ["red", "green", "red", "blue"], "seeds": [1, 2, 3, 4]})
encode = make_column_transformer((OneHotEncoder(), ["color"]), remainder="passthrough")
pipeline = make_pipeline(encode, LinearRegression()).fit(fruit, [1.0, 2.0, 2.5, 7.0])
x, y = load_iris(return_X_y=True)

sklearn("proba", Proba())
sklearn("columns", pipeline, infer_signature(fruit))
sklearn("shifted", LogisticRegression(max_iter=500).fit(x, y + 10))
mlflow.pyfunc.save_model(f"{sys.argv[1]}/sorting", python_model=Sorting(), **QUICK)
mlflow.pyfunc.save_model(f"{sys.argv[1]}/text", python_model=Text(), **QUICK)
