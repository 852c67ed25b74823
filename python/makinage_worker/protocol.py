"""The wire format between the service and a worker: frames, batches and results (`protocol/README.md`).

Pure bytes in, plain objects out; needs nothing but the standard library, so that `check` runs in any Python.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

MAX_FRAME = 1 << 30
"""Largest frame, in bytes, header included and length field excluded."""

RESULT_FRAME_TARGET = 4 << 20
"""A result frame is closed once its items exceed this many bytes."""

_HEADER = struct.Struct("<IBQ")
_BODY = struct.Struct("<BQ")
_GROUP = struct.Struct("<BHI")
_RESULT = struct.Struct("<IIQ5QB")
FLOAT64 = struct.Struct("<d")
"""A float as the service reads it."""

LENGTH_BYTES = 4
"""The length field."""

_PREFIX_BYTES = 9
"""Kind and id, which the length field counts."""


class Kind(IntEnum):
    """Frame kinds; below 16 from the service, from 16 on from the worker."""

    SETUP = 1
    LOAD = 2
    BATCH = 3
    CHECK = 4
    SINGLY = 5
    READY = 16
    LOADED = 17
    FAILED = 18
    RESULT = 19
    PROGRESS = 20
    LOG = 21
    CHECKED = 22
    ENDING = 23
    METRICS = 24
    VALUES = 25


class Status(IntEnum):
    """What became of an event, in a result of form `items`."""

    OUTPUT = 0
    PREDICTION = 1
    SKIPPED = 2
    FAILED = 3
    PASSING = 4
    """Failed, by an error after which the service may try the event again."""
    FLOAT = 5
    """A prediction that is one float: `FLOAT64` has its bytes."""


class Form(IntEnum):
    """Encodings of the predictions of a result frame."""

    ITEMS = 0
    INT64 = 1
    FLOAT64 = 2
    BOOL = 3


class Spent(NamedTuple):
    """Time spent on a batch so far, in nanoseconds: in all, and in each step (`times.STEPS`)."""

    nanoseconds: int
    steps: tuple[int, ...]


class ProtocolError(Exception):
    """The service sent something that the protocol doesn't have."""


@dataclass(slots=True)
class RawGroup:
    """Events of one source as undecoded bytes; `places` are their positions in the batch."""

    source: int
    places: Sequence[int]
    events: list[bytes]


@dataclass(slots=True)
class DenseGroup:
    """JSON events of one source that are all numbers, or all lists of equally many, or lists of such lists.

    `axes` are the lengths of the lists, from the outermost on; none for numbers. `values` holds the little-endian
    values of 8 bytes of one event after the other, `dtype` is `<i8` or `<f8`.
    """

    source: int
    places: Sequence[int]
    dtype: str
    axes: tuple[int, ...]
    values: memoryview


@dataclass(slots=True)
class Batch:
    """`events` events in groups; every place from 0 to `events - 1` occurs in exactly one of them.

    `asked`: the places of those whose values after each step are wanted; None where nobody looks on.
    """

    events: int
    groups: list[RawGroup | DenseGroup]
    asked: Sequence[int] | None = None


def frame(kind: Kind, ident: int, *payload: bytes | bytearray | memoryview) -> bytes:
    """One frame, ready to be sent."""
    size = sum(map(len, payload))
    return b"".join((_HEADER.pack(_PREFIX_BYTES + size, kind, ident), *payload))


def json_frame(kind: Kind, ident: int, message: dict[str, Any]) -> bytes:
    """One frame with a JSON payload."""
    return frame(kind, ident, json_bytes(message))


def json_bytes(message: dict[str, Any]) -> bytes:
    """JSON of a message of the worker's own, in ASCII.

    What an exception says may hold lone surrogates, which UTF-8 can't carry and whose escapes strict readers refuse.
    """
    text = json.dumps(message)
    if "\\ud" in text:
        text = json.dumps(_well_formed(json.loads(text)))
    return text.encode("ascii")


def read_json(payload: memoryview) -> Any:
    """The value of a JSON payload of the service's. Raises ProtocolError."""
    try:
        return json.loads(bytes(payload))
    except ValueError as error:
        raise ProtocolError(f"a payload that isn't JSON: {error}") from error


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(item) for key, item in value.items()}
    return value


def split_body(body: bytes | memoryview) -> tuple[int, int, memoryview]:
    """Kind, id and payload of a frame without its length field.

    The kind is a plain number: an unknown one is for the caller to refuse.
    """
    kind, ident = _BODY.unpack_from(body)
    return kind, ident, memoryview(body)[_PREFIX_BYTES:]


def check_length(length: int) -> int:
    """The frame's length, or ProtocolError."""
    if not _PREFIX_BYTES <= length <= MAX_FRAME:
        raise ProtocolError(f"a frame of {length} bytes")
    return length


def untag(value: Any) -> Any:
    """The config value that a tagged form stands for: an object of one key, which says what its value is."""
    if isinstance(value, list):
        return [untag(item) for item in value]
    if isinstance(value, dict):
        ((tag, content),) = value.items()
        return _TAGGED[tag](content)
    return value


def _mapping(pairs: list[Any]) -> dict[Any, Any]:
    return {_hashable(untag(key)): untag(item) for key, item in pairs}


def _time(text: str) -> date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


_TAGGED: dict[str, Callable[[Any], Any]] = {
    "m": _mapping,
    "f": {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}.__getitem__,
    "d": _time,
    "b": base64.b64decode,
    "s": lambda items: {untag(item) for item in items},
    "p": lambda pairs: [(untag(key), untag(item)) for key, item in pairs],
}
"""What the tags mean: mapping, float, date or time, bytes, set, pairs."""


def _hashable(key: Any) -> Any:
    """YAML allows sequences and mappings as keys, Python's dict doesn't: tuples stand for them."""
    if isinstance(key, list):
        return tuple(map(_hashable, key))
    if isinstance(key, dict):
        return tuple((name, _hashable(item)) for name, item in key.items())
    return key


def count_of(payload: memoryview) -> int:
    """How many events a `batch` frame says that it holds."""
    return int.from_bytes(payload[:4], "little")


def decode_batch(payload: memoryview) -> Batch:
    """The batch that a `batch` frame holds. Raises ProtocolError when it isn't one."""
    try:
        events, count = struct.unpack_from("<II", payload)
        offset = 8
        groups: list[RawGroup | DenseGroup] = []
        for _ in range(count):
            group, offset = _decode_group(payload, offset, events)
            groups.append(group)
        asked, offset = _decode_asked(payload, offset)
    except (struct.error, IndexError) as error:
        raise ProtocolError(f"a batch that ends too early: {error}") from error
    if offset != len(payload) or sum(len(group.places) for group in groups) != events:
        raise ProtocolError("a batch whose groups don't add up")
    return Batch(events, groups, asked)


def _decode_asked(payload: memoryview, offset: int) -> tuple[Sequence[int] | None, int]:
    if offset == len(payload):
        return None, offset
    (count,) = struct.unpack_from("<I", payload, offset)
    return struct.unpack_from(f"<{count}I", payload, offset + 4), offset + 4 + 4 * count


def _decode_group(payload: memoryview, offset: int, events: int) -> tuple[RawGroup | DenseGroup, int]:
    form, source, count = _GROUP.unpack_from(payload, offset)
    offset += _GROUP.size
    places: Sequence[int] = range(count)
    if count != events:  # a group of all events has all places, in order: the usual case needs no list of them
        places = struct.unpack_from(f"<{count}I", payload, offset)
    offset += 4 * count
    if form == 0:
        lengths = struct.unpack_from(f"<{count}I", payload, offset)
        offset += 4 * count
        ends = list(accumulate(lengths, initial=0))
        blob = bytes(payload[offset : offset + ends[-1]])
        if len(blob) != ends[-1]:
            raise ProtocolError("a raw group that ends too early")
        parts = [blob[start:end] for start, end in pairwise(ends)]
        return RawGroup(source, places, parts), offset + ends[-1]
    if form not in (1, 2):
        raise ProtocolError(f"a group of form {form}")
    rank = payload[offset]
    lengths = struct.unpack_from(f"<{max(rank, 1)}I", payload, offset + 1)
    offset += 1 + 4 * len(lengths)
    axes = lengths[:rank]
    size = 8 * count * math.prod(axes)
    values = payload[offset : offset + size]
    if len(values) != size:
        raise ProtocolError("a dense group that ends too early")
    return DenseGroup(source, places, "<i8" if form == 1 else "<f8", axes, values), offset + size


def item_frames(ident: int, statuses: bytearray, bodies: list[bytes], spent: Spent) -> Iterator[bytes]:
    """The `result` frames of a whole batch in form `items`."""
    for first, stop in _frame_ranges(bodies):
        head = _head(first, stop - first, spent, Form.ITEMS)
        yield _items(ident, head, statuses[first:stop], bodies[first:stop])


def item_frame(ident: int, place: int, item: tuple[int, bytes], spent: Spent) -> bytes:
    """The `result` frame of one event of a batch; its item is a status and a body."""
    status, body = item
    return _items(ident, _head(place, 1, spent, Form.ITEMS), bytes([status]), [body])


def _head(first: int, count: int, spent: Spent, form: Form) -> bytes:
    return _RESULT.pack(first, count, spent.nanoseconds, *spent.steps, form)


def _items(ident: int, head: bytes, statuses: bytes | bytearray, bodies: list[bytes]) -> bytes:
    lengths = struct.pack(f"<{len(bodies)}I", *map(len, bodies))
    return frame(Kind.RESULT, ident, head, statuses, lengths, *bodies)


def _frame_ranges(bodies: list[bytes]) -> Iterator[tuple[int, int]]:
    first = size = 0
    for place, body in enumerate(bodies):
        size += len(body)
        if size > RESULT_FRAME_TARGET:
            yield first, place + 1
            first, size = place + 1, 0
    if first < len(bodies) or not bodies:
        yield first, len(bodies)


def number_frame(ident: int, form: Form, value: float, spent: Spent) -> bytes:
    """The `result` frame of a batch of one event whose prediction is a number or a boolean."""
    whole = _NUMBER[form]
    size = whole.size - LENGTH_BYTES
    return whole.pack(size, Kind.RESULT, ident, 0, 1, spent.nanoseconds, *spent.steps, form, value)


_NUMBER = {
    form: struct.Struct(_HEADER.format + _RESULT.format[1:] + code)
    for form, code in ((Form.INT64, "q"), (Form.FLOAT64, "d"), (Form.BOOL, "?"))
}


def array_frames(ident: int, form: Form, values: memoryview, item_bytes: int, spent: Spent) -> Iterator[bytes]:
    """The `result` frames of a whole batch whose predictions are numbers; `values` are bytes, `item_bytes` each."""
    step = RESULT_FRAME_TARGET // item_bytes * item_bytes
    for start in range(0, len(values), step):
        part = values[start : start + step]
        head = _head(start // item_bytes, len(part) // item_bytes, spent, form)
        yield frame(Kind.RESULT, ident, head, part)
