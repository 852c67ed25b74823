"""What a model answers doesn't depend on who computes it: the same bits, the same errors, whatever the input."""

import copy
import pickle
import sys
import warnings

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from harness import notices
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from lightgbm import LGBMRegressor
from models import QUICK, X, Y
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import (
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from makinage_worker import native, native_kinds
from makinage_worker.arrays import ArrayPlan
from makinage_worker.native import Native, Natives
from makinage_worker.native_proof import identical
from makinage_worker.signature import plan_for

TEXTS = np.array(["setosa", "versicolor", "virginica"])[Y]


def _fitted(estimator, target=Y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, target)


MODELS = {
    "multinomial": _fitted(LogisticRegression(max_iter=300)),
    "binary": _fitted(LogisticRegression(max_iter=300), Y > 0),
    "texts": _fitted(LogisticRegression(max_iter=300), TEXTS),
    "ridge classifier": _fitted(RidgeClassifier()),
    "stochastic": _fitted(SGDClassifier(loss="log_loss", random_state=0), Y > 1),
    "one against the rest": _fitted(SGDClassifier(loss="modified_huber", random_state=0)),
    "perceptron": _fitted(Perceptron(random_state=0)),
    "support vectors": _fitted(LinearSVC(random_state=0)),
    "discriminant": _fitted(LinearDiscriminantAnalysis()),
    "regression": _fitted(LinearRegression()),
    "two outputs": _fitted(Ridge(), np.stack([Y, Y * 2.0], axis=1)),
    "sparse coefficients": _fitted(Lasso(alpha=0.1)),
    "huber": _fitted(HuberRegressor(max_iter=1000)),
    "standard": _fitted(make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))),
    "clipped": _fitted(make_pipeline(MinMaxScaler(clip=True), "passthrough", Ridge())),
    "robust": _fitted(make_pipeline(RobustScaler(), MaxAbsScaler(), RidgeClassifier())),
    "in a pipeline of its own": _fitted(make_pipeline(StandardScaler(with_mean=False), make_pipeline(Ridge()))),
}
ALWAYS_NATIVE = sorted(set(MODELS))
NAMES = ["a", "b", "c", "d"]


class Counting:
    """A model's library that counts how often it is called."""

    class metadata:  # noqa: N801  # MLflow's name
        flavors = {"python_function": {"loader_module": "mlflow.sklearn"}}  # noqa: RUF012

        @staticmethod
        def get_params_schema():
            return None

        @staticmethod
        def get_input_schema():
            return None

    def __init__(self, model):
        self._model = self._model_impl = model
        self.calls = 0

    def predict(self, data, params=None):
        self.calls += 1
        return self._model.predict(data)

    def get_raw_model(self):
        return self._model


def natives(model, told=None):
    return Natives(Counting(model), model, ArrayPlan(), notices([] if told is None else told))


def computes(model):
    """Whether the model's predict is computed natively."""
    return isinstance(natives(model).method("predict", model.predict), Native)


def outcome(call):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call()
        except Exception as error:
            return type(error), str(error)


def same(one, other):
    return identical(one, other) if isinstance(one, np.ndarray) else one == other


def inputs():
    numbers = st.floats(width=32) | st.floats(-1e3, 1e3)
    shapes = st.tuples(st.integers(0, 9), st.sampled_from([4, 4, 4, 4, 3]))
    matrix = st.one_of(
        arrays.arrays(np.float64, shapes, elements=st.floats()),
        arrays.arrays(np.float64, shapes, elements=st.floats(-1e3, 1e3)),
        arrays.arrays(np.float32, shapes, elements=st.floats(-1e3, 1e3, width=32)),
        arrays.arrays(np.int64, shapes, elements=st.integers(-(2**60), 2**60)),
        arrays.arrays(np.int32, shapes, elements=st.integers(-99, 99)),
        arrays.arrays(np.bool_, shapes),
        arrays.arrays(object, shapes, elements=numbers),
    )
    ways = [
        lambda rows: rows,
        np.asfortranarray,
        lambda rows: rows[::-1, ::-1],
        lambda rows: rows[:0],
        lambda rows: rows.astype(rows.dtype.newbyteorder()),
        lambda rows: rows.tolist(),
        pd.DataFrame,
        lambda rows: pd.DataFrame({str(place): column for place, column in enumerate(rows.T)}),
        lambda rows: pd.DataFrame(rows).assign(**{"0": range(len(rows))}),
        lambda rows: pd.DataFrame(rows).rename(columns=str).assign(**{"0": range(len(rows))}),
        lambda rows: pd.DataFrame(rows).convert_dtypes(),
        lambda rows: rows.reshape(-1),
        np.ma.MaskedArray,
    ]
    return st.tuples(matrix, st.sampled_from(ways)).map(lambda pair: pair[1](pair[0]))


@pytest.mark.parametrize("name", sorted(MODELS))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(given=st.lists(inputs(), min_size=1, max_size=4))
def test_the_answer_is_the_librarys_to_the_bit_and_so_is_the_error(name, given):
    model = MODELS[name]
    told = []
    asked = natives(model, told)
    methods = {"predict": (asked.predict, model.predict)}
    for method in ("predict_proba", "decision_function"):
        if hasattr(model, method):
            methods[method] = (asked.method(method, getattr(model, method)), getattr(model, method))
    for method, (mine, librarys) in methods.items():
        for data in given * 3:
            # The very input: a copy may lie in memory in another way, and be summed in another order.
            before = copy.deepcopy(data)
            want = outcome(lambda librarys=librarys, data=data: librarys(data))
            assert same(outcome(lambda mine=mine, data=data: mine(data)), want), (method, data)
            assert repr(data) == repr(before)
    assert told == []


@pytest.mark.parametrize("name", ALWAYS_NATIVE)
def test_events_are_answered_without_the_library_for_the_most_part(name):
    library = Counting(MODELS[name])
    assert computes(MODELS[name])
    predict = Natives(library, MODELS[name], ArrayPlan(), notices([])).predict
    library.calls = 0
    for place in range(300):
        predict(X[place % 150 : place % 150 + 1])
    assert 0 < library.calls < 12


def test_a_service_answers_the_same_with_the_library_and_without(serve, model_folder):
    served = serve(model_folder("lr"))
    alone = serve(model_folder("lr"), native=False)
    for rows in (X[:1], X[1:2], X[:100], X):
        assert served.dense(rows) == alone.dense(rows)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(20, random_state=0),
        GradientBoostingRegressor(n_estimators=9, random_state=0),
        make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)),
        XGBClassifier(n_estimators=9, n_jobs=1),
        LGBMRegressor(n_estimators=9, n_jobs=1, verbose=-1),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.usefixtures("trees_binary")
def test_trees_are_walked_here(model):
    assert computes(_fitted(model))


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingClassifier(max_iter=9),
        XGBClassifier(n_estimators=9, n_jobs=1),
        LGBMRegressor(n_estimators=9, n_jobs=1, verbose=-1),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.parametrize("make", [np.asarray, lambda rows: pd.DataFrame(rows, columns=NAMES).assign(d=1)])
@pytest.mark.usefixtures("trees_binary")
def test_rows_with_holes_are_walked_here_too(model, make):
    library = Counting(clone(model).fit(make(X), Y))
    told = []
    predict = Natives(library, library.get_raw_model(), ArrayPlan(), notices(told)).predict
    library.calls = 0
    for place in range(300):
        rows = X[place % 150 : place % 150 + 1 + place % 2].copy()
        rows[0, place % 3] = np.nan
        given = make(rows)
        assert identical(predict(given), library.get_raw_model().predict(given))
    assert 0 < library.calls < 24
    assert told == []


@pytest.mark.usefixtures("trees_binary")
@pytest.mark.parametrize("model", [XGBClassifier(n_estimators=9, n_jobs=1), DecisionTreeClassifier()])
def test_numbers_without_an_end_are_the_librarys(model):
    model = _fitted(clone(model))
    rows = X[:2].copy()
    rows[1, 1] = np.inf
    told = []
    predict = natives(model, told).predict
    for _ in range(3):
        assert same(outcome(lambda: predict(rows)), outcome(lambda: model.predict(rows)))
        assert identical(predict(X), model.predict(X))
    assert told == []


class Mine(LogisticRegression):
    """An estimator of a user's."""

    def predict(self, data):
        return super().predict(data) + 1


def test_what_only_looks_like_a_librarys_model_is_called_as_it_is():
    mine = _fitted(Mine(max_iter=300))
    patched = _fitted(LogisticRegression(max_iter=300))
    patched.predict = lambda data: np.zeros(len(data))
    changed = _fitted(make_pipeline(FunctionTransformer(np.log1p), LogisticRegression(max_iter=300)))
    writes = _fitted(make_pipeline(StandardScaler(copy=False), LogisticRegression(max_iter=300)))
    for model in (mine, patched, changed, writes):
        assert not computes(model)
        assert native_kinds.evaluators(model, "predict", model.predict, print) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda model: lambda rows: model.classes_[(rows @ model.coef_.T).argmax(axis=1)],
        lambda model: lambda rows: model.predict(rows).astype(np.int32),
        lambda model: lambda rows: model.predict(rows).tolist(),
        lambda model: lambda rows: model.predict(rows)[:1],
        lambda model: lambda rows: rows @ model.intercept_,
    ],
    ids=["without the intercept", "another type", "a list", "too few", "raises"],
)
def test_a_formula_that_is_not_the_librarys_is_never_used(wrong, monkeypatch):
    model = MODELS["multinomial"]
    monkeypatch.setattr(native.native_kinds, "evaluators", lambda model, *_: [wrong(model)])
    assert not computes(model)


def test_a_difference_in_the_last_bit_is_a_difference(monkeypatch):
    model = MODELS["regression"]
    other = [lambda rows: np.nextafter(model.predict(rows), np.inf)]
    monkeypatch.setattr(native.native_kinds, "evaluators", lambda *_: other)
    assert not computes(model)


def test_what_differs_later_on_is_the_librarys_from_then_on_and_said_once():
    model = _fitted(LinearRegression())
    told = []
    drifting = Native(model.predict, lambda _, rows: model.predict(rows) + (drifting._between > 4), told.append)
    answers = [drifting(X[:1])[0] for _ in range(40)]
    # The last that is believed is the one before the first that is compared.
    assert answers[-1] == model.predict(X[:1])[0]
    assert len(told) == 1
    assert all(
        part in told[0]
        for part in (
            "`native: false`",
            "another one",
        )
    )


def test_what_raises_later_on_is_the_librarys_too():
    model = _fitted(LinearRegression())
    told = []
    failing = iter([None] * 3)

    def evaluate(_, rows):
        next(failing)
        return model.predict(rows)

    asked = Native(model.predict, evaluate, told.append)
    assert [asked(X[:1]).tolist() for _ in range(9)] == [model.predict(X[:1]).tolist()] * 9
    assert len(told) == 1
    assert all(part in told[0] for part in ("StopIteration",))


def test_a_model_that_a_hook_trains_on_answers_as_trained():
    model = _fitted(SGDClassifier(loss="log_loss", random_state=0))
    predict = natives(model).predict
    for _ in range(20):
        assert predict(X).tolist() == model.predict(X).tolist()
        model.partial_fit(X[:20], np.random.default_rng(0).integers(0, 3, 20))
    assert isinstance(predict, Native)


def test_a_pipeline_whose_steps_are_replaced_is_the_librarys():
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(X, Y)
    told = []
    predict = natives(model, told).predict
    for _ in range(20):
        predict(X)
    model.fit(X * 3 + 1, Y)
    assert predict(X).tolist() == model.predict(X).tolist()
    model.steps[0] = ("other", MinMaxScaler().fit(X))
    assert predict(X).tolist() == model.predict(X).tolist()
    assert len(told) == 1
    assert all(part in told[0] for part in ("other steps",))


def test_a_hook_may_copy_its_model_and_send_it_elsewhere(serve, module, model_folder):
    def predict(model, config):
        copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]

        def run(event):
            answers = {tuple(one.predict_proba(event)) for one in [model, *copies]}
            return len(answers)

        return run

    module("hooks_native", predict=predict)
    served = serve(model_folder("lr"), hooks={"predict": "hooks_native:predict"})
    assert [result.value for result in served.raw(X[:3].tolist())] == [1, 1, 1]


def test_a_model_that_cannot_answer_generated_rows_is_its_librarys():
    unfitted = LogisticRegression()
    unfitted.n_features_in_ = 4
    assert not computes(unfitted)


def test_a_model_with_a_users_code_in_it_is_called_once_an_event(serve, tmp_path):
    (tmp_path / "counting_estimator.py").write_text(COUNTING)
    sys.path.insert(0, str(tmp_path))
    try:
        from counting_estimator import Counts

        folder = tmp_path / "model"
        mlflow.sklearn.save_model(Counts(), str(folder), serialization_format="cloudpickle", **QUICK)
        served = serve(str(folder), row_wise=False)
        before = served.raw([[0.0]])[0].value
        assert [result.value - before for result in served.raw([[0.0]] * 20)] == list(range(1, 21))
    finally:
        sys.path.remove(str(tmp_path))


COUNTING = """
import numpy as np
from sklearn.base import BaseEstimator


class Counts(BaseEstimator):
    calls = 0

    def predict(self, data):
        Counts.calls += 1
        return np.full(len(data), Counts.calls)
"""


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A model with named columns, which in another order make another label, though often the same, and its rows."""
    frame = pd.DataFrame(X, columns=NAMES)
    folder = str(tmp_path_factory.mktemp("signed") / "model")
    mlflow.sklearn.save_model(
        LogisticRegression(max_iter=300).fit(X, Y),
        folder,
        signature=mlflow.models.infer_signature(frame, Y),
        serialization_format="cloudpickle",
        **QUICK,
    )
    return mlflow.pyfunc.load_model(folder), frame


@pytest.mark.parametrize("order", [["d", "c", "b", "a"], ["b", "a", "c", "d"], ["a", "b", "c", "d", "more"]])
def test_columns_in_another_order_than_the_signatures_are_put_in_it(order, signed):
    pyfunc, frame = signed
    told = []
    predict = Natives(pyfunc, pyfunc.get_raw_model(), plan_for(pyfunc), notices(told)).predict
    # One row at a time: a label that is the same by chance proves nothing.
    for row in range(len(X)):
        rows = frame.assign(more=row)[order].iloc[row : row + 1]
        assert predict(rows).tolist() == pyfunc.predict(rows).tolist()
    assert told == []


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_types_other_than_the_signatures_are_mlflows(dtype, signed):
    pyfunc, frame = signed
    predict = Natives(pyfunc, pyfunc.get_raw_model(), plan_for(pyfunc), notices([])).predict
    for rows in [frame.astype(dtype), frame.astype({"a": dtype}), frame.to_numpy(dtype), frame.to_numpy()] * 3:
        assert same(outcome(lambda rows=rows: predict(rows)), outcome(lambda rows=rows: pyfunc.predict(rows)))
