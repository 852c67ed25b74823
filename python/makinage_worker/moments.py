"""Dates and times of events: ISO 8601 texts as moments in UTC, and nothing else.

pandas takes more for a date: an empty text, "now", a bare hour (today's) and a number (nanoseconds). None of these says
which moment is meant, so none of them is one here.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np

_ISO = re.compile(
    r"(\d{4})([-/]?)(\d\d)\2(\d\d)"
    r"(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = datetime.datetime(1970, 1, 1)
_SECOND = 10**9
_EARLIEST, _LATEST = -(2**63) + 1, 2**63 - 1
"""What int64 nanoseconds hold: the years 1677 to 2262. MLflow takes no other datetime columns."""


def moment(value: Any) -> np.datetime64:
    """A date, a date and time, or its ISO 8601 text, as nanoseconds in UTC; NaT stays NaT.

    Raises ValueError for what isn't one, TypeError for what isn't even text.
    """
    if isinstance(value, str):
        return np.datetime64(_nanoseconds(value), "ns")
    if isinstance(value, np.datetime64):
        return _widened(value)
    if isinstance(value, datetime.date):
        return _of_object(value)
    raise TypeError("write it as text, such as 2024-01-31T09:30:00Z")


def _nanoseconds(text: str) -> int:
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError("it isn't a date in ISO 8601: write it as 2024-01-31 or 2024-01-31T09:30:00Z")
    year, _, month, day, hour, minute, second, fraction, zone = match.groups()
    whole = datetime.datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    since = whole - _EPOCH
    nanoseconds = (since.days * 86_400 + since.seconds - _offset(zone)) * _SECOND + _fraction(fraction or "")
    return _in_range(nanoseconds)


def _fraction(digits: str) -> int:
    digits = digits.rstrip("0")
    if len(digits) > 9:
        raise ValueError("it has digits below nanoseconds")
    return int(digits.ljust(9, "0"))


def _offset(zone: str | None) -> int:
    """Seconds east of UTC."""
    if zone is None or zone.upper() in ("Z", "UTC"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{zone} is no time zone")
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)


def _in_range(nanoseconds: int) -> int:
    if not _EARLIEST <= nanoseconds <= _LATEST:
        raise ValueError("MLflow's datetime columns hold nanoseconds, from the year 1677 to 2262")
    return nanoseconds


def _widened(value: np.datetime64) -> np.datetime64:
    import pandas as pd

    # NumPy's own cast wraps around, pandas' raises.
    return _of_object(pd.Timestamp(value)) if not np.isnat(value) else np.datetime64("NaT", "ns")


def _of_object(value: datetime.date) -> np.datetime64:
    import pandas as pd

    moment = pd.Timestamp(value)
    if moment is pd.NaT:
        return np.datetime64("NaT", "ns")
    if moment.tzinfo is not None:
        moment = moment.tz_convert("UTC").tz_localize(None)
    try:
        return moment.as_unit("ns").to_datetime64()  # type: ignore[no-any-return]
    except pd.errors.OutOfBoundsDatetime:
        raise ValueError("MLflow's datetime columns hold nanoseconds, from the year 1677 to 2262") from None
