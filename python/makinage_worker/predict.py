"""The default predict step: as few model calls as answer each event as if it were alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np

from makinage_worker import inputs
from makinage_worker.errors import Failure
from makinage_worker.notices import Notices
from makinage_worker.own import own
from makinage_worker.rows import Plan, Row, entries, split
from makinage_worker.rowwise import Proof, Proofs, Scored, WrongCount
from makinage_worker.stack import Stack, single

_ENOUGH_SECONDS = 1.0
"""So long events of one stack are scored alone for a proof; what is left unproven then is scored alone, this time."""

Events = Sequence[int]
"""Some of a stack's events, by their places in it."""


@dataclass(slots=True)
class Chunk:
    """Predictions of some of a stack's events: an array, or a list in which a Failure may stand.

    They are the service's own, unless `borrowed`: then the one event's prediction can't be copied, and is valid until
    the model is called again.
    """

    events: Events
    predictions: Any
    borrowed: bool = False


@dataclass(slots=True)
class Manner:
    """How a model may be called: `operator` names its configuration; `row_wise` None means that it must be seen."""

    operator: str
    row_wise: bool | None = None


class Predictor:
    """Calls the model. One event's failure is that event's, and its prediction doesn't depend on the others."""

    def __init__(self, predict: Callable[[Any], Any], notices: Notices, manner: Manner) -> None:
        self._predict = predict
        self._notices = notices
        self._operator = manner.operator
        self._one_by_one = manner.row_wise is False
        self._trusted = manner.row_wise is True
        self._proofs = Proofs()
        self._seconds_alone = 0.0

    def score(self, stack: Stack) -> Iterator[Chunk]:
        """The predictions of a stack's events, in any order; each chunk is to be used before the next is asked for."""
        events: Events = range(len(stack))
        if not self._one_by_one and not self._trusted:
            events = yield from self._prove(stack)
        yield from self._score(stack, events)

    def prove(self, stack: Stack) -> None:
        """Looks at how the model answers these events, of which nothing else is wanted."""
        for _ in self.score(stack):
            pass

    def alone(self, stack: Stack, event: int = 0) -> Any:
        """The prediction of one event, or its Failure; valid until the model is called again."""
        return entries(self._alone(stack, range(event, event + 1)).predictions)[0]

    def _score(self, stack: Stack, events: Events) -> Iterator[Chunk]:
        """One call for all; when the model raises, they are halved until the guilty event stands alone."""
        pending = [events] if events else []
        while pending:
            part = pending.pop()
            if len(part) == 1:
                yield self._alone(stack, part)
                continue
            if self._one_by_one:
                pending.extend(part[place : place + 1] for place in reversed(range(len(part))))
                continue
            self._notices.tick()
            try:
                chunk = Chunk(part, self._ask(stack, part))
            except WrongCount as error:
                self._give_up(f"{error}, so it doesn't answer row by row")
                pending.append(part)
            except BaseException:
                middle = len(part) // 2
                pending += [part[middle:], part[:middle]]
            else:
                yield chunk

    def _alone(self, stack: Stack, event: Events) -> Chunk:
        self._notices.tick()
        begin = time.perf_counter()
        try:
            result = self._predict(_input(stack, event))
            self._seconds_alone = time.perf_counter() - begin
            rows = split(result, stack.rows(event))
            predictions: Any = [result] if rows is None else stack.per_event(event, rows)
        except BaseException as error:
            return Chunk(event, [Failure("predict", error)])
        # None says that there is no prediction, and nothing about how the model takes rows.
        if rows is None and result is not None:
            self._give_up(f"{_other_count(stack.rows(event), result)}, so it doesn't answer row by row")
        try:
            return Chunk(event, own(predictions))
        except BaseException:
            return Chunk(event, predictions, borrowed=True)

    def _ask(self, stack: Stack, events: Events) -> Any:
        """Their predictions from one call. Raises WrongCount, and whatever the model and `own` raise."""
        result = self._predict(stack.input(events))
        rows = split(result, stack.rows(events))
        if rows is None:
            raise WrongCount(_other_count(stack.rows(events), result))
        return own(stack.per_event(events, rows))

    def _prove(self, stack: Stack) -> Generator[Chunk, None, Events]:
        """Scores alone what the proof of the stack's key needs; returns the events that may be scored together."""
        proof = self._proofs.of(stack.key)
        if proof.is_complete or (len(stack) == 1 and proof.seen):
            return range(len(stack))
        rest = list(range(len(stack)))
        while not proof.seen and rest:
            proof.begin((yield from self._scored(stack, rest.pop(0))))
        if not rest or self._one_by_one:
            return rest
        # What is proven needn't be looked at, once events enough have been seen.
        known = proof.proven if proof.has_seen_enough else None
        differing = stack.differing(rest, proof.seen[0].data, known)
        fresh, begin = 0, time.monotonic()
        while fresh == 0 or time.monotonic() - begin < _ENOUGH_SECONDS:
            place = proof.choose(differing, fresh)
            if place is None:
                break
            scored = yield from self._scored(stack, rest.pop(place))
            if scored is not None:
                proof.try_next(scored, differing[place])
                fresh += 1
            differing = np.delete(differing, place, axis=0)
        self._try(proof)
        doubtful = proof.doubtful(differing)
        for event in compress(rest, doubtful):
            yield self._alone(stack, range(event, event + 1))
        return [event for event, doubt in zip(rest, doubtful, strict=True) if not doubt]

    def _scored(self, stack: Stack, event: int) -> Generator[Chunk, None, Scored | None]:
        """Yields the event's chunk, and returns what a proof can be made of; None where the event failed."""
        chunk = self._alone(stack, range(event, event + 1))
        (prediction,) = entries(chunk.predictions)
        scored = None
        if not chunk.borrowed and not isinstance(prediction, Failure):
            # A copy: what is yielded may be handed on to user code.
            count = None if stack.counts is None else stack.counts[event]
            scored = Scored(stack.input([event]), own(prediction), count)
        yield chunk
        return scored

    def _try(self, proof: Proof) -> None:
        """Looks whether the model answers row by row for the events that the proof has not tried yet."""
        found = None if self._one_by_one else proof.counterexample(self._ask_each)
        if found is not None:
            self._give_up(f"{found}, so its answers depend on what else is in the batch", maybe_random=True)

    def _ask_each(self, events: Sequence[Scored]) -> list[Any]:
        """The predictions of events that aren't in a stack, from one call."""
        self._notices.tick()
        counts = [event.count for event in events]
        data = inputs.join([event.data for event in events])
        stack = Stack(range(len(events)), data, None, None if set(counts) == {None} else counts)
        return entries(self._ask(stack, range(len(events))))

    def _give_up(self, why: str, *, maybe_random: bool = False) -> None:
        """From now on each event has a model call of its own; says so once."""
        if self._one_by_one:
            return
        self._one_by_one = True
        cost = f"{self._seconds_alone * 1000:.2g} ms each here"
        hint = f"; if it draws random numbers on purpose, `operators.{self._operator}.row_wise: true` gives it batches"
        self._notices.warn(
            f"the model isn't given batches: {why}. Each event gets a model call of its own ({cost}), "
            f"which is right, and slower{hint if maybe_random else ''}"
        )


def _input(stack: Stack, event: Events) -> Any:
    try:
        return stack.input(event)
    except BaseException:
        return stack.lend(event)


def _other_count(rows: int, result: Any) -> str:
    given = f"it was given {rows} row{'' if rows == 1 else 's'} and returned "
    if result is None:
        return given + "None"
    try:
        return f"{given}a {type(result).__name__} of {len(result)}"
    except TypeError:
        return f"{given}a {type(result).__name__}"


@dataclass(slots=True)
class Scorer:
    """The default predict step: `plan` makes the rows, `predictor` calls the model with them."""

    plan: Plan
    predictor: Predictor

    def row(self, value: Any) -> Row:
        """The row of an event; raises what `Plan.row` raises."""
        row = self.plan.row(value)
        order = self.plan.order
        if order is not None and order.is_open:
            # An event that the model can't score must not decide how the others are read.
            order.settle(scored=not isinstance(self.predictor.alone(single(self.plan, row)), Failure))
        return row
