"""Whether a model answers each row as if it were alone: seen before several of its answers at once are believed.

Models sort their frame, normalise over it, fill gaps from the row before, group, drop duplicates, or answer for the
first row only. So two events that differ are scored alone, then together, swapped, doubled, and mixed with each other
(some features of the one, some of the other, since a model that groups by one feature shows it only where two rows
share that one and differ elsewhere). Only where every answer is that of the row alone, to rounding, are they stacked.

What has been seen counts for events of the same key, and for the features in which rows have been seen to differ: a
model that sorts by date shows nothing while all dates are equal.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import inputs
from makinage_worker.agreement import agree, scale

_KEYS = 1024
"""Kinds of events that are remembered; a stream with more of them proves the forgotten ones again."""

_MIXED_BITS = 4
"""Mixed rows tell 2**4 groups of features apart, at two model calls a bit."""

Ask = Callable[[Sequence["Scored"]], list[Any]]
"""Scores the events in one model call; says the prediction of each. Raises what the model raises, and WrongCount."""


class WrongCount(ValueError):  # noqa: N818  # it is told as it stands
    """The model returned another number of rows than it was given."""


@dataclass(slots=True)
class Scored:
    """An event's input, of which nobody else has a part, its prediction when it was scored alone, its `Row.count`."""

    data: Any
    prediction: Any
    count: int | None = None


class Proof:
    """What is known of the events of one key: one of them, and the features in which others have differed from it."""

    def __init__(self) -> None:
        self.reference: Scored | None = None
        self._proven: np.ndarray | None = None

    def unproven(self, differing: np.ndarray) -> np.ndarray:
        """Of the features in which events differ from the reference, those that no proof covers."""
        return differing if self._proven is None else differing & ~self._proven

    @property
    def proven(self) -> np.ndarray | None:
        """The features that a proof covers; None before the first."""
        return self._proven

    @property
    def is_complete(self) -> bool:
        """Whether there is no feature left in which an event could differ unseen."""
        return self._proven is not None and bool(self._proven.all())

    def cover(self, differing: np.ndarray) -> None:
        """An event that differs from the reference in these features has passed `counterexample`."""
        self._proven = differing if self._proven is None else self._proven | differing


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


def counterexample(ask: Ask, one: Scored, other: Scored) -> str | None:
    """What two events that differ show of a model that doesn't answer row by row; None when it does."""
    found = _compare(ask, [one, other]) or _compare(ask, [other, one])
    if found is None:
        # More rows: one of them twice, as duplicates are dropped or counted.
        found = _compare(ask, [one, other, one, *_mixed(ask, one, other)])
    return found


def _compare(ask: Ask, events: list[Scored]) -> str | None:
    try:
        together = ask(events)
    except WrongCount as error:
        return str(error)
    except BaseException as error:
        return f"it scores rows alone that it can't score together ({type(error).__name__}: {error})"
    size = scale(*(event.prediction for event in events))
    for event, prediction in zip(events, together, strict=True):
        if not agree(event.prediction, prediction, size):
            return f"it answers {_shown(event.prediction)} to a row alone and {_shown(prediction)} beside others"
    return None


def _mixed(ask: Ask, one: Scored, other: Scored) -> Iterator[Scored]:
    """Rows with some features of the one and some of the other, such that any two features come from both."""
    if inputs.count(one.data) != 1 or inputs.count(other.data) != 1:
        return
    differing = inputs.differing(other.data, one.data)[0]
    for taken in _halves(np.flatnonzero(differing)):
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


def _shown(prediction: Any) -> str:
    text = repr(prediction)
    return text if len(text) <= 60 else text[:60] + "…"
