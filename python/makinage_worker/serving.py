"""A loaded model with its steps and codecs: chooses how batches pass, by which parts of the way are the user's."""

from __future__ import annotations

from collections.abc import Iterator

from makinage_worker.notices import Notices
from makinage_worker.one_by_one import OneByOne
from makinage_worker.outcomes import Outcomes, Terms
from makinage_worker.passing import Passing
from makinage_worker.predict import Scorer
from makinage_worker.protocol import Batch
from makinage_worker.stacked import Stacked
from makinage_worker.steps import Steps, Topics


class Serving:
    """Takes batches. What user code can observe is one event after the other, whatever is in a batch."""

    def __init__(self, topics: Topics, steps: Steps, scorer: Scorer, notices: Notices, passing: Passing) -> None:
        self._topics = topics
        self._steps = steps
        self._predictor = scorer.predictor
        self._notices = notices
        self._terms = Terms(topics.max_output_bytes, steps.custom, passing)
        self._one_by_one = OneByOne(topics, steps, scorer, notices)
        self._stacked = Stacked(topics, steps, scorer, notices)

    @property
    def dense(self) -> bool:
        """Whether the service may send dense groups."""
        codecs = (*self._topics.sources, self._topics.sink)
        return not self._steps.custom and all(codec.is_json for codec in codecs)

    def run(self, batch: Batch) -> Outcomes:
        """What becomes of each event of the batch."""
        out = self._outcomes(batch)
        # A model that gets one event a call anyway is called in its turn.
        way = self._one_by_one if self._predictor.is_one_by_one else self._stacked
        way.run(batch, out)
        return out

    def singly(self, batch: Batch) -> Iterator[tuple[int, Outcomes]]:
        """Each event's place once it has passed all steps, before the next one begins, and what has become of it."""
        out = self._outcomes(batch)
        for place in self._one_by_one.each(batch, out):
            yield place, out

    def _outcomes(self, batch: Batch) -> Outcomes:
        return Outcomes(batch.events, self._terms, self._notices)
