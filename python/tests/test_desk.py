"""What keeps hooks that run side by side from waiting for each other, and from getting each other's answers."""

import functools

import pytest
from test_side_by_side import EVENTS, HEAD, Native, factory, is_together, run, source

from makinage_worker.locks import lock_of


def undecorated(function):
    def wrapper(self, data):
        return function(self, data)

    return wrapper


class SameNames(Native):
    """Its methods have the name that their decorator has left on them."""

    @undecorated
    def predict_proba(self, data):
        return self._rows(data)[:, :2] * 2

    @undecorated
    def decision_function(self, data):
        return self._rows(data)[:, 0] + 100


class NoNames(Native):
    """Its methods are partials, which have no names."""

    def __init__(self):
        super().__init__()
        self.predict_proba = functools.partial(lambda data: self._rows(data)[:, :2] * 2)
        self.decision_function = functools.partial(lambda data: self._rows(data)[:, 0] + 100)


@pytest.mark.parametrize("model", [SameNames, NoNames])
@pytest.mark.parametrize("row", ["i", "np.array(i)"])
def test_methods_are_told_by_the_names_that_the_model_has_them_under(model, row, tmp_path):
    text = source(None, f"return [model.predict_proba({row}), model.decision_function({row})]", None)
    want, *_ = run(tmp_path, text, [EVENTS, EVENTS], model, coalesce=False)
    for coalesce in (None, True):
        got, _, _, served = run(tmp_path, text, [EVENTS] * 6, model, coalesce=coalesce)
        assert got == want * 3
        assert is_together(served)


LOCKED = "with LOCK:\n            return model.predict(i)"
HOLDERS = {
    "a global": ("LOCK = threading.Lock()\n", LOCKED),
    "a condition": ("LOCK = threading.Condition(threading.Lock())\n", LOCKED),
    "many values beside it": (
        "CATEGORIES = list(range(5000))\nLOCK = threading.Lock()\n",
        f"assert CATEGORIES\n        {LOCKED}",
    ),
    "an instance's class": (
        "class State:\n    lock = threading.Lock()\nSTATE = State()\n",
        "with STATE.lock:\n            return model.predict(i)",
    ),
    "a semaphore": ("LOCK = threading.Semaphore()\n", LOCKED),
    "a helper's": (
        "LOCK = threading.Lock()\ndef ask(model, i):\n    with LOCK:\n        return model.predict(i)\n",
        "return ask(model, i)",
    ),
    "an object's": (
        "class Guard:\n    def __init__(self):\n        self.lock = threading.Lock()\n"
        "    def ask(self, model, i):\n        with self.lock:\n            return model.predict(i)\nGUARD = Guard()\n",
        "return GUARD.ask(model, i)",
    ),
    "one that a thread may take twice": ("LOCK = threading.RLock()\n", LOCKED),
    "a list's": ("LOCKS = [threading.Lock()]\n", "with LOCKS[0]:\n            return model.predict(i)"),
    "a dict's": ("LOCKS = {'a': threading.Lock()}\n", "with LOCKS['a']:\n            return model.predict(i)"),
    "a default": (
        "def ask(model, i, *, lock=threading.Lock()):\n    with lock:\n        return model.predict(i)\n",
        "return ask(model, i)",
    ),
    "a class's": (
        "class Guard:\n    lock = threading.Lock()\n",
        "with Guard.lock:\n            return model.predict(i)",
    ),
    "processes'": ("import multiprocessing\nLOCK = multiprocessing.Lock()\n", LOCKED),
    "in a comprehension": (
        "LOCK = threading.Lock()\n",
        "return [model.predict(row) for row in (i, i) if LOCK.acquire() and LOCK.release() is None]",
    ),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_nobody_waits_for_a_lock_that_an_event_holds(name, tmp_path):
    head, body = HOLDERS[name]
    text = "import threading\n" + HEAD + head + factory("predict", "i", body)
    want, *_ = run(tmp_path, text, [EVENTS], coalesce=False)
    got, _, _, served = run(tmp_path, text, [EVENTS], coalesce=True)
    assert got == want
    assert not is_together(served)
    assert "lock" in served.loaded["warnings"][0]


def test_a_lock_of_another_module_of_the_users_is_seen(tmp_path):
    (tmp_path / "guarded_state.py").write_text("import threading\nLOCK = threading.Lock()\n", "utf-8")
    body = "with guarded_state.LOCK:\n            return model.predict(i)"
    text = "import guarded_state\n" + HEAD + factory("predict", "i", body)
    got, _, _, served = run(tmp_path, text, [EVENTS], coalesce=True)
    assert got == run(tmp_path, text, [EVENTS], coalesce=False)[0]
    assert not is_together(served)
    assert "guarded_state.LOCK" in served.loaded["warnings"][0]


def test_locks_that_a_library_holds_in_its_own_calls_alone_are_none(tmp_path):
    head = "import logging, queue\nLOG = logging.getLogger('quiet')\nLOG.addHandler(logging.NullHandler())\n"
    head += "Q = queue.Queue()\n"
    body = "LOG.debug('%s', Q.empty())\n        return model.predict(i)"
    *_, served = run(tmp_path, HEAD + head + factory("predict", "i", body), [EVENTS], coalesce=True)
    assert is_together(served)


def test_the_lock_is_named_with_its_place():
    import threading

    guard = threading.Lock()

    def hook(i):
        with guard:
            return i

    line = hook.__code__.co_firstlineno
    assert lock_of(hook) == f"guard ({__file__}:{line})"
    assert lock_of(functools.partial(hook, 1)) == f"guard ({__file__}:{line})"
    assert lock_of(lambda i: i) is None


def test_lines_of_a_log_are_in_the_order_of_the_events_as_soon_as_it_is_on(tmp_path, caplog):
    import logging

    lines = "LOG.debug('before %s', i[2])", "p = model.predict(i)", "LOG.debug('after %s', i[2])", "return p"
    body = "\n        ".join(lines)
    text = "import logging\nLOG = logging.getLogger('test_desk.quiet')\n" + HEAD + factory("predict", "i", body)
    events = [[0.5, *event[1:]] for event in EVENTS]
    want, *_ = run(tmp_path, text, [events], coalesce=False)
    with caplog.at_level(logging.INFO, "test_desk.quiet"):
        got, _, native, served = run(tmp_path, text, [events] * 6)
        assert got == want * 6
        assert max(native.calls[-3:]) > 50
        caplog.set_level(logging.DEBUG, "test_desk.quiet")
        served.raw(events)
    said = [record.getMessage() for record in caplog.records]
    assert said == [line for event in events for line in (f"before {event[2]}", f"after {event[2]}")]
    assert native.calls[-len(events) :] == [1] * len(events)


WITH_OBJECTS = {
    "a scorer": """
class Scorer:
    def __init__(self, model, low):
        self._model, self.low = model, low

    def row(self, i):
        return [float(x) for x in i]

    def __call__(self, i):
        p = self._model.predict_proba([self.row(i)])[0]
        return {"p": p.tolist(), "high": bool(p[1] > self.low)}


def predict(model, config):
    return Scorer(model, 2.0)
""",
    "a partial": """
import functools


def run(model, low, i):
    return [float(model.predict(i)), bool(model.predict(i[::-1]) > low)]


def predict(model, config):
    return functools.partial(run, model, 2.0)
""",
    "records and a generator": """
import dataclasses


@dataclasses.dataclass
class Answer:
    label: float
    rows: list = dataclasses.field(default_factory=list)


def rows(model, i):
    for row in (i, i[::-1]):
        yield model.predict_proba(row).tolist()


def predict(model, config):
    def _predict(i):
        answer = Answer(float(model.predict(i)))
        answer.rows.extend(rows(model, i))
        return dataclasses.asdict(answer)

    return _predict
""",
    "a scaler": """
import numpy as np
from sklearn.preprocessing import StandardScaler


def predict(model, config):
    scaler = StandardScaler().fit(np.eye(3))

    def _predict(i):
        with np.errstate(all="ignore"):
            x = np.log(np.asarray(i, dtype=float) + 1)
        return model.predict_proba(scaler.transform([x]))[0].tolist()

    return _predict
""",
}


@pytest.mark.parametrize("name", WITH_OBJECTS)
def test_hooks_with_objects_give_what_a_plain_loop_gives(name, tmp_path):
    batches = [EVENTS, [*EVENTS[:5], "text", [1.0], None, *EVENTS[5:]]] * 3
    want, *_ = run(tmp_path, HEAD + WITH_OBJECTS[name], batches, coalesce=False)
    for coalesce in (None, True):
        got, _, native, served = run(tmp_path, HEAD + WITH_OBJECTS[name], batches, coalesce=coalesce)
        assert is_together(served), served.loaded["warnings"]
        assert got == want
        assert max(native.calls) > 20
