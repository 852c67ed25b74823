"""What models return reaches the output as what it was: one form for a value, whatever it stands in."""

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel, notices, raw_batch
from hypothesis import given
from hypothesis import strategies as st

from makinage_worker import jsontext
from makinage_worker.outcomes import Outcomes, Terms
from makinage_worker.protocol import Status
from makinage_worker.rows import encodable, entries, split
from makinage_worker.times import Pace

DATE_UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs"]
ARRAYS = [
    *(np.array([3, "NaT", -7], dtype=f"datetime64[{unit}]") for unit in DATE_UNITS),
    *(np.array([3, "NaT", -7], dtype=f"timedelta64[{unit}]") for unit in DATE_UNITS[2:]),
    np.array(["9999-12-31", "0001-01-01", "12024-05-06"], dtype="datetime64[us]"),
    np.array([1.5, np.nan, -0.0], dtype=np.float16),
    np.array([0.1, np.inf, -np.inf], dtype=np.float32),
    np.array([0.1, np.nan, 1], dtype=np.longdouble),
    np.array([0, 2**63, 2**64 - 1], dtype=np.uint64),
    np.array([-(2**63), 2**53 + 1, 2**63 - 1]),
    np.array([True, False, True]),
    np.array(["a", "", "é\0b"]),
    np.array([b"a", b"", b"bc"]),
    np.array([(1, "x"), (2, "y"), (3, "")], dtype=[("n", "i4"), ("t", "U1")]),
    np.array([pd.NaT, pd.NA, float("nan")], dtype=object),
    np.array([decimal.Decimal("0.5"), datetime.date(2024, 1, 2), datetime.timedelta(days=1)], dtype=object),
]


def texts(values):
    return [json.loads(jsontext.dumps(value)) for value in values]


def served(result, serve):
    results = serve(FakeModel(lambda data: result[data[:, 0]])).raw([[place] for place in range(len(result))])
    assert {one.status for one in results} == {"prediction"}
    return [one.value for one in results]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.dtype))
class TestOneEncoderOfLeaves:
    def test_an_array_gives_what_its_scalars_give(self, array):
        alone = texts(array[place] for place in range(3))
        assert texts(encodable(split(array, 3))) == alone
        assert texts(entries(split(array, 3))) == alone
        assert texts([array]) == [alone]
        assert [json.loads(text) for text in jsontext.dumps_each(array)] == alone

    def test_rows_of_arrays_lists_and_dicts_give_it_too(self, array):
        alone = texts(array[place] for place in range(3))
        square = np.array([array, array[::-1]])
        assert texts(encodable(split(square, 2))) == [alone, alone[::-1]]
        assert texts(entries(split(square, 2))) == [alone, alone[::-1]]
        assert texts(encodable(split({"a": array, "b": list(array)}, 3))) == [{"a": one, "b": one} for one in alone]

    def test_missing_is_null_and_no_event_is_skipped(self, array):
        assert not any(entry is None for entry in entries(split(array, 3)))
        assert not any(entry is None for entry in encodable(split(array, 3)))


EXTENSIONS = [
    (pd.array([1, None, 2**53 + 1], dtype="Int64"), [1, None, 2**53 + 1]),
    (pd.array([True, None, False], dtype="boolean"), [True, None, False]),
    (pd.array([0.5, None, 2], dtype="Float32"), [0.5, None, 2]),
    (pd.array(["a\0", None, "b"], dtype="string"), ["a\0", None, "b"]),
    (pd.Categorical(["x", None, "y"]), ["x", None, "y"]),
    (pd.PeriodIndex(["2024-01", None, "2024-03"], freq="M").array, ["2024-01", None, "2024-03"]),
    (pd.arrays.IntervalArray.from_tuples([(0, 1), (1, 2.5), (2, 3)]), ["(0.0, 1.0]", "(1.0, 2.5]", "(2.0, 3.0]"]),
    (
        pd.to_datetime(["2024-01-02", None, "2024-01-02T03:04:05.000000006"], format="ISO8601").array,
        ["2024-01-02T00:00:00", None, "2024-01-02T03:04:05.000000006"],
    ),
    (
        pd.to_datetime(["2024-01-02", None, "2024-01-03"]).tz_localize("UTC").array,
        ["2024-01-02T00:00:00+00:00", None, "2024-01-03T00:00:00+00:00"],
    ),
    (pd.to_timedelta([1, None, 90], unit="s").array, [1.0, None, 90.0]),
]


@pytest.mark.parametrize(("values", "want"), EXTENSIONS, ids=[str(values.dtype) for values, _ in EXTENSIONS])
def test_what_pandas_holds_gives_one_form_in_whatever_it_stands(values, want):
    series = pd.Series(values)
    assert texts(encodable(split(series, 3))) == want
    assert texts(encodable(split(values, 3))) == want
    assert texts(encodable(split(pd.Index(values), 3))) == want
    assert texts(encodable(split(pd.DataFrame({"a": series}), 3))) == [{"a": one} for one in want]
    assert texts([series, values, pd.DataFrame({"a": series})]) == [want, want, [{"a": one} for one in want]]


def test_dates_have_one_text_whoever_holds_them():
    for text in ("2024-01-02T03:04:05", "2024-01-02T03:04:05.500000"):
        for value in (
            datetime.datetime.fromisoformat(text),
            pd.Timestamp(text),
            np.datetime64(text, "us"),
            np.datetime64(text, "ns"),
            np.datetime64(text, "ms"),
        ):
            assert texts([value, {"at": value}, [value]]) == [text, {"at": text}, [text]]
    assert texts([np.datetime64("2024-01-02"), datetime.date(2024, 1, 2)]) == ["2024-01-02"] * 2


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(["s", "ms", "us", "ns"]))
def test_a_timedelta_is_the_float_nearest_to_its_seconds(count, unit):
    parts = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    assert texts([np.timedelta64(count, unit)]) == [count / parts]


@pytest.mark.parametrize("dtype", ["datetime64[ns]", "timedelta64[s]"])
def test_a_missing_date_is_a_null_and_not_a_skipped_event(dtype, serve):
    result = np.array([1, "NaT", 3], dtype=dtype)
    first, null, last = served(result, serve)
    assert null is None
    assert [first, last] == texts([result[0], result[2]])
    assert served(np.array([result, result]), serve) == [[first, None, last]] * 2


def test_only_a_none_of_the_models_own_skips_an_event(serve):
    answers = [None, float("nan"), pd.NaT, pd.NA]
    results = serve(FakeModel(lambda data: [answers[place] for (place,) in data])).raw([0, 1, 2, 3])
    assert [one.status for one in results] == ["skipped", "prediction", "prediction", "prediction"]
    assert [one.value for one in results[1:]] == [None, None, None]


def test_a_frame_with_two_columns_of_one_name_loses_none():
    frame = pd.DataFrame([[1, 2.5, "x", 4]], columns=["a", "a", "a.1", "b"])
    assert texts(split(frame, 1)) == [{"a": 1, "a.2": 2.5, "a.1": "x", "b": 4}]
    assert texts([frame]) == [[{"a": 1, "a.2": 2.5, "a.1": "x", "b": 4}]]
    assert texts(split(pd.DataFrame([[1, 2]], columns=[1, "1"]), 1)) == [{"1": 1, "1.1": 2}]


@pytest.mark.parametrize("value", [{1: "a", "1": "b"}, {True: 1, "true": 2}, {None: 1, "null": 2}])
def test_keys_that_are_one_in_json_are_refused(value):
    with pytest.raises(TypeError, match="key"):
        jsontext.dumps(value)


@pytest.mark.parametrize("value", [1j, np.array([1j]), np.longdouble("1e400"), decimal.Decimal("1e400")])
def test_what_json_has_no_form_for_is_refused(value):
    with pytest.raises(TypeError):
        jsontext.dumps(value)


def test_a_masked_value_is_a_null():
    masked = np.ma.array([1, 2, 3], mask=[False, True, False])
    assert texts(entries(split(masked, 3))) == [1, None, 3]
    assert texts([masked]) == [[1, None, 3]]


@given(st.permutations(range(5)))
def test_a_pandas_result_in_another_order_is_put_in_order(order):
    sorted_frame = pd.DataFrame({"a": [10 * place for place in order]}, index=list(order))
    assert split(sorted_frame, 5) == [{"a": 10 * place} for place in range(5)]
    assert list(split(sorted_frame["a"], 5)) == [0, 10, 20, 30, 40]
    assert [row["a"] for row in split({"a": sorted_frame["a"]}, 5)] == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("index", [[3, 3, 1], [7, 9, 8], ["b", "c", "a"], [1.0, 0.0, 2.0], [1, 2, 3], [-1, 0, 1]])
def test_another_index_says_nothing_about_the_order(index):
    assert list(split(pd.Series([1, 2, 3], index=index), 3)) == [1, 2, 3]


@given(st.text(max_size=5).map(lambda text: text + "\0"))
def test_texts_that_models_return_keep_their_last_character(text):
    for result in ([text], pd.Series([text]), pd.Series([text], dtype=object), np.array([text], dtype=object)):
        assert texts(encodable(split(result, 1))) == [json.loads(json.dumps(text))]


FLOAT64 = 2
"""The form of a batch's array, and below the status of one event's float: the service writes both."""


@pytest.mark.parametrize("make", [np.asarray, list, lambda values: values.astype(np.float32), np.ndarray.tolist])
@pytest.mark.parametrize("row_wise", [None, False])
def test_who_writes_a_float_does_not_depend_on_its_neighbours(make, row_wise, serve):
    served = serve(FakeModel(lambda data: make(data[:, 0])), row_wise=row_wise)
    for neighbours in ([], [[2.5]], [b"no JSON"], [[1, 2]], [[7.5], b"no JSON", [3.5]]):
        events = [[1e-05], *neighbours]
        for run in (served.raw, lambda events: served.singly(raw_batch(events))):
            assert run(events)[0].value == pytest.approx(1e-05)
            (form, status) = bytes(served.frames[0])[56:58]
            assert form == FLOAT64 or status == Status.FLOAT


def test_floats_that_are_no_numbers_are_null_and_pass_a_comparison():
    out = Outcomes(2, Terms(99, frozenset(), None), notices([]), Pace().times())
    out.number(0, float("nan"))
    out.number(1, -float("nan"))
    assert out.of(0) == out.of(1) == (Status.FLOAT, b"null")
