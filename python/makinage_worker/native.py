"""A model's answers as this package computes them itself, where they have been seen to be the library's, to the bit.

A library's call for one row costs a hundred times what its arithmetic does. What isn't known, isn't finite or has not
been compared is the library's to answer, and so is everything from the first doubt on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from makinage_worker import native_forms, native_kinds
from makinage_worker.errors import message
from makinage_worker.features import names_of, width_of
from makinage_worker.native_flavour import Ask, Flavour, takes_as_it_is
from makinage_worker.native_forms import Numbers
from makinage_worker.native_linear import Evaluate
from makinage_worker.native_proof import Make, identical, proven
from makinage_worker.notices import Notices
from makinage_worker.rows import Plan
from makinage_worker.trees import Evaluator
from makinage_worker.trees_reading import Accepts

if TYPE_CHECKING:
    import numpy as np

StandIn = Callable[[Any, "np.ndarray"], Any]
"""What answers in a method's place, from its input and that input's numbers."""

_MOST_CALLS_BETWEEN = 4096
"""Calls between two that the library answers, too: the second, the fourth, the eighth … at first."""

_MOST_FORMS = 16
"""Forms of input that are remembered."""


class Natives:
    """The methods of a model, native where they can be. The log is told once of each that stops being so."""

    def __init__(self, pyfunc: Any, model: Any, plan: Plan, notices: Notices) -> None:
        self._pyfunc = pyfunc
        self._model = model
        self._notices = notices
        self.predict: Ask = self._predict(plan)
        """MLflow's predict."""

    def __reduce__(self) -> tuple[type[Libraries], tuple[Any]]:
        # A hook may copy its model, or send it to another process.
        return Libraries, (self._pyfunc,)

    def method(self, name: str, ask: Ask) -> Ask:
        """`ask`, the model's own method of this name."""
        make = _as_trained(self._model)
        return self._computed(name, ask, make, lambda matrix: ask(make(matrix))) or ask

    def _predict(self, plan: Plan) -> Ask:
        ask: Ask = self._pyfunc.predict
        flavour = Flavour.of(self._pyfunc)
        directly = None if flavour is None else flavour.directly(self._pyfunc)
        if flavour is None or directly is None:
            return ask
        make = _as_trained(self._model)
        computed = self._computed(flavour.method, ask, plan.dense, lambda matrix: directly(make(matrix)))
        # A model that draws random numbers isn't worth a line.
        native = computed or Native(ask, lambda data, _: directly(data), _say_nothing)
        native.takes = lambda data: takes_as_it_is(self._pyfunc, data)
        return native

    def _computed(self, name: str, ask: Ask, make: Make, library: Evaluate) -> Native | None:
        width = width_of(self._model)
        if width is None:
            return None
        try:
            candidates = native_kinds.evaluators(self._model, name, library, self._notices.warn)
            evaluate = proven(candidates, ask, make, width)
        except Exception as error:
            # Not the library's, and no reason not to serve the model.
            self._notices.warn(
                f"the model's {name} is its library's alone: what would stand in for it can't be made "
                f"({type(error).__name__}: {message(error)}); please report it"
            )
            return None
        if evaluate is None:
            return None
        native = Native(ask, lambda _, matrix: evaluate(matrix), self._notices.warn)
        native.knows_holes = isinstance(evaluate, Evaluator) and evaluate.accepts is not Accepts.FINITE
        return native


class Libraries:
    """The methods of a model as its library has them."""

    def __init__(self, pyfunc: Any) -> None:
        self.predict: Ask = pyfunc.predict
        """MLflow's predict."""

    def method(self, name: str, ask: Ask) -> Ask:  # noqa: ARG002  # as the other's
        """`ask`."""
        return ask


class Native:
    """A method that something else stands in for, which is compared with it now and then.

    `stand_in` gets the input and its numbers. `tell` is told when, and why, it is not believed any more.
    """

    def __init__(self, ask: Ask, stand_in: StandIn, tell: Callable[[str], None]) -> None:
        self._ask = ask
        self._stand_in: StandIn | None = stand_in
        self._tell = tell
        self.takes: Callable[[Any], bool] = _anything
        """Whether the method leaves an input as it is before it looks at its numbers; asked once for each form."""
        self.knows_holes = False
        """Whether the stand-in may be given numbers that are missing, or not finite."""
        self._forms: set[Hashable] = set()
        self._between = 1
        self._left = 0

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Ask]]:
        return _itself, (self._ask,)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The method's answer."""
        stand_in = self._stand_in
        read = None if stand_in is None or named or len(args) != 1 else native_forms.read(args[0])
        if stand_in is None or read is None or not (read.is_finite or self.knows_holes):
            return self._ask(*args, **named)
        (data,) = args
        self._left -= 1
        if self._left < 0 or read.form not in self._forms:
            return self._compared(stand_in, data, read)
        answer = self._mine(stand_in, data, read.matrix)
        return self._ask(data) if answer is None else answer

    def _mine(self, stand_in: StandIn, data: Any, matrix: np.ndarray) -> Any:
        """What the stand-in answers; None where the method must be asked."""
        try:
            return stand_in(data, matrix)
        except Exception as error:
            # Whatever is wrong, the library says it as its users know it.
            self._stop(f"{type(error).__name__}: {error}")
            return None

    def _compared(self, stand_in: StandIn, data: Any, read: Numbers) -> Any:
        answer = self._ask(data)
        matrix, form, _ = read
        if form not in self._forms and not self.takes(data):
            return answer
        mine = self._mine(stand_in, data, matrix)
        if mine is None:
            return answer
        if not identical(mine, answer):
            self._stop("its answer to an event is another one")
            return answer
        if form not in self._forms:
            if len(self._forms) == _MOST_FORMS:
                self._forms.clear()
            self._forms.add(form)
            return answer
        self._between = min(self._between * 2, _MOST_CALLS_BETWEEN)
        self._left = self._between
        return answer

    def _stop(self, why: str) -> None:
        self._stand_in = None
        self._tell(
            f"the model is called by its library alone from now on, because what stood in for it can't be relied on "
            f"({why}). That is right, and slower; `native: false` says so from the start"
        )


def _anything(_: Any) -> bool:
    return True


def _say_nothing(_: str) -> None:
    pass


def _itself(anything: Any) -> Any:
    return anything


def _as_trained(model: Any) -> Make:
    """A matrix as the model's own methods take it: with the names that it was trained with."""
    names = names_of(model)
    return _itself if names is None else _frames(names)


def _frames(names: Sequence[str]) -> Make:
    import pandas as pd

    return lambda matrix: pd.DataFrame(matrix, columns=list(names))
