"""Who looks on sees what events had after each step, whichever way they pass; and what comes of them is the same."""

import itertools
import json
import struct

import numpy as np
import pandas as pd
import pytest
from harness import JSON, FakeModel, Served, batch, dense_group, raw_batch, raw_group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makinage_worker import protocol
from makinage_worker.times import STEPS

EVENTS = [[float(number), 0.5] for number in range(12)]
ALL = ("pre_transform", "predict", "post_transform")


def asking(payload, places):
    """A batch of which these events are asked for."""
    return payload + struct.pack(f"<{1 + len(places)}I", len(places), *places)


def seen(frames):
    """`{place: {step: value}}` of `values` frames; checks their form."""
    found = {}
    for frame in frames:
        kind, ident, payload = protocol.split_body(frame[4:])
        assert (kind, ident) == (25, 1)
        for event in json.loads(bytes(payload))["events"]:
            steps = found.setdefault(event["place"], {})
            for step in event["steps"]:
                assert step.keys() == {"step", "value", "nanoseconds"}
                assert step["step"] in STEPS
                assert step["nanoseconds"] is None or step["nanoseconds"] >= 0
                if step["value"] is not None:
                    assert step["step"] not in steps
                    steps[step["step"]] = step["value"]
    return found


def looked_at(served, payload):
    """What is seen of a batch."""
    outcomes = served.serving.run(protocol.decode_batch(memoryview(payload)))
    values = outcomes.values(1)
    return seen([values] if values is not None else [])


def model(data):
    return np.asarray(data)[:, 0] * 10


def unless(value, skipped, failed):
    """Whether a value is none that is skipped; raises for one that fails."""
    if value == failed:
        raise ValueError("it fails")
    return value != skipped


@pytest.fixture
def hooks(module):
    def pre_transform(event):
        return np.array([event[0] + 1, event[1]]) if unless(event[0], skipped=1, failed=2) else None

    def predict(model, config):
        def score(row):
            return {"score": float(model.predict(row))} if unless(row[0], skipped=4, failed=5) else None

        return score

    def post_transform(event, prediction):
        score = prediction["score"] if isinstance(prediction, dict) else prediction
        return [event[0], score] if unless(score, skipped=60, failed=70) else None

    module(
        "seen_hooks",
        pre_transform=lambda config: pre_transform,
        predict=predict,
        post_transform=lambda config: post_transform,
    )
    return lambda *steps: {step: f"seen_hooks:{step}" for step in steps}


WAYS = {"one by one": {"coalesce": False}, "side by side": {"coalesce": True, "row_wise": True}, "on trial": {}}


@pytest.mark.parametrize("way", WAYS)
def test_values_of_events_that_pass_all_hooks(way, serve, hooks):
    served = serve(FakeModel(model), hooks=hooks(*ALL), **WAYS[way])
    for _ in range(2):
        got = looked_at(served, asking(raw_batch(EVENTS), range(12)))
        assert got[0] == {
            "decode": "[0.0, 0.5]",
            "pre_transform": "[1.0, 0.5]",
            "predict": '{"score": 10.0}',
            "post_transform": "[0.0, 10.0]",
        }
        assert got[1] == {"decode": "[1.0, 0.5]", "pre_transform": "null"}
        assert got[2] == {"decode": "[2.0, 0.5]"}
        assert got[3] == {"decode": "[3.0, 0.5]", "pre_transform": "[4.0, 0.5]", "predict": "null"}
        assert got[4] == {"decode": "[4.0, 0.5]", "pre_transform": "[5.0, 0.5]"}
        assert got[5]["post_transform"] == "null"
        assert got[6]["predict"] == '{"score": 70.0}'
        assert "post_transform" not in got[6]
        assert len(got) == 12


@pytest.mark.parametrize("way", WAYS)
def test_of_events_that_end_early_what_they_had_is_told_without_asking(way, serve, hooks):
    served = serve(FakeModel(model), hooks=hooks(*ALL), **WAYS[way])
    got = looked_at(served, asking(raw_batch(EVENTS), []))
    assert got == {
        3: {"pre_transform": "[4.0, 0.5]"},
        4: {"pre_transform": "[5.0, 0.5]"},
        5: {"predict": '{"score": 60.0}'},
        6: {"predict": '{"score": 70.0}'},
    }
    assert looked_at(served, raw_batch(EVENTS)) == {}


def test_events_that_are_asked_for_singly_have_their_values_before_their_results(serve, hooks):
    served = serve(FakeModel(model), hooks=hooks(*ALL))
    payload = asking(raw_batch(EVENTS), [0, 3, 11])
    places = []
    for place, outcomes in served.serving.singly(protocol.decode_batch(memoryview(payload))):
        values = outcomes.values(1)
        if values is not None:
            assert set(seen([values])) == {place}
            places.append(place)
    assert places == [0, 3, 4, 5, 6, 11]


@pytest.mark.parametrize("step", ["pre_transform", "post_transform"])
def test_a_hook_on_one_side_of_the_model(step, serve, hooks):
    served = serve(FakeModel(model), hooks=hooks(step), row_wise=True)
    got = looked_at(served, asking(raw_batch(EVENTS), [0, 3, 6]))
    if step == "pre_transform":
        assert got[0] == {"decode": "[0.0, 0.5]", "pre_transform": "[1.0, 0.5]", "predict": "10.0"}
        assert 2 not in got
    else:
        assert got[3] == {"pre_transform": "[3.0, 0.5]", "predict": "30.0", "post_transform": "[3.0, 30.0]"}
        assert got[6] == {"pre_transform": "[6.0, 0.5]", "predict": "60.0", "post_transform": "null"}
        assert got[7] == {"predict": "70.0"}


def test_the_default_steps_show_what_the_model_is_given_and_answers(serve):
    served = serve(FakeModel(model))
    for payload in (raw_batch(EVENTS), batch([dense_group(range(12), np.array(EVENTS))], 12)):
        for _ in range(2):
            got = looked_at(served, asking(payload, [0, 7]))
            assert got == {
                place: {"pre_transform": f"[{place}.0, 0.5]", "predict": f"{place * 10.0}"} for place in (0, 7)
            }
    mixed = batch([raw_group([1], [[1, "a"]]), raw_group([0, 2], [[2.5, 1], b"no JSON"])], 3)
    assert looked_at(served, asking(mixed, [0, 1, 2]))[0] == {"pre_transform": "[2.5, 1.0]", "predict": "25.0"}


def test_rows_with_names_are_shown_by_them(serve):
    objects = [{"a": 1, "b": 2.5}, {"b": 3.5, "a": 4}]
    served = serve(FakeModel(lambda frame: frame["a"] * 2))
    got = looked_at(served, asking(raw_batch(objects), [0, 1]))
    assert got[1] == {"pre_transform": '{"a": 4, "b": 3.5}', "predict": "8"}


def test_what_a_hook_reuses_is_shown_as_it_was(serve, module):
    row, answer = np.zeros(2), {}

    def fill(event):
        row[:] = event
        return row

    def score(model):
        def scored(row):
            answer["score"] = float(model.predict(row))
            return answer

        return scored

    module("reusing", pre=lambda config: fill, predict=lambda model, config: score(model))
    served = serve(FakeModel(model), hooks={"pre_transform": "reusing:pre", "predict": "reusing:predict"})
    got = looked_at(served, asking(raw_batch(EVENTS), range(12)))
    assert [got[place]["pre_transform"] for place in range(12)] == [f"[{place}.0, 0.5]" for place in range(12)]
    assert [got[place]["predict"] for place in range(12)] == [f'{{"score": {place * 10.0}}}' for place in range(12)]


def test_what_a_codec_of_the_user_s_reads_is_shown(serve, module):
    class Message:
        def __init__(self, number):
            self.number = number

        def __repr__(self):
            raise AssertionError("nobody asked it")

    module("seen_codec", decode=lambda data: Message(float(data)), encode=lambda output: b"x")
    module("seen_pre", pre=lambda config: lambda message: [message.number, 0.0])
    served = serve(FakeModel(model), source="seen_codec", sink="seen_codec", hooks={"pre_transform": "seen_pre:pre"})
    got = looked_at(served, asking(raw_batch([b"3", b"4"]), [0, 1]))
    assert got[1]["decode"].endswith('Message {"number": 4.0}>')
    assert got[1]["predict"] == "40.0"


def test_a_model_that_fails_for_an_event_shows_the_row(serve):
    def refuses(data):
        if (data[:, 0] == 3).any():
            raise ValueError("three")
        return data[:, 0]

    served = serve(FakeModel(refuses), row_wise=True)
    got = looked_at(served, asking(raw_batch(EVENTS), [1]))
    assert got == {1: {"pre_transform": "[1.0, 0.5]", "predict": "1.0"}, 3: {"pre_transform": "[3.0, 0.5]"}}


def test_only_so_many_are_told_of_without_asking(serve, module):
    def raises(event):
        raise ValueError("no")

    module("raising", predict=lambda model, config: raises)
    served = serve(FakeModel(model), hooks={"predict": "raising:predict"})
    got = looked_at(served, asking(raw_batch([[1.0]] * 500), [499]))
    assert len(got) == 101
    assert 499 in got


@pytest.mark.parametrize("cut", [1, 3, 4, 7])
def test_places_that_are_cut_are_refused(cut):
    payload = asking(raw_batch(EVENTS), [1, 2])
    with pytest.raises(protocol.ProtocolError):
        protocol.decode_batch(memoryview(payload[:-cut]))
    assert protocol.decode_batch(memoryview(payload)).asked == (1, 2)
    assert protocol.decode_batch(memoryview(raw_batch(EVENTS))).asked is None


COUNTER = itertools.count()
STATEFUL = {
    "none": None,
    "counts": lambda state: lambda *given: (state.append(1), [*np.atleast_1d(given[-1]).tolist(), len(state)])[1],
    "passes": lambda state: lambda *given: given[-1],
    "skips": lambda state: lambda *given: None if np.atleast_1d(given[-1])[0] == 2 else given[-1],
    "raises": lambda state: lambda *given: given[-1] if np.atleast_1d(given[-1])[0] != 3 else None.x,
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.tuples(*[st.sampled_from(sorted(STATEFUL))] * 2, st.booleans()),
    options=st.sampled_from([{}, {"coalesce": False}, {"coalesce": True}, {"row_wise": True}]),
    batches=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=12), min_size=1, max_size=6),
    places=st.lists(st.integers(0, 12), unique=True),
)
def test_answers_are_the_same_to_the_byte_whether_somebody_looks_on_or_not(
    kinds, options, batches, places, tmp_path, module
):
    pre, post, predicts = kinds
    name = f"same_{next(COUNTER)}"

    def served():
        steps = {}
        if STATEFUL[pre]:
            steps["pre_transform"] = lambda config: STATEFUL[pre]([])
        if predicts:
            steps["predict"] = lambda model, config: lambda row: [model.predict(row)]
        if STATEFUL[post]:
            steps["post_transform"] = lambda config: STATEFUL[post]([])
        module(name, **steps)
        hooks = {step: f"{name}:{step}" for step in steps}
        return Served(FakeModel(model), folder=str(tmp_path), hooks=hooks, source=JSON, **options)

    alone, watched = served(), served()
    for numbers in batches:
        payload = raw_batch([[float(number), 1.0] for number in numbers])
        asked = sorted(place for place in places if place < len(numbers))
        alone.run(payload)
        watched.run(asking(payload, asked))
        # But for the times.
        assert [(bytes(frame[:8]), bytes(frame[56:])) for frame in alone.frames] == [
            (bytes(frame[:8]), bytes(frame[56:])) for frame in watched.frames
        ]
    assert alone.warnings == watched.warnings
    assert len(alone.calls) == len(watched.calls)


def test_frames_and_series_of_pandas_are_shown(serve, module):
    module("framing", pre=lambda config: lambda event: pd.DataFrame({"a": [event[0]], "b": [event[1]]}))
    served = serve(FakeModel(lambda frame: frame["a"] * 10), hooks={"pre_transform": "framing:pre"})
    got = looked_at(served, asking(raw_batch(EVENTS), [2]))
    assert got[2]["pre_transform"] == '{"a": 2.0, "b": 0.5}'
