"""Models saved once a session, and ways to serve them inside the test's process."""

import logging
import os
import sys
import types
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import numpy as np
import pytest
import trees_library
from harness import Served
from hypothesis import settings
from models import MODELS

# CI tries the same examples each time: what is new to it should be the change, not the dice.
settings.register_profile("ci", derandomize=True)
settings.register_profile("people", database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "people")

logging.getLogger("mlflow").setLevel(logging.ERROR)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """`model_folder(name)`: the folder of a model of `models.py`, saved by MLflow at its first use."""
    folders = {}

    def folder(name):
        if name not in folders:
            path = tmp_path_factory.mktemp("models") / name
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                MODELS[name](path)
            folders[name] = str(path)
        return folders[name]

    return folder


@pytest.fixture
def serve(model_folder, tmp_path):
    """`serve(model, hooks={...}, ...)`: a model served in this process, see `Served`."""

    def start(model, **options):
        options.setdefault("folder", str(tmp_path))
        return Served(model_folder(model) if isinstance(model, str) and model in MODELS else model, **options)

    return start


@pytest.fixture
def module(monkeypatch):
    """`module(name, **functions)`: a module of the user's that can be imported."""

    def make(name, **names):
        made = types.ModuleType(name)
        vars(made).update(names)
        monkeypatch.setitem(sys.modules, name, made)
        return made

    return make


@pytest.fixture(scope="session")
def trees_binary(tmp_path_factory):
    """The module that has the compiled library for trees, as the service sends it; returns its text."""
    text = trees_library.module_text(tmp_path_factory.mktemp("trees"))
    made = types.ModuleType("makinage_worker.trees_binary")
    exec(text, vars(made))
    sys.modules[made.__name__] = made
    yield text
    del sys.modules[made.__name__]


@pytest.fixture(scope="session")
def iris():
    from sklearn.datasets import load_iris

    features, labels = load_iris(return_X_y=True)
    return np.ascontiguousarray(features), labels
