"""The events of a batch once they are decoded, and how the default post-transform writes them."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from makinage_worker import jsontext
from makinage_worker.encoding import Codec
from makinage_worker.lazy import computed
from makinage_worker.protocol import Batch, DenseGroup, RawGroup
from makinage_worker.times import Watch


@dataclass(slots=True)
class Event:
    """A decoded event. `is_json`: it came from a JSON topic. `text`: its JSON now, where a hook has changed it.

    `watch`: who is told which steps it has passed.
    """

    value: Any
    is_json: bool
    text: bytes | None = None
    watch: Watch | None = None


class Echo:
    """Whether a hook changes an event: the default post-transform writes the event's own bytes while none has."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._text = jsontext.dumps(value)

    def changed(self) -> bytes | None:
        """The event's text now, None where it is what it was when the event was decoded."""
        text = jsontext.dumps(self._value)
        return None if text == self._text else text


def decode(codec: Codec, data: bytes) -> Any:
    """The event that a record's value is. Raises what says best why it is none."""
    try:
        return computed("decode", codec.decode(data))
    except BaseException as error:
        refused = codec.refused(data, error)
        if refused is error:
            raise
        raise refused from error


@dataclass(slots=True)
class Record:
    """An event that isn't decoded yet, and its place in the batch; `value` where the service has decoded it."""

    place: int
    codec: Codec
    data: bytes | None
    value: Any = None
    watch: Watch | None = None

    def decode(self) -> Any:
        """The event. Raises what says best why it is none."""
        return self.value if self.data is None else decode(self.codec, self.data)


def records(batch: Batch, codecs: list[Codec]) -> list[Record]:
    """All events of a batch in the order of their places."""
    found: list[Record] = []
    for group in batch.groups:
        codec = codecs[group.source]
        if isinstance(group, RawGroup):
            found += [Record(place, codec, data) for place, data in zip(group.places, group.events, strict=True)]
        else:
            found += [
                Record(place, codec, None, value) for place, value in zip(group.places, values_of(group), strict=True)
            ]
    return found if len(batch.groups) == 1 else sorted(found, key=attrgetter("place"))


def numbers_of(group: DenseGroup) -> np.ndarray:
    """The numbers of a dense group, with the events along the first axis."""
    return np.frombuffer(group.values, dtype=group.dtype).reshape(len(group.places), *group.axes)


def values_of(group: DenseGroup) -> list[Any]:
    """The events of a dense group as JSON would have given them."""
    values: list[Any] = numbers_of(group).tolist()
    return values
