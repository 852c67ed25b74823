"""What became of each event of a batch, and the `result` frames that say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import jsontext, protocol
from makinage_worker.errors import Failure, OutputTooLarge, is_exhaustion, message, where
from makinage_worker.events import Record
from makinage_worker.notices import Notices
from makinage_worker.passing import Passing
from makinage_worker.protocol import FLOAT64, Form, Spent, Status
from makinage_worker.tap import Tap
from makinage_worker.times import Times

_FORMS = {"i": (Form.INT64, "<i8"), "u": (Form.INT64, "<i8"), "f": (Form.FLOAT64, "<f8"), "b": (Form.BOOL, "?")}
"""NumPy's kinds whose one-dimensional arrays go over the wire as they are."""


@dataclass(slots=True)
class Terms:
    """What becomes of an event depends on these: the sink's limit, which steps are the user's, which errors pass."""

    max_output_bytes: int
    custom_steps: frozenset[str]
    passing: Passing


class Outcomes:
    """One status and body for each place of a batch; predictions in whole arrays stay arrays while they can."""

    def __init__(self, events: int, terms: Terms, notices: Notices, times: Times) -> None:
        self.times = times
        """What the batch spends in each step."""
        self.tap: Tap | None = None
        """What is seen of single events, where somebody looks on."""
        # No status at all, which the service refuses: an event that was forgotten is no empty output.
        self._statuses = bytearray(b"\xff" * events)
        self._bodies = [b""] * events
        self._numbers: list[tuple[Sequence[int], np.ndarray]] = []
        self._terms = terms
        self._max_output_bytes = terms.max_output_bytes
        self._custom_steps = terms.custom_steps
        self._passing = terms.passing
        self._notices = notices

    def restart(self) -> None:
        """Nothing counts of what has been measured and seen: the batch passes once more."""
        self.times.restart()
        if self.tap is not None:
            self.tap.restart()

    def over(self, records: Sequence[Record]) -> Sequence[Record]:
        """The events, which pass one by one from now on; those are watched that are to be."""
        if self.tap is not None:
            self.tap.watch((record.place, record) for record in records)
        return self.times.over(records)

    def had(self, place: int, step: str, value: Any) -> None:
        """An event that fails or is skipped in the next step had this after the step."""
        if self.tap is not None:
            self.tap.had(place, step, value)

    def like(self) -> Outcomes:
        """Those of the same batch, if it passes another time; nobody looks on."""
        return Outcomes(len(self._bodies), self._terms, self._notices, self.times.like())

    def of(self, place: int) -> tuple[int, bytes]:
        """Status and text of an event, which isn't among the `numbers`: the same where the service writes the same."""
        status, body = self._statuses[place], self._bodies[place]
        return (status, jsontext.dumps(*FLOAT64.unpack(body))) if status == Status.FLOAT else (status, body)

    def output(self, place: int, data: bytes) -> None:
        """The event's output record, encoded."""
        self._put(place, Status.OUTPUT, data, len(data))

    def prediction(self, place: int, text: bytes) -> None:
        """The JSON text of the event's prediction; the service puts `[event, ` and `]` around it."""
        self._put(place, Status.PREDICTION, text, len(text) + 3)

    def numbers(self, places: Sequence[int], values: np.ndarray) -> None:
        """Predictions of many events: a one-dimensional array of one number or boolean each."""
        self._numbers.append((places, values))

    def number(self, place: int, value: float) -> None:
        """The event's prediction where that is one float.

        The service writes it as it does those of whole batches: the text must not depend on the event's neighbours.
        """
        self._statuses[place] = Status.FLOAT
        self._bodies[place] = FLOAT64.pack(value)

    def skip(self, place: int, step: str) -> None:
        """The step returned None."""
        self._statuses[place] = Status.SKIPPED
        self._bodies[place] = step.encode()

    def fail(self, place: int, failure: Failure) -> None:
        """The event failed; where the process has run out of memory that isn't the event's fault, and ends it."""
        error = failure.error
        if is_exhaustion(error):
            self._notices.at(place)
            self._notices.exhausted(error)
        self._statuses[place] = Status.PASSING if self._passing.includes(error) else Status.FAILED
        self._bodies[place] = protocol.json_bytes(
            {
                "step": failure.step,
                "error": type(error).__name__,
                "message": message(error),
                "where": where(error, hook=failure.step in self._custom_steps),
            }
        )

    def _put(self, place: int, status: Status, data: bytes, size: int) -> None:
        if size > self._max_output_bytes:
            error = OutputTooLarge(
                f"the output has {size} bytes and the sink topic takes {self._max_output_bytes}: "
                "raise the topic's max.message.bytes, or send less"
            )
            self.fail(place, Failure("encode", error))
            return
        self._statuses[place] = status
        self._bodies[place] = data

    def values(self, ident: int) -> bytes | None:
        """The `values` frame of what has been seen since the last one; None where that is nothing."""
        return None if self.tap is None else self.tap.frame(ident)

    def frame(self, ident: int, place: int, nanoseconds: int) -> bytes:
        """The `result` frame of one event, which isn't among the `numbers`."""
        return protocol.item_frame(ident, place, (self._statuses[place], self._bodies[place]), self._spent(nanoseconds))

    def frames(self, ident: int, nanoseconds: int) -> Iterator[bytes]:
        """The `result` frames of the batch, on which so long was spent in all."""
        spent = self._spent(nanoseconds)
        whole = self._whole_array()
        if whole is not None:
            form, values = whole
            # A boolean array has no buffer of bytes of its own kind: all go out as bytes.
            data = values.view(np.uint8).data
            return protocol.array_frames(ident, form, data, values.itemsize, spent)
        for places, values in self._numbers:
            self._each(places, values)
        return protocol.item_frames(ident, self._statuses, self._bodies, spent)

    def _each(self, places: Sequence[int], values: np.ndarray) -> None:
        if values.dtype.kind == "f":
            for place, value in zip(places, values.tolist(), strict=True):
                self.number(place, value)
        else:
            for place, text in zip(places, jsontext.dumps_each(values), strict=True):
                self.prediction(place, text)

    def _spent(self, nanoseconds: int) -> Spent:
        return Spent(nanoseconds, tuple(self.times.spent.values()))

    def _whole_array(self) -> tuple[Form, np.ndarray] | None:
        """The predictions of all events as one array, in the order of their places, if they are numbers of one form."""
        forms = {_FORMS[values.dtype.kind] for _, values in self._numbers}
        if len(forms) != 1 or sum(len(values) for _, values in self._numbers) != len(self._statuses):
            return None
        form, dtype = forms.pop()
        if any(values.dtype.kind == "u" and values.max() >= 2**63 for _, values in self._numbers):
            return None
        if len(self._numbers) == 1:
            return form, np.ascontiguousarray(self._numbers[0][1], dtype=dtype)
        whole = np.empty(len(self._statuses), dtype=dtype)
        for places, values in self._numbers:
            whole[np.asarray(places)] = values
        return form, whole


def is_float(value: Any) -> bool:
    """Whether a prediction is what `Outcomes.number` takes."""
    return type(value) in _FLOATS


_FLOATS = frozenset((float, np.float64, np.float32, np.float16))


def form_of(values: np.ndarray) -> Form:
    """How a frame has predictions of this type."""
    return _FORMS[values.dtype.kind][0]


def is_numbers(values: Any) -> bool:
    """Whether predictions are what `Outcomes.numbers` takes."""
    return isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind in _FORMS and values.itemsize <= 8
