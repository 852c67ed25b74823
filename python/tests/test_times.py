"""What a batch spends in each step is told, whichever way it passes, and waiting for others is no step's."""

import numpy as np
import pytest
from harness import FakeModel, raw_batch

from makinage_worker import times
from makinage_worker.times import STEPS, Times

MODEL, DECODE, PRE, PREDICT, POST, ENCODE = 1_000_000, 1_000, 30_000, 500, 7_000, 11_000
EVENTS = [[float(number), 0.5] for number in range(40)]
ALL = ("pre_transform", "predict", "post_transform")


class Clock:
    """Stands still but where a step takes its time."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now

    def takes(self, nanoseconds):
        self.now += nanoseconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(times, "_now", clock)
    return clock


def hooks_of(clock):
    """Hooks that take time, and skip an event that begins with -1, and fail one with -2."""

    def pre_transform(config):
        def transform(event):
            clock.takes(PRE)
            if event[0] == -2:
                raise ValueError("two")
            return None if event[0] == -1 else np.array(event)

        return transform

    def predict(model, config):
        def score(row):
            clock.takes(PREDICT)
            answer = model.predict(row)
            clock.takes(PREDICT)
            return answer

        return score

    def post_transform(config):
        def transform(event, prediction):
            clock.takes(POST)
            return [event, float(prediction)]

        return transform

    return {"pre_transform": pre_transform, "predict": predict, "post_transform": post_transform}


def codec_of(clock):
    """An encoder that takes time."""

    def decode(data):
        clock.takes(DECODE)
        return [float(number) for number in data.strip(b"[]").split(b",")]

    def encode(value):
        clock.takes(ENCODE)
        return repr(value).encode()

    return {"decode": decode, "encode": encode}


@pytest.fixture
def served(serve, module, clock):
    """`served(*steps, codec=True, ...)`: with these steps of the user's, and their encoder, which all take time."""
    module("timed", **hooks_of(clock))
    module("timed_codec", **codec_of(clock))

    def predict(data):
        clock.takes(MODEL)
        return np.asarray(data)[:, 0] * 10

    def start(*steps, codec=False, **options):
        codecs = {"source": "timed_codec", "sink": "timed_codec"} if codec else {}
        return serve(FakeModel(predict), hooks={step: f"timed:{step}" for step in steps}, **codecs, **options)

    return start


def spent(**steps):
    return {**dict.fromkeys(STEPS, 0), **steps}


def test_a_batch_without_steps_of_the_user_s_spends_its_time_in_the_model(served):
    one = served(row_wise=True)
    one.raw(EVENTS)
    assert one.spent == spent(predict=MODEL)
    one.dense(np.array(EVENTS))
    assert one.spent == spent(predict=MODEL)
    one.raw([*EVENTS, [1, 2, 3]])
    assert one.spent == spent(predict=2 * MODEL)


@pytest.mark.parametrize("batches", [1, 3])
def test_each_step_has_the_time_of_all_events(served, batches):
    one = served("pre_transform", row_wise=True)
    for _ in range(batches):
        one.raw(EVENTS)
        assert one.spent == spent(pre_transform=40 * PRE, predict=MODEL)
    one = served("post_transform", row_wise=True)
    for _ in range(batches):
        one.raw(EVENTS)
        assert one.spent == spent(predict=MODEL, post_transform=40 * POST)


def test_what_a_codec_takes_is_decode_s_and_encode_s(served):
    one = served("pre_transform", "post_transform", codec=True, coalesce=False)
    for _ in range(3):
        one.raw(EVENTS)
        assert one.spent == {
            "decode": 40 * DECODE,
            "pre_transform": 40 * PRE,
            "predict": 40 * MODEL,
            "post_transform": 40 * POST,
            "encode": 40 * ENCODE,
        }


def test_events_that_wait_for_each_other_s_model_calls_take_no_time_by_that(served):
    one = served(*ALL, coalesce=True, row_wise=True)
    for _ in range(3):
        one.raw(EVENTS)
        assert len(one.calls) == 0, "the hooks' calls are the desk's"
        assert one.spent == spent(pre_transform=40 * PRE, predict=40 * 2 * PREDICT + MODEL, post_transform=40 * POST)


@pytest.mark.parametrize("slow", [0, 10**15])
def test_of_two_ways_that_are_compared_the_one_that_counts_is_measured(served, monkeypatch, slow):
    # Some of the events are measured where they count as quick, and the others' time is divided.
    monkeypatch.setattr(times, "_SLOW", slow)
    one = served(*ALL)
    for _ in range(6):
        one.raw(EVENTS)
        assert one.spent["pre_transform"] == 40 * PRE
        assert one.spent["post_transform"] == 40 * POST
        assert one.spent["predict"] <= 40 * (2 * PREDICT + MODEL)


def test_events_that_fail_or_are_skipped_have_taken_their_time_until_then(served):
    for options in ({"coalesce": False}, {"coalesce": True, "row_wise": True}):
        one = served(*ALL, **options)
        results = one.raw([[-1.0, 0.0], [-2.0, 0.0], [1.0, 0.0], b"no JSON"])
        assert [result.status for result in results] == ["skipped", "failed", "output", "failed"]
        assert one.spent == spent(pre_transform=3 * PRE, predict=2 * PREDICT + MODEL, post_transform=POST)


def test_events_that_are_asked_for_singly_say_what_has_been_spent_so_far(served):
    one = served(*ALL)
    one.singly(raw_batch(EVENTS))
    assert one.spent == spent(pre_transform=40 * PRE, predict=40 * (2 * PREDICT + MODEL), post_transform=40 * POST)
    first = one.frames[0]
    assert int.from_bytes(first[24:32], "little") == PRE


class Seen:
    watch = None


@pytest.mark.parametrize(("every", "first", "watched"), [(1, 0, 20), (8, 0, 3), (8, 5, 2)])
def test_of_quick_events_some_are_measured_and_the_others_time_is_divided_as_theirs(clock, every, first, watched):
    measured = Times(every, first)
    events = [Seen() for _ in range(20)]
    for event in measured.over(events):
        if event.watch is not None:
            event.watch.begin()
        clock.takes(300)
        if event.watch is not None:
            event.watch.passed("pre_transform")
        clock.takes(100)
        if event.watch is not None:
            event.watch.passed("predict")
    measured.share()
    assert sum(event.watch is not None for event in events) == watched
    assert measured.spent == spent(pre_transform=6000, predict=2000)


def test_steps_are_never_said_to_have_taken_more_than_has_passed(clock):
    random = np.random.default_rng(7)
    for _ in range(300):
        begin = clock.now
        measured = Times(int(random.integers(1, 9)), 0)
        for event in measured.over([Seen() for _ in range(int(random.integers(1, 40)))]):
            clock.takes(int(random.integers(10**6)))
            if event.watch is not None:
                event.watch.begin()
            for step in random.permutation(STEPS)[:3]:
                clock.takes(int(random.integers(10**6)))
                if event.watch is not None:
                    event.watch.passed(str(step))
        measured.share()
        clock.takes(int(random.integers(10**3)))
        measured.lap("encode")
        assert 0 < sum(measured.spent.values()) <= clock.now - begin


def test_events_that_are_slow_are_measured_all():
    pace = times.Pace()
    assert pace.times()._every == 1
    pace.took(10, 4_990_000)
    chosen = [pace.times() for _ in range(64)]
    assert {(one._every, one._first) for one in chosen} == {(32, first) for first in range(32)}
    pace.took(10, 5_010_000)
    assert pace.times()._every == 1
