"""Saves models that behave when they are loaded, or scored, as their names say: FOLDER/<name>."""

# MLflow loads a model once while it saves it with an input example: then all of them are well-behaved.

import logging
import os
import sys
import time
from pathlib import Path

import mlflow.pyfunc
import numpy as np

logging.getLogger("mlflow").setLevel(logging.ERROR)

os.environ["SAVING"] = "1"


def saving():
    return "SAVING" in os.environ


class Sum(mlflow.pyfunc.PythonModel):
    """A row's sum, and its own name as far as a number can say it."""

    def __init__(self, extra=0.0):
        self.extra = extra

    def predict(self, context, model_input, params=None):
        return np.asarray(model_input, dtype=float).sum(axis=1) + self.extra


class Slow(Sum):
    def load_context(self, context):
        if saving():
            return
        end = time.monotonic() + 10
        while time.monotonic() < end:
            np.linalg.svd(np.random.default_rng(1).random((200, 200)))


class HangsOnLoad(Sum):
    def load_context(self, context):
        if saving():
            return
        while True:
            time.sleep(1)


class DiesOnLoad(Sum):
    def load_context(self, context):
        if saving():
            return
        os._exit(5)


class RaisesOnLoad(Sum):
    def load_context(self, context):
        if saving():
            return
        raise RuntimeError("these weights are no weights")


class NeedsMissingPackage(Sum):
    def load_context(self, context):
        if saving():
            return
        import no_such_package  # noqa: F401


class TakesTooMuchMemory(Sum):
    def load_context(self, context):
        if saving():
            return
        self.weights = np.ones(1_000_000_000)


class RaisesOnItsExample(Sum):
    def load_context(self, context):
        self.loaded = not saving()

    def predict(self, context, model_input, params=None):
        if getattr(self, "loaded", False):
            raise ValueError("not even this one")
        return super().predict(context, model_input)


class DiesOnEveryTenth(Sum):
    """Its rows' second number is a sequence number."""

    def predict(self, context, model_input, params=None):
        rows = np.asarray(model_input, dtype=float)
        if (rows[:, 1] % 10 == 3).any() and rows[0, 1] != 1e9:
            os._exit(9)
        return super().predict(context, rows)


class DiesOnScoring(Sum):
    def predict(self, context, model_input, params=None):
        os._exit(7)


class RaisesOnScoring(Sum):
    def predict(self, context, model_input, params=None):
        raise ValueError("it is the event's fault, perhaps")


EXAMPLE = np.array([[1.0, 1e9, 1.0, 1.0]])
root = Path(sys.argv[1])
for model in (
    Slow,
    HangsOnLoad,
    DiesOnLoad,
    RaisesOnLoad,
    NeedsMissingPackage,
    TakesTooMuchMemory,
    RaisesOnItsExample,
    DiesOnEveryTenth,
):
    mlflow.pyfunc.save_model(
        str(root / model.__name__), python_model=model(), input_example=EXAMPLE, pip_requirements=[]
    )
for model in (DiesOnScoring, RaisesOnScoring):
    mlflow.pyfunc.save_model(str(root / model.__name__), python_model=model(), pip_requirements=[])
for number in range(1, 9):
    mlflow.pyfunc.save_model(str(root / f"Sum{number}"), python_model=Sum(float(number)), pip_requirements=[])
