"""Rows on which a wrong walk down a model's trees shows: at its thresholds, beside them, and far away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from makinage_worker.trees_layout import Ensemble, Kind
from makinage_worker.trees_reading import Accepts

_SPLITS = 96
"""Splits that a chunk of rows looks at."""
_SPECIAL = (0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-45, -1e-45, 1e-38, -1e-35, 1e-35, 3e38, -3e38, 0.1, 1e10, -7.5)


class Rows:
    """Chunks of rows for each split of the trees in turn, in a random order that is always the same."""

    def __init__(self, trees: Ensemble, accepts: Accepts) -> None:
        self._trees = trees
        self._accepts = accepts
        self._random = np.random.default_rng(20)
        self.splits = self._random.permutation(np.flatnonzero(trees.inner))
        self._parent, self._is_right = _parents(trees)
        self._pools = [self._pool(feature) for feature in range(trees.features)]

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """How many splits have been looked at with these rows, and the rows."""
        if not len(self.splits):
            yield 0, self._anything(64)
        for begin in range(0, len(self.splits), _SPLITS):
            splits = self.splits[begin : begin + _SPLITS]
            yield min(begin + _SPLITS, len(self.splits)), self._chunk(splits)

    def _pool(self, feature: int) -> Any:
        """Values that this feature is compared with, and such that are special to everybody."""
        trees = self._trees
        thresholds = np.unique(trees.threshold[(trees.feature == feature) & trees.inner])
        if len(thresholds) > 500:
            thresholds = self._random.choice(thresholds, 500, replace=False)
        special = list(_SPECIAL)
        if self._accepts is Accepts.ALL:
            special += [np.inf, -np.inf, 1e300, -1e300]
        if self._accepts is not Accepts.FINITE:
            special += [np.nan] * 4
        # Most are ordinary: special ones would send all rows the same way.
        return np.concatenate([thresholds, np.repeat(thresholds, max(1, 60 // max(1, len(thresholds)))), special])

    def _anything(self, count: int) -> Any:
        columns = [self._random.choice(pool, count) for pool in self._pools]
        rows = np.stack(columns, axis=1).astype(np.float64)
        # Values between the thresholds, too.
        moved = self._random.random(rows.shape) < 0.3
        with np.errstate(over="ignore", invalid="ignore"):
            return np.where(moved & (np.abs(rows) < 1e30), rows * self._random.normal(1, 0.2, rows.shape), rows)

    def _chunk(self, splits: Any) -> Any:
        """For each split rows that get there, with its own feature at the threshold, and just beside it."""
        beside = _beside(self._trees, splits, self._accepts)
        repeated = np.repeat(splits, beside.shape[1])
        rows = self._on_their_way(self._anything(len(repeated)), repeated)
        rows[np.arange(len(rows)), self._trees.feature[repeated]] = beside.ravel()
        return rows

    def _on_their_way(self, rows: Any, splits: Any) -> Any:
        """The rows, with features such that they get to the splits."""
        trees = self._trees
        above = np.full(rows.shape, -np.inf)
        upto = np.full(rows.shape, np.inf)
        here, lane = splits.copy(), np.arange(len(splits))
        while len(lane):
            parent = self._parent[here]
            lane, here, parent = lane[parent >= 0], here[parent >= 0], parent[parent >= 0]
            at, threshold = (lane, trees.feature[parent]), trees.threshold[parent].astype(np.float64)
            right = self._is_right[here]
            above[at] = np.where(right, np.maximum(above[at], threshold), above[at])
            upto[at] = np.where(right, upto[at], np.minimum(upto[at], threshold))
            here = parent
        return self._between(rows, above, upto)

    def _between(self, rows: Any, above: Any, upto: Any) -> Any:
        """Values between the bounds: as they are where they are between, else mostly the last ones that are."""
        kind = self._trees.kind
        up, down = _next(above, kind, np.inf), _next(upto, kind, -np.inf)
        lowest, highest = (above, down) if kind is Kind.FLOAT_BELOW else (up, upto)
        with np.errstate(invalid="ignore", over="ignore"):
            middle = np.where(np.isfinite(lowest) & np.isfinite(highest), lowest / 2 + highest / 2, rows)
            is_between = (rows >= lowest) & (rows <= highest)
        choice = self._random.integers(4, size=rows.shape)
        edge = np.where((choice < 2) & np.isfinite(lowest) | ~np.isfinite(highest), lowest, highest)
        is_free = np.isinf(above) & np.isinf(upto)
        chosen = np.where(choice == 3, middle, edge)
        return np.where(is_free | (is_between & (choice == 0)), rows, chosen)


def _parents(trees: Ensemble) -> tuple[Any, Any]:
    """Each node's parent, negative at roots, and whether it is the right child."""
    parent = np.full(len(trees.child), -1, np.int64)
    is_right = np.zeros(len(trees.child), bool)
    inner = np.flatnonzero(trees.inner)
    left = trees.child[inner]
    parent[left] = parent[left + 1] = inner
    is_right[left + 1] = True
    return parent, is_right


def _beside(trees: Ensemble, splits: Any, accepts: Accepts) -> Any:
    """Each split's threshold and its neighbours, among the numbers of the trees and among `f64`."""
    threshold = trees.threshold[splits]
    exact = threshold.astype(np.float64)
    columns = [
        exact,
        _next(exact, trees.kind, np.inf),
        _next(exact, trees.kind, -np.inf),
        np.nextafter(exact, np.inf),
        np.nextafter(exact, -np.inf),
    ]
    if accepts is not Accepts.FINITE:
        columns.append(np.full(len(splits), np.nan))
    return np.stack(columns, axis=1)


def _next(values: Any, kind: Kind, towards: float) -> Any:
    """The neighbours of these values among the numbers of the kind's features."""
    with np.errstate(over="ignore", under="ignore"):
        return np.nextafter(values.astype(kind.feature), kind.feature(towards)).astype(np.float64)
