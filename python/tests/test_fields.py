"""What travels as numbers is what travels as text: objects as lists by the model's columns, and lists of lists."""

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel, Served, batch, dense_group, raw_batch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makinage_worker.arrays import ArrayPlan
from makinage_worker.cells import Column
from makinage_worker.columns import ColumnPlan
from makinage_worker.records import RecordPlan
from makinage_worker.rows import entries
from makinage_worker.tensors import Tensor, TensorPlan

KINDS = ["double", "float", "long", "integer"]


def told(data):
    """A model that answers with all that it was given."""
    return [repr(row) for row in zip(*(entries(data[name].to_numpy()) for name in data), strict=True)]


def told_of_types(data):
    return [f"{dict(data.dtypes)} {row}" for row in told(data)]


def fields_of(plan, rows):
    return [dict(zip(plan.fields, row, strict=True)) for row in rows]


def numbers_of_service(rows):
    """Whether the service sends these rows as numbers: integers beside floats only where each float type has them."""
    types = {type(number) for row in rows for number in row}
    return types in ({float}, {int}) or all(abs(number) <= 2**24 for row in rows for number in row)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_object_of_numbers_is_the_list_of_them(data):
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    columns = [Column(f"c{place}", kind, data.draw(st.booleans())) for place, kind in enumerate(kinds)]
    plan = ColumnPlan(columns)
    whole = st.integers(-(2**24), 2**24)
    number = data.draw(
        st.sampled_from([st.floats(-1e6, 1e6), whole, whole | st.floats(-9, 9), st.integers(-(2**62), 2**62)])
    )
    rows = data.draw(st.lists(st.lists(number, min_size=len(kinds), max_size=len(kinds)), min_size=1, max_size=5))
    if not numbers_of_service(rows):
        return
    matrix = np.array(rows, dtype=np.float64 if any(isinstance(n, float) for row in rows for n in row) else np.int64)
    answers = []
    for payload in (raw_batch(fields_of(plan, rows)), batch([dense_group(range(len(rows)), matrix)], len(rows))):
        served = Served(FakeModel(told_of_types, plan=ColumnPlan(columns)), folder="/")
        answers.append([(result.status, result.value) for result in served.run(payload)])
    assert answers[0] == answers[1]


PLANS = {
    "tensor": lambda: TensorPlan([Tensor(None, np.dtype(np.float32), -1, (2, 2))]),
    "any length": lambda: TensorPlan([Tensor(None, np.dtype(np.float64), -1, (-1, 2))]),
    "rows of two": lambda: TensorPlan([Tensor(None, np.dtype(np.int64), -1, (2,))]),
    "named": lambda: TensorPlan([Tensor("image", np.dtype(np.float32), -1, (2, 2))]),
    "arrays": ArrayPlan,
    "records": RecordPlan,
    "columns": lambda: ColumnPlan([Column("a", "double"), Column("b", "double")]),
}


@pytest.mark.parametrize("name", sorted(PLANS))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_lists_of_lists_are_what_they_are_as_text(name, data):
    axes = data.draw(st.sampled_from([(2, 2), (2, 2), (1, 2), (3, 2), (2, 3), (1, 2, 2), (2, 1, 1, 2)]))
    numbers = data.draw(st.sampled_from([st.integers(-(2**24), 2**24), st.floats(-1e6, 1e6)]))
    count = data.draw(st.integers(1, 4))
    flat = data.draw(st.lists(numbers, min_size=count * int(np.prod(axes)), max_size=count * int(np.prod(axes))))
    events = np.array(flat).reshape(count, *axes)
    answers = []
    for payload in (raw_batch(events.tolist()), batch([dense_group(range(count), events)], count)):
        served = Served(FakeModel(shown, plan=PLANS[name]()), folder="/")
        answers.append([(result.status, result.value) for result in served.run(payload)])
    assert answers[0] == answers[1]


def shown(given):
    """A model that answers with all that it was given, a row each."""
    rows = given["image"] if isinstance(given, dict) else given
    if isinstance(rows, pd.DataFrame):
        return [f"{list(row)} {list(rows.dtypes)}" for row in rows.to_numpy().tolist()]
    return [f"{getattr(row, 'dtype', '')} {np.asarray(row).tolist()}" for row in rows]


def test_only_columns_with_names_of_their_own_make_fields_of_numbers():
    assert ColumnPlan([Column("a", "double"), Column("b", "long")]).fields == ["a", "b"]
    assert list(ColumnPlan([Column(0, "double"), Column(1, "double")]).fields) == []
    assert list(ColumnPlan([Column("a", "double"), Column("a", "double")]).fields) == []
    assert list(ColumnPlan([Column("a", "double"), Column("b", "string")]).fields) == []


@pytest.mark.parametrize(("folder", "fields"), [("named_lr", ["a", "b", "c", "d"]), ("lr", []), ("float32_tensor", [])])
def test_the_service_is_told_a_models_fields(folder, fields, serve, model_folder):
    assert list(serve(model_folder(folder)).loaded["columns"]) == fields


def test_columns_of_one_type_lie_in_memory_as_pandas_puts_them():
    plan = ColumnPlan([Column(name, "double") for name in "abc"])
    rows = np.arange(12.0).reshape(4, 3) / 7
    dense = plan.dense(rows)
    listed, _ = plan.assemble(plan.row(rows[0].tolist()).key, rows.tolist())
    assert dense.equals(listed)
    assert dense.to_numpy().strides == listed.to_numpy().strides


@pytest.mark.parametrize("name", sorted(PLANS))
def test_integers_beside_floats_are_floats_to_models_of_arrays_and_columns_alone(name):
    assert PLANS[name]().mixes is (name != "records")


def test_columns_of_any_type_and_half_floats_tell_integers_from_floats():
    assert not ColumnPlan([Column("a", "double"), Column("b", "anytype")]).mixes
    assert not TensorPlan([Tensor(None, np.dtype(np.float16), -1, (2,))]).mixes
