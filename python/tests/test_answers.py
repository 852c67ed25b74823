"""What several answers of one call must be like before they are believed: each what its row has alone."""

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel

from makinage_worker.agreement import all_floats, apart, strange
from makinage_worker.stack import Stack

RANDOM = np.random.default_rng(7)
NUMBERS = [[float(number), float(place)] for place, number in enumerate(RANDOM.normal(size=60))]


def values(results):
    assert {result.status for result in results} <= {"prediction"}, results
    return [result.value for result in results]


def test_a_float32_network_whose_batches_round_otherwise_is_given_batches(serve):
    weights = np.random.default_rng(3).normal(size=(2, 768)).astype(np.float32)

    def predict(data):
        # Sums in another order, as matrix libraries do it for more rows.
        answers = np.asarray(data, dtype=np.float32) @ weights / 50
        noise = np.random.default_rng(len(data)).integers(-3, 4, size=answers.shape)
        return [row.tolist() for row in (answers + noise * np.spacing(answers)).astype(np.float32)]

    served = serve(FakeModel(predict))
    assert served.calls_after(3, NUMBERS) == [len(NUMBERS)]
    assert not served.warnings


def rolls(data):
    return pd.Series(data[:, 0]).rolling(3, min_periods=1).mean()


def highest_so_far(data):
    return np.maximum.accumulate(data[:, 0])


PRESSURES = [[101325.0 + number * 7 % 50 / 1000] for number in range(40)] + [[98000.0 + number] for number in range(20)]
SECONDS = [[1_764_000_000.0 + number * 37 % 60] for number in range(60)]
EQUAL = [[5.0, float(number)] for number in range(40)] + [[float(number), 1.0] for number in range(20)]


@pytest.mark.parametrize("model", [rolls, highest_so_far])
@pytest.mark.parametrize("events", [PRESSURES, SECONDS, EQUAL, EQUAL[:41]])
@pytest.mark.parametrize("sizes", [(60,), (1, 2, 4, 8, 16, 34), (10,) * 6])
def test_neighbours_that_are_nearly_alike_hide_nothing(model, events, sizes, serve):
    served, got = serve(FakeModel(model)), []
    for size in sizes:
        got += served.raw(events[len(got) : len(got) + size])
    assert values(got) == [event[0] for event in events]


@pytest.mark.parametrize(
    "model",
    [
        lambda data: data[:, 0] + 1e6,
        lambda data: (data[:, 0] / 1e6 + 1).astype(np.float32),
        lambda data: np.full(len(data), 7.0),
        lambda data: ["no"] * len(data),
        lambda data: [{"p": 1 - 1e-17 * row[0]} for row in data],
    ],
)
def test_answers_that_are_alike_are_no_reason_to_call_a_row_wise_model_for_each(model, serve):
    served = serve(FakeModel(model))
    assert served.calls_after(3, NUMBERS)[0] == len(NUMBERS)
    assert not served.warnings


@pytest.mark.parametrize(
    ("one", "other", "others", "want"),
    [
        (1.0, 1.0, [1.0], True),
        (1.0, 1.0 + 1e-15, [2.0], True),
        (101325.01, 101325.02, [101325.02, 101325.03], False),
        (101325.01, 101325.0101, [101325.02, 101325.03], True),
        ({"a": [1.0]}, {"a": [1.0000001]}, [{"a": [1.0000002]}], False),
        (float("nan"), float("nan"), [1.0], True),
        (float("inf"), float("inf"), [1.0], True),
        (np.float16(1.0), np.float16(1.001), [np.float16(1.002)], True),
        ("a", "b", ["c"], True),
    ],
)
def test_a_prediction_is_its_own_where_no_other_is_as_near(one, other, others, want):
    differs, near = strange(one, other, [all_floats(like) for like in others])
    assert not (near & ~differs).any()
    assert bool(near.any()) != want


def test_predictions_are_apart_where_rounding_explains_nothing():
    assert apart(np.array([1.0, 1.0 + 1e-9, 1.0])) is None
    assert apart(np.array([1.0, 3.0, 2.0])) == (0, 1)
    assert apart([{"a": 1.0}, {"a": 1.0}, {"a": 2.0}]) == (0, 2)
    assert apart(["a", "a"]) is None
    assert apart(["a", "b"]) == (0, 1)
    assert apart([]) is None


def whole_or_nothing(data):
    return pd.Series([None if row[0] < 0 else int(row[0]) for row in data])


def text_or_nothing(data):
    return pd.Series([None if row[0] < 0 else "ok" for row in data])


def table_with_gaps(data):
    return pd.DataFrame({"n": [None if row[0] < 0 else int(row[0]) for row in data], "x": data[:, 1]})


def number_or_nothing(data):
    return pd.Series([None if row[0] < 0 else row[0] for row in data])


GAPS = [[float(number), float(number)] for number in range(12)]
GAPS += [[-1.0 if number % 3 else 5.0, float(number)] for number in range(30)]


@pytest.mark.parametrize("model", [whole_or_nothing, text_or_nothing, table_with_gaps, number_or_nothing])
@pytest.mark.parametrize("sizes", [(42,), (12, 30), (1, 2, 4, 8, 16, 11)])
def test_a_missing_value_changes_no_neighbour_s_type_and_none_stays_none(model, sizes, serve):
    served, got = serve(FakeModel(model)), []
    for size in sizes:
        got += served.raw(GAPS[len(got) : len(got) + size])
    single = serve(FakeModel(model), row_wise=False)
    want = [served_alone(single, event) for event in GAPS]
    assert [(result.status, repr(result.value)) for result in got] == want


def served_alone(served, event):
    (result,) = served.raw([event])
    return result.status, repr(result.value)


def test_values_that_are_missing_alone_too_keep_no_model_from_batches(serve):
    served = serve(FakeModel(lambda data: pd.DataFrame({"x": data[:, 0], "why": np.full(len(data), np.nan)})))
    assert served.calls_after(2, NUMBERS) == [len(NUMBERS)]
    assert not served.warnings


def test_a_model_whose_types_depend_on_a_value_is_called_for_each(serve):
    served = serve(FakeModel(lambda data: pd.Series([int(row[0]) if row[0] % 2 else row[0] for row in data])))
    events = [[float(number), 1.0] for number in range(40)]
    assert [repr(value) for value in values(served.raw(events))] == [
        repr(int(event[0]) if event[0] % 2 else event[0]) for event in events
    ]
    (warning,) = served.warnings
    assert "types that depend on the row" in warning


@pytest.mark.parametrize("sizes", [(60,), (1, 2, 4, 8, 45)])
def test_a_model_that_answers_in_company_what_it_refuses_alone_is_called_for_each(sizes, serve):
    def predict(data):
        if not (data[:, 0] > 0).any():
            raise ValueError("unknown")
        return data[:, 1]

    served, got = serve(FakeModel(predict)), []
    for size in sizes:
        got += served.raw(NUMBERS[len(got) : len(got) + size])
    assert [result.status for result in got] == ["prediction" if event[0] > 0 else "failed" for event in NUMBERS]


def test_an_event_s_text_has_one_type_whatever_stands_beside_it(serve):
    def predict(data):
        return np.array(["hot" if row[0] > 0 else "cold" for row in data])

    events = [[1.0, 2.0], [[1.0, 2.0], [-3.0, 4.0]], [-1.0, 2.0], [[5.0, 6.0]]] * 6
    served = serve(FakeModel(predict))
    assert values(served.raw(events)) == ["hot", ["hot", "cold"], "cold", ["hot"]] * 6
    assert not served.warnings
    stack = Stack([0, 1], None, None, [None, 1])
    assert [type(item) for item in (stack.per_event([0, 1], np.array(["a", "b"])))[:1]] == [str]
