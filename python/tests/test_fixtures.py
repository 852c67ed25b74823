"""The wire format, byte for byte, against the fixtures that the Rust tests read too."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from makinage_worker import metrics, protocol
from makinage_worker.page import SIZE, Page
from makinage_worker.protocol import DenseGroup, Form, Kind, RawGroup
from makinage_worker.times import STEPS

FIXTURES = Path(__file__).parents[2] / "protocol" / "fixtures"


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8")), (FIXTURES / f"{name}.bin").read_bytes()


def payload_of(frame):
    (length,) = struct.unpack_from("<I", frame)
    assert length == len(frame) - 4
    return protocol.split_body(frame[4:])


def spent(described):
    assert tuple(described["steps"]) == STEPS
    return protocol.Spent(described["nanoseconds"], tuple(described["steps"].values()))


NOTHING = protocol.Spent(0, (0,) * len(STEPS))


def test_a_mixed_batch_is_read_with_all_its_groups():
    described, frame = fixture("batch_mixed")
    kind, ident, payload = payload_of(frame)
    assert (kind, ident) == (described["kind"], described["id"])
    batch = protocol.decode_batch(payload)
    assert batch.events == described["events"]
    for group, want in zip(batch.groups, described["groups"], strict=True):
        assert group.source == want["source"]
        assert list(group.places) == want["places"]
        if isinstance(group, RawGroup):
            assert [event.decode() for event in group.events] == want["events"]
        else:
            assert isinstance(group, DenseGroup)
            assert list(group.axes) == want["axes"]
            assert np.frombuffer(group.values, group.dtype).tolist() == want["values"]


def test_events_whose_values_are_wanted_are_read():
    described, frame = fixture("batch_asked")
    batch = protocol.decode_batch(payload_of(frame)[2])
    assert [event.decode() for event in batch.groups[0].events] == described["groups"][0]["events"]
    assert list(batch.asked) == described["asked"]
    assert protocol.decode_batch(payload_of(fixture("batch_mixed")[1])[2]).asked is None


def test_what_events_had_after_each_step_is_said_as_the_service_reads_it():
    described, frame = fixture("values")
    assert protocol.json_frame(Kind.VALUES, 7, described["message"]) == frame


def test_every_status_is_written_as_items():
    described, frame = fixture("result_items")
    statuses = bytearray(item["status"] for item in described["items"])
    bodies = [item["bytes"].encode() for item in described["items"]]
    assert list(protocol.item_frames(7, statuses, bodies, spent(described))) == [frame]


@pytest.mark.parametrize(("name", "dtype"), [("int64", "<i8"), ("float64", "<f8"), ("bool", "?")])
def test_predictions_that_are_numbers_are_written_as_one_array(name, dtype):
    described, frame = fixture(f"result_{name}")
    values = np.array([float(value) if isinstance(value, str) else value for value in described["values"]], dtype)
    frames = protocol.array_frames(
        8, Form(described["form"]), values.view(np.uint8).data, values.itemsize, spent(described)
    )
    assert list(frames) == [frame]


def test_a_json_answer_keeps_its_nulls():
    described, frame = fixture("failed")
    assert protocol.json_frame(Kind.FAILED, 2, described["message"]) == frame


def test_what_a_worker_is_at_is_written_as_the_service_reads_it():
    described = json.loads((FIXTURES / "page.json").read_text("utf-8"))
    memory = bytearray(SIZE)
    page = Page(memory)
    page.begin(described["id"])
    page.write(described["first"], described["count"])
    page.enter(described["step"])
    assert described["writes"] == 1
    written = (FIXTURES / "page.bin").read_bytes()
    assert memory == written + bytes(SIZE - len(written))


def test_what_ends_a_worker_is_said_as_the_service_reads_it():
    described, frame = fixture("ending")
    assert protocol.json_frame(Kind.ENDING, 0, described["message"]) == frame


def test_what_hooks_count_is_said_as_the_service_reads_it(monkeypatch):
    monkeypatch.setattr(metrics, "_STATE", metrics._State())
    refused = metrics.counter("refused", "Applications refused", ["country"])
    refused.inc(2, country="de")
    refused.inc(0.5, country='fä"r')
    metrics.gauge("threshold").set(-1.5)
    scores = metrics.histogram("scores", "Scores", buckets=[0.5, 1])
    for value in (0.5, 1.25, 1.25, 1.25):
        scores.observe(value)
    described, frame = fixture("metrics")
    assert protocol.json_frame(Kind.METRICS, 0, {"metrics": metrics.taken()}) == frame
    assert json.loads(bytes(frame[13:])) == described["message"]


def test_the_result_of_one_event_of_many_has_its_place():
    described, frame = fixture("result_singly")
    item = described["item"]
    got = protocol.item_frame(7, described["first"], (item["status"], item["bytes"].encode()), spent(described))
    assert got == frame


def test_a_tagged_config_loses_nothing():
    described = json.loads((FIXTURES / "tagged_config.json").read_text("utf-8"))
    assert repr(protocol.untag(described["tagged"])) == described["python"]


def test_a_mapping_as_a_key_becomes_something_hashable():
    assert protocol.untag({"m": [[{"m": [["a", [1]]]}, "x"]]}) == {(("a", (1,)),): "x"}


def test_large_results_are_cut_into_frames_without_gaps():
    bodies = [b"x" * (1 << 20) for _ in range(10)]
    frames = list(protocol.item_frames(1, bytearray(10), bodies, NOTHING))
    ranges = [struct.unpack_from("<II", payload_of(frame)[2]) for frame in frames]
    assert ranges == [(0, 5), (5, 5)]


def test_large_arrays_are_cut_into_frames_without_gaps():
    values = np.zeros((5 << 20) // 8 + 1)
    frames = list(protocol.array_frames(1, Form.FLOAT64, values.view(np.uint8).data, 8, NOTHING))
    ranges = [struct.unpack_from("<II", payload_of(frame)[2]) for frame in frames]
    assert ranges == [(0, 524288), (524288, len(values) - 524288)]


@pytest.mark.parametrize("cut", [1, 5, 20, 60])
def test_a_truncated_batch_is_refused(cut):
    payload = payload_of(fixture("batch_mixed")[1])[2]
    with pytest.raises(protocol.ProtocolError):
        protocol.decode_batch(payload[:-cut])


def test_text_that_utf8_cannot_carry_still_makes_a_json_frame():
    frame = protocol.json_frame(Kind.LOG, 1, {"message": "\ud800 \U0001f600"})
    assert json.loads(frame[13:]) == {"message": "\ufffd \U0001f600"}
