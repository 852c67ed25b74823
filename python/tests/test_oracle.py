"""What a model with columns gets of a record, against what MLflow's own scoring server makes of it.

A value reaches the model as what it was, or is refused. So the two may differ only where
- MLflow refuses what has a right value (zones, nulls of booleans and bytes, whole numbers in an array of doubles);
- MLflow changes the value: a fraction cut off, a number made of a text or true, a NUL dropped, "nan" of a null;
- MLflow takes what isn't of the column's type at all: numbers as text (kept as numbers), numbers as dates;
- an optional column is absent, which is a null here as in MLflow's own batches of records.
"""

import base64
import copy
import datetime
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException
from mlflow.models.utils import _enforce_schema
from mlflow.types import ColSpec, Schema
from mlflow.types.schema import AnyType, Array, Map, Object, Property
from mlflow.utils.proto_json_utils import dataframe_from_parsed_json

from makinage_worker.signature import plan_for

SCALARS = ["double", "float", "long", "integer", "boolean", "string", "binary", "datetime"]
REFUSALS = (MlflowException, ValueError, TypeError, OverflowError, AttributeError)


def plan_of(schema):
    signature = SimpleNamespace(_is_signature_from_type_hint=False)
    return plan_for(SimpleNamespace(metadata=SimpleNamespace(get_input_schema=lambda: schema, signature=signature)))


def of_mlflow(schema, record):
    """The cells by column; None where it is refused."""
    try:
        frame = dataframe_from_parsed_json([copy.deepcopy(record)], "records", schema)
        return _enforce_schema(frame, schema)
    except REFUSALS:
        return None


def of_makinage(schema, record):
    """The same, after the checks of `pyfunc.predict`, which every model's input passes."""
    plan = plan_of(schema)
    try:
        row = plan.row(copy.deepcopy(record))
    except ValueError:
        return None
    frame, errors = plan.assemble(row.key, [row.value])
    if errors:
        assert set(errors) == {0}
        assert "'x'" in str(errors[0])
        return None
    return _enforce_schema(frame, schema)


def is_null(value):
    if isinstance(value, (float, np.floating, np.datetime64)):
        return bool(np.isnan(value))
    return value is None or value is pd.NaT


def same(kind, value, got):  # noqa: C901, PLR0911 - a case a type
    """Whether `got`, in MLflow's type, is the JSON value."""
    name = getattr(kind, "name", None)
    if is_null(got) or value is None:
        return is_null(got) and value is None
    if isinstance(kind, AnyType):
        return value == got and isinstance(value, bool) == isinstance(got, (bool, np.bool_))
    if name in ("double", "float", "long", "integer"):
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or isinstance(got, (bool, np.bool_, bytes, str))
        ):
            return False
        if name == "float" and isinstance(value, float):
            with np.errstate(over="ignore"):
                return math.isfinite(got) and np.float32(value) == got
        return got.item() == value if isinstance(got, np.generic) else got == value
    if name == "boolean":
        return isinstance(value, bool) and isinstance(got, (bool, np.bool_)) and bool(got) == value
    if name == "string":
        return isinstance(value, str) and isinstance(got, str) and got == value
    if name == "binary":
        try:
            # In arrays and objects MLflow takes the text itself.
            return isinstance(value, str) and got in (base64.b64decode(value, validate=True), value.encode(), value)
        except ValueError:
            return got in (value.encode(), value)
    if name == "datetime":
        return isinstance(value, str) and moment(value) is not None and pd.Timestamp(got) == moment(value)
    if hasattr(kind, "properties"):
        types = {part.name: part.dtype for part in kind.properties}
        return value.keys() == got.keys() and all(same(types[key], value[key], got[key]) for key in value)
    if hasattr(kind, "value_type"):
        return value.keys() == got.keys() and all(same(kind.value_type, value[key], got[key]) for key in value)
    return len(value) == len(got) and all(same(kind.dtype, *pair) for pair in zip(value, got, strict=True))


def moment(text):
    """Python's own reading of a date; None where it isn't one, or not with nanoseconds."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is not None:
        found = found.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return pd.Timestamp(found) if 1678 <= found.year <= 2261 else None


def is_other_type(kind, value):
    """What MLflow takes although it isn't of the type, and whole numbers whose text isn't known to be exact."""
    name = getattr(kind, "name", None)
    if name == "string":
        return not isinstance(value, str)
    if name == "datetime":
        return not isinstance(value, str) or moment(value) is None
    if name == "long":
        return isinstance(value, float) and abs(value) >= 2**53
    # A text that is no base64 MLflow reads leniently.
    return name == "binary"


INTEGERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**65), 2**65),
    st.sampled_from([2**24 + 1, 2**31, 2**53, 2**53 + 1, -(2**63), 2**63 - 1, 2**63, 2**64]),
)
FLOATS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.1, -0.0, 1e39, 2.0, 2.5, 1e18]))
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4), st.sampled_from(["a\0", "\0", "1", "é"])
)
BINARY = st.binary(max_size=4).map(lambda data: base64.b64encode(data).decode())
DATES = st.one_of(
    st.datetimes().map(lambda at: at.isoformat()),
    st.dates().map(lambda at: at.isoformat()),
    st.datetimes(timezones=st.just(datetime.timezone(datetime.timedelta(hours=-5, minutes=-30)))).map(
        lambda at: at.isoformat()
    ),
    st.sampled_from(["9999-12-31", "0001-01-01", "", "now", "today", "NaT", "nan", "null", "2024", "1", "10", "10:30"]),
)
JSON_SCALARS = st.one_of(st.none(), st.booleans(), INTEGERS, FLOATS, TEXTS, DATES, BINARY)
FITTING = {
    "double": st.one_of(FLOATS, INTEGERS),
    "float": st.one_of(FLOATS, INTEGERS),
    "long": st.one_of(INTEGERS, FLOATS),
    "integer": st.one_of(st.integers(-(2**31), 2**31), FLOATS),
    "boolean": st.booleans(),
    "string": TEXTS,
    "binary": BINARY,
    "datetime": DATES,
}


def types():
    leaves = st.sampled_from(SCALARS)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(Array),
            inner.map(Map),
            st.lists(st.tuples(inner, st.booleans()), min_size=1, max_size=2).map(
                lambda parts: Object([Property(f"p{at}", kind, required=need) for at, (kind, need) in enumerate(parts)])
            ),
        ),
        max_leaves=3,
    )


def values(kind):
    """Values that may fit the type, with nulls and strangers among them."""
    if isinstance(kind, AnyType):
        return st.one_of(JSON_SCALARS, st.lists(JSON_SCALARS, max_size=2))
    name = kind if isinstance(kind, str) else getattr(kind, "name", None)
    if name is not None:
        return st.one_of(FITTING[name], FITTING[name], JSON_SCALARS)
    if hasattr(kind, "properties"):
        parts = {part.name: values(part.dtype) for part in kind.properties}
        whole = st.fixed_dictionaries(parts)
        return st.one_of(whole, whole, st.fixed_dictionaries({}, optional=parts), st.none())
    if hasattr(kind, "value_type"):
        return st.one_of(st.dictionaries(st.sampled_from("kl"), values(kind.value_type), max_size=2), st.none())
    return st.one_of(st.lists(values(kind.dtype), max_size=3), st.lists(values(kind.dtype), max_size=3), st.none())


@st.composite
def cases(draw):
    kind = draw(st.one_of(st.sampled_from(SCALARS), types(), st.just(AnyType())))
    required = draw(st.booleans())
    spec = ColSpec(kind, "x", required=required)
    record = {"y": 1.5}
    if required or draw(st.booleans()):
        record["x"] = draw(values(spec.type))
    return spec, record


def check(spec, record):
    schema = Schema([ColSpec("double", "y"), spec])
    want, got = of_mlflow(schema, record), of_makinage(schema, record)
    if "x" not in record:
        assert want is not None
        assert got is not None
        # Whole numbers have no null: MLflow refuses such a column.
        assert list(got) == (["y"] if getattr(spec.type, "name", None) in ("long", "integer") else ["y", "x"])
        assert "x" not in got or is_null(got["x"][0])
        return
    value = record["x"]
    if got is None:
        if want is not None and not is_other_type(spec.type, value):
            assert not same(spec.type, value, want["x"][0]), "MLflow gives the model this value, unharmed"
        return
    if want is None or not same(spec.type, value, want["x"][0]):
        assert same(spec.type, value, got["x"][0])
        return
    assert list(got) == list(want)
    assert got["x"].dtype == want["x"].dtype
    assert same(spec.type, value, got["x"][0])


@settings(max_examples=400, deadline=None)
@given(cases())
@example((ColSpec("double", "x", required=False), {"y": 1.5, "x": None}))
@example((ColSpec("boolean", "x", required=False), {"y": 1.5, "x": None}))
@example((ColSpec(Array("double"), "x"), {"y": 1.5, "x": [1, 2]}))
@example((ColSpec(Array("string"), "x", required=False), {"y": 1.5, "x": ["a", None]}))
@example((ColSpec("long", "x"), {"y": 1.5, "x": 2.5}))
@example((ColSpec("datetime", "x"), {"y": 1.5, "x": "9999-12-31"}))
@example((ColSpec(Array("integer"), "x"), {"y": 1.5, "x": [1]}))
@example((ColSpec(Array("datetime"), "x"), {"y": 1.5, "x": ["2024-01-02"]}))
@example((ColSpec(Array("datetime"), "x"), {"y": 1.5, "x": [None]}))
def test_a_model_gets_what_mlflows_scoring_server_gives_it_unless_that_harms_it(case):
    check(*case)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"y": FLOATS}, optional={"x": values("double"), "s": values("string")}), max_size=6)
)
def test_no_row_changes_its_neighbours_types(records):
    schema = Schema(
        [ColSpec("double", "y")] + [ColSpec(*pair, required=False) for pair in (("double", "x"), ("string", "s"))]
    )
    plan = plan_of(schema)
    groups = {}
    for record in records:
        row = plan.row(record)
        groups.setdefault(row.key, []).append(row.value)
    for key, rows in groups.items():
        frame, errors = plan.assemble(key, rows)
        for place, row in enumerate(row for at, row in enumerate(rows) if at not in errors):
            alone, failed = plan.assemble(key, [row])
            assert not failed
            assert list(alone.dtypes) == list(frame.dtypes)
            pd.testing.assert_frame_equal(alone, frame.iloc[[place]].reset_index(drop=True))


@pytest.mark.parametrize("kind", ["long", "integer", "boolean"])
def test_a_null_in_a_required_column_without_nulls_is_refused(kind):
    plan = plan_of(Schema([ColSpec(kind, "x")]))
    row = plan.row({"x": None})
    _, errors = plan.assemble(row.key, [row.value])
    assert "'x'" in str(errors[0])


def test_rows_of_one_event_may_have_their_nulls_in_different_columns():
    schema = Schema([ColSpec("double", "a", required=False), ColSpec("long", "b", required=False)])
    plan = plan_of(schema)
    row = plan.row([{"a": 1.5, "b": 1}, {"b": 2}])
    frame, errors = plan.assemble(row.key, [row.value])
    assert (errors, row.count) == ({}, 2)
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": [1.5, None], "b": [1, 2]}))
    with pytest.raises(ValueError, match="'b'"):
        plan.row([{"a": 1.5, "b": 1}, {"a": 2.5}])
