"""A batch's way where hooks call the model, and nobody can tell whether they run one after the other or side by side.

Each event passes all steps in a strand of its own, in the order of the batch, until it calls the model. When all have
come to such a call or to their end, the calls are answered together, and the events go on in order.
"""

from __future__ import annotations

from makinage_worker.desk import Desk
from makinage_worker.events import Record, records
from makinage_worker.notices import Notices
from makinage_worker.one_by_one import OneByOne
from makinage_worker.outcomes import Outcomes
from makinage_worker.protocol import Batch
from makinage_worker.steps import Topics
from makinage_worker.strands import Strands
from makinage_worker.times import Watch


class Coalesced:
    """Runs what `OneByOne` does with an event for all of a batch's side by side."""

    def __init__(self, topics: Topics, one_by_one: OneByOne, desk: Desk, notices: Notices) -> None:
        self._topics = topics
        self._one_by_one = one_by_one
        self._desk = desk
        self._notices = notices
        self._strands: Strands | None = None

    def run(self, batch: Batch, out: Outcomes) -> None:
        """Takes a batch's events."""
        if self._strands is None:
            # In the thread that takes batches.
            self._strands = Strands(self._work)
        strands = self._strands
        self._out = out
        self._desk.strands = strands
        try:
            self._notices.at(0, batch.events)
            for record in out.over(records(batch, self._topics.sources)):
                self._notices.tick()
                strands.begin(record)
                if record.watch is not None:
                    _stops(record, record.watch, strands)
            while strands.waiting:
                self._answer(strands)
            out.times.share()
        finally:
            self._desk.strands = None

    def _answer(self, strands: Strands) -> None:
        wishes, strands.waiting = strands.waiting, []
        times = self._out.times
        times.begin()
        self._desk.answer(wishes)
        times.lap("predict")
        first = wishes[0].job.place
        self._notices.at(first, wishes[-1].job.place + 1 - first)
        for wish in wishes:
            self._notices.tick()
            record: Record = wish.job
            if record.watch is not None:
                record.watch.begin()
            strands.resume(wish, wish.answer)
            if record.watch is not None:
                _stops(record, record.watch, strands)

    def _work(self, record: Record) -> None:
        self._one_by_one.event(record, self._out)


def _stops(record: Record, watch: Watch, strands: Strands) -> None:
    """An event that is watched may wait now."""
    if strands.waiting and strands.waiting[-1].job is record:
        watch.waits()
