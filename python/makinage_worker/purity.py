"""Whether the user's code keeps nothing from one event to the next, so that nobody can tell in which order events pass.

It is read, not run: a hook that stores to what outlives the event, calls what isn't known, or does anything that isn't
followed here, is in doubt. What is shared may be read; what is the event's may be changed, until something shared has
got into it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from makinage_worker import purity_known
from makinage_worker.encoding import Codec
from makinage_worker.purity_calls import Arguments
from makinage_worker.purity_logs import Line
from makinage_worker.purity_objects import is_users_object
from makinage_worker.purity_statements import Statements
from makinage_worker.purity_values import Doubt, Known, Taint, Value
from makinage_worker.steps import Steps, Topics


@dataclass(slots=True)
class Doubtful:
    """What makes a hook or a codec doubtful."""

    who: str
    what: str
    where: str | None

    def __str__(self) -> str:
        place = "" if self.where is None else f" ({self.where})"
        return f"{self.who}{place} {self.what}"


@dataclass(slots=True)
class Findings:
    """What makes the user's code doubtful, first of all; None where it keeps nothing between events.

    It writes the `quiet` lines to logs as soon as their levels are turned on.
    """

    doubtful: Doubtful | None
    quiet: frozenset[Line] = frozenset()


def look(topics: Topics, steps: Steps) -> Findings:
    """Looks at all of the user's code."""
    if np.geterrcall() is not None and not {"call", "log"}.isdisjoint(np.geterr().values()):
        return Findings(Doubtful("np.seterrcall", "has a function that is called whenever a number overflows", None))
    leaks = False
    while True:
        reader = _Reader(leaks=leaks)
        try:
            reader.pass_through(topics, steps)
        except Doubt as found:
            return Findings(Doubtful(reader.who, found.what, found.where or None))
        except Exception as error:
            # Source that nobody has thought of: it takes no worker down.
            return Findings(Doubtful(reader.who, f"can't be followed ({type(error).__name__}: {error})", None))
        if reader.sets_errors and reader.calls_later:
            # What is iterated over there may call the model.
            return Findings(Doubtful("predict", "has np.errstate, and something that calls the model later", None))
        if reader.leaks == leaks:
            return Findings(None, frozenset(reader.quiet))
        leaks = reader.leaks


class _Reader(Statements):
    """Follows an event through all of the user's code; `who` is where it is."""

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.who = ""

    def pass_through(self, topics: Topics, steps: Steps) -> None:
        """From decode to encode. Raises Doubt."""
        event = self.joined([self._decode(codec) for codec in topics.sources], "")
        made = self._step("pre_transform", steps.pre_transform, [event])
        prediction = self._step("predict", steps.predict, [made])
        output = self._step("post_transform", steps.post_transform, [event, prediction])
        if topics.sink.is_users:
            self._codec(topics.sink, "encode", output)

    def _decode(self, codec: Codec) -> Taint:
        if codec.is_users:
            return self._codec(codec, "decode", Taint.PLAIN)
        return Taint.OWN if codec.is_json else Taint.PLAIN

    def _codec(self, codec: Codec, name: str, given: Taint) -> Taint:
        if codec.module is None:
            self.who = "makinage.encoding.pickle"
            raise Doubt("may run code of the classes that are pickled", "")
        self.who = f"{codec.module.__name__}.{name}"
        return self._returned(getattr(codec.module, name), [given])

    def _step(self, name: str, function: Callable[..., Any] | None, given: list[Taint]) -> Taint:
        if function is None:
            for value in given:
                self.keep(value, "")
            return Taint.OWN
        self.who = name
        return self._returned(function, given)

    def _returned(self, function: Callable[..., Any], given: list[Taint]) -> Taint:
        is_followed = isinstance(function, (FunctionType, MethodType, functools.partial)) or is_users_object(function)
        if not is_followed and not purity_known.is_pure(function):
            raise Doubt(f"is a {type(function).__name__}, which may remember events", "")
        values: list[Value] = list(given)
        where = getattr(getattr(function, "__code__", None), "co_filename", "")
        return self.taint(self.call(Known(function, self.who), Arguments(values), where), where)
