"""A loaded model with its steps and codecs, which takes batches."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from makinage_worker.notices import Notices
from makinage_worker.outcomes import Outcomes, Terms
from makinage_worker.passing import Passing
from makinage_worker.protocol import Batch
from makinage_worker.steps import Steps, Topics
from makinage_worker.tap import Tap
from makinage_worker.times import Pace, Times
from makinage_worker.ways import Ways


class Serving:
    """What user code can observe is one event after the other, whatever is in a batch."""

    def __init__(self, topics: Topics, steps: Steps, ways: Ways, notices: Notices, passing: Passing) -> None:
        self._ways = ways
        self._notices = notices
        self._terms = Terms(topics.max_output_bytes, steps.custom, passing)
        self._pace = Pace()
        codecs = (*topics.sources, topics.sink)
        self.dense = not steps.custom and all(codec.is_json for codec in codecs)
        """Whether the service may send dense groups."""

    def lone(self, ident: int, payload: memoryview) -> Iterable[bytes] | None:
        """The `result` frames of a `batch` of one event that takes the short way; None where it must take another."""
        return self._ways.lone.frames(ident, payload, self._one) if self.dense else None

    def run(self, batch: Batch) -> Outcomes:
        """What becomes of each event of the batch."""
        out = self._outcomes(batch, self._pace.times())
        begin = time.perf_counter_ns()
        self._ways.way().run(batch, out)
        self._pace.took(batch.events, time.perf_counter_ns() - begin)
        return out

    def singly(self, batch: Batch) -> Iterator[tuple[int, Outcomes]]:
        """Each event's place once it has passed all steps, before the next one begins, and what has become of it."""
        out = self._outcomes(batch, self._pace.each())
        for place in self._ways.one_by_one.singly(batch, out):
            yield place, out

    def _one(self) -> Outcomes:
        return Outcomes(1, self._terms, self._notices, self._pace.each())

    def _outcomes(self, batch: Batch, times: Times) -> Outcomes:
        out = Outcomes(batch.events, self._terms, self._notices, times)
        if batch.asked is not None:
            out.tap = Tap(batch.asked, times, self._ways.plan)
        return out
