"""The calls of the default predict step: as few of them as answer each event as if it were alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np

from makinage_worker import inputs
from makinage_worker.agreement import agree, apart
from makinage_worker.errors import Failure, is_exhaustion, message
from makinage_worker.frames import has_ids
from makinage_worker.lazy import computed
from makinage_worker.notices import Notices
from makinage_worker.own import own
from makinage_worker.rows import entries, is_number, split
from makinage_worker.rowwise import Proof, Proofs, Scored, WrongCount, shown
from makinage_worker.stack import Stack

_ENOUGH_SECONDS = 1.0
"""The longest that events of one stack are scored alone for a proof; what is left unproven is scored alone then."""

Events = Sequence[int]
"""Some of a stack's events, by their places in it."""

_ONLY: Events = range(1)


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
class _Answered:
    """What one call returned for several events, and their predictions."""

    events: Events
    result: Any
    predictions: Any


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
        self._has_ids = False

    @property
    def is_one_by_one(self) -> bool:
        """Whether each event has a model call of its own."""
        return self._one_by_one

    def score(self, stack: Stack) -> Iterator[Chunk]:
        """The predictions of a stack's events, in any order; each chunk is to be used before the next is asked for."""
        if self._one_by_one or self._trusted:
            yield from self._score(stack, range(len(stack)), None)
            return
        proof = self._proofs.of(stack.key)
        if proof.is_complete or (len(stack) == 1 and proof.seen):
            yield from self._score(stack, range(len(stack)), proof)
            return
        rest = list(range(len(stack)))
        try:
            yield from self._prove(proof, stack, rest)
        except Exception as error:
            # Values that can't be compared or copied: nothing of them kills a worker.
            self._give_up_unseen(error)
        yield from self._score(stack, rest, proof)

    def prove(self, stack: Stack) -> None:
        """Looks at how the model answers these events, of which nothing else is wanted."""
        for _ in self.score(stack):
            pass
        try:
            # However few they are: those that come later are to be scored together from the first on.
            self._look_together(self._proofs.of(stack.key), stack, None)
        except Exception as error:
            self._give_up_unseen(error)

    def alone(self, stack: Stack, event: int = 0) -> Any:
        """The prediction of one event, or its Failure; valid until the model is called again.

        The caller has said where the worker is: the stack's places need not be the batch's.
        """
        return entries(self._answer(stack, range(event, event + 1)).predictions)[0]

    def lone(self, key: Hashable, data: Any) -> np.ndarray | Chunk | None:
        """The answer to the one row of a batch, which the model may keep or change: its own array of one number.

        Of any other answer, and of a failure, the chunk, of event 0. `key` is the one of the row's stack. None where
        nothing has been asked, since `score` must be: it learns how such rows are taken.
        """
        if self._one_by_one:
            return None
        proof = None if self._trusted else self._proofs.of(key)
        if proof is not None and not (proof.seen or proof.is_complete):
            return None
        begin = time.perf_counter()
        try:
            result = computed("predict", self._predict(data))
        except BaseException as error:
            return self._failed(_ONLY, error)
        self._seconds_alone = time.perf_counter() - begin
        if not is_number(result):
            return self._taken(Stack(_ONLY, data, key), _ONLY, result)
        if proof is not None:
            self._learn(key, result)
        return result  # type: ignore[no-any-return]  # an array

    def _score(self, stack: Stack, events: Events, proof: Proof | None) -> Iterator[Chunk]:
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
            self._at(stack, part)
            doubtful: list[int] | None = None
            try:
                answered = self._ask(stack, part)
                # One that catches what it can't score answers None for all.
                if not _is_nothing(answered.predictions):
                    doubtful = []
            except WrongCount as error:
                self._give_up(f"{error}, so it doesn't answer row by row")
            except BaseException:
                doubtful = None
            if doubtful is not None and proof is not None:
                doubtful = self._look(proof, stack, answered)
            if doubtful is None:
                middle = len(part) // 2
                pending += [part[middle:], part[:middle]]
            elif doubtful:
                yield from _some(answered, _but(answered, doubtful))
                pending += [part[place : place + 1] for place in reversed(doubtful)]
            else:
                yield Chunk(part, answered.predictions)

    def _look(self, proof: Proof, stack: Stack, answered: _Answered) -> list[int] | None:
        """The places of events that must be asked for alone, of which one call has answered; None where all must be."""
        try:
            if not proof.types.take(answered.result):
                return None
            doubtful = proof.types.doubtful(answered.result) if stack.is_one_row_each else []
            return doubtful if self._holds(proof, stack, answered, _but(answered, doubtful)) else None
        except Exception as error:
            self._give_up_unseen(error)
            return None

    def _holds(self, proof: Proof, stack: Stack, answered: _Answered, sure: Events) -> bool:
        """Whether a few of these events have the same answers alone, where a call is larger than any before.

        Some models do other things with more rows: windows, neighbours, groups that fill up. `sure` are the places to
        look at.
        """
        part, predictions = answered.events, answered.predictions
        places: set[int] = set()
        if len(part) > proof.largest and len(sure):
            places = {sure[-1], sure[len(sure) // 2], sure[len(sure) // 3]}
        # While all answers were alike, one could be another's.
        differing = None if proof.is_telling else apart(predictions)
        if differing is not None and all(place in sure for place in differing):
            places.update(differing)
        answers = entries(predictions) if places else []
        for place in sorted(places):
            told = self._differs_alone(stack, part[place : place + 1], answers[place], answers)
            if told is not None:
                if self._answers(lambda: self._ask(stack, part)):
                    self._give_up_mixing(f"{told} among many")
                return False
        proof.largest = max(proof.largest, len(part))
        proof.is_telling = proof.is_telling or differing is not None
        return True

    def _differs_alone(self, stack: Stack, event: Events, answer: Any, likes: Sequence[Any]) -> str | None:
        """What a model makes of an event alone that isn't what it made of it beside others; None where it is."""
        alone = entries(self._alone(stack, event).predictions)[0]
        if isinstance(alone, Failure):
            # Once more: what fails for a while says nothing of how rows are taken.
            alone = entries(self._alone(stack, event).predictions)[0]
        if isinstance(alone, Failure):
            return f"it raises {type(alone.error).__name__} for a row alone and answers {shown(answer)}"
        if agree(alone, answer, likes):
            return None
        return f"it answers {shown(alone)} to a row alone and {shown(answer)}"

    @staticmethod
    def _answers(ask: Callable[[], Any]) -> bool:
        """Whether a call is answered still: where it isn't, a failure alone says nothing."""
        try:
            ask()
        except Exception:
            return False
        return True

    def _at(self, stack: Stack, events: Events) -> None:
        first = stack.places[events[0]]
        self._notices.at(first, stack.places[events[-1]] + 1 - first)

    def _alone(self, stack: Stack, event: Events) -> Chunk:
        self._at(stack, event)
        return self._answer(stack, event)

    def _answer(self, stack: Stack, event: Events) -> Chunk:
        begin = time.perf_counter()
        try:
            result = computed("predict", self._predict(_input(stack, event)))
        except BaseException as error:
            return self._failed(event, error)
        self._seconds_alone = time.perf_counter() - begin
        return self._taken(stack, event, result)

    def _failed(self, event: Events, error: BaseException) -> Chunk:
        if is_exhaustion(error):
            self._notices.exhausted(error)
        return Chunk(event, [Failure("predict", error)])

    def _taken(self, stack: Stack, event: Events, result: Any) -> Chunk:
        """What the model has answered to a single event."""
        try:
            result = self._without_ids(result, stack.rows(event))
            rows = split(result, stack.rows(event))
            predictions: Any = [result] if rows is None else stack.per_event(event, rows)
        except BaseException as error:
            return self._failed(event, error)
        if not self._trusted and not self._one_by_one:
            self._learn(stack.key, result)
        # None says that there is no prediction, and nothing about how the model takes rows.
        if rows is None and result is not None:
            self._give_up(f"{_other_count(stack.rows(event), result)}, so it doesn't answer row by row")
        try:
            return Chunk(event, own(predictions))
        except BaseException:
            return Chunk(event, predictions, borrowed=True)

    def _learn(self, key: Hashable, result: Any) -> None:
        """Takes in which types the answer to a single event has."""
        types = self._proofs.of(key).types
        try:
            types.saw(result)
        except Exception as error:
            self._give_up_unseen(error)
        if types.differ is not None:
            self._give_up(f"its answers have types that depend on the row ({types.differ})")

    def _ask(self, stack: Stack, events: Events) -> _Answered:
        """Their predictions from one call. Raises WrongCount, and whatever the model and `own` raise."""
        result = computed("predict", self._predict(stack.input(events)))
        result = self._without_ids(result, stack.rows(events))
        rows = split(result, stack.rows(events))
        if rows is None:
            raise WrongCount(_other_count(stack.rows(events), result))
        return _Answered(events, result, own(stack.per_event(events, rows)))

    def _without_ids(self, result: Any, rows: int) -> Any:
        """An index of the model's own says nothing of the input's order, whatever numbers are in it."""
        if rows == 1 and has_ids(result):
            self._has_ids = True
        return result.reset_index(drop=True) if self._has_ids and hasattr(result, "iloc") else result

    def _prove(self, proof: Proof, stack: Stack, rest: list[int]) -> Iterator[Chunk]:
        """Scores alone what the proof of the stack's key needs; leaves in `rest` what may be scored together."""
        while not proof.seen and rest:
            proof.begin((yield from self._scored(stack, rest.pop(0))))
        if not rest or self._one_by_one:
            return
        # What is proven needn't be looked at, once events enough have been seen.
        known = proof.proven if proof.has_seen_enough else None
        differing = stack.differing(rest, proof.seen[0].data, known)
        fresh, begin = 0, time.monotonic()
        failing: int | None = None
        while fresh == 0 or time.monotonic() - begin < _ENOUGH_SECONDS:
            place = proof.choose(differing, fresh)
            if place is None:
                break
            unlike, differing = differing[place], np.delete(differing, place, axis=0)
            event = rest.pop(place)
            scored = yield from self._scored(stack, event)
            if scored is not None:
                proof.try_next(scored, unlike)
                fresh += 1
            elif failing is None:
                failing = event
        if not rest and failing is None and not proof.has_seen_enough:
            # Nothing is left to be scored together: those that come next are looked at with these.
            return
        self._look_together(proof, stack, failing)
        doubts = proof.doubtful(differing)
        doubtful = list(compress(rest, doubts))
        rest[:] = [event for event, doubt in zip(rest, doubts, strict=True) if not doubt]
        proof.let_go()
        for event in doubtful:
            yield self._alone(stack, range(event, event + 1))

    def _look_together(self, proof: Proof, stack: Stack, failing: int | None) -> None:
        """What was scored alone is scored together, and with it one that has failed alone."""
        if self._one_by_one:
            return
        # Their inputs are mixed: any of them may be what a model dies of.
        self._at(stack, range(len(stack)))
        found = proof.counterexample(self._ask_each)
        if found is None and failing is not None:
            found = self._answers_in_company(stack, failing, proof)
        if found is None:
            return
        if proof.is_undecided:
            self._give_up(f"{found}, so that nobody can tell whose answers they are")
        else:
            self._give_up_mixing(found)

    def _answers_in_company(self, stack: Stack, event: int, proof: Proof) -> str | None:
        """What a model answers beside another row to one that it raises for alone; None where it raises then, too."""
        if proof.has_tried_failing or proof.proven is None:
            return None
        proof.has_tried_failing = True
        try:
            count = None if stack.counts is None else stack.counts[event]
            company = [proof.seen[0], Scored(stack.input([event]), None, count)]
            answer = self._ask_each(company)[1]
        except Exception as error:
            if is_exhaustion(error):
                self._notices.exhausted(error)
            return None
        told = self._differs_alone(stack, range(event, event + 1), answer, [answer])
        if told is None or not self._answers(lambda: self._ask_each(company)):
            return None
        return f"{told} beside others"

    def _scored(self, stack: Stack, event: int) -> Generator[Chunk, None, Scored | None]:
        """Yields the event's chunk, and returns what a proof can be made of; None where the event failed."""
        chunk = self._alone(stack, range(event, event + 1))
        scored = None
        if not chunk.borrowed and not isinstance(chunk.predictions[0], Failure):
            count = None if stack.counts is None else stack.counts[event]
            try:
                # A copy: what is yielded may be handed on to user code.
                scored = Scored(stack.input([event]), own(entries(chunk.predictions)[0]), count)
            except Exception:
                scored = None  # nothing can be compared with it
        yield chunk
        return scored

    def _ask_each(self, events: Sequence[Scored]) -> list[Any]:
        """The predictions of events that aren't in a stack, from one call."""
        self._notices.tick()
        counts = [event.count for event in events]
        data = inputs.join([event.data for event in events])
        stack = Stack(range(len(events)), data, None, None if set(counts) == {None} else counts)
        return entries(self._ask(stack, range(len(events))).predictions)

    def _give_up_mixing(self, why: str) -> None:
        hint = f"; if it draws random numbers on purpose, `operators.{self._operator}.row_wise: true` gives it batches"
        self._give_up(f"{why}, so its answers depend on what else is in the batch", hint)

    def _give_up_unseen(self, error: Exception) -> None:
        if is_exhaustion(error):
            self._notices.exhausted(error)
        self._give_up(f"how it takes rows can't be seen ({type(error).__name__}: {message(error)})")

    def _give_up(self, why: str, hint: str = "") -> None:
        """From now on each event has a model call of its own; says so once."""
        if self._one_by_one:
            return
        self._one_by_one = True
        self._notices.warn(
            f"the model isn't given batches: {why}. Each event gets a model call of its own "
            f"({self._seconds_alone * 1000:.2g} ms each here), which is right, and slower{hint}"
        )


def _some(answered: _Answered, places: Events) -> Iterator[Chunk]:
    """The predictions in these places, where there are any."""
    if places:
        answers = entries(answered.predictions)
        yield Chunk([answered.events[place] for place in places], [answers[place] for place in places])


def _but(answered: _Answered, doubtful: Sequence[int]) -> Events:
    """All places but these."""
    every = range(len(answered.events))
    left = set(doubtful)
    return [place for place in every if place not in left] if left else every


def _is_nothing(predictions: Any) -> bool:
    """Whether there is no prediction for any of several events."""
    return not isinstance(predictions, np.ndarray) and all(prediction is None for prediction in predictions)


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
