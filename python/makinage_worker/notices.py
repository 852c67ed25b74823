"""What a worker tells the service while it works: that it progresses and where it is, warnings, and its own end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn

from makinage_worker.page import Page

PROGRESS_SECONDS = 1.0
"""Least time between two `progress` frames."""


class Notices:
    """Sends `progress` at most once a second, and the rest, through the functions it is given.

    `exhausted` ends the process, which has run out of memory: whatever fails then is nobody's fault.
    """

    def __init__(
        self,
        progress: Callable[[], None],
        warn: Callable[[str], None],
        exhausted: Callable[[BaseException], NoReturn],
        page: Page,
    ) -> None:
        self._progress = progress
        self.warn = warn
        self.exhausted = exhausted
        self._page = page
        self._next = 0.0

    def begin(self, ident: int, events: int) -> None:
        """A request begins: the first `progress` is due a second from now."""
        self._next = time.monotonic() + PROGRESS_SECONDS
        self._page.begin(ident)
        self._page.write(0, events)

    def at(self, first: int, count: int = 1) -> None:
        """Called before user code or the model sees the events in these places; cheap enough for every event."""
        self._page.write(first, count)
        self.tick()

    def enter(self, step: str) -> None:
        """The event, which passes by itself, comes to this step."""
        self._page.enter(step)

    def tick(self) -> None:
        """Called where work has moved on without another place."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + PROGRESS_SECONDS
            self._progress()


class Forgiving(Notices):
    """The same, for calls that are made again where their errors count: one that runs out of memory raises that."""

    def __init__(self, notices: Notices) -> None:
        super().__init__(notices.tick, self._pass_on, self._forgive, notices._page)  # its own kind
        self._notices = notices

    def at(self, first: int, count: int = 1) -> None:
        """As the other."""
        self._notices.at(first, count)

    def tick(self) -> None:
        """As the other."""
        self._notices.tick()

    def _pass_on(self, message: str) -> None:
        self._notices.warn(message)

    def _forgive(self, error: BaseException) -> NoReturn:
        raise error
