"""Greenlets that take events through the user's code, and wait where that calls the model.

They are kept: a new one costs ten times what an event's two switches do. All run in one context, as hooks do that are
run one after the other (NumPy's `seterr` is in it).
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

try:
    import greenlet
except ImportError:
    greenlet = None  # it is optional: without it events pass one by one

_DONE = object()
"""What a strand says when its work is finished."""


def are_there() -> bool:
    """Whether this Python has greenlets."""
    return greenlet is not None


@dataclass(slots=True)
class Waiting:
    """A job whose strand waits for something."""

    strand: greenlet.greenlet
    job: Any
    wish: Any


class Strands:
    """Runs `work(job)` for several jobs at a time. One that calls `wait` is left there until it is resumed."""

    def __init__(self, work: Callable[[Any], None]) -> None:
        self._work = work
        self._hub = greenlet.getcurrent()
        self._context = contextvars.copy_context()
        self._idle: list[greenlet.greenlet] = []
        self.waiting: list[Waiting] = []
        """Those that wait, in the order in which they began to."""

    def begin(self, job: Any) -> None:
        """Takes a job until its end, or until it waits."""
        strand = self._idle.pop() if self._idle else self._new()
        self._go(strand, job, job)

    def resume(self, waiting: Waiting, answer: Any) -> None:
        """Gives one that waited its answer, and takes it on until its end, or until it waits again."""
        self._go(waiting.strand, waiting.job, answer)

    def is_in_one(self) -> bool:
        """Whether the caller's code runs in a strand, where it may wait."""
        return greenlet.getcurrent().parent is self._hub

    def wait(self, wish: Any) -> Any:
        """Called in a strand: waits for what it is resumed with."""
        return self._hub.switch(wish)

    def _new(self) -> greenlet.greenlet:
        strand = greenlet.greenlet(self._loop, self._hub)
        strand.gr_context = self._context
        return strand

    def _go(self, strand: greenlet.greenlet, job: Any, what: Any) -> None:
        said = strand.switch(what)
        if said is _DONE:
            self._idle.append(strand)
        else:
            self.waiting.append(Waiting(strand, job, said))

    def _loop(self, job: Any) -> None:
        while True:
            self._work(job)
            job = self._hub.switch(_DONE)
