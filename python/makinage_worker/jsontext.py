"""JSON text of events and predictions: strict on the way in, plain on the way out."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import json
import math
import re
import sys
import uuid
from typing import Any, NoReturn

import numpy as np

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]  # it is optional: the standard library does the same, slower

_LONG_NUMBER = re.compile(rb"\d{19}")
"""Where an integer may exceed 64 bits: orjson would make a float of it."""


def loads(data: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises ValueError for anything else, NaN and Infinity included, and RecursionError for absurd nesting. The last of
    duplicate keys wins, integers have any size.
    """
    if orjson is not None and _LONG_NUMBER.search(data) is None:
        try:
            return orjson.loads(data)
        except ValueError:
            # The standard library decides, so that both kinds of environment accept the same texts.
            pass
    return json.loads(data.decode("utf-8"), parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def dumps(value: Any) -> bytes:
    """The JSON text of a value, without spaces.

    NumPy, pandas, dates, decimals, sets and tuples become plain JSON, NaN and infinities `null`. Raises TypeError for
    what JSON has no form for, RecursionError for a value that contains itself.
    """
    if orjson is not None:
        try:
            return orjson.dumps(value, default=_plain_leaf, option=orjson.OPT_NON_STR_KEYS)
        except TypeError:
            # Integers beyond 64 bits, lone surrogates, keys of NumPy's: the slow path knows them.
            pass
    text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def dumps_each(values: Any) -> list[bytes]:
    """The JSON text of each element of a list or array (of each row, for an array of more axes)."""
    if isinstance(values, np.ndarray):
        if values.ndim == 1 and values.dtype.kind in "iufb":
            # None of these texts contains a comma.
            return dumps(values.tolist())[1:-1].split(b",") if len(values) else []
        values = values.tolist()
    return [dumps(value) for value in values]


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
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return plain(_plain_leaf(value))


def _key(key: Any) -> str:
    if isinstance(key, np.generic):
        key = key.item()
    if isinstance(key, str):
        return _well_formed(key)
    if key is True or key is False or key is None:
        return json.dumps(key)
    if isinstance(key, (int, float)):
        return json.dumps(key)
    if isinstance(key, (datetime.date, datetime.time, uuid.UUID, enum.Enum)):
        return str(plain(key))
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
            return value.to_dict(orient="records")
        if isinstance(value, (pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray)):
            return value.tolist()
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
        return value.toarray().tolist()
    if isinstance(value, (str, int, list, tuple, dict)):
        return plain(value)
    raise TypeError(f"a {type(value).__name__} has no form in JSON: return numbers, text, lists or dicts")


def _plain_numpy(value: Any) -> Any:
    if value.dtype.kind in "mM":
        if isinstance(value, np.ndarray):
            return [_plain_numpy(item) for item in value] if value.ndim else _plain_numpy(value[()])
        if np.isnat(value):
            return None
        return str(value) if value.dtype.kind == "M" else float(value / np.timedelta64(1, "s"))
    if value.dtype.kind == "f":
        # `item` widens float32 exactly; only long doubles stay what they are.
        value = value.astype(np.float64) if value.dtype.itemsize > 8 else value
    if value.dtype.kind == "V" and value.dtype.names and isinstance(value, np.void):
        return {name: value[name] for name in value.dtype.names}
    if value.dtype.kind in "cV":
        raise TypeError(f"NumPy's {value.dtype} has no form in JSON: return numbers, text, lists or dicts")
    return value.tolist()


def _in_order(values: Any) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def _plain_decimal(value: decimal.Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() and value.adjusted() < 30 else float(value)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise TypeError(
            "bytes that are not UTF-8 have no form in JSON: "
            f"return base64 text, such as {base64.b64encode(data[:6]).decode()!r}"
        ) from None
