"""JSON text of events and predictions: strict on the way in, plain on the way out."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import math
import sys
import uuid
from typing import Any, NoReturn

import numpy as np

from makinage_worker import frames
from makinage_worker.rows import encodable, plain_array

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]  # it is optional: the standard library does the same, slower

_ZEROS = bytes.maketrans(b"0123456789", b"0000000000")
_LONG_NUMBER = b"0" * 19
"""Where an integer may exceed 64 bits, once all digits are zeros: orjson would make a float of it."""


def loads(data: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises ValueError for anything else, NaN, Infinity and numbers beyond float64 included, and RecursionError for
    absurd nesting. The last of duplicate keys wins, integers have any size.
    """
    if orjson is not None and _LONG_NUMBER not in data.translate(_ZEROS):
        try:
            return orjson.loads(data)
        except ValueError:
            # The standard library decides, so that both kinds of environment accept the same texts.
            pass
    return json.loads(data.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text if len(text) <= 80 else text[:80] + '…'} exceeds float64")
    return number


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def dumps(value: Any) -> bytes:
    """The JSON text of a value, without spaces.

    NumPy, pandas, dates, decimals, sets and tuples become plain JSON, NaN and infinities `null`. Raises TypeError for
    what JSON has no form for, RecursionError for a value that contains itself.
    """
    if orjson is not None:
        try:
            # Leaves have one form, whichever way they come: orjson's own of dates and dataclasses differ.
            return orjson.dumps(
                value, default=_plain_leaf, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
            )
        except TypeError:
            # Integers beyond 64 bits, lone surrogates, keys that aren't text: the slow path knows them.
            pass
    text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def dumps_each(values: Any) -> list[bytes]:
    """The JSON text of each element of a list or array (of each row, for an array of more axes)."""
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in "iufb":
        # None of these texts contains a comma.
        return dumps(encodable(values))[1:-1].split(b",") if len(values) else []
    return [dumps(value) for value in encodable(values)]


def plain(value: Any) -> Any:
    """The value made of dict, list, str, int, finite float, bool and None only."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, str):
        return _well_formed(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return _plain_dict(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return plain(_plain_leaf(value))


def _plain_dict(value: dict[Any, Any]) -> dict[str, Any]:
    plain_dict = {_key(key): plain(item) for key, item in value.items()}
    if len(plain_dict) < len(value):
        raise TypeError("two keys of a dict are one in JSON, such as 1 and '1'")
    return plain_dict


def _key(key: Any) -> str:
    if isinstance(key, np.generic):
        key = _plain_numpy(key)
    if isinstance(key, str):
        return _well_formed(key)
    if key is True or key is False or key is None:
        return json.dumps(key)
    if isinstance(key, enum.Enum):
        return _key(key.value)
    if isinstance(key, (int, float)):
        return json.dumps(plain(key))
    if isinstance(key, (datetime.date, datetime.time, datetime.timedelta, uuid.UUID, decimal.Decimal)):
        return _key(plain(key))
    raise TypeError(f"a {type(key).__name__} can't be a key in JSON")


def _well_formed(text: str) -> str:
    """The text with U+FFFD for lone surrogates: UTF-8 has no form for them, and strict readers refuse their escapes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(text)


def _plain_leaf(value: Any) -> Any:
    """One step from a foreign object towards plain JSON: orjson's `default`."""
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain_numpy(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (set, frozenset)):
        return _in_order(value)
    if isinstance(value, decimal.Decimal):
        return _plain_decimal(value)
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if value is pandas.NaT or value is pandas.NA:
            return None
        if isinstance(value, pandas.DataFrame):
            return frames.records(value)
        if isinstance(value, pandas.Series) or frames.is_values(value):
            return list(value)
        if isinstance(value, pandas.Timedelta):
            return _plain_numpy(value.to_timedelta64())
        if isinstance(value, (pandas.Period, pandas.Interval)):
            return str(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _text(bytes(value))
    if isinstance(value, uuid.UUID):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "toarray"):  # SciPy's sparse matrices
        return value.toarray()
    if isinstance(value, (str, int, list, tuple, dict)):
        return plain(value)
    raise TypeError(f"a {type(value).__name__} has no form in JSON: return numbers, text, lists or dicts")


def _plain_numpy(value: Any) -> Any:
    kind = value.dtype.kind
    if isinstance(value, np.ndarray):
        if value.ndim:
            return encodable(plain_array(value))
        value = value[()]
        if kind == "O":
            return value
    if value is np.ma.masked or (kind in "mM" and np.isnat(value)):
        return None
    if kind == "M":
        return _moment(value)
    if kind == "m":
        return _seconds(value)
    if kind == "V" and value.dtype.names:
        return {name: value[name] for name in value.dtype.names}
    if kind in "cV":
        raise TypeError(f"NumPy's {value.dtype} has no form in JSON: return numbers, text, lists or dicts")
    if value.dtype.itemsize > 8 and kind == "f":
        return _narrowed(value)
    return value.item()


def _narrowed(value: Any) -> float:
    """A long double as the nearest float; `item` would leave it what it is."""
    with np.errstate(over="ignore"):
        number = float(np.float64(value))
    if math.isinf(number) and not np.isinf(value):
        raise TypeError(f"{value} exceeds float64, which is what JSON's readers have: return a text")
    return number


def _moment(value: np.datetime64) -> str:
    """In ISO 8601 with as many digits as pandas and Python give: none, or microseconds, or all there are."""
    unit, _ = np.datetime_data(value.dtype)
    if unit in ("Y", "M", "W", "D"):
        return str(value)
    text = str(value.astype("datetime64[s]") if unit in ("h", "m") else value)
    seconds, _, digits = text.partition(".")
    digits = digits.rstrip("0")
    if not digits:
        return seconds
    # Python's isoformat has six digits, pandas' nine where six don't suffice.
    return f"{seconds}.{digits.ljust(6 if len(digits) <= 6 else 9, '0')}"


_SECONDS = {"W": (604_800, 1), "D": (86_400, 1), "h": (3600, 1), "m": (60, 1), "s": (1, 1)} | {
    unit: (1, 10 ** (3 * power)) for power, unit in enumerate(("ms", "us", "ns", "ps", "fs", "as"), 1)
}
"""Each of NumPy's units of time as a fraction of seconds; months and years have no fixed number of them."""


def _seconds(value: np.timedelta64) -> float:
    unit, step = np.datetime_data(value.dtype)
    if unit not in _SECONDS:
        raise TypeError(f"a timedelta64 in the unit {unit} is no number of seconds: return one in days or less")
    times, parts = _SECONDS[unit]
    # Python divides integers of any size to the nearest float.
    count = int(value.astype(np.int64)) * int(step)
    return float(count * times / parts)


def _in_order(values: Any) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def _plain_decimal(value: decimal.Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and value.adjusted() < 30:
        return int(value)
    number = float(value)
    if math.isinf(number):
        raise TypeError(f"{value} exceeds float64, which is what JSON's readers have: return a text")
    return number


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise TypeError(
            "bytes that are not UTF-8 have no form in JSON: "
            f"return base64 text, such as {base64.b64encode(data[:6]).decode()!r}"
        ) from None
