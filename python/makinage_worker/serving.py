"""A batch's way through the three steps: decode, pre-transform, predict, post-transform, encode.

All pre-transforms of a batch run in the order of its events, then predict, then all post-transforms. An event that
fails or is skipped leaves at that step, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import jsontext
from makinage_worker.arrays import as_array, number_matrix
from makinage_worker.encoding import Codec
from makinage_worker.errors import Failure
from makinage_worker.notices import Notices
from makinage_worker.outcomes import Outcomes, is_numbers
from makinage_worker.predict import Predictor, run_custom
from makinage_worker.protocol import Batch, DenseGroup, RawGroup
from makinage_worker.rows import Plan, Row, Stack, encodable, entries, stack_rows


@dataclass(slots=True)
class Steps:
    """The user's functions; None is the default step."""

    pre_transform: Callable[[Any], Any] | None = None
    predict: Callable[[Any], Any] | None = None
    post_transform: Callable[[Any, Any], Any] | None = None

    @property
    def custom(self) -> frozenset[str]:
        """The names of the steps that are the user's."""
        names = ("pre_transform", "predict", "post_transform")
        return frozenset(name for name in names if getattr(self, name) is not None)


@dataclass(slots=True)
class Topics:
    """The codecs of the sources, in the order of `setup`, and of the sink, and the sink's largest record in bytes."""

    sources: list[Codec]
    sink: Codec
    max_output_bytes: int


class _Events:
    """The decoded events of a batch by their places; `places` are those that were decoded, in order."""

    def __init__(self, count: int) -> None:
        self.places: list[int] = []
        self.by_place: list[Any] = [None] * count
        self._not_json: set[int] = set()

    def add(self, places: Sequence[int], events: list[Any], codec: Codec) -> None:
        """Events that came through one codec."""
        self.places.extend(places)
        for place, event in zip(places, events, strict=True):
            self.by_place[place] = event
        if not codec.is_json:
            self._not_json.update(places)

    def sort(self) -> None:
        """Into the order of the batch, which groups of several sources don't have."""
        self.places.sort()

    @property
    def all_json(self) -> bool:
        """Whether every event came from a JSON topic."""
        return not self._not_json

    def is_json(self, place: int) -> bool:
        """Whether the event of a place came from a JSON topic."""
        return place not in self._not_json

    def items(self) -> list[tuple[int, Any]]:
        """The places with their events, in order."""
        return list(zip(self.places, self.values(), strict=True))

    def values(self) -> list[Any]:
        """The events, in order."""
        return [self.by_place[place] for place in self.places]


class Serving:
    """A loaded model with its steps and codecs: takes batches."""

    def __init__(self, topics: Topics, steps: Steps, plan: Plan, predictor: Predictor, notices: Notices) -> None:
        self._topics = topics
        self._steps = steps
        self._plan = plan
        self._predictor = predictor
        self._notices = notices

    @property
    def dense(self) -> bool:
        """Whether the service may send dense groups."""
        codecs = (*self._topics.sources, self._topics.sink)
        return not self._steps.custom and all(codec.is_json for codec in codecs)

    def run(self, batch: Batch) -> Outcomes:
        """What becomes of each event of the batch."""
        out = Outcomes(batch.events, self._topics.max_output_bytes, self._steps.custom)
        events = _Events(batch.events)
        stacks = []
        for group in batch.groups:
            if isinstance(group, RawGroup):
                self._decode(group, events, out)
                continue
            stack = self._dense_stack(group)
            if stack is not None:
                stacks.append(stack)
            else:
                events.add(group.places, _matrix_events(group), self._topics.sources[group.source])
        events.sort()
        if not self._steps.custom & {"pre_transform", "predict"}:
            # Numbers of one shape need no look at each of them.
            stack = self._uniform_stack(events)
            if stack is not None:
                self._predict([*stacks, stack], events, out)
                return out
        values = self._pre_transform(events, out)
        if self._steps.predict is not None:
            self._finish_each(run_custom(self._steps.predict, values, self._notices), events, out)
            return out
        self._predict(stacks + self._stack(values, out), events, out)
        return out

    def _decode(self, group: RawGroup, events: _Events, out: Outcomes) -> None:
        codec = self._topics.sources[group.source]
        decode = codec.decode
        if codec.is_json:
            try:
                events.add(group.places, [decode(data) for data in group.events], codec)
                return
            except BaseException:
                pass  # one of them at least: each by itself tells which
        for place, data in zip(group.places, group.events, strict=True):
            self._notices.tick()
            try:
                event = decode(data)
            except BaseException as error:
                out.fail(place, Failure("decode", error))
            else:
                events.add([place], [event], codec)

    def _dense_stack(self, group: DenseGroup) -> Stack | None:
        matrix = np.frombuffer(group.values, dtype=group.dtype).reshape(len(group.places), group.width)
        try:
            data = self._plan.dense(matrix, group.rank)
        except BaseException:
            return None  # each by itself tells which
        return None if data is None else Stack(group.places, data)

    def _uniform_stack(self, events: _Events) -> Stack | None:
        numbers = number_matrix(events.values())
        if numbers is None:
            return None
        try:
            data = self._plan.dense(*numbers)
        except BaseException:
            return None  # each by itself tells which
        return None if data is None else Stack(events.places, data)

    def _pre_transform(self, events: _Events, out: Outcomes) -> list[tuple[int, Any]]:
        function = self._steps.pre_transform
        if function is None:
            if self._steps.predict is None:
                return events.items()  # the plan makes the arrays, knowing the signature
            function = _default_pre_transform
        values = []
        for place, event in events.items():
            self._notices.tick()
            try:
                value = function(event)
            except BaseException as error:
                out.fail(place, Failure("pre_transform", error))
                continue
            if value is None:
                out.skip(place, "pre_transform")
            else:
                values.append((place, value))
        return values

    def _stack(self, values: list[tuple[int, Any]], out: Outcomes) -> list[Stack]:
        step = "pre_transform" if self._steps.pre_transform is None else "predict"
        make_row = self._plan.row
        rows: list[tuple[int, Row]] = []
        for place, value in values:
            try:
                rows.append((place, make_row(value)))
            except BaseException as error:
                out.fail(place, Failure(step, error))
        stacks, failures = stack_rows(self._plan, rows)
        for place, failure in failures:
            out.fail(place, failure)
        return stacks

    def _predict(self, stacks: list[Stack], events: _Events, out: Outcomes) -> None:
        """Default predict, and whichever post-transform."""
        predictions: list[tuple[int, Any]] = []
        splices = self._steps.post_transform is None and self._topics.sink.is_json and events.all_json
        for stack in stacks:
            for chunk in self._predictor.score(stack):
                places = stack.places[chunk.start : chunk.stop]
                if splices:
                    self._write_predictions(places, chunk.predictions, out)
                else:
                    predictions.extend(zip(places, entries(chunk.predictions), strict=True))
        predictions.sort(key=_place)
        self._finish_each(predictions, events, out)

    def _write_predictions(self, places: Sequence[int], predictions: Any, out: Outcomes) -> None:
        if is_numbers(predictions):
            out.numbers(places, predictions)
            return
        for place, prediction in zip(places, encodable(predictions), strict=True):
            self._write_prediction(place, prediction, out)

    def _write_prediction(self, place: int, prediction: Any, out: Outcomes) -> None:
        if isinstance(prediction, Failure):
            out.fail(place, prediction)
        elif prediction is None:
            out.skip(place, "predict")
        else:
            try:
                out.prediction(place, jsontext.dumps(prediction))
            except BaseException as error:
                out.fail(place, Failure("encode", error))

    def _finish_each(self, predictions: Iterable[tuple[int, Any]], events: _Events, out: Outcomes) -> None:
        """Post-transform and encode, after all predictions are there."""
        for place, prediction in list(predictions):
            self._notices.tick()
            if isinstance(prediction, Failure):
                out.fail(place, prediction)
            elif prediction is None:
                out.skip(place, "predict")
            else:
                self._finish(place, prediction, events, out)

    def _finish(self, place: int, prediction: Any, events: _Events, out: Outcomes) -> None:
        event = events.by_place[place]
        post_transform = self._steps.post_transform
        if post_transform is None:
            if events.is_json(place) and self._topics.sink.is_json:
                self._write_prediction(place, prediction, out)
                return
            output: Any = (event, prediction)
        else:
            try:
                output = post_transform(event, prediction)
            except BaseException as error:
                out.fail(place, Failure("post_transform", error))
                return
            if output is None:
                out.skip(place, "post_transform")
                return
        try:
            out.output(place, self._topics.sink.encode(output))
        except BaseException as error:
            out.fail(place, Failure("encode", error))


def _place(item: tuple[int, Any]) -> int:
    return item[0]


def _default_pre_transform(event: Any) -> Any:
    """`np.array(event)`; an object stays a dict, of which an array is of no use."""
    return event if isinstance(event, dict) else as_array(event)


def _matrix_events(group: DenseGroup) -> list[Any]:
    """The events of a dense group as JSON would have given them."""
    matrix = np.frombuffer(group.values, dtype=group.dtype).reshape(len(group.places), group.width)
    events: list[Any] = (matrix if group.rank else matrix[:, 0]).tolist()
    return events
