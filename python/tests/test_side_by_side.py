"""Hooks whose model calls become one give what a plain loop over the events gives: outputs, errors, their order."""

import importlib
import itertools
import sys

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel, Served, raw_batch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HEAD = """
import numpy as np

SAID = []
COUNT = 0
CACHE = {}
BUFFER = np.zeros(3)
SCALE = 2.0
LIMITS = {"low": 1.0, "names": ["a", "b"]}


def helper(row):
    return [float(x) * SCALE for x in row]


def stateful(row):
    SAID.append(list(row))
    return row

"""

CALLS = [
    "model.predict(i)",
    "model.predict(np.array(i, dtype=float))",
    "model.predict(i, params={'by': 3})",
    "model.predict_proba(i)",
    "model.predict_proba(i)[1]",
    "model.predict_proba(np.asarray(i, dtype=float).reshape(1, -1))",
    "model.predict_proba([i])[0]",
    "model.decision_function(i, scale=4)",
    "model.decision_function(np.array(i), scale=0.5)",
    "model.score_samples(helper(i))",
    "score(i)",
    "model.predict(i * 2)",
    "model.apply(i)",
]
"""Calls as hooks make them; the last but one gives the model a list of twice the length."""

WHOLE = [
    "return [{0}]",
    "return [{0}, {1}]",
    "a = {0}\n        b = {1}\n        return {{'a': a, 'b': b}}",
    "if i[0] > 1:\n            return {0}\n        return None",
    "return {0} if i[1] else {1}",
    "return [model.predict(row) for row in (i, i[::-1], i) if row[0] < 4]",
    "return list(map(model.predict_proba, (i, i)))",
    "return sorted((i, i[::-1]), key=lambda row: float(model.predict(row)))",
    "try:\n            return [{0}]\n        except ValueError as error:\n            return [str(error), {1}]",
    "try:\n            return [{0}]\n        finally:\n            out = {1}",
    "total = 0.0\n        for k in range(int(i[0]) % 3):\n            total += float(model.predict([k, *i[1:]]))\n        return total",
    "row = list(i)\n        row[0] = 0.5\n        before = {0}\n        i[0] = 9.0\n        return [before, {1}, row]",
    "raise KeyError(str({0}))",
    "return {0} / 0",
    "return model.predict(i) > LIMITS['low']",
]

STATEFUL = [
    "SAID.append(list(i))",
    "global COUNT; COUNT += 1; SAID.append(COUNT)",
    "CACHE['last'] = [CACHE.get('last', 0), 1][-1]; i = [*i[:2], CACHE['last']]",
    "BUFFER[:] = i; i = BUFFER",
    "_predict.n = getattr(_predict, 'n', 0) + 1; SAID.append(_predict.n)",
    "nonlocal n; n += 1; SAID.append(n)",
    "i = stateful(i)",
    "print(end='')",
]

PRE = [
    None,
    "return i",
    "return np.array(i)",
    "return np.array(i, dtype=float)",
    "return None if i[0] == 2 else i",
    "i.append(1.0)\n        return i[:3]",
    "SAID.append(('pre', i[0]))\n        return i",
]
POST = [
    None,
    "return (i, pred)",
    "return None if pred is False else [pred, i]",
    "SAID.append(('post', i[0]))\n        return pred",
    "i.append('seen')\n        return {'event': i, 'of': pred}",
    "return 1 / 0 if pred is None else pred",
]


class Native:
    """Answers row by row, to the bit; refuses rows with a three in front."""

    def __init__(self):
        self.calls = []

    def _rows(self, data):
        rows = np.asarray(data, dtype=float)
        self.calls.append(len(rows))
        if (rows[:, 0] == 3).any():
            raise ValueError("three")
        return rows

    def predict_proba(self, data):
        rows = self._rows(data)
        return np.stack([rows[:, 0] * 2, rows[:, 1] + 1], axis=1)

    def decision_function(self, data, scale=1):
        return self._rows(data)[:, 0] * scale

    def score_samples(self, data):
        return [{"score": row[0], "of": row.tolist()} for row in self._rows(data)]

    def apply(self, data):
        return np.array([["low", "high"][int(row[0] > 1)] for row in self._rows(data)])

    def predict(self, data, params=None):
        rows = self._rows(data)
        return rows[:, 0] * (params or {}).get("by", 1) + rows[:, 1]


def factory(name, arguments, body, around=""):
    parameters = "model, config" if name == "predict" else "config"
    return f"def {name}({parameters}):\n    n = 0\n{around}    def _{name}({arguments}):\n        {body}\n    return _{name}\n\n"


def source(pre, predict, post):
    text = HEAD
    if pre is not None:
        text += factory("pre_transform", "i", pre)
    around = "    score = model.predict_proba\n"
    text += factory("predict", "i", predict, around)
    if post is not None:
        text += factory("post_transform", "i, pred", post)
    return text


_NAMES = itertools.count()


def run(folder, text, batches, model=Native, **options):
    """Results of the batches by a model of its own, what the hooks have said, and the model and the service."""
    name = f"side_by_side_{next(_NAMES)}"
    (folder / f"{name}.py").write_text(text)
    importlib.invalidate_caches()
    native = model()
    steps = {
        step: f"{name}:{step}" for step in ("pre_transform", "predict", "post_transform") if f"def {step}(" in text
    }
    served = Served(
        FakeModel(native.predict, native, getattr(native, "plan", None)), folder=str(folder), hooks=steps, **options
    )
    try:
        results = [served.run(raw_batch(events)) for events in batches]
        said = sys.modules[name].SAID
    finally:
        del sys.modules[name]
    return [[without_name(result, name) for result in batch] for batch in results], said, native, served


def without_name(result, name):
    return result.status, str(result.value).replace(name, "hooks")


def is_together(served):
    return served.serving._ways._side_by_side is not None


NUMBER = st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0, 0.25])
EVENT = st.one_of(
    st.lists(NUMBER, min_size=3, max_size=3),
    st.lists(NUMBER, min_size=3, max_size=3),
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.sampled_from(["text", [1.0], {"a": 1}, [None, 1.0, 2.0], [[1.0, 2.0]]]),
)
BATCHES = st.lists(st.lists(EVENT, min_size=1, max_size=12), min_size=1, max_size=3)


@st.composite
def predicts(draw, *, stateful):
    calls = draw(st.tuples(st.sampled_from(CALLS), st.sampled_from(CALLS)))
    body = draw(st.sampled_from(WHOLE)).format(*calls)
    return f"{draw(st.sampled_from(STATEFUL))}\n        {body}" if stateful else body


def is_silent(text):
    return text is None or "SAID" not in text


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(list(filter(is_silent, PRE))),
    predicts(stateful=False),
    st.sampled_from(list(filter(is_silent, POST))),
    BATCHES,
)
def test_hooks_that_keep_nothing_give_the_same_side_by_side(tmp_path, pre, predict, post, batches):
    text = source(pre, predict, post)
    want, _, _, plain = run(tmp_path, text, batches, coalesce=False)
    assert not is_together(plain)
    # As the service finds it, and without the trial, which would hide what differs.
    for coalesce in (None, True):
        got, _, _, served = run(tmp_path, text, batches, coalesce=coalesce)
        assert is_together(served), served.loaded["warnings"]
        assert got == want
        assert not any("run one event at a time" in warning for warning in served.warnings)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PRE), predicts(stateful=True), st.sampled_from(POST), BATCHES)
def test_hooks_that_keep_something_run_one_event_after_the_other(tmp_path, pre, stateful, post, batches):
    text = source(pre, stateful, post)
    want, said, native, _ = run(tmp_path, text, batches, coalesce=False)
    got, told, other, served = run(tmp_path, text, batches)
    assert not is_together(served)
    assert "one event at a time" in served.loaded["warnings"][0]
    assert (got, str(told), other.calls) == (want, str(said), native.calls)


@pytest.mark.parametrize("call", CALLS)
def test_the_calls_of_a_batch_become_few(call, tmp_path):
    events = [[float(k % 3), float(k % 5), float(k)] for k in range(200)]
    text = source(
        "return np.array(i, dtype=float)" if "* 2" in call else "return [float(x) for x in i]", f"return {call}", None
    )
    want, _, alone, _ = run(tmp_path, text, [events], coalesce=False)
    got, _, together, _ = run(tmp_path, text, [events, events], coalesce=True)
    assert got == want * 2
    assert len(alone.calls) == 200
    assert len(together.calls) < 60
    assert max(together.calls) >= 150


def test_an_argument_is_what_it_was_when_the_call_was_made(tmp_path):
    # With `coalesce: true` hooks may share a buffer, and each call still gets what it was given.
    text = source(None, "BUFFER[:] = i\n        return model.predict(BUFFER)", None)
    events = [[float(k % 3), float(k), 0.0] for k in range(50)]
    want, *_ = run(tmp_path, text, [events, events], coalesce=False)
    got, *_ = run(tmp_path, text, [events, events], coalesce=True)
    assert got == want


@pytest.mark.parametrize("call", ["model.predict_proba(frame)[0]", "model.predict(frame)"])
def test_frames_of_one_row_share_a_call(call, tmp_path):
    text = "import pandas as pd\n" + source(None, f"frame = pd.DataFrame([i])\n        return list({call})", None)
    events = [{"a": 0.5, "b": float(k), "c": None if k == 5 else 1.0} for k in range(60)]
    want, *_ = run(tmp_path, text, [events] * 2, coalesce=False)
    for coalesce in (None, True):
        got, _, native, served = run(tmp_path, text, [events] * 7, coalesce=coalesce)
        assert got == want[:1] * 7
        assert is_together(served), served.loaded["warnings"]
        assert max(native.calls[-4:]) > 50


class Mixing(Native):
    """Its answers depend on the rows beside them."""

    def predict_proba(self, data):
        rows = self._rows(data)
        return np.stack([rows[:, 0] - rows[:, 0].mean(), rows[:, 1]], axis=1)


class Rounding(Native):
    """Its answers for many rows differ by a bit from those for one."""

    def predict_proba(self, data):
        rows = self._rows(data) + 0.1
        return rows if len(rows) == 1 else np.nextafter(rows, 9)


class RoundingMany(Native):
    """Its answers differ by a bit where there are more rows than the smallest batches have."""

    def predict_proba(self, data):
        rows = self._rows(data) + 0.1
        return rows if len(rows) <= 16 else np.nextafter(rows, 9)


class Exhausted(Native):
    """Has no memory for some rows, as a hook may know."""

    def predict_proba(self, data):
        if (np.asarray(data)[:, 1] == 4).any():
            raise MemoryError("too much")
        return super().predict_proba(data)


EVENTS = [[float(k % 4), float(k % 5), float(k)] for k in range(60)]


def test_a_model_that_mixes_rows_is_never_given_several(tmp_path):
    text = source(None, "return model.predict_proba(i)", None)
    want, *_ = run(tmp_path, text, [EVENTS, EVENTS], Mixing, coalesce=False)
    for coalesce in (None, True):
        got, _, native, served = run(tmp_path, text, [EVENTS, EVENTS], Mixing, coalesce=coalesce)
        assert got == want
        assert sum("isn't given batches" in warning for warning in served.warnings) == 1
        assert native.calls[-len(EVENTS) :] == [1] * len(EVENTS)


def test_outputs_that_differ_by_a_bit_are_found_in_the_first_batches(tmp_path):
    text = source(None, "return model.predict_proba(i)", None)
    want, *_ = run(tmp_path, text, [EVENTS] * 3, Rounding, coalesce=False)
    got, _, native, served = run(tmp_path, text, [EVENTS] * 3, Rounding)
    assert got == want
    assert "operators.serve.coalesce: true" in served.warnings[0]
    assert native.calls[-len(EVENTS) :] == [1] * len(EVENTS)
    # Where a decision is all that is made of it, nobody can tell.
    decides = source(None, "return bool(model.predict_proba(i)[0] > 2)", None)
    want, *_ = run(tmp_path, decides, [EVENTS] * 6, Rounding, coalesce=False)
    got, _, native, served = run(tmp_path, decides, [EVENTS] * 6, Rounding)
    assert (got, served.warnings) == (want, [])
    assert max(native.calls[-2 * len(EVENTS) :]) > 20


def test_a_batch_that_is_twice_as_large_as_those_before_is_compared_too(tmp_path):
    text = source(None, "return model.predict_proba(i)", None)
    # None of which the model refuses.
    events = [[float(k % 3), float(k % 5), float(k)] for k in range(60)]
    batches = [events[:4]] * 8 + [events]
    want, *_ = run(tmp_path, text, batches, RoundingMany, coalesce=False)
    got, _, native, served = run(tmp_path, text, batches, RoundingMany)
    assert got == want
    assert max(native.calls) > 16
    assert "operators.serve.coalesce: true" in served.warnings[0]


def test_a_hook_may_catch_what_its_call_alone_raises(tmp_path, monkeypatch):
    text = source(
        None,
        "try:\n            return model.predict_proba(i)\n        except MemoryError:\n            return None",
        None,
    )
    want, *_ = run(tmp_path, text, [EVENTS, EVENTS], Exhausted, coalesce=False)
    got, *_ = run(tmp_path, text, [EVENTS, EVENTS], Exhausted, coalesce=True)
    assert got == want
    ended = []
    monkeypatch.setattr("harness.exhausted", ended.append)
    run(tmp_path, text, [EVENTS, EVENTS], Exhausted, coalesce=True)
    assert ended == []


@pytest.mark.parametrize("scale", ["4 if i[0] > 1 else 0.5", "1 if i[0] > 1 else True", "i[1]"])
def test_calls_with_other_keyword_arguments_are_other_calls(scale, tmp_path):
    text = source(None, f"return model.decision_function(i, scale={scale})", None)
    want, *_ = run(tmp_path, text, [EVENTS, EVENTS], coalesce=False)
    got, *_ = run(tmp_path, text, [EVENTS, EVENTS], coalesce=True)
    assert got == want


class Framed(Native):
    """Answers with what can't be cut without its index."""

    def predict_proba(self, data):
        return pd.DataFrame(super().predict_proba(data))


class Spoiling(Native):
    """Writes into its input, which a hook sees."""

    def predict_proba(self, data):
        answer = super().predict_proba(data)
        data[:] = 0
        return answer


@pytest.mark.parametrize("model", [Framed, Spoiling])
def test_calls_that_cannot_be_cut_are_made_by_themselves_and_once(model, tmp_path):
    body = "x = np.asarray(i, dtype=float).reshape(1, -1)\n        return [model.predict_proba(x), x.tolist()]"
    events = [[0.5, *event[1:]] for event in EVENTS]
    want, *_ = run(tmp_path, source(None, body, None), [events] * 3, model, coalesce=False)
    got, _, native, _ = run(tmp_path, source(None, body, None), [events] * 3, model, coalesce=True)
    assert got == want
    assert native.calls[-len(events) :] == [1] * len(events)
    # Twice in the first batch.
    assert len(native.calls) <= 4 * len(events) + 4


def test_without_greenlets_events_pass_one_by_one_and_a_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("makinage_worker.strands.greenlet", None)
    text = source(None, "return model.predict(i)", None)
    _, _, native, served = run(tmp_path, text, [EVENTS])
    assert "greenlet" in served.loaded["warnings"][0]
    assert native.calls == [1] * len(EVENTS)


@pytest.mark.parametrize("how", [{"coalesce": False}, {"row_wise": False}])
def test_whoever_wants_one_call_an_event_gets_that(how, tmp_path):
    text = source(None, "return model.predict(i)", None)
    _, _, native, served = run(tmp_path, text, [EVENTS], **how)
    assert (native.calls, served.loaded["warnings"]) == ([1] * len(EVENTS), [])


def test_numpys_settings_are_those_of_the_module_that_made_them(tmp_path):
    text = source(None, "return np.array([model.predict(i)]) / 0.0", None) + "\nnp.seterr(divide='raise')\n"
    try:
        want, *_ = run(tmp_path, text, [EVENTS], coalesce=False)
        got, *_ = run(tmp_path, text, [EVENTS], coalesce=True)
    finally:
        np.seterr(divide="warn")
    assert got == want
    assert "FloatingPointError" in got[0][1][1]


def test_hooks_on_both_sides_of_the_default_predict_share_its_calls(tmp_path):
    text = (
        HEAD
        + factory("pre_transform", "i", "return np.array(i)")
        + factory("post_transform", "i, pred", "return [i, pred]")
    )
    events = [[0.5, *event[1:]] for event in EVENTS]
    want, _, alone, _ = run(tmp_path, text, [events] * 6, coalesce=False)
    got, _, together, _ = run(tmp_path, text, [events] * 6)
    assert got == want
    assert (alone.calls[-1], together.calls[-1]) == (1, len(events))
