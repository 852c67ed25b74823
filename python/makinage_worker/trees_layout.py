"""Trees as arrays: what a library's trees are read into, and how they are laid out to be walked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from makinage_worker.trees_library import Flawed, Forest, Library

_PLACE = np.int32
"""Places of nodes: they are as many as that holds, at most."""
_MOST_NODES = 8_000_000
"""Of more the arrays would take half a gigabyte while they are made."""
_MOST_FEATURES = 4096
"""Rows that show a wrong walk have all of them, and are made by the hundred."""
_PIECE = 1 << 16
"""Leaves that are looked at together."""


class NotUnderstood(Exception):  # noqa: N818  # it is an answer
    """A model that isn't answered natively; the text says what of it isn't understood."""


class Kind(IntEnum):
    """How a library compares and adds, by the numbers of `crates/trees/src/entry.rs`."""

    FLOAT_UP_TO = 0
    """Features are `f32` and go left up to the threshold; sums are `f64`."""
    FLOAT_BELOW = 1
    """All is `f32`; features go left below the threshold."""
    DOUBLE_UP_TO = 2
    """All is `f64`; features go left up to the threshold."""

    @property
    def feature(self) -> type[Any]:
        """The type of features and thresholds."""
        return np.float64 if self is Kind.DOUBLE_UP_TO else np.float32

    @property
    def sum(self) -> type[Any]:
        """The type of leaves and sums."""
        return np.float32 if self is Kind.FLOAT_BELOW else np.float64


@dataclass
class Grown:
    """One tree, node by node, its root first. `left` is negative at leaves, of which only `value` counts.

    `goes_right` says where a missing feature goes; None where nothing is ever missing.
    """

    left: Any
    right: Any
    feature: Any
    threshold: Any
    value: Any
    goes_right: Any = None
    column: int = 0


@dataclass
class Ensemble:
    """All trees of a model, in the order in which they are added, one array for each property of their nodes.

    A tree's nodes stand level by level from its root on, and a right child behind its left one.
    """

    kind: Kind
    child: Any
    """The place of the left child, negative at leaves."""
    feature: Any
    threshold: Any
    goes_right: Any
    leaf: Any
    """The place of a leaf's value."""
    values: Any
    """Distinct values of leaves, a row each."""
    roots: Any
    depths: Any
    columns: Any
    features: int
    begin: Any
    """What each row's sums are before anything is added."""

    @property
    def inner(self) -> Any:
        """Which nodes have children."""
        return self.child >= 0


def ensemble(kind: Kind, trees: list[Grown], features: int, begin: Any) -> Ensemble:
    """The trees put together, without what no root leads to. Raises NotUnderstood."""
    sizes = [len(tree.left) for tree in trees]
    if not trees or not all(sizes) or sum(sizes) > _MOST_NODES:
        raise NotUnderstood(f"it has {len(trees)} trees with {sum(sizes)} nodes")
    if features > _MOST_FEATURES or sum(np.asarray(tree.value).size for tree in trees) > 4 * _MOST_NODES:
        raise NotUnderstood(f"it has {features} features, and {sum(sizes)} nodes")
    roots = np.cumsum([0, *sizes[:-1]], dtype=_PLACE)
    shift = np.repeat(roots, sizes)
    left = _joined([tree.left for tree in trees], _PLACE)
    order = _Order(np.where(left < 0, -1, left + shift), _joined([tree.right for tree in trees], _PLACE) + shift, roots)
    inner = order.child >= 0
    feature = np.where(inner, _joined([tree.feature for tree in trees], _PLACE)[order.nodes], 0)
    threshold = np.where(inner, _joined([tree.threshold for tree in trees], kind.feature)[order.nodes], np.nan)
    if np.isnan(threshold[inner]).any():
        raise NotUnderstood("a threshold of it is no number")
    sides = [np.zeros(len(tree.left), bool) if tree.goes_right is None else tree.goes_right for tree in trees]
    values = np.concatenate([np.asarray(tree.value, kind.sum).reshape(len(tree.left), -1) for tree in trees])
    leaf, values = _distinct(values[order.nodes], ~inner)
    if not np.isfinite(values).all():
        raise NotUnderstood("a leaf of it is no number")
    return Ensemble(
        kind=kind,
        child=order.child,
        feature=feature,
        threshold=threshold.astype(kind.feature),
        goes_right=_joined(sides, bool)[order.nodes] & inner,
        leaf=leaf,
        values=values,
        roots=order.roots,
        depths=order.depths,
        columns=np.array([tree.column for tree in trees]),
        features=features,
        begin=np.asarray(begin, kind.sum),
    )


def _joined(parts: list[Any], kind: type[Any]) -> Any:
    # What is beyond the type becomes another number of it, and is looked at like any other.
    return np.concatenate([np.asarray(part).astype(kind, copy=False) for part in parts])


def _distinct(values: Any, wanted: Any) -> tuple[Any, Any]:
    """For each node the place of its value among the distinct ones, and those: trees of classes have few."""
    rows = np.ascontiguousarray(values[wanted])
    texts = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    places: dict[bytes, int] = {}
    leaf = np.zeros(len(values), np.uint32)
    found = []
    for begin in range(0, len(texts), _PIECE):
        found += [places.setdefault(text, len(places)) for text in texts[begin : begin + _PIECE].tolist()]
        if len(places) > _PIECE // 4 and len(places) > len(found) // 2:
            # Nearly each is another one, as of numbers.
            leaf[wanted] = np.arange(len(rows))
            return leaf, rows
    leaf[wanted] = found
    return leaf, np.frombuffer(b"".join(places), values.dtype).reshape(len(places), rows.shape[1]).copy()


class _Order:
    """Which node comes where, and the places of left children."""

    def __init__(self, left: Any, right: Any, roots: Any) -> None:
        """Raises NotUnderstood where nodes are no trees."""
        levels, owners, children = [roots], [np.arange(len(roots))], []
        self.depths = np.zeros(len(roots), _PLACE)
        total = len(roots)
        while True:
            inner = left[levels[-1]] >= 0
            parents = levels[-1][inner]
            child = np.full(len(inner), -1, _PLACE)
            child[inner] = total + 2 * np.arange(len(parents))
            children.append(child)
            if not len(parents):
                break
            pairs = np.stack([left[parents], right[parents]], axis=1).ravel()
            total += len(pairs)
            if total > len(left) or pairs.min() < 0 or pairs.max() >= len(left):
                raise NotUnderstood("its nodes are no tree")
            levels.append(pairs)
            owners.append(np.repeat(owners[-1][inner], 2))
            self.depths[owners[-1]] = len(levels) - 1
        owner = np.concatenate(owners)
        # Stable: within a tree nodes stay in the order of levels, and pairs together.
        order = np.argsort(owner, kind="stable")
        place = np.empty(total, _PLACE)
        place[order] = np.arange(total)
        child = np.concatenate(children)
        self.child = np.where(child >= 0, place[child], -1)[order]
        self.nodes = np.concatenate(levels)[order]
        self.roots = place[: len(roots)]


def forest(trees: Ensemble, library: Library) -> Forest:
    """The ensemble as the library walks it. Raises NotUnderstood."""
    count = len(trees.child)
    # One more, which is nobody's: the place behind a last leaf is looked at, too.
    nodes = np.zeros(
        count + 1, np.dtype([("threshold", trees.kind.feature), ("feature", np.uint32), ("child", np.uint32)])
    )
    # At leaves no number, beyond which there is nothing, and themselves.
    nodes["threshold"][:count] = np.where(trees.inner, trees.threshold, np.nan)
    nodes["feature"][:count] = trees.feature.astype(np.uint32) | trees.goes_right.astype(np.uint32) << 31
    nodes["child"][:count] = np.where(trees.inner, trees.child, np.arange(count))
    told = np.zeros(len(trees.roots), np.dtype([("root", np.uint32), ("depth", np.uint32), ("column", np.uint32)]))
    told["root"], told["depth"], told["column"] = trees.roots, trees.depths, trees.columns
    leaves = np.append(trees.leaf, np.uint32(0))
    arrays = {"nodes": nodes, "leaves": leaves, "trees": told, "values": trees.values}
    try:
        return Forest(library, trees.kind, arrays, trees.features, len(trees.begin))
    except Flawed as error:
        raise NotUnderstood(str(error)) from error
