"""Metrics of the user's own: what hooks count is told once an event, and nothing of it fails one."""

import copy
import json
import pickle
import sys
import textwrap

import numpy as np
import pytest
from harness import FakeModel, Served, raw_batch, setup_request
from worker_process import WorkerProcess

from makinage_worker import metrics, provided
from makinage_worker.ways import Coalesced

HOOKS = """
from makinage import metrics

seen = metrics.counter("seen", "Events", labels=["sign"])
scores = metrics.histogram("scores", buckets=[0.5, 1.5])
share = metrics.gauge("share")

def predict(model, config):
    def _predict(i):
        score = float(model.predict_proba(i)[1])
        seen.inc(sign="plus" if score > 0 else "other")
        scores.observe(score)
        share.set(score)
        return score
    return _predict
"""


class Native:
    def predict_proba(self, data):
        rows = np.asarray(data, dtype=float)
        return np.stack([rows[:, 0], rows[:, 1]], axis=1)


class MixingNative:
    def predict_proba(self, data):
        rows = np.asarray(data, dtype=float)
        return np.stack([rows[:, 0], rows[:, 1] + len(rows)], axis=1)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No metrics yet, and `makinage.metrics` as hooks have it."""
    before = list(sys.meta_path)
    monkeypatch.setattr(metrics, "_STATE", metrics._State())
    provided.provide()
    yield
    sys.meta_path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] in ("makinage", "metric_hooks")]:
        del sys.modules[name]


@pytest.fixture
def served(tmp_path):
    def start(text=HOOKS, native=None, **options):
        (tmp_path / "metric_hooks.py").write_text(textwrap.dedent(text))
        model = FakeModel(lambda rows: np.asarray(rows)[:, 0], native or Native())
        return Served(model, folder=str(tmp_path), hooks={"predict": "metric_hooks:predict"}, **options)

    return start


def told():
    """What is taken, by metric and labels."""
    return {
        (metric["name"], *series["labels"]): [*series.get("counts", []), series["value"]]
        for metric in metrics.taken()
        for series in metric["series"]
    }


EVENTS = [[0.0, score] for score in (0.0, 0.5, 1.0, 2.0, -1.0)]
COUNTED = {("seen", "plus"): [3.0], ("seen", "other"): [2.0], ("scores",): [3, 1, 1, 2.5], ("share",): [-1.0]}


def test_hooks_count_each_event_once(served):
    serving = served(coalesce=False)
    serving.raw(EVENTS)
    assert told() == COUNTED
    assert told() == {}


def test_metrics_are_no_reason_to_run_hooks_one_by_one(served):
    serving = served()
    assert not [warning for warning in serving.loaded["warnings"] if "one event at a time" in warning]
    assert isinstance(serving.serving._ways.way()._way, Coalesced)
    for _ in range(10):
        serving.raw(EVENTS)
    whole = told()
    assert whole[("seen", "plus")] == [30.0]
    assert whole[("scores",)] == [30, 10, 10, 25.0]


def test_a_batch_that_passes_twice_is_counted_once_also_where_the_ways_differ(served):
    serving = served(native=MixingNative(), row_wise=True)
    serving.raw(EVENTS)
    assert serving.warnings
    assert told()[("scores",)] == [1, 2, 2, 7.5]


def test_what_cannot_be_counted_fails_nothing_and_is_said_once(monkeypatch):
    said = []
    metrics.warn_by(said.append)
    seen = metrics.counter("seen", labels=["sign"])
    seen.inc(-1, sign="a")
    seen.inc(float("nan"), sign="a")
    seen.inc(1)
    seen.inc(1, sign="a", other="b")
    seen.inc(1, oter="b")
    seen.inc("many", sign="a")
    scores = metrics.histogram("scores")
    scores.observe(None)
    scores.observe(float("inf"))
    share = metrics.gauge("share")
    share.set(float("nan"))
    assert told() == {}
    assert len(said) == 3
    assert "seen" in said[0]
    assert "-1.0" in said[0]


def test_labels_and_sums_have_an_end():
    said = []
    metrics.warn_by(said.append)
    seen = metrics.counter("seen", labels=["event"])
    for number in range(metrics.MOST_SERIES + 5):
        seen.inc(event=number)
    assert len(told()) == metrics.MOST_SERIES
    seen.inc(event=3)
    seen.inc(event="another")
    assert told() == {("seen", "3"): [1.0]}
    assert len(said) == 1
    assert "which event" in said[0]
    large = metrics.counter("large")
    large.inc(1.7e308)
    large.inc(1.7e308)
    assert json.loads(json.dumps(told()[("large",)], allow_nan=False)) == [metrics._LARGEST]


@pytest.mark.parametrize(
    ("declare", "why"),
    [
        (lambda: metrics.counter("makinage_events"), "can't be a metric's name"),
        (lambda: metrics.counter("two words"), "can't be a metric's name"),
        (lambda: metrics.counter(""), "can't be a metric's name"),
        (lambda: metrics.counter("x" * 101), "can't be a metric's name"),
        (lambda: metrics.gauge("x", labels=["le"]), "can't be a label"),
        (lambda: metrics.gauge("x", labels=["a-b"]), "can't be a label"),
        (lambda: metrics.gauge("x", labels=["a", "a"]), "twice"),
        (lambda: metrics.histogram("x", buckets=[]), "buckets"),
        (lambda: metrics.histogram("x", buckets=[1, 1]), "buckets"),
        (lambda: metrics.histogram("x", buckets=[float("nan")]), "buckets"),
        (lambda: (metrics.counter("x"), metrics.gauge("x")), "there already"),
        (lambda: (metrics.counter("x"), metrics.gauge("x_total")), "both be shown as x_total"),
        (lambda: (metrics.gauge("x_sum"), metrics.histogram("x")), "both be shown as x_sum"),
        (lambda: [metrics.counter(f"x{number}") for number in range(101)], "100 metrics already"),
    ],
)
def test_what_no_exposition_can_hold_is_refused_where_it_is_declared(declare, why):
    with pytest.raises(ValueError, match=why):
        declare()


def test_the_same_metric_may_be_declared_twice_and_copied():
    seen = metrics.counter("seen_total", "Events")
    assert metrics.counter("seen", "Events") is seen
    for other in (copy.copy(seen), copy.deepcopy(seen), pickle.loads(pickle.dumps(seen))):
        other.inc()
    scores = metrics.histogram("scores", buckets=(1, 2))
    pickle.loads(pickle.dumps(scores)).observe(1)
    assert told() == {("seen",): [3.0], ("scores",): [1, 0, 0, 1.0]}


def test_a_package_that_is_installed_keeps_its_own_modules(tmp_path, monkeypatch):
    package = tmp_path / "makinage"
    package.mkdir()
    (package / "__init__.py").write_text("VERSION = 8\n")
    (package / "other.py").write_text("HERE = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import makinage
    import makinage.other
    from makinage import metrics as provided_metrics

    assert makinage.VERSION == 8
    assert makinage.other.HERE
    assert provided_metrics is metrics


def test_a_worker_tells_what_was_counted_also_when_nothing_follows(tmp_path, model_folder):
    hooks = HOOKS.replace("model.predict_proba(i)[1]", "i[1]")
    (tmp_path / "metric_hooks.py").write_text(hooks + "metrics.gauge('limit').set(9.5)\n")
    process = WorkerProcess()
    request = setup_request(str(tmp_path), hooks={"predict": "metric_hooks:predict"})
    process.serve(request, model_folder("lr"))
    first = process.counted(raw_batch(EVENTS), len(EVENTS))
    second = process.counted(raw_batch(EVENTS), len(EVENTS))
    assert {metric["name"] for metric in second} == {"seen", "scores", "share"}
    # What is set while the module is imported, before a model is there, is told with what comes first.
    assert [metric for metric in first if metric["name"] != "limit"] == second
    assert len(first) == 4
    process.close()
