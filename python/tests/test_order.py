"""What user code can observe is one event after the other, whatever else is in the batch and whatever it reuses."""

import functools

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel, batch, raw_group

JSON = "makinage.encoding.json"


def first_column(data):
    return np.asarray(data)[:, 0] * 10


EVENTS = [[float(number), 0.5, -1.0] for number in range(40)]
OWN_ANSWERS = [event[0] * 10 for event in EVENTS]


def predictions(results):
    return [result.value[1] if result.status == "output" else result.value for result in results]


def test_an_array_that_a_pre_transform_fills_again_and_again(serve, module):
    def pre_transform(config):
        row = np.zeros(3)

        def fill(event):
            row[:] = event
            return row

        return fill

    module("hooks1", pre_transform=pre_transform)
    served = serve(FakeModel(first_column), hooks={"pre_transform": "hooks1:pre_transform"})
    assert predictions(served.raw(EVENTS)) == OWN_ANSWERS


@pytest.mark.parametrize("kind", ["list", "dict", "series", "frame", "object array"])
def test_anything_else_that_a_pre_transform_fills_again_and_again(kind, serve, module):
    reused = {
        "list": [0.0, 0.0, 0.0],
        "dict": {"a": 0.0, "b": 0.0, "c": 0.0},
        "series": pd.Series({"a": 0.0, "b": 0.0, "c": 0.0}),
        "frame": pd.DataFrame({"a": [0.0], "b": [0.0], "c": [0.0]}),
        "object array": np.array([0.0, 0.0, None], dtype=object),
    }[kind]

    def pre_transform(config):
        def fill(event):
            if kind == "frame":
                reused.loc[0, "a"] = event[0]
            else:
                reused["a" if kind in ("dict", "series") else 0] = event[0]
            return reused

        return fill

    module("hooks2", pre_transform=pre_transform)
    served = serve(FakeModel(first_column), hooks={"pre_transform": "hooks2:pre_transform"})
    want = [[answer] if kind == "frame" else answer for answer in OWN_ANSWERS]
    assert predictions(served.raw(EVENTS)) == want


@pytest.mark.parametrize("post", [False, True])
@pytest.mark.parametrize("width", [None, 2])
def test_an_output_buffer_that_a_model_answers_in_again_and_again(width, post, serve, module):
    buffers = {}

    def predict(data):
        shape = (len(data),) if width is None else (len(data), width)
        # One buffer for each size, as IO bindings have: an answer for four rows overwrites the four before.
        buffer = buffers.setdefault(shape, np.zeros(shape))
        buffer.T[:] = data[:, 0] * 10
        return buffer

    module("hooks3", post_transform=lambda config: lambda event, prediction: (event, prediction))
    hooks = {"post_transform": "hooks3:post_transform"} if post else {}
    served = serve(FakeModel(predict), hooks=hooks)
    # Of two kinds, so that a batch needs several model calls of equal size.
    events = [event for row in EVENTS for event in (row, [int(row[0]), 1, 2])]
    want = [[answer] * (width or 1) if width else answer for answer in OWN_ANSWERS for _ in range(2)]
    assert predictions(served.raw(events)) == want


def test_a_dict_that_a_model_answers_with_again_and_again(serve, module):
    answers = {}

    def predict(data):
        given = [answers.setdefault(place, {}) for place in range(len(data))]
        for answer, row in zip(given, data, strict=True):
            answer["score"] = row[0] * 10
        return given

    module("hooks4", post_transform=lambda config: lambda event, prediction: (event, prediction["score"]))
    served = serve(FakeModel(predict), hooks={"post_transform": "hooks4:post_transform"})
    for events in (EVENTS[:1], EVENTS, [*EVENTS[:5], *([1, 2, 3] for _ in range(5))]):
        assert predictions(served.raw(events)) == [event[0] * 10 for event in events]


def test_one_dict_for_all_rows_of_a_model_is_one_for_each_to_the_post_transform(serve, module):
    def mark(event, prediction):
        prediction.setdefault("events", []).append(event[0])
        return prediction

    module("hooks5", post_transform=lambda config: mark)
    served = serve(
        FakeModel(lambda data: [{"kind": "same"}] * len(data)), hooks={"post_transform": "hooks5:post_transform"}
    )
    assert [result.value for result in served.raw(EVENTS)] == [{"kind": "same", "events": [row[0]]} for row in EVENTS]


@pytest.mark.parametrize("post", [False, True])
def test_a_dict_that_a_predict_hook_returns_again_and_again(post, serve, module):
    answer = {}

    def predict(model, config):
        def score(row):
            answer["score"] = float(model.predict(row))
            return answer

        return score

    module("hooks6", predict=predict, post_transform=lambda config: lambda event, prediction: (event, prediction))
    hooks = {"predict": "hooks6:predict", **({"post_transform": "hooks6:post_transform"} if post else {})}
    served = serve(FakeModel(first_column), hooks=hooks)
    assert predictions(served.raw(EVENTS)) == [{"score": answer} for answer in OWN_ANSWERS]


REMEMBERING = {
    "pre_transform": lambda seen: lambda event: seen.update(id=event[0]) or np.array(event),
    "predict": lambda seen: lambda row: seen.update(id=row[0]) or row[0],
}
RECALLING = {
    "predict": lambda seen: lambda row: seen["id"],
    "post_transform": lambda seen: lambda event, prediction: [event, seen["id"]],
}


@pytest.mark.parametrize("remembers", REMEMBERING)
@pytest.mark.parametrize("recalls", RECALLING)
def test_what_one_step_remembers_is_the_same_event_s_in_the_next(remembers, recalls, serve, module):
    if remembers == recalls:
        return
    seen = {}
    hooks = {remembers: "hooks7:remember", recalls: "hooks7:recall"}
    module(
        "hooks7",
        remember=lambda *arguments: REMEMBERING[remembers](seen),
        recall=lambda *arguments: RECALLING[recalls](seen),
    )
    results = serve(FakeModel(first_column), hooks=hooks).raw(EVENTS)
    got = [result.value if result.status == "prediction" else result.value[1] for result in results]
    assert got == [event[0] for event in EVENTS]


class Message:
    """As a message class of Protobuf's: one object, into which each record is parsed."""

    number = 0.0


@pytest.mark.parametrize("sink", [JSON, "codec"])
def test_a_codec_that_parses_into_one_object(sink, serve, module):
    message = Message()

    def decode(data):
        message.number = float(data)
        return message

    def encode(output):
        event, prediction = output
        return f"{event.number} {prediction}".encode()

    module("codec", decode=decode, encode=encode)
    made = {
        "pre_transform": lambda config: lambda event: [event.number],
        "post_transform": lambda config: lambda event, prediction: [event.number, prediction],
    }
    module("hooks8", **made)
    hooks = {"pre_transform": "hooks8:pre_transform"}
    if sink == JSON:
        hooks["post_transform"] = "hooks8:post_transform"
    served = serve(FakeModel(first_column), source="codec", sink=sink, hooks=hooks)
    results = served.raw([str(number).encode() for number in range(40)])
    if sink == JSON:
        assert [result.value for result in results] == [[float(number), number * 10.0] for number in range(40)]
    else:
        assert [result.value for result in results] == [f"{float(n)} {n * 10.0}".encode() for n in range(40)]


def test_a_codec_s_reused_object_before_the_default_steps(serve, module):
    message = [0.0, 0.0]

    def decode(data):
        message[0] = float(data)
        return message

    module("codec2", decode=decode, encode=repr)
    served = serve(FakeModel(first_column), source="codec2")
    results = served.raw([str(number).encode() for number in range(40)])
    assert [result.value for result in results] == [[[float(n), 0.0], n * 10.0] for n in range(40)]


class Uncopyable:
    """As what holds a lock or a buffer in native memory."""

    def __init__(self):
        self.number = 0.0

    def __deepcopy__(self, memo):
        raise TypeError("cannot be copied")


@pytest.mark.parametrize("post", [False, True])
def test_what_cannot_be_copied_is_finished_before_the_next_event(post, serve, module):
    held = Uncopyable()
    answer = Uncopyable()

    def decode(data):
        held.number = float(data)
        return held

    def predict(data):
        answer.number = data[0].number * 10 if data.dtype == object else data[0][0] * 10
        return [answer] * len(data)

    module("codec3", decode=decode, encode=lambda output: f"{output[0].number} {output[1].number}".encode())
    served = serve(FakeModel(predict), source="codec3", sink="codec3")
    numbers = [str(number).encode() for number in range(10)]
    assert [result.value for result in served.raw(numbers)] == [f"{float(n)} {n * 10.0}".encode() for n in range(10)]
    module("hooks9", post_transform=lambda config: lambda event, prediction: [event[0], prediction.number])
    served = serve(FakeModel(predict), hooks={"post_transform": "hooks9:post_transform"})
    assert [result.value for result in served.raw(EVENTS)] == [[event[0], event[0] * 10] for event in EVENTS]


def test_hooks_are_called_in_the_order_of_the_events_of_several_topics(serve, module):
    calls = []

    def note(name):
        def call(*arguments):
            calls.append(name)
            return arguments[-1] if name != "post" else list(map(str, arguments))

        return call

    module(
        "hooks10",
        pre_transform=lambda config: note("pre"),
        predict=lambda model, config: note("predict"),
        post_transform=lambda config: note("post"),
    )
    hooks = {step: f"hooks10:{step}" for step in ("pre_transform", "predict", "post_transform")}
    served = serve(FakeModel(first_column), hooks=hooks, source=[JSON, JSON])
    results = served.run(batch([raw_group([1, 2], [1, 2]), raw_group([0, 3], [0, 3], source=1)], 4))
    assert [result.value for result in results] == [[str(number)] * 2 for number in range(4)]
    assert calls == ["pre", "predict", "post"] * 4


@pytest.mark.parametrize("steps", [("pre_transform",), ("pre_transform", "predict"), ("predict",)])
def test_an_event_that_a_hook_changes_is_written_as_it_is_then(steps, serve, module):
    def pre_transform(event):
        event["x"] += 1
        event["seen"] = True
        return np.array([event["x"]])

    def predict(value):
        if isinstance(value, dict):
            value["x"] += 1
            value["seen"] = True
        return 5

    module("hooks11", pre_transform=lambda config: pre_transform, predict=lambda model, config: predict)
    served = serve(FakeModel(lambda data: [5] * len(data)), hooks={step: f"hooks11:{step}" for step in steps})
    assert [result.value for result in served.raw([{"x": 1}, {"x": 7}])] == [
        [{"x": 2, "seen": True}, 5],
        [{"x": 8, "seen": True}, 5],
    ]


def test_an_event_that_no_hook_changes_keeps_its_own_bytes(serve, module):
    module("hooks12", pre_transform=lambda config: lambda event: np.array(event["x"]))
    served = serve(FakeModel(first_column), hooks={"pre_transform": "hooks12:pre_transform"})
    (result,) = served.raw([b'{"x": 1.50e0, "long": 12345678901234567890123}'])
    assert (result.status, result.value) == ("prediction", 15.0)


def test_what_a_model_writes_into_its_input_stays_with_it(serve, module):
    def predict(data):
        answer = data[:, 0] * 10
        data[:] = -1
        return answer

    module("hooks13", post_transform=lambda config: lambda event, prediction: [event, prediction])
    served = serve(FakeModel(predict), hooks={"post_transform": "hooks13:post_transform"})
    assert [result.value for result in served.raw(EVENTS)] == [[event, event[0] * 10] for event in EVENTS]


def test_what_a_model_writes_into_records_is_not_seen_by_its_next_call(serve):
    from makinage_worker.records import RecordPlan

    def predict(records):
        for record in records:
            record["n"].append(1)
        if any(record["bad"] for record in records):
            raise ValueError("bad")
        return [len(record["n"]) for record in records]

    served = serve(FakeModel(predict, plan=RecordPlan()), row_wise=True)
    results = served.raw([{"n": [], "bad": number == 5} for number in range(12)])
    assert [result.value for result in results if result.status == "prediction"] == [1] * 11


def test_an_answer_that_a_hook_keeps_stays_what_it_was(serve, module):
    buffer = np.zeros(2)

    def score(data):
        buffer[:] = data[0, 0]
        return buffer.reshape(1, 2)

    def predict(model, config):
        kept = []

        def call(row):
            kept.append(model.predict(row))
            return [float(answer[0]) for answer in kept[-2:]]

        return call

    module("hooks14", predict=predict)
    served = serve(FakeModel(score), hooks={"predict": "hooks14:predict"})
    assert predictions(served.raw(EVENTS[:3])) == [[0.0], [0.0, 1.0], [1.0, 2.0]]


@pytest.mark.parametrize("step", ["pre_transform", "predict", "post_transform"])
@pytest.mark.parametrize("kind", ["async def", "generator"])
def test_a_step_that_gives_no_value_is_blamed_itself(step, kind, serve, module):
    from makinage_worker.errors import SetupError

    async def wait(*arguments):
        return arguments[0]

    def generate(*arguments):
        yield arguments[0]

    lazy = wait if kind == "async def" else generate
    module("hooks15", **{step: lambda *arguments: lazy})
    with pytest.raises(SetupError) as raised:
        serve(FakeModel(first_column), hooks={step: f"hooks15:{step}"})
    report = raised.value.report
    assert (report.step, report.error) == (step, "TypeError")
    assert kind in report.message

    def call(function, *values):
        return function(*values)

    # One that can't be seen before it is called.
    module("hooks15", **{step: lambda *arguments: functools.partial(call, lazy)})
    served = serve(FakeModel(first_column), hooks={step: f"hooks15:{step}"})
    failed, _ = served.raw(EVENTS[:2])
    assert (failed.status, failed.value["step"], failed.value["error"]) == ("failed", step, "TypeError")
    assert "plain `def`" in failed.value["message"] or "`return` the value" in failed.value["message"]


class UsersModel(FakeModel):
    """As a pyfunc class of the user's, which may share a module with the hooks."""

    is_users = True


@pytest.mark.parametrize("step", ["pre_transform", "post_transform"])
def test_a_model_of_the_user_s_shares_its_state_with_the_hooks_event_by_event(step, serve, module):
    seen = {}

    def predict(data):
        if step == "pre_transform":
            return [seen["id"]] * len(data)
        seen["id"] = float(data[-1, 0])
        return data[:, 0]

    made = {
        "pre_transform": lambda config: lambda event: seen.update(id=event[0]) or np.array(event),
        "post_transform": lambda config: lambda event, prediction: (event, seen["id"]),
    }
    module("hooks16", **made)
    served = serve(UsersModel(predict), hooks={step: f"hooks16:{step}"})
    assert predictions(served.raw(EVENTS)) == [event[0] for event in EVENTS]


@pytest.mark.parametrize("made", [map, filter, zip, lambda function, events: iter(events)])
def test_an_iterator_is_no_value(made, serve, module):
    module(
        "hooks17",
        pre_transform=lambda config: (
            lambda event: (
                made(None, event)
                if made is filter
                else made(float, event)
                if made is not zip
                else zip(event, strict=False)
            )
        ),
    )
    failed, _ = serve(FakeModel(first_column), hooks={"pre_transform": "hooks17:pre_transform"}).raw(EVENTS[:2])
    assert (failed.value["step"], failed.value["error"]) == ("pre_transform", "TypeError")


def test_a_factory_that_is_an_async_def_is_told_to_be_a_plain_one(serve, module):
    from makinage_worker.errors import SetupError

    async def pre_transform(config):
        return None

    module("hooks18", pre_transform=pre_transform)
    with pytest.raises(SetupError) as raised:
        serve(FakeModel(first_column), hooks={"pre_transform": "hooks18:pre_transform"})
    assert "plain `def`" in raised.value.report.hint


def test_a_model_that_answers_a_generator_is_blamed_itself(serve):
    (failed,) = serve(FakeModel(lambda data: (row[0] for row in data))).raw(EVENTS[:1])
    assert (failed.value["step"], failed.value["error"]) == ("predict", "TypeError")


def test_an_order_that_a_hook_s_call_has_settled_holds(serve, module):
    module("hooks19", predict=lambda model, config: lambda event: float(model.predict(event)))
    model = FakeModel(lambda frame: frame.iloc[:, 0] * 10 + frame.iloc[:, 1])
    results = serve(model, hooks={"predict": "hooks19:predict"}).raw(
        [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 2, "c": 3}, {"b": 2, "a": 1}]
    )
    assert [result.value[1] if result.status == "output" else result.status for result in results][2] == "failed"
    assert predictions([results[0], results[1], results[3]]) == [12.0] * 3
