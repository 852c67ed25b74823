"""Greenlets that take events through the user's code, and wait where that calls the model.

They are kept: a new one costs ten times what an event's two switches do. All run in one context, as hooks do that are
run one after the other (NumPy's `seterr` is in it).
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any, Protocol

try:
    import greenlet
except ImportError:
    greenlet = None  # it is optional: without it events pass one by one


def are_there() -> bool:
    """Whether this Python has greenlets."""
    return greenlet is not None


class Waiting(Protocol):
    """What a strand waits for. The strand and its job are put down in it."""

    strand: Any
    job: Any


class Strands:
    """Runs `work(job)` for several jobs at a time. One that calls `wait` is left there until it is resumed."""

    def __init__(self, work: Callable[[Any], None]) -> None:
        self._work = work
        self._hub = greenlet.getcurrent()
        self._context = contextvars.copy_context()
        self._idle: list[Any] = []
        self.waiting: list[Any] = []
        """What strands wait for, in the order in which they began to."""

    def begin(self, job: Any) -> None:
        """Takes a job until its end, or until it waits."""
        self._go(self._idle.pop() if self._idle else self._new(), job, job)

    def resume(self, wish: Waiting, answer: Any) -> None:
        """Gives one that waited its answer, and takes it on until its end, or until it waits again."""
        self._go(wish.strand, wish.job, answer)

    def is_in_one(self) -> bool:
        """Whether the caller's code runs in a strand, where it may wait."""
        return greenlet.getcurrent().parent is self._hub

    def wait(self, wish: Waiting) -> Any:
        """Called in a strand: waits for what it is resumed with."""
        return self._hub.switch(wish)

    def _new(self) -> Any:
        strand = greenlet.greenlet(self._loop, self._hub)
        strand.gr_context = self._context
        return strand

    def _go(self, strand: Any, job: Any, what: Any) -> None:
        wish = strand.switch(what)
        if wish is None:
            self._idle.append(strand)
        else:
            wish.strand = strand
            wish.job = job
            self.waiting.append(wish)

    def _loop(self, job: Any) -> None:
        while True:
            self._work(job)
            job = self._hub.switch(None)
