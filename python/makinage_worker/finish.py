"""The end of an event's way: post-transform and encode, from its prediction to what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from makinage_worker import jsontext
from makinage_worker.errors import Failure
from makinage_worker.events import Event
from makinage_worker.lazy import computed
from makinage_worker.outcomes import Outcomes, is_float, is_numbers
from makinage_worker.rows import encodable
from makinage_worker.steps import Steps, Topics
from makinage_worker.times import NOTHING


class Finish:
    """Post-transforms and encodes one event at a time, or an array of predictions where none of it is the user's."""

    def __init__(self, topics: Topics, steps: Steps) -> None:
        self._sink = topics.sink
        self._post_transform = steps.post_transform

    @property
    def splices(self) -> bool:
        """Whether the output of a JSON event is its own bytes beside the text of its prediction."""
        return self._post_transform is None and self._sink.is_json

    def each(self, place: int, event: Event, prediction: Any, out: Outcomes) -> None:
        """One event; its prediction may be a Failure, or None for none."""
        if isinstance(prediction, Failure):
            out.fail(place, prediction)
            return
        if prediction is None:
            out.skip(place, "predict")
            return
        step, watch, output = "post_transform", event.watch, (event.value, prediction)
        try:
            if self._post_transform is not None:
                output = computed(step, self._post_transform(*output))
                if watch is not None:
                    watch.passed(step, output)
                if output is None:
                    out.had(place, "predict", prediction)
                    out.skip(place, step)
                    return
            step = "encode"
            if event.is_json and self.splices:
                self._splice(place, event, prediction, out)
            else:
                out.output(place, self._sink.encode(output))
            if watch is not None:
                watch.passed(step)
        except BaseException as error:
            if watch is not None:
                watch.passed(step)
            out.had(place, "predict", prediction)
            out.had(place, "post_transform", NOTHING if step == "post_transform" else output)
            out.fail(place, Failure(step, error))

    def all(self, places: Sequence[int], predictions: Any, out: Outcomes) -> None:
        """Events whose outputs are spliced, and which no hook has changed; their predictions as a Chunk has them."""
        if is_numbers(predictions):
            out.numbers(places, predictions)
            return
        unchanged = Event(None, is_json=True)
        for place, prediction in zip(places, encodable(predictions), strict=True):
            self.each(place, unchanged, prediction, out)

    def _splice(self, place: int, event: Event, prediction: Any, out: Outcomes) -> None:
        if event.text is not None:
            out.output(place, b"[%b,%b]" % (event.text, jsontext.dumps(prediction)))
        elif is_float(prediction):
            out.number(place, prediction)
        else:
            out.prediction(place, jsontext.dumps(prediction))
