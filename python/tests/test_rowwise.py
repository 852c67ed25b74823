"""A model's answers for several rows are believed only once it was seen to answer each as if it were alone."""

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from harness import FakeModel
from models import QUICK

from makinage_worker.agreement import agree
from makinage_worker.cells import Column
from makinage_worker.columns import ColumnPlan

RANDOM = np.random.default_rng(7)
NUMBERS = [
    [float(number), float(user)]
    for number, user in zip(RANDOM.normal(size=60), RANDOM.integers(3, size=60), strict=True)
]
DATES = [f"2024-{1 + number * 7 % 12:02}-{1 + number * 5 % 28:02}" for number in range(60)]
RECORDS = [{"at": at, "user": f"u{number % 4}", "x": float(number)} for number, at in enumerate(DATES)]
PLAN = ColumnPlan([Column("at", "datetime"), Column("user", "string"), Column("x", "double")])


def sorts_numbers(data):
    return np.sort(data[:, 0])


def normalises(data):
    return (data[:, 0] - data[:, 0].mean()) / (data[:, 0].std() + 1)


def nearly_row_wise(data):
    return data[:, 0] + 0.001 * data[:, 0].mean()


def fills_from_the_row_before(data):
    frame = pd.DataFrame(data)
    return frame[0].where(frame[0] > 0).ffill().fillna(0).to_numpy()


def differences(data):
    return pd.Series(data[:, 0]).diff().fillna(0).to_numpy()


def groups_by_user(data):
    return pd.DataFrame(data).groupby(1)[0].transform("mean").to_numpy()


def counts_in_group(data):
    return pd.DataFrame(data).groupby(1)[0].transform("size").to_numpy()


def deduplicates_and_pads(data):
    unique = list(dict.fromkeys(data[:, 0].tolist()))
    return unique + [-1.0] * (len(data) - len(unique))


def ranks(data):
    return data[:, 0].argsort().argsort()


def first_row_for_all(data):
    return [data[0, 0]] * len(data)


def top_three_labels_of_row_0(data):
    return [f"{data[0, 0]:.3f}-{place}" for place in range(3)]


def a_single_number(data):
    return float(data.sum())


def reverses(data):
    return data[::-1, 0]


def only_one_row(data):
    if len(data) > 1:
        raise ValueError("one at a time")
    return data[:, 0]


def softmax_over_the_batch(data):
    return np.exp(data[:, 0]) / np.exp(data[:, 0]).sum()


MIXING = [
    sorts_numbers,
    normalises,
    nearly_row_wise,
    fills_from_the_row_before,
    differences,
    groups_by_user,
    counts_in_group,
    deduplicates_and_pads,
    ranks,
    first_row_for_all,
    top_three_labels_of_row_0,
    a_single_number,
    reverses,
    only_one_row,
    softmax_over_the_batch,
]


def values(results):
    assert {result.status for result in results} <= {"prediction"}, results
    return [result.value for result in results]


def alone(served, events):
    return [values(served.raw([event]))[0] for event in events]


@pytest.mark.parametrize("sizes", [[60], [1, 1, 58], [3] * 20, [2, 4, 8, 16, 30]])
@pytest.mark.parametrize("model", MIXING)
def test_a_model_that_mixes_rows_gets_one_event_a_call_with_one_line(model, sizes, serve):
    served = serve(FakeModel(model))
    got = []
    for size in sizes:
        got += values(served.raw(NUMBERS[len(got) : len(got) + size]))
    want = alone(serve(FakeModel(model), row_wise=False), NUMBERS)
    assert got == pytest.approx(want) if isinstance(want[0], float) else got == want
    (warning,) = served.warnings
    assert "model call of its own" in warning


@pytest.mark.parametrize("events", [NUMBERS[:1] * 5 + NUMBERS, NUMBERS[:2] * 20 + NUMBERS, [[1.0, 0.0]] * 3 + NUMBERS])
@pytest.mark.parametrize("model", MIXING)
def test_duplicates_and_constant_features_do_not_hide_what_a_model_does(model, events, serve):
    want = alone(serve(FakeModel(model), row_wise=False), events)
    got = values(serve(FakeModel(model)).raw(events))
    assert got == pytest.approx(want) if isinstance(want[0], float) else got == want


def sorts_by_date(frame):
    return frame.sort_values("at", kind="stable").reset_index(drop=True)["x"].to_numpy()


def sorts_by_user(frame):
    return frame.sort_values("user", kind="stable")["x"].to_numpy()


def mean_of_user(frame):
    return frame.groupby("user")["x"].transform("mean").tolist()


@pytest.mark.parametrize("model", [sorts_by_date, sorts_by_user, mean_of_user])
@pytest.mark.parametrize("first", [0, 4, 8])
def test_frames_that_are_sorted_or_grouped(model, first, serve):
    # The first events may be alike in what the model sorts or groups by.
    alike = [{**RECORDS[0], "x": float(number)} for number in range(first)]
    events = alike + RECORDS
    assert values(serve(FakeModel(model, plan=PLAN)).raw(events)) == [event["x"] for event in events]


def test_a_model_that_sorts_and_keeps_the_index_is_put_in_order_and_stays_fast(serve):
    def predict(frame):
        return frame.sort_values("at")[["x"]]

    served = serve(FakeModel(predict, plan=PLAN))
    assert values(served.raw(RECORDS)) == [{"x": event["x"]} for event in RECORDS]
    assert not served.warnings
    served.raw(RECORDS)
    served.calls.clear()
    served.raw(RECORDS)
    assert served.calls == [len(RECORDS)]


@pytest.mark.parametrize(
    "model",
    [
        lambda data: data[:, 0] * 2,
        lambda data: data.astype(np.float32) @ np.ones((2, 1), dtype=np.float32),
        lambda data: [{"label": str(row[0] > 0), "scores": list(row)} for row in data],
        lambda data: pd.DataFrame(data, columns=["a", "b"]),
        lambda data: np.where(data[:, 0] > 0, np.nan, data[:, 0]),
    ],
)
def test_a_row_wise_model_is_given_batches_after_a_few_events(model, serve):
    served = serve(FakeModel(model))
    assert served.calls_after(2, NUMBERS) == [len(NUMBERS)]
    assert not served.warnings


def test_nothing_but_the_first_events_is_scored_alone(serve):
    served = serve(FakeModel(lambda data: data[:, 0]))
    served.raw(NUMBERS)
    assert max(served.calls) == len(NUMBERS) - 8
    assert sum(1 for rows in served.calls if rows == 1) <= 8 + 2 * 4 + 3


@pytest.mark.parametrize("size", [2, 3, 5, 7])
def test_small_batches_are_looked_at_once_there_are_events_enough(size, serve):
    served = serve(FakeModel(lambda data: data.sum(axis=1)))
    events = np.random.default_rng(1).uniform(size=(15 * size, 4)).tolist()
    for begin in range(0, len(events), size):
        part = events[begin : begin + size]
        assert values(served.raw(part)) == pytest.approx([sum(event) for event in part])
    # Eight together, those once more in reverse, and five doubled with four mixed ones.
    assert sum(served.calls) <= len(events) + 2 * 8 + 9 + 4
    assert served.calls[-1] == size


@pytest.mark.parametrize("row_wise", [True, False])
def test_the_configuration_s_word_counts(row_wise, serve):
    served = serve(FakeModel(normalises), row_wise=row_wise)
    served.raw(NUMBERS)
    assert served.calls == ([60] if row_wise else [1] * 60)
    assert not served.warnings


def test_a_model_that_draws_random_numbers_is_told_of_row_wise(serve):
    draw = np.random.default_rng(1)
    served = serve(FakeModel(lambda data: data[:, 0] + draw.normal(size=len(data))))
    served.raw(NUMBERS)
    (warning,) = served.warnings
    assert "operators.serve.row_wise: true" in warning
    assert "ms each" in warning


def test_events_that_fail_prove_nothing_and_hide_nothing(serve):
    def predict(data):
        if (data[:, 0] < 0).any():
            raise ValueError("negative")
        return data[:, 0] - data[:, 0].mean()

    results = serve(FakeModel(predict)).raw(NUMBERS)
    got = [result.value if result.status == "prediction" else result.status for result in results]
    assert got == ["failed" if event[0] < 0 else 0.0 for event in NUMBERS]


def test_events_of_several_rows_are_proven_as_a_whole(serve):
    events = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0]], [[0.0, 1.0], [2.0, 9.0]], [[7.0, 7.0], [1.0, 2.0]]]
    served = serve(FakeModel(lambda data: data[:, 0] - data[:, 0].max()))
    assert values(served.raw(events)) == [[-2.0, 0.0], [0.0], [-2.0, 0.0], [0.0, -6.0]]
    served = serve(FakeModel(lambda data: data[:, 0]))
    assert values(served.raw(events * 3)) == [[1.0, 3.0], [5.0], [0.0, 2.0], [7.0, 1.0]] * 3


def test_what_was_seen_of_one_kind_of_event_says_nothing_of_another(serve):
    def predict(data):
        return np.sort(data[:, 0]) if data.dtype == np.int64 else data[:, 0]

    events = [event for number in range(20) for event in ([float(-number), 0.5], [-number, 1])]
    assert values(serve(FakeModel(predict)).raw(events)) == [event[0] for event in events]


class Sorting(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return np.sort(np.asarray(model_input)[:, 0])


def test_an_example_with_two_rows_decides_before_the_first_event(serve, tmp_path):
    path = str(tmp_path / "model")
    example = np.array([[2.0, 1.0], [1.0, 1.0]])
    mlflow.pyfunc.save_model(path, python_model=Sorting(), input_example=example, **QUICK)
    served = serve(path)
    assert len(served.warnings) == 1
    assert values(served.raw(NUMBERS)) == [event[0] for event in NUMBERS]
    assert served.calls == [1] * 60


@pytest.mark.parametrize(
    ("result", "told"),
    [("ab", "a str"), ((1,), "a tuple"), ({"a": 1}, "a dict"), (5.0, "a float"), ([1, 2], "a list of 2")],
)
def test_the_line_says_what_was_returned_and_does_not_contradict_itself(result, told, serve):
    served = serve(FakeModel(lambda data: result))
    served.raw(NUMBERS[:1])
    (warning,) = served.warnings
    assert told in warning
    assert "given 1 row and returned 1" not in warning


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        (np.float32(0.1), np.float32(0.1000005), True),
        (0.1, 0.1 + 1e-9, True),
        (0.1, 0.1001, False),
        (1e-17, 3e-17, True),
        (1, 1.0, False),
        (np.float32(0.5), np.float64(0.5), False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1.0, 2.0]), np.array([1.0]), False),
        ({"a": [1.0, "x"]}, {"a": [1.0, "x"]}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        (float("inf"), float("inf"), True),
        (pd.NaT, pd.NaT, True),
        (1, True, False),
        ("a", "b", False),
        (np.array(["a"]), np.array(["a"]), True),
    ],
)
def test_predictions_agree_to_rounding_and_no_further(one, other, want):
    assert agree(one, other, [one, other, type(one)(1.0)] if isinstance(one, float) else [one, other]) is want


def blind_beside_a_large_number(data):
    return data[:, 0] + (data[:, 1] - data[:, 1].mean())


def score_beside_an_epoch(data):
    return pd.DataFrame({"at": 1.7e9 + data[:, 0] * 1000, "score": data[:, 1] - data[:, 1].mean()})


def integers_and_floats(data):
    return np.array([int(row[0] * 10) if row[0] > 0 else float(row[0]) for row in data])


def whole_or_half(data):
    return data[:, 0].astype(np.float32 if len(data) == 1 else np.float64)


def adjacent_duplicates(data):
    return (pd.Series(data[:, 1]) != pd.Series(data[:, 1]).shift()).tolist()


def window_of_16(data):
    return pd.Series(data[:, 0]).rolling(16, min_periods=1).mean().where(np.arange(len(data)) >= 15, data[:, 0])


def neighbours_from_20_rows_on(data):
    return data[:, 0] if len(data) < 20 else np.full(len(data), data[:, 0].mean())


@pytest.mark.parametrize(
    ("model", "events"),
    [
        (blind_beside_a_large_number, [[1e7, 0.3], *RANDOM.random((64, 2)).tolist()]),
        (score_beside_an_epoch, RANDOM.random((64, 2)).tolist()),
        (integers_and_floats, NUMBERS),
        (whole_or_half, NUMBERS),
        (adjacent_duplicates, [[1.0, float(number // 3)] for number in range(60)]),
        (window_of_16, NUMBERS),
        (neighbours_from_20_rows_on, NUMBERS),
        (lambda data: pd.DataFrame(data).groupby(0)[16].transform("mean"), RANDOM.integers(2, size=(60, 30)).tolist()),
    ],
)
@pytest.mark.parametrize("sizes", [(65,), (1, 2, 4, 8, 16, 34)])
def test_what_shows_only_at_second_sight(model, events, sizes, serve):
    served, got = serve(FakeModel(model)), []
    for size in sizes:
        got += served.raw(events[len(got) : len(got) + size])
    want = alone(serve(FakeModel(model), row_wise=False), events)
    assert [repr(value) for value in values(got)] == [repr(value) for value in want]
    assert len(served.warnings) == 1


@pytest.mark.parametrize(
    "pre_transform",
    [
        lambda event: pd.DataFrame({"t": pd.to_datetime([None]), "x": [event]}),
        lambda event: {"t": pd.NaT, "x": event},
        lambda event: {"t": np.datetime64("NaT"), "x": event},
    ],
)
def test_dates_that_are_missing_are_compared(pre_transform, serve, monkeypatch):
    import sys
    import types

    module = types.ModuleType("missing_dates")
    module.pre_transform = lambda config: pre_transform
    monkeypatch.setitem(sys.modules, "missing_dates", module)
    served = serve(FakeModel(lambda frame: frame["x"].tolist()), hooks={"pre_transform": "missing_dates:pre_transform"})
    got = [result.value for result in served.raw(list(range(20)))]
    assert [value[0] if isinstance(value, list) else value for value in got] == list(range(20))


def test_missing_dates_of_a_signature_are_compared(serve):
    plan = ColumnPlan([Column("a", "double"), Column("t", "datetime", required=False)])
    events = [{"a": float(number), "t": None} for number in range(20)] + [{"a": 4.0}]
    assert values(serve(FakeModel(lambda frame: frame["a"].tolist(), plan=plan)).raw(events)) == [
        e["a"] for e in events
    ]


def test_answers_that_cannot_be_compared_are_given_alone(serve):
    class Answer(dict):
        def __eq__(self, other):
            raise AttributeError("no such thing")

        __hash__ = None

    served = serve(FakeModel(lambda data: [Answer(x=row[0]) for row in data]))
    assert values(served.raw(NUMBERS)) == [{"x": event[0]} for event in NUMBERS]


def test_ids_in_a_result_s_index_say_nothing_of_its_order(serve):
    served = serve(FakeModel(lambda frame: frame.set_index("id")["x"] * 2))
    many = [{"id": 100 + number, "x": float(number)} for number in range(16)]
    few = [{"id": 1, "x": 0.5}, {"id": 0, "x": 0.0}]
    assert values(served.raw(many)) + values(served.raw(few)) == [event["x"] * 2 for event in [*many, *few]]


def test_a_model_that_answers_none_for_all_when_one_is_bad_loses_no_good_event(serve):
    def predict(data):
        return [None] * len(data) if (data[:, 0] < 0).any() else data[:, 0].tolist()

    served = serve(FakeModel(predict))
    served.raw([[float(number), 1.0] for number in range(20)])
    results = served.raw([[1.0, 2.0], [-1.0, 2.0], [3.0, 4.0]])
    assert [result.status for result in results] == ["prediction", "skipped", "prediction"]


def test_with_row_wise_false_a_stateful_model_is_called_once_for_each_event(serve):
    calls = []

    def predict(data):
        calls.append(len(data))
        return [len(calls)]

    for events in (NUMBERS[:5], [{"a": 1, "b": number} for number in range(5)]):
        calls.clear()
        assert values(serve(FakeModel(predict), row_wise=False).raw(events)) == [1, 2, 3, 4, 5]


def test_a_dense_group_is_scored_one_by_one_too(serve):
    served = serve(FakeModel(sorts_numbers))
    assert values(served.dense(NUMBERS)) == values(served.dense(NUMBERS)) == [event[0] for event in NUMBERS]
