"""An event of numbers that comes by itself has the result that it has the long way, and learns the worker the same."""

import re
import time

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from harness import Exhausted, FakeModel, Served, batch, dense_group
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow.models import infer_signature
from models import QUICK
from sklearn.linear_model import LinearRegression

BUFFER = np.zeros(1)


def one(event):
    """The payload of a batch of one event."""
    return batch([dense_group([0], np.array([event]))], 1)


def untimed(warnings):
    return [re.sub(r"\([^(]* ms each here\)", "", warning) for warning in warnings]


def fills_a_buffer(data):
    buffer = BUFFER if len(data) == 1 else np.zeros(len(data))
    buffer[:] = data[:, 0]
    return buffer


def spoils_its_input(data):
    answer = data.sum(axis=1)
    data[:] = 0
    return answer


def refuses_three(data):
    if (data[:, 0] == 3).any():
        raise ValueError("three")
    return data[:, 0]


MODELS = {
    "floats": lambda data: data[:, 0] * 0.1,
    "single floats": lambda data: data[:, 0].clip(-9, 9).astype(np.float32) / np.float32(3),
    "integers": lambda data: data[:, 0].clip(-9, 9).astype(np.int64),
    "small integers": lambda data: data[:, 0].clip(-9, 9).astype(np.int8),
    "unsigned": lambda data: np.full(len(data), 2**63 + 1, dtype=np.uint64),
    "booleans": lambda data: data[:, 0] > 2,
    "texts": lambda data: np.array([f"{row[0]}" for row in data]),
    "no floats": lambda data: np.where(data[:, 0] > 2, np.inf, np.nan),
    "two columns": lambda data: data[:, :2],
    "one column": lambda data: data[:, :1],
    "a list": lambda data: data[:, 0].tolist(),
    "a series": lambda data: pd.Series(data[:, 0]),
    "a masked array": lambda data: np.ma.masked_array(data[:, 0], mask=data[:, 0] == 3),
    "nothing": lambda data: None,
    "too much": lambda data: np.zeros(len(data) + 1),
    "a generator": lambda data: (row[0] for row in data),
    "a buffer": fills_a_buffer,
    "spoiled": spoils_its_input,
    "refused": refuses_three,
}

events = st.one_of(
    st.lists(st.integers(-5, 5), min_size=3, max_size=3),
    st.lists(st.sampled_from([0.0, -0.0, 0.5, 3.0, 1e300, 1e-320]), min_size=2, max_size=3),
)


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=25, deadline=None)
@given(several=st.lists(events, min_size=2, max_size=12))
def test_each_event_has_the_result_of_the_long_way(name, several):
    lone, other = (Served(FakeModel(MODELS[name]), folder=".") for _ in range(2))
    for event in several:
        expected = other.run_the_long_way(one(event))
        assert repr(lone.run(one(event))) == repr(expected)
        assert lone.form == other.form
    assert untimed(lone.warnings) == untimed(other.warnings)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int32])
@pytest.mark.parametrize("named", [False, True])
def test_rows_are_made_as_the_signature_has_them(tmp_path, dtype, named):
    rows = np.array([[1, 2], [3, 5], [4, 4]], dtype=dtype)
    data = pd.DataFrame(rows, columns=["a", "b"]) if named else rows
    model = LinearRegression().fit(data, [0.1, 0.2, 0.5])
    folder = str(tmp_path / "model")
    mlflow.sklearn.save_model(
        model, folder, signature=infer_signature(data), serialization_format="cloudpickle", **QUICK
    )
    lone, other = (Served(folder, folder=folder) for _ in range(2))
    for event in [[1.5, 2.5], [1, 2], [7.0, 1.0], [2**40, 1], [0.1, 1e300], [1.0, 2.0, 3.0]] * 2:
        assert repr(lone.run(one(event))) == repr(other.run_the_long_way(one(event)))


def test_it_is_taken_by_events_whose_kind_is_known():
    served = Served(FakeModel(lambda data: data[:, 0]), folder=".")
    assert served.short_way(one([1.0, 2.0])) is None
    served.run(one([1.0, 2.0]))
    assert served.short_way(one([3.0, 4.0])) is not None
    assert served.short_way(one([3, 4])) is None, "of another type"
    assert served.short_way(one([3.0, 4.0, 5.0])) is None, "of another width"


def test_events_that_somebody_looks_at_take_the_long_way():
    served = Served(FakeModel(lambda data: data[:, 0]), folder=".")
    for _ in range(2):
        served.run(one([1.0, 2.0]))
    assert served.short_way(one([1.0, 2.0]) + b"\1\0\0\0\0\0\0\0") is None


def test_a_model_that_is_not_given_batches_has_the_long_way():
    served = Served(FakeModel(lambda data: data[:, 0]), row_wise=False, folder=".")
    for _ in range(2):
        served.run(one([1.0, 2.0]))
    assert served.short_way(one([1.0, 2.0])) is None


def test_an_event_that_fails_is_asked_for_once_and_says_what_it_says_the_long_way():
    served = Served(FakeModel(refuses_three), folder=".")
    for _ in range(2):
        served.run(one([1.0, 2.0]))
    expected = served.run_the_long_way(one([3.0, 2.0]))
    served.calls.clear()
    assert served.short_way(one([3.0, 2.0])) is not None
    assert served.calls == [1]
    assert served.run(one([3.0, 2.0])) == expected
    assert expected[0].status == "failed"


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("row_wise", [None, True])
def test_each_event_is_one_call(name, row_wise):
    served = Served(FakeModel(MODELS[name]), row_wise=row_wise, folder=".")
    for event in range(5):
        served.run(one([float(event), 2.0]))
    assert served.calls == [1] * 5


def test_a_call_each_whatever_number_of_forms_comes():
    served = Served(FakeModel(lambda data: data[:, 0].tolist()), folder=".")
    for _ in range(3):
        for width in range(1, 70):
            assert served.run(one([0.5] * width))[0].value == 0.5
    assert served.calls == [1] * 3 * 69


def test_what_the_model_gets_is_its_own():
    def checks(data):
        assert data.flags.owndata
        assert data.flags.writeable
        return data[:, 0]

    served = Served(FakeModel(checks), folder=".")
    for _ in range(3):
        assert served.run(one([1.0, 2.0]))[0].value == 1.0


def test_a_source_that_there_is_not_is_refused_as_the_long_way_does():
    served = Served(FakeModel(lambda data: data[:, 0]), folder=".")
    for _ in range(2):
        served.run(one([1.0, 2.0]))
    wrong = bytearray(one([1.0, 2.0]))
    wrong[9] = 1
    assert served.short_way(wrong) is None
    with pytest.raises(IndexError):
        served.run(wrong)


def test_types_that_depend_on_the_row_are_noticed():
    served = Served(FakeModel(lambda data: data[:, 0] if data[0, 0] > 2 else data[:, 0].astype(np.int64)), folder=".")
    for event in (1.0, 3.0, 1.0):
        served.run(one([event, 2.0]))
    assert len(served.warnings) == 1
    assert "types that depend on the row" in served.warnings[0]


def test_running_out_of_memory_ends_the_worker():
    def exhausts(data):
        if data[0, 0] == 3:
            raise MemoryError
        return data[:, 0]

    served = Served(FakeModel(exhausts), folder=".")
    served.run(one([1.0, 2.0]))
    with pytest.raises(Exhausted):
        served.run(one([3.0, 2.0]))


def test_its_steps_have_their_times():
    served = Served(FakeModel(lambda data: data[:, 0]), folder=".")
    for _ in range(2):
        served.run(one([1.0, 2.0]))
    assert served.short_way(one([1.0, 2.0])) is not None
    assert served.spent["predict"] > 0
    assert served.spent["pre_transform"] > 0
    assert served.spent["post_transform"] == 0


def test_the_time_of_a_failure_is_its_steps():
    def waits(data):
        if data[0, 0] == 3:
            end = time.perf_counter() + 0.01
            while time.perf_counter() < end:
                pass
            raise ValueError("three")
        return data[:, 0]

    served = Served(FakeModel(waits), folder=".")
    served.run(one([1.0, 2.0]))
    assert served.run(one([3.0, 2.0]))[0].status == "failed"
    assert served.spent["predict"] >= 10_000_000
