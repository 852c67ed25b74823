"""What the worker says of each event of a batch."""

from __future__ import annotations

from harness import notices

from makinage_worker.outcomes import Outcomes, Terms
from makinage_worker.passing import Passing
from makinage_worker.times import Times

HEAD = 4 + 9 + 57
"""Bytes before the statuses of a frame: length, kind and id, and the result's own head."""


def test_an_event_that_nobody_decided_about_is_not_an_empty_output() -> None:
    outcomes = Outcomes(3, Terms(1000, frozenset(), Passing([])), notices([]), Times(1, 0))
    outcomes.output(1, b"x")
    outcomes.skip(2, "predict")
    (frame,) = outcomes.frames(7, 0)
    known = {0, 1, 2, 3}
    assert [status in known for status in frame[HEAD : HEAD + 3]] == [False, True, True]
