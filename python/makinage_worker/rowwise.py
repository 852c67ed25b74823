"""Whether a model answers each row as if it were alone: seen before several of its answers at once are believed.

Models sort their frame, normalise over it, fill gaps from the row before, group, drop duplicates, or answer for the
first row only. So two events that differ are scored alone, then together, swapped, doubled, and mixed with each other
(some features of the one, some of the other, since a model that groups by one feature shows it only where two rows
share that one and differ elsewhere). Only where every answer is that of the row alone, to rounding, are they stacked.

What has been seen counts for events of the same key, and for the features in which rows have been seen to differ: a
model that sorts by date shows nothing while all dates are equal.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import inputs
from makinage_worker.agreement import agree, all_floats, apart, strange
from makinage_worker.answers import AnswerTypes

_ENOUGH = 8
"""Events that are scored alone before batches are believed, where there are so many that differ."""

_KEYS = 1024
"""Kinds of events that are remembered; a stream with more of them proves the forgotten ones again."""

_MIXED_BITS = 8
"""Mixed rows tell 2**8 features apart, at two model calls a bit."""

_MOST_UNSURE = 8
"""Attempts at a proof whose answers don't say whose they are, before batches are given up."""

_MIXING_SECONDS = 1.0
"""A model that takes longer for its mixed rows is looked at with fewer of them: its first events wait meanwhile."""

Ask = Callable[[Sequence["Scored"]], list[Any]]
"""Scores the events in one model call; says the prediction of each. Raises what the model raises, and WrongCount."""


class _Unsure(Exception):  # noqa: N818  # it is an answer
    """Answers agree to rounding, and are so much alike that they could be each other's."""


class WrongCount(ValueError):  # noqa: N818  # it is told as it stands
    """The model returned another number of rows than it was given."""


@dataclass(slots=True, eq=False)
class Scored:
    """An event's input, of which nobody else has a part, its prediction when it was scored alone, its `Row.count`."""

    data: Any
    prediction: Any
    count: int | None = None


class Proof:
    """What is known of the events of one key: some that were seen, and the features in which they have differed."""

    def __init__(self) -> None:
        self.seen: list[Scored] = []
        """The first is the reference that the others are compared with."""
        self.proven: np.ndarray | None = None
        """The features in which events may differ from the reference; None before the first proof."""
        self.largest = _ENOUGH
        """Events of the largest call that was looked at."""
        self.is_telling = False
        """Answers that differed have been compared: while all are alike, one could be another's."""
        self.has_tried_failing = False
        """An event that the model raises for alone was tried beside another."""
        self.is_undecided = False
        """It can't be told whose answers those are that the model gave together."""
        self.types = AnswerTypes()
        self._unsure = 0
        self._has_enough = False
        self._tried: list[Scored] = []
        self._differ: np.ndarray | None = None

    @property
    def has_seen_enough(self) -> bool:
        """Whether more events are wanted only for features that haven't been seen to differ."""
        return self._has_enough or len(self.seen) >= _ENOUGH

    @property
    def is_complete(self) -> bool:
        """Whether no event could show anything new."""
        return self._has_enough or (self.has_seen_enough and self.proven is not None and bool(self.proven.all()))

    def let_go(self) -> None:
        """Nothing is compared any more where the proof is complete: what was seen may go."""
        if self.is_complete:
            self._has_enough = True
            self.seen.clear()

    def begin(self, reference: Scored | None) -> None:
        """The first event, unless it failed."""
        if reference is not None:
            self.seen.append(reference)

    def choose(self, differing: np.ndarray, fresh: int) -> int | None:
        """Which event is to be tried next, by where events differ from the reference, after so many; None for none."""
        unproven = self._unproven(differing)
        if unproven.any() and fresh < _ENOUGH:
            return int(unproven.sum(axis=1).argmax())
        differs = differing.any(axis=1)
        return int(differs.argmax()) if differs.any() and not self.has_seen_enough else None

    def try_next(self, scored: Scored, differing: np.ndarray) -> None:
        """An event that `counterexample` is to try, with the features in which it differs from the reference."""
        self._tried.append(scored)
        self._differ = differing if self._differ is None else self._differ | differing
        if not self.has_seen_enough:
            self.seen.append(scored)

    def counterexample(self, ask: Ask) -> str | None:
        """What the events that are to be tried show of a model that doesn't answer row by row; None when it does."""
        if self._differ is None:
            return None
        try:
            found = _counterexample(ask, self.seen[0], self._tried, self.seen[1:])
            if found is None:
                self.proven = self._differ if self.proven is None else self.proven | self._differ
                self.is_telling = self.is_telling or apart([event.prediction for event in self.seen]) is not None
        except _Unsure as why:
            self._unsure += 1
            self.is_undecided = self._unsure >= _MOST_UNSURE
            found = str(why) if self.is_undecided else None
            if self.proven is None:
                # The next attempt is made with others.
                self.seen.clear()
        self._tried, self._differ = [], None
        return found

    def doubtful(self, differing: np.ndarray) -> list[bool]:
        """Which events may not be scored together with others."""
        if self.proven is None:
            return [True] * len(differing)
        return [bool(row.any()) for row in self._unproven(differing)]

    def _unproven(self, differing: np.ndarray) -> np.ndarray:
        for covered in (self.proven, self._differ):
            differing = differing if covered is None else differing & ~covered
        return differing


class Proofs:
    """The proofs of all keys, a bounded number of them."""

    def __init__(self) -> None:
        self._proofs: OrderedDict[Hashable, Proof] = OrderedDict()

    def of(self, key: Hashable) -> Proof:
        """The proof of a key, begun if there is none."""
        proof = self._proofs.get(key)
        if proof is None:
            proof = self._proofs[key] = Proof()
            if len(self._proofs) > _KEYS:
                self._proofs.popitem(last=False)
        return proof


def _counterexample(ask: Ask, reference: Scored, tried: list[Scored], seen: list[Scored]) -> str | None:
    others = [*tried, *(event for event in seen if event not in tried)]
    found = _compare(ask, [reference, *others]) or _compare(ask, [*reversed(others), reference])
    if found is None:
        # Doubles, side by side and apart, as they are dropped or counted, and mixed ones.
        doubled = [reference, reference, tried[0], tried[0], reference]
        found = _compare(ask, [*doubled, *_mixed(ask, reference, tried[0])])
    return found


def _compare(ask: Ask, events: list[Scored]) -> str | None:
    try:
        together = ask(events)
    except WrongCount as error:
        return str(error)
    except BaseException as error:
        return f"it scores rows alone that it can't score together ({type(error).__name__}: {error})"
    likes = [event.prediction for event in events]
    for event, prediction in zip(events, together, strict=True):
        if not agree(event.prediction, prediction, likes):
            return f"it answers {shown(event.prediction)} to a row alone and {shown(prediction)} beside others"
    _raise_if_unsure(events, together)
    return None


def _raise_if_unsure(events: list[Scored], together: list[Any]) -> None:
    """Where most of a column's answers that differ at all are as near to another row's, they may be that one's."""
    floats = [all_floats(event.prediction) for event in events]
    counts: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for event, prediction, own in zip(events, together, floats, strict=True):
        differs, near = strange(event.prediction, prediction, floats)
        so_far = counts.setdefault(len(own), (np.zeros(len(own), dtype=int), np.zeros(len(own), dtype=int)))
        so_far[0][:] += differs
        so_far[1][:] += near
        if near.any() and (2 * so_far[1] > so_far[0]).any():
            shows = event.prediction, prediction
    if any((2 * near > differs).any() for differs, near in counts.values()):
        raise _Unsure(
            f"it answers {shown(shows[0])} to a row alone and {shown(shows[1])} beside others, which is as near to "
            "what it answers to another row"
        )


def _mixed(ask: Ask, one: Scored, other: Scored) -> Iterator[Scored]:
    """Rows with some features of the one and some of the other, such that any two features come from both."""
    if inputs.count(one.data) != 1 or inputs.count(other.data) != 1:
        return
    differing = inputs.differing(other.data, one.data)[0]
    begin = time.monotonic()
    for taken in _halves(np.flatnonzero(differing)):
        if time.monotonic() - begin > _MIXING_SECONDS:
            return
        features = np.zeros(len(differing), dtype=bool)
        features[taken] = True
        row = Scored(inputs.mixed(one.data, other.data, features), None, one.count)
        try:
            (row.prediction,) = ask([row])
        except BaseException:
            continue  # there will be no such event: the model can't score it
        yield row


def _halves(places: np.ndarray) -> Iterator[np.ndarray]:
    """Halves of the places such that any two of the first 2**_MIXED_BITS are apart in one of them, both ways round."""
    ranks = np.arange(len(places))
    for bit in range(min(_MIXED_BITS, max(len(places) - 1, 0).bit_length())):
        upper = (ranks >> bit & 1).astype(bool)
        yield places[upper]
        yield places[~upper]


def shown(prediction: Any) -> str:
    """The beginning of a prediction, for messages."""
    text = repr(prediction)
    return text if len(text) <= 60 else text[:60] + "…"
