"""Lines for a log that is turned off: they are written by nobody, in whichever order events pass."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import MethodType
from typing import Any

_LEVELS = (
    (logging.Logger.debug, logging.DEBUG),
    (logging.Logger.info, logging.INFO),
    (logging.Logger.warning, logging.WARNING),
    (logging.Logger.error, logging.ERROR),
    (logging.Logger.critical, logging.CRITICAL),
)
"""Collected before any of the user's code could put something else in their place."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that hooks write as soon as its logger's level lets them."""

    logger: logging.Logger
    level: int

    @property
    def is_written(self) -> bool:
        """Whether its level is on."""
        return self.logger.isEnabledFor(self.level)


def is_logger(value: Any) -> bool:
    """Whether it is one of the standard library's own."""
    return type(value) in (logging.Logger, logging.RootLogger)


def line(method: Any) -> Line | None:
    """The line that this method writes; None for what is no method of a logger."""
    if isinstance(method, MethodType) and isinstance(method.__self__, logging.Logger) and is_logger(method.__self__):
        levels = [level for function, level in _LEVELS if function is method.__func__]
        return Line(method.__self__, levels[0]) if levels else None
    return None
