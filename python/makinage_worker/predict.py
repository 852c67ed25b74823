"""The predict step over a batch: the default one in stacked model calls, a custom one event by event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from makinage_worker.errors import Failure
from makinage_worker.notices import Notices
from makinage_worker.rows import Stack, split


@dataclass(slots=True)
class Chunk:
    """Predictions of a stack's events from `start` up to `stop`: an array, or a list in which a Failure may stand."""

    start: int
    stop: int
    predictions: Any


class Predictor:
    """The default predict step: as few model calls as the stacks allow, and one event's failure is that event's.

    A model that returns another number of rows than it was given gets one call per event from then on.
    """

    def __init__(self, predict: Callable[[Any], Any], notices: Notices, *, stackable: bool = True) -> None:
        self._predict = predict
        self._notices = notices
        self._one_by_one = not stackable

    def score(self, stack: Stack) -> Iterator[Chunk]:
        """The predictions of a stack, in the order of its events.

        When the model raises, the stack is halved until the guilty event stands alone.
        """
        pending = [(0, len(stack))]
        while pending:
            start, stop = pending.pop()
            self._notices.tick()
            if self._one_by_one and stop - start > 1:
                pending.extend((place, place + 1) for place in range(stop - 1, start - 1, -1))
                continue
            try:
                result = self._predict(stack.input(start, stop))
                rows = split(result, stack.rows(start, stop))
                predictions = None if rows is None else stack.per_event(start, stop, rows)
            except BaseException as error:
                if stop - start == 1:
                    yield Chunk(start, stop, [Failure("predict", error)])
                else:
                    middle = (start + stop) // 2
                    pending += [(middle, stop), (start, middle)]
                continue
            if predictions is not None:
                yield Chunk(start, stop, predictions)
            elif stop - start == 1:
                # None says that there is no prediction, and nothing about how the model takes rows.
                if result is not None:
                    self.answers_other_rows(stack.rows(start, stop), result)
                yield Chunk(start, stop, [result])
            else:
                self.answers_other_rows(stack.rows(start, stop), result)
                pending.append((start, stop))

    def answers_other_rows(self, rows: int, result: Any) -> None:
        """The model was given so many rows and returned this, which hasn't as many; None where it raised."""
        if self._one_by_one:
            return
        self._one_by_one = True
        self._notices.warn(
            f"the model was given {rows} row{'' if rows == 1 else 's'} and {_describe(result)}: it doesn't "
            "answer row by row, so each event gets a model call of its own from now on, which is slower"
        )


def run_custom(
    predict: Callable[[Any], Any], values: Sequence[tuple[int, Any]], notices: Notices
) -> Iterator[tuple[int, Any]]:
    """Calls the user's predict function for each (place, value), in order; yields (place, prediction or Failure).

    The one place where custom predict functions are run: coalescing the model calls that they make (running them as
    greenlets that park at the model proxy, stacking what is parked) replaces this loop and nothing else.
    """
    for place, value in values:
        notices.tick()
        try:
            yield place, predict(value)
        except GeneratorExit:
            raise
        except BaseException as error:
            yield place, Failure("predict", error)


def _describe(result: Any) -> str:
    if result is None:
        return "raised"
    try:
        return f"returned {len(result)} in a {type(result).__name__}"
    except TypeError:
        return f"returned a {type(result).__name__}"
