"""Serving without a process: requests as the service would send them, results as it would read them."""

import json
import math
import struct
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from makinage_worker import assembly, protocol
from makinage_worker.arrays import ArrayPlan
from makinage_worker.assembly import Setup
from makinage_worker.notices import Notices
from makinage_worker.page import SIZE, Page
from makinage_worker.times import STEPS

JSON = "makinage.encoding.json"
STATUS = ("output", "prediction", "skipped", "failed", "passing", "float")


class Exhausted(Exception):  # noqa: N818  # it is an end, no error
    """The worker would have ended."""


def exhausted(error):
    raise Exhausted(str(error)) from error


def notices(warnings):
    """Those of a worker that nobody watches, but for its warnings."""
    return Notices(lambda: None, warnings.append, exhausted, Page(bytearray(SIZE)))


@dataclass
class Result:
    """One event's: `status` by name; `value` the decoded JSON, or bytes of an output of another encoder."""

    status: str
    value: object


def setup_request(folder, hooks=None, source=JSON, sink=JSON, config=None, **more):
    steps = dict.fromkeys(("pre_transform", "predict", "post_transform"))
    sources = [source] if isinstance(source, str) else source
    return {
        "config": tag(config or {}),
        "folder": folder,
        "operator": "serve",
        "hooks": {**steps, **(hooks or {})},
        "sources": [{"topic": f"data{index}", "encoder": encoder} for index, encoder in enumerate(sources)],
        "sink": {"topic": "predict", "encoder": sink},
        "max_output_bytes": 1 << 20,
        "retry_on": [],
        "row_wise": None,
        "coalesce": None,
        "native": True,
        "modules": {},
        "threads": 1,
        **more,
    }


def tag(value):
    if isinstance(value, dict):
        return {"m": [[key, tag(item)] for key, item in value.items()]}
    return [tag(item) for item in value] if isinstance(value, list) else value


def raw_batch(events):
    """Events as text, bytes, or values to be written as JSON, all of source 0."""
    return batch([raw_group(range(len(events)), events)], len(events))


def raw_group(places, events, source=0):
    data = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
    count = len(data)
    return b"".join(
        (
            struct.pack("<BHI", 0, source, count),
            struct.pack(f"<{count}I", *places),
            struct.pack(f"<{count}I", *map(len, data)),
            *data,
        )
    )


def dense_group(places, matrix):
    matrix = np.asarray(matrix)
    form = {"i": 1, "f": 2}[matrix.dtype.kind]
    count, axes = len(matrix), matrix.shape[1:]
    head = struct.pack("<BHI", form, 0, count) + struct.pack(f"<{count}I", *places)
    return head + struct.pack(f"<B{max(len(axes), 1)}I", len(axes), *(axes or (1,))) + matrix.tobytes()


def batch(groups, events):
    return struct.pack("<II", events, len(groups)) + b"".join(groups)


def _prediction(number):
    """What the service writes."""
    return Result("prediction", None if isinstance(number, float) and math.isnan(number) else number)


def read_results(payloads, sink=JSON):
    """The results of a batch, from the payloads of its `result` frames; checks that the places have no gaps."""
    results = []
    for payload in map(bytes, payloads):
        first, count, *_, form = struct.unpack_from("<IIQ5QB", payload)
        assert first == len(results)
        body = payload[57:]
        if form:
            values = np.frombuffer(body, ("", "<i8", "<f8", "?")[form]).tolist()
            assert len(values) == count
            results += map(_prediction, values)
            continue
        statuses, lengths = body[:count], struct.unpack_from(f"<{count}I", body, count)
        offset = 5 * count
        for status, length in zip(statuses, lengths, strict=True):
            data = body[offset : offset + length]
            offset += length
            name = STATUS[status]
            if name == "float":
                results.append(_prediction(*protocol.FLOAT64.unpack(data)))
                continue
            is_json = name in ("prediction", "failed", "passing") or (name == "output" and sink == JSON)
            results.append(Result(name, json.loads(data) if is_json else data if name == "output" else data.decode()))
        assert offset == len(body)
    return results


class Served:
    """A model served in this process; `warnings` are those sent while it works, `calls` the rows of its model calls."""

    def __init__(self, model, monkeypatch=None, **options):
        self.warnings, self.calls = [], []
        self._sink = options.get("sink", JSON)
        self.progress = 0
        self.memory = bytearray(SIZE)
        notices = Notices(self._progress, self.warnings.append, exhausted, Page(self.memory))
        if not isinstance(model, str):
            fake = SimpleNamespace(
                pyfunc=model,
                plan=getattr(model, "plan", ArrayPlan()),
                flavour="fake",
                seconds=0.0,
                warnings=[],
                is_users=getattr(model, "is_users", False),
            )
            real, assembly.model.load = assembly.model.load, lambda folder, modules: fake
            # It stands for a library's model, wherever its class was written.
            users, assembly.custom.has_users_code = assembly.custom.has_users_code, lambda native: False
        try:
            self.serving, self.loaded = Setup(setup_request(**options)).load(model, notices)
        finally:
            if not isinstance(model, str):
                assembly.model.load, assembly.custom.has_users_code = real, users
        self._notices = notices
        predictor = self.serving._ways._predictor
        predict = predictor._predict

        def counted(data):
            self.calls.append(len(data))
            return predict(data)

        predictor._predict = counted

    def _progress(self):
        self.progress += 1

    def run(self, payload):
        """Results of a batch's payload."""
        return self._read(self.short_way(payload) or self._long_way(payload))

    def run_the_long_way(self, payload):
        """The same, as if the batch weren't of one event of numbers."""
        return self._read(self._long_way(payload))

    def short_way(self, payload):
        """The frames of a batch of one event of numbers that may take the short way, else None."""
        return self.serving.lone(1, memoryview(payload))

    def _long_way(self, payload):
        return self.serving.run(protocol.decode_batch(memoryview(payload))).frames(1, 5)

    def _read(self, frames):
        self.frames = [protocol.split_body(frame[4:])[2] for frame in frames]
        return read_results(self.frames, self._sink)

    def singly(self, payload):
        """Results of a `singly` frame's payload."""
        self.frames = []
        for place, outcomes in self.serving.singly(protocol.decode_batch(memoryview(payload))):
            self.frames.append(protocol.split_body(outcomes.frame(1, place, 5)[4:])[2])
        return read_results(self.frames, self._sink)

    def at(self):
        """First place and count of the events that the worker said last that it is at."""
        return struct.unpack_from("<II", self.memory, 16)

    def calls_after(self, rounds, events):
        """How many rows each of the model's calls has for these events, once they have come so often."""
        for _ in range(rounds):
            self.raw(events)
        self.calls.clear()
        self.raw(events)
        return self.calls

    def raw(self, events):
        """Results of events in one raw group."""
        return self.run(raw_batch(events))

    def dense(self, matrix):
        """Results of a matrix in one dense group."""
        return self.run(batch([dense_group(range(len(matrix)), matrix)], len(matrix)))

    @property
    def spent(self):
        """Nanoseconds in each step, as the last result has them."""
        return dict(zip(STEPS, struct.unpack_from("<5Q", self.frames[-1], 16), strict=True))

    @property
    def form(self):
        """Form of the last result."""
        return bytes(self.frames[0])[56]


class FakeModel:
    """A pyfunc whose predict is the given function, for what no MLflow flavour does on purpose."""

    metadata = None

    def __init__(self, predict, native=None, plan=None):
        self.predict = predict
        self._native = native
        self.plan = plan or ArrayPlan()

    def get_raw_model(self):
        if self._native is None:
            raise NotImplementedError
        return self._native
