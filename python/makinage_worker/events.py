"""The events of a batch once they are decoded, and how the default post-transform writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from makinage_worker import jsontext
from makinage_worker.encoding import Codec
from makinage_worker.lazy import computed
from makinage_worker.protocol import Batch, DenseGroup, RawGroup


@dataclass(slots=True)
class Event:
    """A decoded event. `is_json`: it came from a JSON topic. `text`: its JSON now, where a hook has changed it."""

    value: Any
    is_json: bool
    text: bytes | None = None


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


def records(batch: Batch, codecs: list[Codec]) -> Iterator[tuple[int, Codec, bytes]]:
    """Place, codec and undecoded bytes of each raw event, in the order of their places."""
    found = [
        (place, codecs[group.source], data)
        for group in batch.groups
        if isinstance(group, RawGroup)
        for place, data in zip(group.places, group.events, strict=True)
    ]
    return iter(found if len(batch.groups) == 1 else sorted(found, key=itemgetter(0)))


def matrix_of(group: DenseGroup) -> np.ndarray:
    """The numbers of a dense group, a row an event."""
    return np.frombuffer(group.values, dtype=group.dtype).reshape(len(group.places), group.width)


def values_of(group: DenseGroup) -> list[Any]:
    """The events of a dense group as JSON would have given them."""
    matrix = matrix_of(group)
    values: list[Any] = (matrix if group.rank else matrix[:, 0]).tolist()
    return values
