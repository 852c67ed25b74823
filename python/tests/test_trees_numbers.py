"""Which numbers trees are asked about without their library, and which are left to it."""

import warnings

import lightgbm
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import xgboost
from sklearn import ensemble
from trees_models import ask, same, trained

from makinage_worker import trees

pytestmark = pytest.mark.usefixtures("trees_binary")


class Array(np.ndarray):
    pass


@pytest.mark.parametrize("name", ["forest", "boosted", "histogram", "xgboost", "xgboost's booster", "lightgbm"])
def test_numbers_that_a_library_refuses_or_that_are_no_matrix_are_left_to_it(name):
    model, data = trained(name)
    evaluator = trees.evaluator_of(model)
    rows = data.rows[:4].copy()
    assert evaluator(rows) is not None
    for strange in (
        rows[0],
        rows[None],
        rows[:0],
        rows[:, 1:],
        rows.astype(np.int16),
        rows.astype(np.uint64),
        rows.astype(object),
        rows.astype(np.float16),
        rows.tolist(),
        rows.astype(">f8"),
        rows.view(Array),
        np.ma.masked_array(rows),
        pd.DataFrame(rows),
        scipy.sparse.csr_matrix(rows),
    ):
        assert evaluator(strange) is None, type(strange)
    for value in (np.nan, np.inf, -np.inf, 1e39):
        rows[2, 1] = value
        expected = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = ask(model)(rows)
            except Exception as error:
                refused = error
        if expected is None:
            assert evaluator(rows) is None, refused
        elif (answer := evaluator(rows)) is not None:
            same(answer, expected)


FAR = 1 << 24
"""Whole numbers from here on aren't all `f32`."""


@pytest.mark.parametrize(
    "model",
    [
        ensemble.RandomForestRegressor(5, random_state=0),
        ensemble.HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=1),
        xgboost.XGBRegressor(n_estimators=5, n_jobs=1),
        lightgbm.LGBMRegressor(n_estimators=5, n_jobs=1, verbose=-1, min_child_samples=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_whole_numbers_are_walked_as_far_as_every_library_means_the_same_by_them(model):
    random = np.random.default_rng(0)
    rows = random.integers(FAR - 40, FAR + 1, (200, 3)) * random.choice([-1, 1], (200, 3))
    model.fit(rows.astype(float), rows.sum(axis=1) % 7)
    evaluator = trees.evaluator_of(model)
    for whole in (rows, rows.astype(np.int32), np.asfortranarray(rows)):
        same(evaluator(whole), model.predict(whole))
    for far in (FAR + 1, -FAR - 1, 2**63 - 1, -(2**63)):
        rows[7, 1] = far
        assert evaluator(rows) is None
