"""The default predict step: an event's row, and who asks the model about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from makinage_worker.errors import Failure
from makinage_worker.predict import Predictor
from makinage_worker.rows import Plan, Row
from makinage_worker.stack import single


@dataclass(slots=True)
class Scorer:
    """The default predict step: `plan` makes the rows, `predictor` calls the model with them."""

    plan: Plan
    predictor: Predictor

    def row(self, value: Any) -> Row:
        """The row of an event; raises what `Plan.row` raises."""
        row = self.plan.row(value)
        if self.plan.order is not None and self.plan.order.is_open:
            self.settle(self.predictor.alone(single(self.plan, row)))
        return row

    def settle(self, prediction: Any) -> None:
        """An event had this prediction: one that the model can't score must not decide how the others are read."""
        order = self.plan.order
        if order is not None and order.is_open:
            order.settle(scored=not isinstance(prediction, Failure))
