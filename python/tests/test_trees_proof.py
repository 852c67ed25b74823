"""A wrong walk down a model's trees, or anything else that isn't its library's, is found out before it is used."""

import time

import lightgbm
import numpy as np
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import ensemble, tree
from trees_models import ask, trained

from makinage_worker import trees, trees_proof
from makinage_worker.trees_layout import Kind
from makinage_worker.trees_reading import Accepts

pytestmark = pytest.mark.usefixtures("trees_binary")


class Plain:
    """The same trees, walked and added up in NumPy; each attribute is a rule that can be broken."""

    def __init__(self, model, method="predict"):
        self.read = trees.read(model, method)
        self.trees = self.read.trees
        self.accepts = self.read.accepts
        self.kind = self.trees.kind
        self.feature = self.kind.feature
        self.sum = self.kind.sum
        self.is_right = np.greater_equal if self.kind is Kind.FLOAT_BELOW else np.greater
        self.order = range(len(self.trees.roots))
        self.begin = self.trees.begin
        self.finish = self.read._finish

    def __call__(self, matrix):
        rows = matrix.astype(self.feature)
        if not len(rows) or (self.accepts is not Accepts.ALL and np.isinf(rows).any()):
            return None
        if self.accepts is Accepts.FINITE and not np.isfinite(rows).all():
            return None
        if self.read._prepare is not None:
            rows = self.read._prepare(rows)
        sums = np.tile(np.asarray(self.begin, self.sum), (len(rows), 1))
        for number in self.order:
            self._add(number, rows, sums)
        return self.finish(sums.astype(self.kind.sum))

    def _add(self, number, rows, sums):
        it = self.trees
        at = np.full(len(rows), it.roots[number])
        for _ in range(it.depths[number]):
            values = rows[np.arange(len(rows)), it.feature[at]]
            right = np.where(np.isnan(values), it.goes_right[at], self.is_right(values, it.threshold[at]))
            at = np.where(it.child[at] >= 0, it.child[at] + right, at)
        added = it.values[it.leaf[at]].astype(self.sum)
        sums[:, it.columns[number] : it.columns[number] + added.shape[1]] += added


def rule(**broken):
    """A way to break rules: from a Plain evaluator's attributes to what they become."""

    def broke(plain):
        for name, change in broken.items():
            setattr(plain, name, change(getattr(plain, name)))

    return broke


def finishing(change):
    """Another end: `change` of the right finish and the sums."""
    return rule(finish=lambda finish: lambda sums: change(finish, sums))


def other_way(plain):
    """Missing values go to the other side."""
    plain.trees.goes_right = ~plain.trees.goes_right


def one_split_the_other_way(plain):
    """The children of one node of all change places."""
    it = plain.trees
    node = np.flatnonzero(it.inner)[7]
    left = it.child[node]
    for array in (it.child, it.feature, it.threshold, it.goes_right, it.leaf):
        array[[left, left + 1]] = array[[left + 1, left]]


def rounded_to_the_nearest(plain):
    """Thresholds are the `f32` that is nearest to scikit-learn's, which may lie above it."""
    plain.trees.threshold = np.nextafter(plain.trees.threshold, np.float32(np.inf))


def one_leaf_off(plain):
    """The last bit of a leaf's value is another one."""
    values = plain.trees.values.copy()
    values[0] = np.nextafter(values[0], 2)
    plain.trees.values = values


def last_of_the_largest(finish, sums):
    return finish(sums[:, ::-1])[..., ::-1]


def with_numpys_exponential(finish, sums):
    return (1 / (np.exp(-sums) + np.float32(1))).ravel()


COMPARES = rule(is_right=lambda is_right: np.greater if is_right is np.greater_equal else np.greater_equal)
BACKWARDS = rule(order=lambda order: order[::-1])
SHORT = rule(order=lambda order: order[:-1])
UNROUNDED = rule(feature=lambda _: np.float64)
ROUNDED = rule(feature=lambda _: np.float32)
SINGLE = rule(sum=lambda _: np.float32)
BEGUN_AGAIN = rule(begin=lambda begin: np.nextafter(begin, begin.dtype.type(9)))
BROKEN = {
    "< for <=, of scikit-learn": ("forest", COMPARES),
    "< for <=, by histogram": ("histogram", COMPARES),
    "<= for <": ("xgboost", COMPARES),
    "< for <=, of lightgbm": ("lightgbm", COMPARES),
    "trees in another order": ("forest of numbers", BACKWARDS),
    "boosted trees in another order": ("boosted numbers", BACKWARDS),
    "xgboost's trees in another order": ("xgboost of numbers", BACKWARDS),
    "lightgbm's trees in another order": ("lightgbm of numbers", BACKWARDS),
    "a tree too few": ("xgboost", SHORT),
    "features that stay f64": ("forest", UNROUNDED),
    "features of xgboost that stay f64": ("xgboost of numbers", UNROUNDED),
    "features of lightgbm that are f32": ("lightgbm", ROUNDED),
    "features by histogram that are f32": ("histogram", ROUNDED),
    "sums that are f32": ("forest of numbers", SINGLE),
    "another base": ("xgboost of numbers", BEGUN_AGAIN),
    "thresholds rounded up": ("forest of numbers", rounded_to_the_nearest),
    "missing ones to the other side": ("xgboost, five classes", other_way),
    "missing ones to the other side, by histogram": ("histogram, holes", other_way),
    "missing ones to the other side, of lightgbm": ("lightgbm, five classes", other_way),
    "one split the other way": ("forest", one_split_the_other_way),
    "one split of xgboost the other way": ("xgboost", one_split_the_other_way),
    "one leaf's last bit": ("tree of numbers", one_leaf_off),
    "multiplied and not divided": (
        "forest of numbers",
        finishing(lambda finish, sums: (sums * (1 / 30)).ravel()),
    ),
    "numpy's exponential": ("xgboost's booster", finishing(with_numpys_exponential)),
    "labels as other integers": ("forest", finishing(lambda finish, sums: finish(sums).astype(np.int32))),
    "labels in a column": ("forest", finishing(lambda finish, sums: finish(sums)[:, None])),
    "labels in a list": ("forest", finishing(lambda finish, sums: finish(sums).tolist())),
    "labels that are other texts": ("forest with names", finishing(lambda finish, sums: finish(sums)[::-1])),
    "equal to two, but a float": ("forest", finishing(lambda finish, sums: finish(sums).astype(float))),
}


@pytest.mark.parametrize("name", sorted({model for model, _ in BROKEN.values()}))
def test_the_rules_by_themselves_are_proven(name):
    model, data = trained(name)
    verdict = trees_proof.prove(Plain(model), ask(model), data.rows[:5])
    assert verdict.evaluator is not None, verdict.told


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_found_out(name):
    of, broke = BROKEN[name]
    model, _ = trained(of)
    plain = Plain(model)
    broke(plain)
    verdict = trees_proof.prove(plain, ask(model))
    assert verdict.evaluator is None
    assert verdict.is_odd
    assert "please report it" in verdict.told


def test_the_first_of_the_largest_is_the_class():
    # Two leaves of two trees that vote for one class each: a tie wherever they disagree.
    rows, labels = np.arange(40.0).reshape(-1, 1), np.arange(40) % 3
    model = ensemble.RandomForestClassifier(2, random_state=1).fit(rows, labels)

    ties = []

    def noted(sums):
        ties.append(((sums == sums.max(axis=1, keepdims=True)).sum(axis=1) > 1).any())
        return sums

    plain = Plain(model)
    right = plain.finish
    plain.finish = lambda sums: right(noted(sums))
    assert trees_proof.prove(plain, model.predict).evaluator is not None
    assert any(ties)
    plain = Plain(model)
    plain.finish = lambda sums: model.classes_[::-1][np.argmax(sums[:, ::-1], axis=1)]
    assert trees_proof.prove(plain, model.predict).is_odd


def test_a_zeros_sign_is_a_difference():
    model = tree.DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, -1.0])
    model.tree_.value[model.tree_.children_left < 0] *= -1
    assert trees_proof.prove(Plain(model), model.predict).evaluator is not None
    plain = Plain(model)
    plain.finish = lambda sums: np.abs(sums).ravel()
    assert trees_proof.prove(plain, model.predict).is_odd


def test_the_example_is_looked_at():
    model, data = trained("forest")
    asked = []

    def library(matrix):
        asked.append(matrix)
        return model.predict(matrix)

    trees_proof.proven(model, library, example=data.rows[:3])
    assert asked[0].tolist() == data.rows[:3].tolist()
    # All sizes and types at once: what depends on them shows.
    assert {len(matrix) for matrix in asked} >= {1, 7, 16, 17, 20}
    assert {matrix.dtype.name for matrix in asked} == {"float64", "float32", "int64"}
    assert any(not matrix.flags.c_contiguous for matrix in asked)


def test_an_example_that_is_no_matrix_says_nothing():
    model, _ = trained("forest")
    assert trees_proof.proven(model, model.predict, example={"a": 1}).evaluator is not None


def test_a_library_that_fails_proves_nothing():
    def library(matrix):
        raise ValueError("no such device")

    verdict = trees_proof.proven(trained("forest")[0], library)
    assert verdict.evaluator is None
    assert "ValueError: no such device" in verdict.told


def test_a_process_without_memory_proves_nothing_and_ends():
    def library(matrix):
        raise MemoryError

    with pytest.raises(MemoryError):
        trees_proof.proven(trained("forest")[0], library)


def test_a_slow_library_is_asked_for_so_long_and_the_share_is_told():
    model, _ = trained("forest of numbers")

    asked = []

    def library(matrix):
        asked.append(len(matrix))
        time.sleep(0.2)
        return model.predict(matrix)

    verdict = trees_proof.proven(model, library)
    assert verdict.evaluator is not None
    assert len(asked) < 10
    assert " % of their splits" in verdict.told
    assert "all of their splits" in trees_proof.proven(*trained_small()).told


def trained_small():
    model = trained("tree")[0]
    return model, model.predict


def test_an_evaluator_lets_go_of_what_the_proof_needs():
    model, data = trained("forest")
    evaluator = trees_proof.proven(model, model.predict).evaluator
    assert evaluator.trees is None
    assert evaluator(data.rows) is not None
    with pytest.raises(ValueError, match="proven before"):
        trees_proof.prove(evaluator, model.predict)


# Values that meet often, so that thresholds lie on them and between neighbours.
VALUES = st.sampled_from([0.0, -0.0, 0.1, 0.2, 0.30000000000000004, 1e-3, 1.0, 1 + 2**-23, -1.0, 16777217.0, 7e-30])


@st.composite
def problems(draw):
    count, width = draw(st.integers(20, 80)), draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pool = np.array(draw(st.lists(VALUES, min_size=3, max_size=8, unique_by=lambda value: (value, np.signbit(value)))))
    rows = random.choice(pool, (count, width)) * random.choice([1.0, 1.0, 3.0, 1 / 3], (count, width))
    classes = draw(st.integers(2, 4))
    labels = random.integers(classes, size=count)
    labels[:classes] = range(classes)
    return rows, labels, random.random(count) + 0.1, draw(st.integers(0, 1000))


def makes(seed):
    one = {"random_state": seed}
    return [
        tree.DecisionTreeClassifier(max_depth=4, **one),
        ensemble.RandomForestClassifier(7, min_samples_leaf=3, **one),
        ensemble.RandomForestRegressor(7, **one),
        ensemble.ExtraTreesClassifier(7, **one),
        ensemble.GradientBoostingClassifier(n_estimators=4, **one),
        ensemble.HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=3, **one),
        xgboost.XGBClassifier(n_estimators=4, n_jobs=1, min_child_weight=0.1, **one),
        xgboost.XGBRegressor(n_estimators=4, n_jobs=1, subsample=0.7, **one),
        lightgbm.LGBMClassifier(n_estimators=4, n_jobs=1, verbose=-1, min_child_samples=2, **one),
        lightgbm.LGBMRegressor(n_estimators=4, n_jobs=1, verbose=-1, min_child_samples=2, **one),
    ]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(problem=problems(), holes=st.booleans())
def test_models_of_any_data_are_proven(problem, holes):
    rows, labels, weights, seed = problem
    for model in makes(seed):
        data = rows
        if holes and not type(model).__module__.startswith(
            ("sklearn.tree", "sklearn.ensemble._forest", "sklearn.ensemble._gb")
        ):
            data = np.where(np.random.default_rng(seed).random(rows.shape) < 0.2, np.nan, rows)
        model.fit(data, labels, sample_weight=weights)
        for method in ("predict", "predict_proba"):
            if hasattr(model, method):
                verdict = trees_proof.proven(model, getattr(model, method), method, data[:10])
                assert verdict.evaluator is not None, f"{model}.{method}: {verdict.told}"
                ours, theirs = verdict.evaluator(data), getattr(model, method)(data)
                assert ours.tobytes() == theirs.tobytes()
