"""A batch's way where the default predict step stands at an end of the user's code: many events a model call.

User code that comes before the model runs event by event first, and what comes after it event by event last, so that
it sees one event after the other. What it returned is copied before it runs again, since it may be reused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from makinage_worker.arrays import numbers
from makinage_worker.encoding import Codec
from makinage_worker.errors import Failure
from makinage_worker.events import Echo, Event, Record, decode, numbers_of, records, values_of
from makinage_worker.finish import Finish
from makinage_worker.lazy import computed
from makinage_worker.notices import Notices
from makinage_worker.outcomes import Outcomes
from makinage_worker.own import own
from makinage_worker.predict import Chunk
from makinage_worker.protocol import Batch, RawGroup
from makinage_worker.rows import Row, entries
from makinage_worker.scorer import Scorer
from makinage_worker.stack import Dense, Stack, single, stack_rows
from makinage_worker.steps import Ownership, Steps, Topics

if TYPE_CHECKING:
    import numpy as np

Events = dict[int, Event]
"""Decoded events by their places; one that isn't there is written from its own bytes."""


class Stacked:
    """Runs the default predict step in as few model calls as the rows allow."""

    def __init__(self, topics: Topics, steps: Steps, scorer: Scorer, notices: Notices) -> None:
        self._topics = topics
        self._pre_transform = steps.pre_transform
        self._scorer = scorer
        self._numbers = Dense(scorer.plan)
        self._notices = notices
        self._finish = Finish(topics, steps)
        self._ownership = Ownership.of(topics, steps)
        # Whether hooks may change what is written beside the prediction.
        self._echoes = steps.pre_transform is not None and self._finish.splices

    def run(self, batch: Batch, out: Outcomes) -> None:
        """Takes a batch's events."""
        events: Events = {}
        stacks = self._run_users(batch, events, out) if self._ownership.before else self._read(batch, events, out)
        if self._ownership.after:
            self._finish_in_order(stacks, events, out)
        else:
            self._write(stacks, events, out)

    def _run_users(self, batch: Batch, events: Events, out: Outcomes) -> list[Stack]:
        """Decodes and pre-transforms one event after the other, where any of that is the user's."""
        rows: list[tuple[int, Row]] = []
        for record in out.over(records(batch, self._topics.sources)):
            self._notices.at(record.place)
            if record.watch is not None:
                record.watch.begin()
            row = self._row(record, events, out)
            if row is not None:
                rows.append((record.place, row))
        out.times.share()
        stacks = self._stack(rows, out)
        out.times.lap("predict")
        return stacks

    def _row(self, record: Record, events: Events, out: Outcomes) -> Row | None:
        """The event's row; None where it has come to its end."""
        place, step, watch = record.place, "decode", record.watch
        try:
            value = record.decode()
            event = Event(value, record.codec.is_json, watch=watch)
            echo = Echo(value) if self._echoes and event.is_json else None
            if watch is not None:
                watch.passed(step, value)
            step = "pre_transform"
            if self._pre_transform is not None:
                value = computed(step, self._pre_transform(value))
                if watch is not None:
                    watch.passed(step, value)
                if value is None:
                    out.skip(place, step)
                    return None
                step = "encode"
                event.text = echo.changed() if echo is not None else None
                step = "predict"
            row = self._own_row(place, value, event, out)
        except BaseException as error:
            if watch is not None:
                watch.passed(step)
            out.fail(place, Failure(step, error))
            return None
        if row is None:
            return None
        if event.text is not None or not (event.is_json and self._finish.splices):
            events[place] = event
        return row

    def _own_row(self, place: int, value: Any, event: Event, out: Outcomes) -> Row | None:
        """The row of a value that its hook may reuse; an event of which there is none for later is finished now."""
        mine = self._copies(value, event)
        row = self._scorer.row(value if mine is None else mine[0])
        if event.watch is not None:
            if self._pre_transform is None:
                event.watch.passed("pre_transform", row)
            else:
                event.watch.within("predict")
        if mine is not None:
            event.value = mine[1]
            return row
        prediction = self._scorer.predictor.alone(single(self._scorer.plan, row))
        if event.watch is not None:
            event.watch.passed("predict", prediction)
        self._finish.each(place, event, prediction, out)
        return None

    def _copies(self, value: Any, event: Event) -> tuple[Any, Any] | None:
        """What the model gets and what comes after it gets, as the service's own; None where they can't be copied."""
        try:
            is_written_from_bytes = event.is_json and not self._ownership.after
            return own(value), None if is_written_from_bytes else own(event.value)
        except BaseException:
            return None

    def _read(self, batch: Batch, events: Events, out: Outcomes) -> list[Stack]:
        """Decodes and makes rows of events of which no user code has seen anything."""
        stacks: list[Stack] = []
        decoded: list[tuple[int, Any]] = []
        for group in batch.groups:
            codec = self._topics.sources[group.source]
            if isinstance(group, RawGroup):
                found = self._decode(group, codec, out)
                out.times.lap("decode")
                if self._ownership.after or not (codec.is_json and self._finish.splices):
                    events.update((place, Event(value, codec.is_json)) for place, value in found)
            else:
                stack = self._dense(group.places, numbers_of(group))
                out.times.lap("pre_transform")
                if stack is not None:
                    stacks.append(stack)
                    continue
                found = list(zip(group.places, values_of(group), strict=True))
            decoded += found
        if len(batch.groups) > 1:
            decoded.sort(key=_place)
        stacks += self._rows(decoded, out)
        out.times.lap("pre_transform")
        return stacks

    def _decode(self, group: RawGroup, codec: Codec, out: Outcomes) -> list[tuple[int, Any]]:
        plainly = codec.decode
        try:
            return list(zip(group.places, [plainly(data) for data in group.events], strict=True))
        except BaseException:
            pass  # one of them at least: each by itself tells which
        found = []
        for place, data in zip(group.places, group.events, strict=True):
            try:
                found.append((place, decode(codec, data)))
            except BaseException as error:
                out.fail(place, Failure("decode", error))
        return found

    def _rows(self, decoded: list[tuple[int, Any]], out: Outcomes) -> list[Stack]:
        # Numbers of one shape need no look at each of them.
        together = numbers([value for _, value in decoded])
        stack = None if together is None else self._dense([place for place, _ in decoded], together)
        if stack is not None:
            return [stack]
        rows: list[tuple[int, Row]] = []
        for place, value in decoded:
            try:
                rows.append((place, self._scorer.row(value)))
            except BaseException as error:
                out.fail(place, Failure("pre_transform", error))
        return self._stack(rows, out)

    def _dense(self, places: Sequence[int], together: np.ndarray) -> Stack | None:
        try:
            return self._numbers.stack(places, together)
        except BaseException:
            return None  # each by itself tells which

    def _stack(self, rows: list[tuple[int, Row]], out: Outcomes) -> list[Stack]:
        stacks, failures = stack_rows(self._scorer.plan, rows)
        for place, failure in failures:
            out.fail(place, failure)
        return stacks

    def _write(self, stacks: list[Stack], events: Events, out: Outcomes) -> None:
        """Finishes events as they are predicted: nothing that comes now is the user's."""
        for stack, chunk in self._chunks(stacks, out):
            out.times.lap("predict")
            places = _places(stack, chunk.events)
            if not events and self._finish.splices:
                self._finish.all(places, chunk.predictions, out)
            else:
                for place, prediction in zip(places, entries(chunk.predictions), strict=True):
                    self._finish.each(place, events.get(place, _UNSEEN), prediction, out)
            out.times.lap("encode")

    def _finish_in_order(self, stacks: list[Stack], events: Events, out: Outcomes) -> None:
        """Finishes one event after the other, in the order of the batch, once all are predicted."""
        ready: list[tuple[int, Any, tuple[Stack, int] | None]] = []
        for stack, chunk in self._chunks(stacks, out):
            for index, prediction in zip(chunk.events, entries(chunk.predictions), strict=True):
                ready.append((stack.places[index], prediction, (stack, index) if chunk.borrowed else None))
        ready.sort(key=_place)
        out.times.lap("predict")
        finishing = [events[place] for place, _, _ in ready]
        if out.tap is not None:
            out.tap.watch(zip(map(_place, ready), finishing, strict=True))
        out.times.over(finishing)
        for (place, prediction, borrowed), event in zip(ready, finishing, strict=True):
            self._notices.at(place)
            if event.watch is not None:
                event.watch.begin()
            # What can't be kept is had again at its turn.
            mine = prediction if borrowed is None else self._scorer.predictor.alone(*borrowed)
            if borrowed is not None and event.watch is not None:
                event.watch.within("predict")
            self._finish.each(place, event, mine, out)
        out.times.share()

    def _chunks(self, stacks: list[Stack], out: Outcomes) -> Iterator[tuple[Stack, Chunk]]:
        for stack in stacks:
            if out.tap is not None:
                out.tap.rows(stack)
            for chunk in self._scorer.predictor.score(stack):
                if out.tap is not None:
                    out.times.lap("predict")
                    out.tap.predictions(stack, chunk)
                yield stack, chunk


_UNSEEN = Event(None, is_json=True)
"""An event that is written from its own bytes."""


def _places(stack: Stack, events: Sequence[int]) -> Sequence[int]:
    if isinstance(events, range):
        return stack.places[events.start : events.stop]
    return [stack.places[event] for event in events]


def _place(item: tuple[Any, ...]) -> Any:
    return item[0]
