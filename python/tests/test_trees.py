"""Models made of trees give the same answers without their library."""

import importlib
import os
import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path

import lightgbm
import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import xgboost
from models import QUICK
from sklearn import dummy, ensemble, linear_model, tree
from trees_models import MADE, MODELS, ask, five, iris, numbers, same, trained, two

from makinage_worker import proxy, trees, trees_library, trees_proof
from makinage_worker.trees_layout import Grown, Kind, NotUnderstood, forest
from makinage_worker.trees_layout import ensemble as put_together
from makinage_worker.trees_library import Unavailable

pytestmark = pytest.mark.usefixtures("trees_binary")

NAMES = [*MODELS, *MADE]
WHOLE = 1e6


def forms(rows):
    """The rows as they may come."""
    yield rows
    yield np.asfortranarray(rows)
    yield rows.astype(np.float32)
    yield rows[::-3]
    if np.isfinite(rows).all() and np.abs(rows).max() < WHOLE:
        yield np.rint(rows * 3).astype(np.int64)
        yield np.rint(rows).astype(np.int32)
    for count in (1, 2, 15, 16, 17, 33):
        yield rows[count : 2 * count]
    shifted = np.frombuffer(b"-" + rows[:5].tobytes(), np.uint8)[1:].view(np.float64).reshape(5, -1)
    assert not shifted.flags.aligned
    yield shifted


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize("name", NAMES)
def test_the_answers_are_the_librarys_own(name, method):
    model, data = trained(name)
    if not hasattr(model, method) or (name, method) == ("xgboost, softmax", "predict_proba"):
        assert trees.evaluator_of(model, method) is None
        return
    library = ask(model, method)
    verdict = trees_proof.proven(model, library, method, data.rows[:10])
    assert verdict.evaluator is not None, verdict.told
    for rows in forms(data.rows):
        same(verdict.evaluator(rows), library(rows))


def test_answers_are_not_shared():
    model, data = trained("forest")
    evaluator = trees.evaluator_of(model, "predict_proba")
    assert not np.shares_memory(evaluator(data.rows), evaluator(data.rows))


@pytest.mark.parametrize("threshold", ["0", "5e-36", "-5e-36", "-1.0000000180025095e-35", "-2e-35"])
def test_what_lightgbm_takes_for_zero_is_zero(threshold):
    text = trained("lightgbm's booster, steep")[0].model_to_string()
    # Without what depends on the text's length.
    text = re.sub(r"tree_sizes=.*\n", "", text)
    model = lightgbm.Booster(model_str=re.sub(r"(?m)^threshold=\S+", f"threshold={threshold}", text))
    evaluator = trees.evaluator_of(model)
    small = [0.0, 1e-36, 4e-36, 6e-36, float(np.float32(1e-35)), 1.1e-35, 3e-35]
    rows = np.zeros((len(small) * 2, 12))
    rows[:] = np.array([*small, *np.negative(small)])[:, None]
    same(evaluator(rows), model.predict(rows))


def test_a_trees_negative_zero_stays_one():
    model = tree.DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0])
    model.tree_.value[model.tree_.children_left < 0] *= -1
    rows = np.array([[0.0], [1.0]])
    assert np.signbit(model.predict(rows)).all()
    same(trees.evaluator_of(model)(rows), model.predict(rows))


def test_the_names_of_columns_are_told():
    data = iris()
    frame = pd.DataFrame(data.rows, columns=list("abcd"))
    assert trees.evaluator_of(ensemble.RandomForestClassifier(3).fit(frame, data.labels)).columns == list("abcd")
    assert trees.evaluator_of(xgboost.XGBClassifier(n_estimators=3).fit(frame, data.labels)).columns == list("abcd")
    assert trees.evaluator_of(trained("forest")[0]).columns is None


class Overridden(ensemble.RandomForestClassifier):
    def predict(self, X):  # noqa: N803  # as scikit-learn calls it
        return super().predict(X)[::-1]


class OverriddenBoosted(xgboost.XGBClassifier):
    pass


# As one of the libraries' own would say.
Overridden.__module__ = ensemble.RandomForestClassifier.__module__
OverriddenBoosted.__module__ = xgboost.XGBClassifier.__module__


def with_own_predict():
    model = ensemble.RandomForestClassifier(3).fit(iris().rows, iris().labels)
    model.predict = lambda rows: rows
    return model


def with_categories(model, **named):
    rows = iris().rows.copy()
    rows[:, 3] = np.round(rows[:, 3])
    return model.fit(pd.DataFrame(rows).astype({3: int}).astype({3: "category"}), iris().labels, **named)


def of_iris(model, labels=None, rows=None):
    return model.fit(iris().rows if rows is None else rows, iris().labels if labels is None else labels)


def lightgbm_of_its_own(preds, data):
    return preds - data.get_label(), np.ones(len(preds))


LEFT = {
    "a subclass": lambda: of_iris(Overridden(3)),
    "a subclass of xgboost's": lambda: of_iris(OverriddenBoosted(n_estimators=3)),
    "a method of its own": with_own_predict,
    "another model": lambda: of_iris(linear_model.LogisticRegression(max_iter=500)),
    "several outputs": lambda: of_iris(ensemble.RandomForestRegressor(3), iris().rows),
    "threads in any order": lambda: ensemble.RandomForestRegressor(30, n_jobs=2).fit(numbers().rows, numbers().labels),
    "another model first": lambda: of_iris(
        ensemble.GradientBoostingRegressor(n_estimators=3, init=linear_model.LinearRegression())
    ),
    "histogram with categories": lambda: with_categories(
        ensemble.HistGradientBoostingClassifier(max_iter=3, categorical_features=[3])
    ),
    "histogram with a category that no split looks at": lambda: of_iris(
        ensemble.HistGradientBoostingClassifier(max_iter=3, categorical_features=[0]),
        rows=iris().rows * [0, 1, 1, 1],
    ),
    "xgboost with categories": lambda: with_categories(xgboost.XGBClassifier(n_estimators=3, enable_categorical=True)),
    "lightgbm with categories": lambda: with_categories(lightgbm.LGBMClassifier(n_estimators=3, verbose=-1)),
    "dart": lambda: of_iris(xgboost.XGBClassifier(n_estimators=3, booster="dart")),
    "a linear booster": lambda: of_iris(xgboost.XGBRegressor(n_estimators=3, booster="gblinear")),
    "xgboost with several outputs": lambda: of_iris(xgboost.XGBRegressor(n_estimators=3), iris().rows),
    "xgboost with vectors in leaves": lambda: of_iris(
        xgboost.XGBRegressor(n_estimators=3, multi_strategy="multi_output_tree"), iris().rows
    ),
    "another missing value": lambda: of_iris(xgboost.XGBClassifier(n_estimators=3, missing=-1.0)),
    "a ranker": lambda: xgboost.XGBRanker(n_estimators=3).fit(iris().rows, iris().labels, qid=np.repeat([0, 1, 2], 50)),
    "linear leaves": lambda: of_iris(lightgbm.LGBMRegressor(n_estimators=3, verbose=-1, linear_tree=True)),
    "averaged trees": lambda: of_iris(
        lightgbm.LGBMRegressor(n_estimators=3, verbose=-1, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5)
    ),
    "a square root": lambda: of_iris(lightgbm.LGBMRegressor(n_estimators=3, verbose=-1, reg_sqrt=True)),
    "stops early": lambda: of_iris(lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, pred_early_stop=True)),
    "lightgbm with an objective of its own": lambda: of_iris(
        lightgbm.LGBMRegressor(n_estimators=3, verbose=-1, objective=lambda y, p: (p - y, np.ones(len(y))))
    ),
    "lightgbm's booster with an objective of its own": lambda: lightgbm.train(
        {"verbose": -1, "objective": lightgbm_of_its_own}, lightgbm.Dataset(iris().rows, iris().labels), 3
    ),
    "no model": lambda: dummy.DummyClassifier().fit(iris().rows, iris().labels),
    "not trained": ensemble.RandomForestClassifier,
    "a function": lambda: len,
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_understood_is_left_to_the_library(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LEFT[name]()
    assert trees.evaluator_of(model) is None
    verdict = trees_proof.proven(model, lambda matrix: matrix)
    assert verdict.evaluator is None
    assert not verdict.is_odd
    assert verdict.told.startswith("the model is answered by its library: ")


def test_threads_are_no_hindrance_where_no_sum_is_rounded():
    model = ensemble.RandomForestClassifier(30, n_jobs=2, random_state=0).fit(iris().rows, iris().labels)
    verdict = trees_proof.proven(model, model.predict_proba, "predict_proba")
    assert verdict.evaluator is not None, verdict.told
    fractions = ensemble.RandomForestClassifier(30, n_jobs=2, min_samples_leaf=7).fit(five().rows, five().labels)
    with pytest.raises(NotUnderstood, match="n_jobs=2"):
        trees.read(fractions, "predict_proba")


def halved(model):
    data = two()
    return model.fit(data.rows[:400], data.labels[:400])


def warmly(model):
    return model.set_params(warm_start=True, n_estimators=8).fit(two().rows, two().labels)


def booster():
    return halved(xgboost.XGBClassifier(n_estimators=5)).get_booster()


def lightgbms_booster():
    data = lightgbm.Dataset(two().rows, two().labels)
    return lightgbm.train({"verbose": -1, "objective": "binary"}, data, 5, keep_training_booster=True)


def updated(model):
    return model.update(xgboost.DMatrix(two().rows, two().labels), 6)


TRAINED_ON = {
    "tree": (lambda: halved(tree.DecisionTreeClassifier()), halved),
    "forest": (lambda: halved(ensemble.RandomForestClassifier(5)), halved),
    "forest, with more": (lambda: halved(ensemble.RandomForestClassifier(5)), warmly),
    "boosted": (lambda: halved(ensemble.GradientBoostingClassifier(n_estimators=5)), warmly),
    "histogram": (lambda: halved(ensemble.HistGradientBoostingClassifier(max_iter=5)), halved),
    "xgboost": (lambda: halved(xgboost.XGBClassifier(n_estimators=5)), halved),
    "xgboost's booster": (booster, updated),
    "lightgbm": (lambda: halved(lightgbm.LGBMClassifier(n_estimators=5, verbose=-1)), halved),
    "lightgbm's booster": (lightgbms_booster, lambda model: model.update()),
}


@pytest.mark.parametrize("name", TRAINED_ON)
def test_a_model_that_is_trained_on_is_asked_itself(name):
    make, train = TRAINED_ON[name]
    model = make()
    evaluator = trees.evaluator_of(model)
    assert evaluator(two().rows) is not None
    train(model)
    assert evaluator(two().rows) is None


@pytest.mark.parametrize(("name", "own"), [("forest", "sklearn"), ("xgboost", "xgboost"), ("lightgbm", "lightgbm")])
def test_only_the_models_own_library_is_imported(name, own, tmp_path, trees_binary):
    model, data = trained(name)
    (tmp_path / "model").write_bytes(pickle.dumps((model, data.rows)))
    (tmp_path / "trees_binary.py").write_text(trees_binary)
    script = f"""
import pickle, sys
import makinage_worker
makinage_worker.__path__.append({str(tmp_path)!r})
from makinage_worker import trees, trees_proof
model, rows = pickle.load(open({str(tmp_path / "model")!r}, "rb"))
before = {{name.partition(".")[0] for name in sys.modules}}
verdict = trees_proof.proven(model, model.predict)
assert verdict.evaluator is not None, verdict.told
after = {{name.partition(".")[0] for name in sys.modules}}
print(sorted({{"sklearn", "xgboost", "lightgbm"}} & (after - before)))
print(sorted({{"xgboost", "lightgbm"}} & after))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False
    )
    assert run.returncode == 0, run.stderr
    imported, there = run.stdout.splitlines()
    assert imported == "[]"
    assert there == str(sorted({own} - {"sklearn"}))


@pytest.fixture
def unloaded():
    trees_library.load.cache_clear()
    yield
    trees_library.load.cache_clear()


@pytest.mark.usefixtures("unloaded")
def test_a_build_without_the_library_says_so(monkeypatch):
    monkeypatch.delitem(sys.modules, "makinage_worker.trees_binary")
    with pytest.raises(Unavailable, match="this build of the service has none"):
        trees_library.load()
    model, _ = trained("forest")
    assert trees.evaluator_of(model) is None
    verdict = trees_proof.proven(model, model.predict)
    assert verdict.evaluator is None
    assert not verdict.is_odd
    assert "can't be had" in verdict.told


@pytest.mark.usefixtures("unloaded")
def test_a_system_that_forbids_it_or_another_processor_is_no_failure(monkeypatch):
    module = sys.modules["makinage_worker.trees_binary"]
    monkeypatch.setattr(module, "LIBRARY", b"\x7fELF of another processor".hex())
    # The loader knows what it has loaded by its path, which ends in the descriptor's number: another one, then.
    held = [os.dup(0) for _ in range(20)]
    try:
        with pytest.raises(Unavailable, match="can't be loaded"):
            trees_library.load()
    finally:
        for descriptor in held:
            os.close(descriptor)


@pytest.mark.usefixtures("unloaded")
def test_no_file_in_memory_is_no_failure(monkeypatch):
    def refused(name):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.memfd_create", refused)
    with pytest.raises(Unavailable, match="no file in memory"):
        trees_library.load()


def grown(**changed):
    """A root with two leaves."""
    parts = {
        "left": [1, -1, -1],
        "right": [2, -1, -1],
        "feature": [0, -2, -2],
        "threshold": [0.5, -2, -2],
        "value": [0.0, 1.0, 2.0],
    }
    return Grown(**{**parts, **changed})


HOSTILE = {
    "a circle": grown(left=[0, -1, -1]),
    "a node that is its own descendant": grown(left=[1, -1, 0]),
    "a circle through the other": grown(left=[1, 0, -1], right=[2, 1, -1]),
    "a child that isn't there": grown(right=[3, -1, -1]),
    "a child far away": grown(right=[2**40, -1, -1]),
    "a child before the first": grown(right=[-1, -1, -1]),
    "a feature that isn't there": grown(feature=[2, 0, 0]),
    "a negative feature": grown(feature=[-1, 0, 0]),
    "a threshold that is no number": grown(threshold=[np.nan, 0, 0]),
    "a leaf that is no number": grown(value=[0, np.nan, 1]),
    "a leaf that is infinite": grown(value=[0, np.inf, 1]),
    "a sum that isn't there": grown(column=1),
    "a sum before the first": grown(column=-1),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", Kind)
def test_a_hostile_model_is_no_forest(name, kind):
    with pytest.raises(NotUnderstood):
        forest(put_together(kind, [HOSTILE[name]], 2, [0.0]), trees_library.load())


def test_what_is_out_of_reach_may_be_anything():
    odd = Grown([1, -1, -1, 99], [2, -1, -1, -7], [0, 0, 0, 88], [0.5, 0, 0, np.nan], [0.0, 1.0, 2.0, 3.0])
    laid_out = forest(put_together(Kind.FLOAT_UP_TO, [odd], 2, [0.0]), trees_library.load())
    sums = np.zeros((3, 1))
    laid_out.add(np.array([[0.5, 9], [0.6, 9], [-1, 9]], np.float32), sums)
    assert sums.ravel().tolist() == [1.0, 2.0, 1.0]


def test_no_trees_are_no_forest():
    with pytest.raises(NotUnderstood):
        put_together(Kind.FLOAT_UP_TO, [], 2, [0.0])


MLFLOWS = {
    "sklearn": lambda data: ensemble.RandomForestClassifier(10, random_state=0).fit(data, iris().labels),
    "xgboost": lambda data: xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(data, iris().labels),
    "xgboost's booster": lambda data: (
        xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(data, iris().labels).get_booster()
    ),
    "lightgbm": lambda data: lightgbm.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1).fit(data, iris().labels),
}


@pytest.mark.parametrize("names", [None, list("abcd")])
@pytest.mark.parametrize("name", MLFLOWS)
def test_the_answers_are_those_of_mlflows_predict(name, names, tmp_path):
    data = iris().rows if names is None else pd.DataFrame(iris().rows, columns=names)
    flavour = importlib.import_module(f"mlflow.{name.partition(chr(39))[0]}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {**QUICK, "serialization_format": "cloudpickle"} if name == "sklearn" else QUICK
        flavour.save_model(MLFLOWS[name](data), tmp_path / "model", input_example=data[:5], **options)
        pyfunc = mlflow.pyfunc.load_model(str(tmp_path / "model"))

    def library(matrix):
        # A signature takes one type of number.
        matrix = matrix.astype(np.float64)
        return pyfunc.predict(matrix if names is None else pd.DataFrame(matrix, columns=names))

    native = proxy.native(pyfunc)
    assert trees.is_known(native)
    verdict = trees_proof.proven(native, library)
    assert verdict.evaluator is not None, verdict.told
    if name != "lightgbm":
        assert verdict.evaluator.columns == names
    same(verdict.evaluator(iris().rows), pyfunc.predict(data))
