"""The short way of an event of numbers that comes by itself, as all do where a model is quicker than its events come.

What `Stacked` does for many at once costs one several times its model call: what it finds out about an event's form is
remembered here. Whatever isn't known, or isn't one number, goes the way of all others, which knows what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns as _now
from typing import Any

import numpy as np

from makinage_worker import protocol
from makinage_worker.errors import Failure
from makinage_worker.outcomes import form_of, is_numbers
from makinage_worker.predict import Scorer
from makinage_worker.protocol import DenseGroup, Spent
from makinage_worker.stack import Dense

_HEAD = 24
"""Bytes of a `batch` before the numbers of a list of them; see `protocol/README.md`."""

_ONE_OF_NUMBERS = (b"\1\0\0\0\1\0\0\0\1", b"\1\0\0\0\1\0\0\0\2")
"""How a batch of one event begins whose one group is of numbers."""

_FORMS = 64
"""Forms of events that are remembered."""


@dataclass(slots=True)
class _Form:
    """Events whose frames have one head: how their numbers are read, and the key of their stack.

    `size`: of the whole payload; more of it is a wish to look on. `is_known`: the answers to them are one number.
    """

    size: int
    dtype: str
    key: Any
    is_known: bool = True


class Lone:
    """Answers one event of numbers where none of its steps is the user's; `scorer` makes its row and has the model."""

    def __init__(self, scorer: Scorer) -> None:
        self._plan = scorer.plan
        self._predictor = scorer.predictor
        self._numbers = Dense(scorer.plan)
        self._forms: dict[bytes, _Form] = {}

    def answer(self, ident: int, payload: memoryview) -> bytes | Failure | None:
        """The `result` frame of a `batch` of one event, or how the model failed; None where this isn't its way."""
        begin = _now()
        head = payload[:_HEAD].tobytes()
        form = self._forms.get(head) or self._look(head, payload)
        if form is None or not form.is_known or len(payload) != form.size:
            return None
        # The model may write into what it gets.
        data = self._input(np.frombuffer(payload, form.dtype, offset=_HEAD)[np.newaxis].copy())
        made = _now()
        result = None if data is None else self._predictor.lone(form.key, data)
        if result is None or isinstance(result, Failure):
            return result
        if not (type(result) is np.ndarray and is_numbers(result) and len(result) == 1 and result.dtype.kind != "u"):
            form.is_known = False
            return None
        answered = _now()
        spent = Spent(answered - begin, (0, made - begin, answered - made, 0, 0))
        return protocol.number_frame(ident, form_of(result), result.item(), spent)

    def _look(self, head: bytes, payload: memoryview) -> _Form | None:
        """The form of an event that begins so; None for what isn't a list of numbers."""
        if not head.startswith(_ONE_OF_NUMBERS):
            return None
        batch = protocol.decode_batch(payload)
        (group,) = batch.groups
        if not isinstance(group, DenseGroup) or len(group.axes) != 1:
            return None
        together = np.frombuffer(group.values, group.dtype)[np.newaxis]
        data = self._input(together)
        stack = None if data is None else self._numbers.stack(group.places, together)
        if stack is None:
            return None
        if len(self._forms) == _FORMS:
            self._forms.clear()
        known = isinstance(data, np.ndarray) or hasattr(data, "iloc")
        form = self._forms[head] = _Form(_HEAD + len(group.values), group.dtype, stack.key, known)
        return form

    def _input(self, together: np.ndarray) -> Any:
        try:
            return self._plan.dense(together)
        except BaseException:
            return None  # the other way tells what is wrong
