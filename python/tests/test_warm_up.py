"""A model's first calls, on its input example."""

import mlflow.pyfunc
import numpy as np
import pytest
from harness import notices, setup_request
from models import QUICK

from makinage_worker import errors
from makinage_worker.assembly import Setup


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return np.asarray(model_input)[:, 0]


class Total(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return np.asarray(model_input).sum()


class Broken(mlflow.pyfunc.PythonModel):
    """Can be saved with its example, and scores nothing once it is loaded."""

    def load_context(self, context):
        self.loaded = True

    def predict(self, context, model_input, params=None):
        if getattr(self, "loaded", False):
            raise RuntimeError("no such luck")
        return np.asarray(model_input)[:, 0]


@pytest.fixture
def load(tmp_path):
    """`load(model, example)`: the `loaded` answer for a model that MLflow saved, and the warnings that came with it."""

    def start(model, example):
        path = str(tmp_path / "model")
        mlflow.pyfunc.save_model(path, python_model=model, input_example=example, **QUICK)
        warnings = []
        _, answer = Setup(setup_request(str(tmp_path))).load(path, notices(warnings))
        return answer, warnings

    return start


EXAMPLE = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_a_model_is_warm_once_it_has_scored_its_example(load):
    answer, warnings = load(Echo(), EXAMPLE)
    assert answer["warm"] is True
    assert warnings == []


def test_a_model_without_an_example_is_not_warm(load):
    assert load(Echo(), None)[0]["warm"] is False


def test_a_model_that_does_not_answer_row_by_row_is_told_before_its_first_event(load):
    _, warnings = load(Total(), EXAMPLE)
    assert len(warnings) == 1
    assert "row by row" in warnings[0]


def test_a_model_that_cannot_score_its_own_example_does_not_load(load):
    with pytest.raises(errors.SetupError) as raised:
        load(Broken(), EXAMPLE)
    report = raised.value.report
    assert (report.step, report.error) == ("warm_up", "RuntimeError")
    assert "input example" in report.hint
