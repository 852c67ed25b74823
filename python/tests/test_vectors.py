"""Rows that hooks hand over as lists and arrays of numbers share a call as what each is by itself."""

import numpy as np
import pytest
from test_side_by_side import Native, is_together, run, source

from makinage_worker.cells import Column
from makinage_worker.columns import ColumnPlan
from makinage_worker.desk import vector
from makinage_worker.tensors import Tensor, TensorPlan

PLANS = {
    "none": None,
    "float64": TensorPlan([Tensor(None, np.dtype("f8"), -1, (3,))]),
    "float32": TensorPlan([Tensor(None, np.dtype("f4"), -1, (3,))]),
    "int64": TensorPlan([Tensor(None, np.dtype("i8"), -1, (3,))]),
    "int8": TensorPlan([Tensor(None, np.dtype("i1"), -1, (3,))]),
    "any length": TensorPlan([Tensor(None, np.dtype("f8"), -1, (-1,))]),
    "a row of numbers": TensorPlan([Tensor(None, np.dtype("f8"), -1, ())]),
    "doubles": ColumnPlan([Column(name, "double") for name in "abc"]),
    "longs": ColumnPlan([Column(name, "long") for name in "abc"]),
    "floats": ColumnPlan([Column(name, "float") for name in "abc"]),
    "of any type": ColumnPlan([Column(name, "anytype") for name in "abc"]),
    "texts": ColumnPlan([Column(name, "string") for name in "abc"]),
    "two columns": ColumnPlan([Column(name, "double") for name in "ab"]),
}
ROWS = ["i", "np.array(i)", "np.array(i, dtype=float)", "np.array(i, dtype='f4')", "np.array([i])", "tuple(i)"]
NUMBERS = [[float(k % 3), float(k % 5), float(k)] for k in range(40)]
ODD = [
    [1, 2, 3],
    [0, 2, -3],
    [0.5, 2, 1],
    [0.5, None, 1.0],
    [True, False, True],
    [1e300, 0.0, 1.0],
    [2**53 + 1, 0, 1],
    [2**63, 0, 1],
    [300, 0, 1],
    [],
    [1.0],
    [1.0, 2.0, 3.0, 4.0],
    ["a", 1.0, 2.0],
]


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("plan", PLANS)
def test_rows_of_numbers_are_read_as_they_are_one_by_one(plan, row, tmp_path):
    class Model(Native):
        def _rows(self, data):
            values = np.asarray(data, dtype=float)
            self.calls.append(len(values))
            if (values[:, 0] == 300).any():
                raise ValueError(f"three hundred in {type(data).__name__}")
            kinds = data.dtypes if hasattr(data, "dtypes") else [data.dtype]
            return values + len({str(kind) for kind in kinds}) * (1 + (np.dtype(kinds[0]).kind == "i"))

    Model.plan = PLANS[plan]
    text = source(None, f"x = {row}\n        return [model.predict(x), model.predict_proba(x), x]", None)
    batches = [NUMBERS, [*NUMBERS[:9], *ODD, *NUMBERS[9:]], [*ODD, *NUMBERS]] * 2
    want, *_ = run(tmp_path, text, batches, Model, coalesce=False)
    for coalesce in (None, True):
        got, _, _, served = run(tmp_path, text, batches, Model, coalesce=coalesce)
        assert is_together(served)
        assert got == want


def test_what_is_a_vector_is_a_copy_of_it():
    array = np.array([1.0, 2.0])
    found = vector(array)
    array[0] = 9
    assert found.tolist() == [1.0, 2.0]
    assert vector([1.0, 2.0]).dtype == np.float64
    assert vector([1, 2]).dtype == np.int64
    for other in (
        [1, 2.0],
        [True],
        [2**63],
        [],
        [None],
        (1.0,),
        np.array([1], dtype="i4"),
        np.eye(2),
        1.0,
        "1",
        [[1.0]],
    ):
        assert vector(other) is None, other
