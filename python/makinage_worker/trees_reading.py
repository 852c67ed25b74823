"""What is read of a model that is made of trees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from makinage_worker.trees_layout import Ensemble


class Accepts(Enum):
    """What a library answers; it is asked itself about all else, so that its errors stay its own."""

    FINITE = "finite numbers"
    MISSING = "finite and missing numbers"
    ALL = "all numbers"


@dataclass
class Reading:
    """A model's trees, and what its library does before and after."""

    trees: Ensemble
    accepts: Accepts
    finish: Callable[[Any], Any]
    """From rows of sums, which are its own, to what the model's method returns."""
    is_current: Callable[[], bool]
    """Whether the model still has the trees that were read: a hook may train it on."""
    columns: list[str] | None = None
    """The names that the library holds columns of a DataFrame to, if it does."""
    prepare: Callable[[Any], Any] | None = None
    """What is done to the rows before, if anything is; they come in the trees' type, and may be the caller's own."""
