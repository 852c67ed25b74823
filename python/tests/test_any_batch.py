"""Random events, models and hooks in random batches, through a real worker, give what a plain loop over them gives."""

import copy
import itertools
import math

import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pytest
from harness import batch, raw_group, setup_request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from models import QUICK
from worker_process import WorkerProcess

MODELS = """
import numpy as np
import pandas as pd

BUFFERS = {}


def buffered(data):
    buffer = BUFFERS.setdefault(len(data), np.zeros(len(data)))
    buffer[:] = data[:, 0] * 2
    return buffer


def spoils_its_input(data):
    answer = data.sum(axis=1)
    data[:] = 0
    return answer


def one_dict(data, answers={}):
    rows = [answers.setdefault(place, {}) for place in range(len(data))]
    for answer, row in zip(rows, data):
        answer["sum"] = row.sum()
    return rows


def refuses(data):
    if (data[:, 0] == 3).any():
        raise ValueError("three")
    return data[:, 0]


def some_none(data):
    return [None if row[0] == 2 else row[0] for row in data.tolist()]


MODELS = {
    "row-wise": lambda data: data[:, 0] * 3 - data[:, 1],
    "two columns": lambda data: data[:, :2] * 2,
    "buffered": buffered,
    "spoils": spoils_its_input,
    "one dict": one_dict,
    "refuses": refuses,
    "some none": some_none,
    "labels": lambda data: np.array(["low", "high"])[(data[:, 0] > 0).astype(int)],
    "frame": lambda data: pd.DataFrame(data, columns=list("abc")[: data.shape[1]]),
    "sorts": lambda data: np.sort(data[:, 0]),
    "sorts frame": lambda data: pd.DataFrame(data).sort_values(0).reset_index(drop=True)[0],
    "normalises": lambda data: data[:, 0] - data[:, 0].mean(),
    "groups": lambda data: pd.DataFrame(data).groupby(1)[0].transform("mean"),
    "top": lambda data: [f"{data[0, 0]}-{place}" for place in range(3)],
    "first": lambda data: [data[0, 0]] * len(data),
    "total": lambda data: float(data.sum()),
}
"""

HOOKS = """
import numpy as np


def pre_transform(config):
    kind, row, state = config["config"]["serve"]["pre"], np.zeros(3), {"n": 0}

    def transform(event):
        state["n"] += 1
        if kind == "skips" and event[0] == 1:
            return None
        if kind == "raises" and event[0] == 2:
            raise KeyError("two")
        if kind == "fills":
            row[:] = event
            return row
        if kind == "counts":
            return np.array([event[0] + state["n"], *event[1:]], dtype=float)
        if kind == "remembers":
            REMEMBERED["id"] = event[0]
        if kind == "changes":
            event[0] += 1
        return np.array(event, dtype=float)

    return transform


REMEMBERED = {}


def predict(model, config):
    kind, state, answer = config["config"]["serve"]["predict"], {"last": None, "sum": 0.0}, {}

    def score(row):
        if kind == "recalls":
            return [REMEMBERED.get("id"), float(row[0])]
        value = model.predict(row)
        if kind == "dict":
            answer["value"] = value
            return answer
        if kind == "before":
            before, state["last"] = state["last"], value
            return [before, value]
        if kind == "sums":
            state["sum"] += float(row[0])
            return state["sum"]
        if kind == "twice":
            return [model.predict(row), model.predict(row[::-1].copy())]
        return value

    return score


def post_transform(config):
    kind, state, output = config["config"]["serve"]["post"], {"n": 0}, [None, None]

    def transform(event, prediction):
        state["n"] += 1
        if kind == "skips" and event[0] == 0:
            return None
        if kind == "counts":
            return [event, prediction, state["n"]]
        if kind == "fills":
            output[:] = event, prediction
            return output
        if kind == "recalls":
            return [REMEMBERED.get("id"), prediction]
        return (event, prediction)

    return transform
"""


ESTIMATOR = (
    MODELS
    + """
from sklearn.base import BaseEstimator


class Any(BaseEstimator):
    def __init__(self, name=None):
        self.name = name

    def predict(self, data):
        return MODELS[self.name](data)
"""
)
"""As scikit-learn's: not the user's code, so that it is batched beside hooks."""

PYFUNC = (
    MODELS
    + """
import mlflow.pyfunc


class Any(mlflow.pyfunc.PythonModel):
    def __init__(self, name):
        self.name = name

    def predict(self, context, model_input, params=None):
        return MODELS[self.name](model_input)
"""
)


def load(source):
    # Whose classes are pickled by value: a worker has no module to import them from.
    scope = {"__name__": "__main__"}
    exec(source, scope)
    return scope


NAMES = list(load(MODELS)["MODELS"])
PRE = ["plain", "fills", "counts", "remembers", "skips", "raises", "changes"]
PREDICT = ["plain", "dict", "before", "sums", "twice", "recalls"]
COUNTER = itertools.count()
POST = ["plain", "counts", "fills", "skips", "recalls"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """`models[name]`: the folders of a model that MLflow saved, as an estimator and as a pyfunc class."""
    root = tmp_path_factory.mktemp("any")
    folders = {name: (str(root / f"e{place}"), str(root / f"p{place}")) for place, name in enumerate(NAMES)}
    estimator, pyfunc = load(ESTIMATOR)["Any"], load(PYFUNC)["Any"]
    for name, (as_estimator, as_pyfunc) in folders.items():
        mlflow.sklearn.save_model(estimator(name), as_estimator, serialization_format="cloudpickle", **QUICK)
        mlflow.pyfunc.save_model(as_pyfunc, python_model=pyfunc(name), **QUICK)
    return folders


@pytest.fixture(scope="module")
def worker():
    process = WorkerProcess()
    yield process
    process.close()


def plain_loop(name, kinds, events):
    """What becomes of each event, one after the other, with nothing but the user's functions."""
    scope, model = load(HOOKS), Model(load(MODELS)["MODELS"][name])
    config = {"config": {"serve": kinds}}
    pre = scope["pre_transform"](config) if kinds["pre"] else np.array
    predict = scope["predict"](model, config) if kinds["predict"] else model.predict
    post = scope["post_transform"](config) if kinds["post"] else lambda event, prediction: (event, prediction)
    for event in copy.deepcopy(events):
        try:
            value = pre(event)
            prediction = None if value is None else predict(value)
            output = None if prediction is None else post(event, prediction)
        except (ValueError, KeyError, IndexError):
            yield "failed"
        else:
            yield "skipped" if output is None else plain(output)


class Model:
    """What a predict hook gets, for one row a call."""

    def __init__(self, function):
        self._function = function

    def predict(self, row):
        result = self._function(np.asarray(row)[np.newaxis].copy())
        if hasattr(result, "iloc"):
            result = result.to_dict("records") if result.ndim == 2 else result.tolist()
        rows = result if isinstance(result, float) or len(result) != 1 else result[0]
        # A hook's own copy: what is compared is the order of the calls.
        return copy.deepcopy(rows)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def close(one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, abs_tol=1e-9)
    return one == other


numbers = st.integers(-3, 6) | st.floats(-4, 4, allow_nan=False).map(lambda number: round(number, 3))
rows = st.lists(numbers, min_size=3, max_size=3) | st.lists(st.integers(0, 3), min_size=3, max_size=3)
streams = st.lists(st.lists(rows, min_size=1, max_size=20) | st.lists(rows, min_size=9), min_size=1, max_size=4)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    model=st.tuples(st.sampled_from(NAMES), st.booleans()),
    kinds=st.fixed_dictionaries(
        {
            "pre": st.none() | st.sampled_from(PRE),
            "predict": st.none() | st.sampled_from(PREDICT),
            "post": st.none() | st.sampled_from(POST),
        }
    ),
    batches=streams,
)
def test_random_events_models_and_hooks_give_what_a_plain_loop_gives(model, kinds, batches, worker, models, tmp_path):
    name, users = model
    module = f"any_hooks_{next(COUNTER)}"
    steps = {"pre_transform": "pre", "predict": "predict", "post_transform": "post"}
    hooks = {step: f"{module}:{step}" for step, key in steps.items() if kinds[key] is not None}
    modules = {str(tmp_path / f"{module}.py"): HOOKS}
    config = {"config": {"serve": kinds}}
    worker.serve(setup_request(str(tmp_path), hooks=hooks, config=config, modules=modules), models[name][users])
    got = []
    for events in batches:
        results = worker.batch(batch([raw_group(range(len(events)), events)], len(events)), len(events))
        got += [outcome(*pair) for pair in zip(events, results, strict=True)]
    want = list(plain_loop(name, kinds, [event for events in batches for event in events]))
    assert len(got) == len(want)
    assert all(map(close, got, want)), [pair for pair in zip(got, want, strict=True) if not close(*pair)]


def outcome(event, result):
    if result.status == "prediction":
        return [event, result.value]
    return result.value if result.status == "output" else result.status
