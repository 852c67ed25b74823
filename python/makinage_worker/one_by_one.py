"""An event's way through all steps before the next one's begins: where user code stands on both sides of the model.

Hooks and codecs may keep what they like between their calls: they see one event after the other, as if there were no
batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from makinage_worker.arrays import as_array
from makinage_worker.errors import Failure
from makinage_worker.events import Echo, Event, Record, records
from makinage_worker.finish import Finish
from makinage_worker.lazy import computed
from makinage_worker.notices import Notices
from makinage_worker.outcomes import Outcomes
from makinage_worker.protocol import Batch
from makinage_worker.scorer import Scorer
from makinage_worker.stack import single
from makinage_worker.steps import Steps, Topics
from makinage_worker.times import NOTHING
from makinage_worker.whereabouts import Whereabouts


class OneByOne:
    """Decode, pre-transform, predict, post-transform and encode of the first event, then of the second."""

    def __init__(self, topics: Topics, steps: Steps, scorer: Scorer, notices: Notices) -> None:
        self._topics = topics
        self._steps = steps
        self._scorer = scorer
        self._notices = notices
        self._finish = Finish(topics, steps)
        self._whereabouts = Whereabouts(notices, steps)
        # Whether hooks may change what is written beside the prediction.
        self._echoes = bool(steps.custom & {"pre_transform", "predict"}) and self._finish.splices

    def run(self, batch: Batch, out: Outcomes) -> None:
        """Takes a batch's events in the order of their places."""
        for record in out.over(records(batch, self._topics.sources)):
            self._notices.at(record.place)
            self.event(record, out)
        out.times.share()

    def each(self, batch: Batch, out: Outcomes) -> Iterator[int]:
        """The same, and each event's place before the next one begins."""
        for record in self._begun(batch, out):
            self.event(record, out)
            yield record.place

    def singly(self, batch: Batch, out: Outcomes) -> Iterator[int]:
        """The same, and which step an event comes to is told, too."""
        for record in self._begun(batch, out):
            record.watch = self._whereabouts.told(record.watch)
            self.event(record, out)
            yield record.place

    def _begun(self, batch: Batch, out: Outcomes) -> Iterator[Record]:
        for record in out.over(records(batch, self._topics.sources)):
            self._notices.at(record.place)
            yield record

    def event(self, record: Record, out: Outcomes) -> None:
        """One event: see `Notices.at` first."""
        place, step, watch = record.place, "decode", record.watch
        value: Any = NOTHING
        if watch is not None:
            watch.begin()
        try:
            event = Event(record.decode(), record.codec.is_json)
            echo = Echo(event.value) if self._echoes and event.is_json else None
            if watch is not None:
                event.watch = watch
                watch.passed(step, event.value)
            step = "pre_transform"
            value = self._pre_transform(event.value)
            if watch is not None:
                watch.passed(step, value)
            if value is None:
                out.skip(place, step)
                return
            step = "predict"
            prediction = self._predict(value)
            if out.tap is not None and (prediction is None or isinstance(prediction, Failure)):
                out.had(place, "pre_transform", value)
            if watch is not None:
                watch.passed(step, prediction)
            if echo is not None and prediction is not None:
                step = "encode"
                event.text = echo.changed()
        except BaseException as error:
            self._fail(record, Failure(step, error), value, out)
        else:
            self._finish.each(place, event, prediction, out)

    @staticmethod
    def _fail(record: Record, failure: Failure, value: Any, out: Outcomes) -> None:
        if record.watch is not None:
            record.watch.passed(failure.step)
        if failure.step == "predict":
            out.had(record.place, "pre_transform", value)
        out.fail(record.place, failure)

    def _pre_transform(self, event: Any) -> Any:
        if self._steps.pre_transform is not None:
            return computed("pre_transform", self._steps.pre_transform(event))
        if self._steps.predict is not None:
            # An array of an object is of no use.
            return event if isinstance(event, dict) else as_array(event)
        return self._scorer.plan.row(event)

    def _predict(self, value: Any) -> Any:
        if self._steps.predict is not None:
            return computed("predict", self._steps.predict(value))
        plan = self._scorer.plan
        row = value if self._steps.pre_transform is None else plan.row(value)
        prediction = self._scorer.predictor.alone(single(plan, row))
        self._scorer.settle(prediction)
        return prediction
