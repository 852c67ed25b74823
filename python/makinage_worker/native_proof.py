"""Whether what this package computes is what the library answers, to the bit: on generated rows, and as it serves."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from makinage_worker import native_forms
from makinage_worker.bits import difference
from makinage_worker.native_linear import Evaluate

_SIZES = (1, 2, 3, 17, 256)
"""Rows of the inputs that are compared."""

_SCALES = (1.0, 1e-3, 1e3, 1e-12, 1e12)
"""How large their numbers are."""

_WIDEST = 4096
"""Features of a model that is looked at: generated rows of more would take gigabytes."""

Make = Callable[[np.ndarray], Any]
"""The model's input of a matrix; None where it takes none."""


def identical(one: Any, other: Any) -> bool:
    """Whether two answers are the same to the bit, and of the same type and shape."""
    if type(one) is dict and type(other) is dict:
        return list(one) == list(other) and all(identical(one[key], other[key]) for key in one)
    # Of other kinds of numbers and objects nobody knows what their bits say.
    return type(one) is np.ndarray and one.dtype.kind in "iufbUSO" and difference(one, other) is None


def proven(candidates: Sequence[Evaluate], plainly: Callable[[Any], Any], make: Make, width: int) -> Evaluate | None:
    """The first of the candidates that answers generated rows as the library does.

    The library's warnings about generated numbers are nobody's business.
    """
    if width > _WIDEST:
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            pairs = [(given, plainly(made)) for given, made in _inputs(make, width)] if candidates else []
        except Exception:
            return None  # the library can't answer generated rows: there is nothing to compare with
        return next((one for one in candidates if _answers_all(one, pairs)), None)


def _answers_all(evaluate: Evaluate, pairs: Sequence[tuple[np.ndarray, Any]]) -> bool:
    """Whether it answers some of the inputs, and those as the library does."""
    try:
        answers = [(evaluate(given), answer) for given, answer in pairs]
    except Exception:
        return False  # what was learned isn't of the shape that it needs
    given = [(mine, answer) for mine, answer in answers if mine is not None]
    return bool(given) and all(identical(*pair) for pair in given)


def _inputs(make: Make, width: int) -> Iterator[tuple[np.ndarray, Any]]:
    random = np.random.default_rng(0)
    dtypes = itertools.cycle((np.float64, np.float32, np.int64))
    for size in _SIZES:
        for scale in _SCALES:
            numbers = random.normal(scale=scale, size=(size, width)).astype(next(dtypes))
            made = make(numbers)
            # Columns of whole numbers take no others.
            made = make(np.rint(numbers)) if made is None else made
            read = native_forms.read(made)
            if read is not None:
                yield read.matrix.copy(order="K"), made
