"""The models of the tests, each saved by MLflow itself: `MODELS[name](path)`."""

import mlflow
import mlflow.lightgbm
import mlflow.onnx
import mlflow.pyfunc
import mlflow.sklearn
import mlflow.statsmodels
import mlflow.xgboost
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema, TensorSpec
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

X, Y = load_iris(return_X_y=True)
FRUIT = pd.DataFrame(
    {"weight": [1.0, 2.0, 3.0, 4.0], "color": ["red", "green", "red", "blue"], "seeds": [1, 2, 3, 4]},
)
QUICK = {"pip_requirements": []}
"""Without it MLflow starts a process for each model to find out what it imports."""

TEXTS = ["good day", "bad day", "good good", "bad bad bad"]


def _sklearn(estimator, path, signature=None):
    mlflow.sklearn.save_model(estimator, str(path), signature=signature, serialization_format="cloudpickle", **QUICK)


def _lr(path):
    _sklearn(LogisticRegression(max_iter=300).fit(X, Y), path)


def _pipeline(path):
    encode = make_column_transformer((OneHotEncoder(), ["color"]), remainder="passthrough")
    model = make_pipeline(encode, LinearRegression()).fit(FRUIT, [1.0, 2.0, 2.5, 7.0])
    _sklearn(model, path, infer_signature(FRUIT))


def _named_lr(path):
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    _sklearn(LogisticRegression(max_iter=300).fit(frame, Y), path, infer_signature(frame))


def _text(path):
    _sklearn(make_pipeline(CountVectorizer(), MultinomialNB()).fit(TEXTS, ["+", "-", "+", "-"]), path)


def _float32_tensor(path):
    signature = ModelSignature(inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, 4))]))
    _sklearn(LinearRegression().fit(X.astype(np.float32), Y.astype(np.float32)), path, signature)


def _xgboost(path):
    from xgboost import XGBClassifier

    mlflow.xgboost.save_model(
        XGBClassifier(n_estimators=3, nthread=1).fit(X, Y), str(path), model_format="json", **QUICK
    )


def _lightgbm(path):
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(n_estimators=3, num_threads=1, verbose=-1).fit(X, Y)
    mlflow.lightgbm.save_model(model, str(path), **QUICK)


def _onnx(path):
    from skl2onnx import to_onnx

    model = to_onnx(LinearRegression().fit(X, Y.astype(float)), X[:1].astype(np.float32))
    mlflow.onnx.save_model(model, str(path), **QUICK)


def _statsmodels(path):
    import statsmodels.api as sm

    mlflow.statsmodels.save_model(sm.OLS(Y, X).fit(), str(path), **QUICK)


class _Frames(mlflow.pyfunc.PythonModel):
    """Takes DataFrames without a signature, answers an object a row."""

    factor = 10

    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"sum": model_input["a"] + model_input["b"], "name": model_input["name"]})

    def shout(self, text):
        return text.upper()


def _pyfunc(path):
    mlflow.pyfunc.save_model(str(path), python_model=_Frames(), **QUICK)


class _Hinted(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str], params=None) -> list[int]:
        return [len(text) for text in model_input]


def _hinted(path):
    mlflow.pyfunc.save_model(str(path), python_model=_Hinted(), **QUICK)


class _Optional(mlflow.pyfunc.PythonModel):
    """Says which columns it saw, of which types."""

    def predict(self, context, model_input, params=None):
        seen = [f"{name}:{dtype}" for name, dtype in model_input.dtypes.items()]
        return [seen] * len(model_input)


def _optional(path):
    schema = Schema(
        [ColSpec("double", "x"), ColSpec("long", "n"), ColSpec("string", "s"), ColSpec("long", "o", required=False)]
    )
    mlflow.pyfunc.save_model(str(path), python_model=_Optional(), signature=ModelSignature(inputs=schema), **QUICK)


MODELS = {
    "lr": _lr,
    "pipeline": _pipeline,
    "named_lr": _named_lr,
    "text": _text,
    "float32_tensor": _float32_tensor,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "onnx": _onnx,
    "statsmodels": _statsmodels,
    "pyfunc": _pyfunc,
    "hinted": _hinted,
    "optional": _optional,
}
