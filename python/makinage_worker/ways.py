"""Which way a batch passes: by which parts are the user's, what the model can do, and what may run side by side."""

from __future__ import annotations

from dataclasses import dataclass

from makinage_worker.coalesced import Coalesced
from makinage_worker.desk import Desk
from makinage_worker.finish import Finish
from makinage_worker.lone import Lone
from makinage_worker.notices import Notices
from makinage_worker.one_by_one import OneByOne
from makinage_worker.purity_logs import Line
from makinage_worker.scorer import Scorer
from makinage_worker.stacked import Stacked
from makinage_worker.steps import Ownership, Steps, Topics
from makinage_worker.trial import Trial, Way


@dataclass(slots=True)
class SideBySide:
    """Where events may pass the user's code side by side: `desk` has their model calls.

    `on_trial`: they are compared with events that pass one after the other at first. `operator` names the
    configuration. Hooks that write one of the `quiet` lines pass one after the other.
    """

    desk: Desk
    operator: str
    on_trial: bool
    quiet: frozenset[Line] = frozenset()


class Ways:
    """Chooses for each batch anew: a model is seen to answer row by row, or not, as it serves."""

    def __init__(
        self, topics: Topics, steps: Steps, scorer: Scorer, notices: Notices, side_by_side: SideBySide | None
    ) -> None:
        self.one_by_one = OneByOne(topics, steps, scorer, notices)
        self.lone = Lone(len(topics.sources), scorer, Finish(topics, steps))
        """Of services that get dense groups."""
        self.plan = scorer.plan
        self._predictor = scorer.predictor
        self._notices = notices
        self._side_by_side = side_by_side
        owners = Ownership.of(topics, steps)
        self._desk = side_by_side.desk if side_by_side is not None and owners.predict else None
        self._many: Way = (
            Stacked(topics, steps, scorer, notices)
            if self._desk is None
            else Coalesced(topics, self.one_by_one, self._desk, notices)
        )
        if side_by_side is not None and side_by_side.on_trial:
            self._many = Trial(self._many, self.one_by_one, self._refuse)
        self._is_refused = False
        self._quiet = () if side_by_side is None else tuple(side_by_side.quiet)

    def way(self) -> Way:
        """The way of the next batch."""
        # A model that gets one event a call anyway is called in its turn.
        calls_each = self._predictor.is_one_by_one if self._desk is None else self._desk.has_given_up
        if calls_each or self._is_refused or any(line.is_written for line in self._quiet):
            return self.one_by_one
        return self._many

    def _refuse(self, why: str) -> None:
        assert self._side_by_side is not None  # it is on trial
        self._is_refused = True
        self._notices.warn(
            f"the hooks are run one event at a time from now on: {why}. That is right, and slower; where the "
            f"difference is rounding that doesn't matter, `operators.{self._side_by_side.operator}.coalesce: true` "
            "puts up with it"
        )
