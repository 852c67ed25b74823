"""Rows of DataFrames compared and mixed: as column by column, whatever types they have."""

import numpy as np
import pandas as pd
import pytest

from makinage_worker import inputs

_CELLS = {
    "float64": [0.0, -0.0, float("nan"), 1.5, 1e300],
    "float32": [0.0, -0.0, float("nan"), 1.5, 3.25],
    "int64": [0, 1, -(2**63), 2**53, 2**53 + 1],
    "int32": [0, 1, -1, 7, 2**31 - 1],
    "bool": [True, False, True, True, False],
    "object": ["a", None, 1, float("nan"), ("b",)],
}


def _frames(dtypes):
    random = np.random.default_rng(3)
    cells = [[_CELLS[dtype][index] for index in random.integers(0, 5, 12)] for dtype in dtypes]
    columns = [
        pd.Series(each, dtype=dtype, name=f"c{n}") for n, (each, dtype) in enumerate(zip(cells, dtypes, strict=True))
    ]
    frame = pd.concat(columns, axis=1)
    return frame, frame.iloc[[4]].reset_index(drop=True), frame.iloc[[9]].reset_index(drop=True)


def _mixed(one, other, features):
    row = one.copy()
    for place in np.flatnonzero(features):
        row.isetitem(place, other.iloc[:, place])
    return row


_ALL = [*([dtype] * 6 for dtype in _CELLS), [*_CELLS], ["int64", "float64"], ["float64", "float32", "float64"]]


@pytest.mark.parametrize("dtypes", _ALL, ids=" ".join)
def test_rows_differ_where_a_cell_does(dtypes):
    frame, _, _ = _frames(dtypes)
    rows = list(frame.itertuples(index=False))
    for place, one in enumerate(rows):
        wanted = [[not inputs.same(*cells) for cells in zip(row, one, strict=True)] for row in rows]
        assert inputs.differing(frame, frame.iloc[[place]]).tolist() == wanted


@pytest.mark.parametrize("dtypes", _ALL, ids=" ".join)
def test_a_mixed_row_has_the_cells_and_the_types_of_both(dtypes):
    _, one, other = _frames(dtypes)
    before = one.copy(), other.copy()
    for features in (np.arange(len(dtypes)) % 2 == 0, np.arange(len(dtypes)) > 0, np.zeros(len(dtypes), bool)):
        row = inputs.mixed(one, other, features)
        pd.testing.assert_frame_equal(row, _mixed(one, other, features), check_exact=True)
        row.iloc[0, 0] = _CELLS[dtypes[0]][1]
    for now, then in zip((one, other), before, strict=True):
        pd.testing.assert_frame_equal(now, then, check_exact=True)


def test_rows_whose_types_differ_are_mixed_column_by_column():
    one, other = pd.DataFrame({"a": [1.5], "b": [2.5]}), pd.DataFrame({"a": [3], "b": [4]})
    row = inputs.mixed(one, other, np.array([False, True]))
    pd.testing.assert_frame_equal(row, pd.DataFrame({"a": [1.5], "b": [4]}), check_exact=True)


class _Table(pd.DataFrame):
    @property
    def _constructor(self):
        return _Table


def test_a_mixed_row_is_of_its_frames_class_and_keeps_what_is_said_of_it():
    one, other = _Table({"a": [1.5], "b": [2.5]}), _Table({"a": [3.5], "b": [4.5]})
    assert type(inputs.mixed(one, other, np.array([False, True]))) is _Table
    one, other = pd.DataFrame(one), pd.DataFrame(other)
    one.attrs["unit"] = "cm"
    assert inputs.mixed(one, other, np.array([False, True])).attrs == {"unit": "cm"}
