"""Where a worker is: said before a model or user code sees events, event by event where it is asked to go singly."""

import errno
import json
import os

import numpy as np
import pytest
from harness import Exhausted, FakeModel, batch, dense_group, raw_batch, raw_group, setup_request
from worker_process import WorkerProcess

from makinage_worker import errors, page
from makinage_worker.protocol import Kind


def values(results):
    return [result.value for result in results]


class Watched:
    """A model that says what the page said at each of its calls."""

    def __init__(self, predict=lambda rows: rows.sum(axis=1)):
        self.served, self.seen, self._predict = None, [], predict

    def serve(self, serve, **options):
        self.served = serve(FakeModel(self), **options)
        return self.served

    def __call__(self, rows):
        if self.served is not None:
            self.seen.append((self.served.at(), len(rows)))
        return self._predict(rows)


def test_a_stacked_call_has_the_places_of_its_events(serve):
    model = Watched()
    served = model.serve(serve, row_wise=True)
    groups = [raw_group([0, 3, 4], [[1, 2], [3, 4], [5, 6]]), raw_group([1, 2], [1.5, 2.5])]
    served.run(batch(groups, 5))
    assert model.seen == [((0, 5), 3), ((1, 2), 2)]


def test_numbers_that_the_service_has_parsed_are_in_the_places_of_their_group(serve):
    model = Watched()
    served = model.serve(serve, row_wise=True)
    served.run(batch([dense_group([1, 2], [[1, 2], [3, 4]]), raw_group([0], [[1.5, 2]])], 3))
    assert sorted(model.seen) == [((0, 1), 1), ((1, 2), 2)]


def test_halves_have_their_own_places_until_the_guilty_event_stands_alone(serve):
    def predict(rows):
        if 13 in rows:
            raise ValueError("13")
        return rows.sum(axis=1)

    model = Watched(predict)
    served = model.serve(serve, row_wise=True)
    results = served.raw([[value, 0] for value in range(10, 18)])
    assert [result.status for result in results].count("failed") == 1
    assert model.seen == [((0, 8), 8), ((0, 4), 4), ((0, 2), 2), ((2, 2), 2), ((2, 1), 1), ((3, 1), 1), ((4, 4), 4)]


def test_events_that_are_scored_alone_for_a_proof_have_their_own_place_and_mixtures_all_of_the_stack(serve):
    model = Watched()
    served = model.serve(serve)
    served.raw([[value, 7 * value] for value in range(20)])
    first_mixed = next(call for call, (_, rows) in enumerate(model.seen) if rows > 1)
    alone, mixed = model.seen[:first_mixed], model.seen[first_mixed][0]
    assert len({first for (first, _), _ in alone}) == len(alone) > 1
    assert all(count == 1 for (_, count), _ in alone)
    assert mixed == (0, 20), "what is mixed may be any of them"


@pytest.mark.parametrize("step", ["pre_transform", "predict", "post_transform"])
def test_each_event_of_a_hook_has_its_place(serve, module, step):
    seen = []

    def make(*model_and_config):
        def hook(event, *prediction):
            seen.append(served.at())
            return event

        return hook

    module("watching", make=make)
    served = serve(FakeModel(lambda rows: rows.sum(axis=1)), hooks={step: "watching:make"})
    served.raw([[1, 2], [3, 4], [5, 6]])
    assert seen == [(0, 1), (1, 1), (2, 1)]


def test_singly_asked_events_are_answered_one_after_the_other_as_in_a_batch(serve):
    model = Watched()
    served = model.serve(serve, row_wise=True)
    payload = batch([raw_group([0, 2], [[1, 2], "no row"]), dense_group([1, 3], [[3.5, 4], [5, 6.5]])], 4)
    together, model.seen = served.run(payload), []
    assert served.singly(payload) == together
    assert model.seen == [((place, 1), 1) for place in range(4)]
    assert [bytes(frame[:8]) for frame in served.frames] == [
        place.to_bytes(4, "little") + b"\1\0\0\0" for place in range(4)
    ]


def test_exhaustion_is_seen_through_what_libraries_make_of_it():
    def wrapped(cause, how):
        try:
            try:
                raise cause
            except BaseException as error:
                if how == "cause":
                    raise RuntimeError("MLflow says") from error
                raise RuntimeError("MLflow says")  # noqa: B904
        except RuntimeError as error:
            return error

    for how in ("cause", "context"):
        assert errors.is_exhaustion(wrapped(MemoryError(), how))
        assert errors.is_exhaustion(wrapped(wrapped(np.exceptions.AxisError(0), how), how)) is False
    assert errors.is_exhaustion(OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)))
    assert not errors.is_exhaustion(OSError(errno.EMFILE, "files"))
    group = RuntimeError("several")
    group.exceptions = (ValueError(), MemoryError())
    assert errors.is_exhaustion(group)
    loop = ValueError()
    loop.__context__ = other = ValueError()
    other.__context__ = loop
    assert not errors.is_exhaustion(loop)


def fails_at(guilty, error):
    def predict(rows):
        if len(rows) == 1 and rows[0, 0] == guilty:
            raise RuntimeError("wrapped") from error
        if guilty in rows[:, 0]:
            raise error
        return rows.sum(axis=1)

    return predict


@pytest.mark.parametrize("how", [{"row_wise": True}, {"row_wise": False}, {}])
def test_memory_that_one_event_alone_finds_exhausted_ends_the_worker_at_that_event(serve, how):
    served = serve(FakeModel(fails_at(3, MemoryError("no more"))), **how)
    with pytest.raises(Exhausted):
        served.raw([[value, 0] for value in range(8)])
    assert served.at() == (3, 1)


def test_memory_that_is_enough_for_half_of_the_events_ends_nothing(serve):
    def predict(rows):
        if len(rows) > 4:
            raise MemoryError
        return rows.sum(axis=1)

    served = serve(FakeModel(predict), row_wise=True)
    assert values(served.raw([[value, 0] for value in range(8)])) == list(range(8))


def test_memory_that_a_codec_or_a_hook_finds_exhausted_ends_the_worker_at_that_event(serve, module):
    def eat(event, *prediction):
        if event[0] == 2:
            raise MemoryError("no more")
        return event

    module("hungry", encode=eat, decode=lambda data: eat([int(data)]), make=lambda config: eat)
    hooks = [{"hooks": {step: "hungry:make"}} for step in ("pre_transform", "post_transform")]
    for options in ({"source": "hungry"}, *hooks):
        served = serve(FakeModel(lambda rows: rows.sum(axis=1)), **options)
        with pytest.raises(Exhausted):
            served.raw([b"0", b"1", b"2", b"3"] if "source" in options else [[0], [1], [2], [3]])
        assert served.at() == (2, 1), options


def test_without_a_page_a_worker_has_one_that_nobody_reads():
    mine = page.opened(None)
    mine.begin(1)
    mine.write(0, 1)
    read, write = os.pipe()
    page.opened(read).write(0, 1)
    os.close(write)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(read)


@pytest.fixture
def worker(model_folder, tmp_path):
    """`worker(hook)`: a real process whose pre_transform is this text, given `event`."""

    def start(hook):
        hooks = f"import os\ndef make(config):\n    def step(event):\n{hook}\n    return step\n"
        (tmp_path / "deadly.py").write_text(hooks)
        process = WorkerProcess()
        process.serve(setup_request(str(tmp_path), hooks={"pre_transform": "deadly:make"}), model_folder("lr"))
        return process

    return start


EVENTS = [[value, 1, 2, 3] for value in range(4)]


def test_a_crash_leaves_the_place_of_its_event_and_what_was_answered_before_stays_answered(worker):
    crash = "        if event[0] == 2:\n            os.kill(os.getpid(), 11)\n        return event"
    end = worker(crash).ends(Kind.BATCH, raw_batch(EVENTS))
    assert (end.code, end.results, end.page) == (-11, [], (3, 2, 1))
    end = worker(crash).ends(Kind.SINGLY, raw_batch(EVENTS))
    assert (end.code, len(end.results), end.page) == (-11, 2, (3, 2, 1))


def test_a_crash_of_an_event_that_passes_by_itself_leaves_its_step_too(model_folder, tmp_path):
    crash = "os.kill(os.getpid(), 11)"
    (tmp_path / "deadly.py").write_text(
        f"import os\ndef make(*given):\n    return lambda *event: {crash}\ndef encode(data):\n    {crash}\n"
        f"def decode(data):\n    {crash}\n"
    )
    hooks = {step: {"hooks": {step: "deadly:make"}} for step in ("pre_transform", "predict", "post_transform")}
    steps = {"decode": {"source": "deadly"}, **hooks, "encode": {"sink": "deadly"}}

    def told(kind, setup):
        process = WorkerProcess()
        process.serve(setup_request(str(tmp_path), **setup), model_folder("lr"))
        end = process.ends(kind, raw_batch(EVENTS))
        assert end.code == -11
        return end.step

    assert [told(Kind.SINGLY, setup) for setup in steps.values()] == [1, 2, 3, 4, 5]
    assert told(Kind.BATCH, hooks["pre_transform"]) == 0


def test_a_worker_without_memory_says_so_and_ends(worker):
    hook = "        if event[0] == 2:\n            raise MemoryError('all is used')\n        return event"
    end = worker(hook).ends(Kind.BATCH, raw_batch(EVENTS))
    assert (end.code, end.page) == (71, (3, 2, 1))
    why = json.loads(end.said)["why"]
    assert why.startswith("out of memory: MemoryError: all is used (")
    assert why.endswith("deadly.py:5)")
