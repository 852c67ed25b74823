"""Which hooks are taken for keeping nothing between events. A false yes is the worst: each no has its reason."""

import importlib.util
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel
from purity_hidden import HIDDEN
from purity_hooks import HEAD, IMPURE, PURE
from purity_objects import COMMON, OBJECTS

from makinage_worker.arrays import ArrayPlan
from makinage_worker.desk import Desk
from makinage_worker.encoding import built_in
from makinage_worker.native import Libraries
from makinage_worker.predict import Manner
from makinage_worker.proxy import ModelProxy
from makinage_worker.purity import look
from makinage_worker.steps import Steps, Topics

YES = {**PURE, **COMMON}
NO = {**IMPURE, **HIDDEN, **OBJECTS}
JSON = "makinage.encoding.json"
CONFIG = {"config": {"serve": {"field": "x", "threshold": 0.5, "weights": [1.0, 2.0], "names": {"a": [1]}}}}


class Native:
    classes_ = np.array([0, 1])

    def predict_proba(self, data):
        return np.stack([1 - data[:, 0], data[:, 0]], axis=1)

    def partial_fit(self, data):
        return self


@pytest.fixture
def verdict(tmp_path, monkeypatch):
    """`verdict(source)`: what is doubtful about a module's three factories, "" for nothing; with its own file."""
    made = []
    # Some of the hooks put others in their place.
    monkeypatch.setattr(np, "median", np.median)
    monkeypatch.setattr(pd, "isna", pd.isna)
    told = np.geterr(), np.geterrcall()

    def start(text):
        name = f"purity_hooks_{len(made)}"
        path = tmp_path / f"{name}.py"
        path.write_text(HEAD + textwrap.dedent(text))
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        made.append(name)
        spec.loader.exec_module(module)
        model = ModelProxy(
            Native(), Libraries(FakeModel(None, Native())), ArrayPlan(), Desk(ArrayPlan(), None, Manner("serve"))
        )
        steps = Steps()
        for step in ("pre_transform", "predict", "post_transform"):
            factory = getattr(module, step, None)
            if factory is not None:
                setattr(steps, step, factory(*([model] if step == "predict" else []), copy_of(CONFIG)))
        found = look(Topics([built_in(JSON)], built_in(JSON), 1 << 20), steps).doubtful
        return "" if found is None else str(found)

    yield start
    np.seterr(**told[0])
    np.seterrcall(told[1])
    for name in made:
        del sys.modules[name]


def copy_of(config):
    import copy

    return copy.deepcopy(config)


@pytest.mark.parametrize("name", YES)
def test_hooks_that_keep_nothing(name, verdict):
    assert verdict(YES[name]) == ""


@pytest.mark.parametrize("name", NO)
def test_hooks_that_may_keep_something_are_told_with_their_reason(name, verdict):
    source, reason = NO[name]
    found = verdict(source)
    assert found.startswith(("predict", "pre_transform", "np.seterrcall"))
    assert reason in found
