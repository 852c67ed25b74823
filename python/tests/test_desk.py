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
