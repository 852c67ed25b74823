"""The proof that an evaluator's answers are the library's own: the same type, shape and bits, or it isn't used.

The rows are the model's example and such at all of its splits (`trees_rows`), as far as time goes. They are asked for
in matrices of several sizes, types and orders, alone and together.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from makinage_worker import errors, trees
from makinage_worker.bits import difference
from makinage_worker.trees import Evaluator
from makinage_worker.trees_layout import NotUnderstood
from makinage_worker.trees_library import Unavailable
from makinage_worker.trees_reading import Accepts
from makinage_worker.trees_rows import Rows

_SECONDS = 0.4
"""How long it may take but for its last step."""
_CHUNKS = 16
"""Chunks of rows at most: some thousands of rows."""

Library = Callable[[Any], Any]
"""What the evaluator stands in for, of a matrix."""


@dataclass
class Verdict:
    """An evaluator that may be used, or None; `told` is one sentence about it for the log."""

    evaluator: Evaluator | None
    told: str
    is_odd: bool = False
    """Whether its answers differed: then somebody should know. All else is as it may be."""


def proven(model: Any, library: Library, method: str = "predict", example: Any = None) -> Verdict:
    """Reads a native model, and proves what was read against the library's answers to matrices."""
    begin = time.perf_counter()
    try:
        evaluator = trees.read(model, method)
    except Unavailable as why:
        return Verdict(None, f"the model is answered by its library: the one for trees can't be had: {why}")
    except NotUnderstood as why:
        return Verdict(None, f"the model is answered by its library: {why}")
    return prove(evaluator, library, example, begin)


def prove(evaluator: Evaluator, library: Library, example: Any = None, begin: float | None = None) -> Verdict:
    """The evaluator, if its answers are the library's own. Its trees are let go."""
    begin = time.perf_counter() if begin is None else begin
    proof = _Proof(evaluator, library)
    try:
        with warnings.catch_warnings():
            # What the library warns of in rows that nobody has sent.
            warnings.simplefilter("ignore")
            proof.run(example, begin + _SECONDS)
    except _Differs as why:
        told = f"the model is answered by its library, and not by its trees as they were read: {why}; please report it"
        return Verdict(None, told, is_odd=True)
    evaluator.trees = None
    return Verdict(
        evaluator,
        f"the model's trees are walked without its library: for {proof.rows} rows at {proof.share} of their splits "
        f"both gave the same bits ({time.perf_counter() - begin:.1f} s)",
    )


class _Differs(Exception):  # noqa: N818  # it is what was found
    """An answer that isn't the library's; the text says which."""


class _Proof:
    """What was compared so far."""

    def __init__(self, evaluator: Evaluator, library: Library) -> None:
        self._evaluator = evaluator
        if evaluator.trees is None:
            raise ValueError("it has been proven before, and has let go of its trees")
        self._trees = evaluator.trees
        self._library = library
        self.rows = 0
        self.share = ""

    def run(self, example: Any, until: float) -> None:
        """Raises _Differs."""
        if example is not None:
            self._compare(np.asarray(example))
        rows = Rows(self._trees, self._evaluator.accepts)
        for chunk, (splits, matrix) in enumerate(rows):
            for part in self._parts(chunk, matrix):
                self._compare(part)
            self.share = "all" if splits == len(rows.splits) else f"{100 * splits / len(rows.splits):.0f} %"
            if chunk + 1 == _CHUNKS or time.perf_counter() > until:
                break

    def _parts(self, chunk: int, matrix: Any) -> Iterator[Any]:
        """The rows as they may come: matrices of all kinds, in turn, and at first a few small ones."""
        if chunk == 0:
            yield from np.split(matrix[:75], [1, 2, 9, 25, 42])
            yield matrix[:40:2]
            yield np.rint(np.clip(np.nan_to_num(matrix[:40]), -99, 99)).astype(np.int64)
        kinds = (np.ascontiguousarray, np.asfortranarray, self._as_floats)
        yield kinds[chunk % len(kinds)](matrix)

    def _as_floats(self, matrix: Any) -> Any:
        with np.errstate(over="ignore"):
            floats = matrix.astype(np.float32)
        if self._evaluator.accepts is not Accepts.ALL:
            floats[np.isinf(floats)] = 0
        return floats

    def _compare(self, matrix: Any) -> None:
        ours = self._evaluator(matrix)
        if ours is None:
            return
        try:
            theirs = self._library(matrix)
        except Exception as error:
            if errors.is_exhaustion(error):
                raise
            raise _Differs(f"to rows that it should take it says {type(error).__name__}: {error}") from error
        found = difference(ours, theirs)
        if found is not None:
            raise _Differs(found)
        self.rows += len(matrix)
