"""The short way of an event of numbers that comes by itself, as all do where a model is quicker than its events come.

What `Stacked` does for many at once costs one several times its model call: what it finds out about an event's form is
remembered here. Events whose kind isn't known yet go the way of all others, which learns how the model takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from time import perf_counter_ns as _now
from typing import Any

import numpy as np

from makinage_worker import protocol
from makinage_worker.finish import Finish
from makinage_worker.outcomes import Outcomes, form_of
from makinage_worker.predict import Chunk
from makinage_worker.protocol import DenseGroup, Spent
from makinage_worker.scorer import Scorer
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

    `size`: of the whole payload; more of it is a wish to look on. 0 where they take the other way. `is_array`: that is
    what the model gets of them.
    """

    size: int
    dtype: str
    key: Hashable
    is_array: bool


class Lone:
    """Answers one event of numbers of so many `sources` where none of its steps is the user's."""

    def __init__(self, sources: int, scorer: Scorer, finish: Finish) -> None:
        self._sources = sources
        self._plan = scorer.plan
        self._predictor = scorer.predictor
        self._finish = finish
        self._numbers = Dense(scorer.plan)
        self._forms: dict[bytes, _Form] = {}

    def frames(self, ident: int, payload: memoryview, outcomes: Callable[[], Outcomes]) -> Iterable[bytes] | None:
        """The `result` frames of a `batch` of one event; None where this isn't its way, and nothing has been asked.

        `outcomes`: of one event, where its prediction isn't a number.
        """
        begin = _now()
        head = payload[:_HEAD].tobytes()
        try:
            form = self._forms.get(head) or self._look(head, payload)
            data = None if form is None or len(payload) != form.size else self._input(form, payload)
        except Exception:
            return None  # the other way tells what is wrong
        if form is None or data is None:
            return None
        made = _now()
        answer = self._predictor.lone(form.key, data)
        answered = _now()
        if answer is None:
            return None
        if isinstance(answer, Chunk):
            out = outcomes()
            out.times.took("pre_transform", made - begin)
            out.times.took("predict", answered - made)
            self._finish.all(answer.events, answer.predictions, out)
            out.times.lap("encode")
            return out.frames(ident, _now() - begin)
        spent = Spent(answered - begin, (0, made - begin, answered - made, 0, 0))
        return (protocol.number_frame(ident, form_of(answer), answer.item(), spent),)

    def _look(self, head: bytes, payload: memoryview) -> _Form | None:
        """The form of an event that begins so; None for what isn't a list of numbers, or takes the other way."""
        if not head.startswith(_ONE_OF_NUMBERS):
            return None
        (group,) = protocol.decode_batch(payload).groups
        if not isinstance(group, DenseGroup) or len(group.axes) != 1 or group.source >= self._sources:
            return None
        stack = self._numbers.stack(group.places, np.frombuffer(group.values, group.dtype)[np.newaxis])
        if stack is None:
            return None
        is_array = isinstance(stack.data, np.ndarray)
        size = _HEAD + len(group.values) if is_array or hasattr(stack.data, "iloc") else 0
        if len(self._forms) == _FORMS:
            self._forms.clear()
        form = self._forms[head] = _Form(size, group.dtype, stack.key, is_array)
        return form

    def _input(self, form: _Form, payload: memoryview) -> Any:
        """What the model gets, which it may keep or write into; None where the event must be looked at by itself."""
        together = np.frombuffer(payload, form.dtype, offset=_HEAD)[np.newaxis]
        if not form.is_array:
            return self._plan.dense(together.copy())
        data = self._plan.dense(together)
        return None if data is None else data.copy()
