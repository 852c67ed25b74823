"""Trees as arrays: what a library's trees are read into, and how they are laid out to be walked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from makinage_worker.trees_library import NODES_AT_MOST, Flawed, Forest, Library


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
    """All trees of a model, in the order in which they are added; places of nodes count through all of them."""

    kind: Kind
    left: Any
    right: Any
    feature: Any
    threshold: Any
    goes_right: Any
    leaf: Any
    """For each node the place of its value."""
    values: Any
    """Distinct values of leaves, a row each."""
    roots: Any
    columns: Any
    features: int
    begin: Any
    """What each row's sums are before anything is added."""

    @property
    def inner(self) -> Any:
        """Which nodes have children."""
        return self.left >= 0


def ensemble(kind: Kind, trees: list[Grown], features: int, begin: Any) -> Ensemble:
    """The trees put together. Raises NotUnderstood."""
    sizes = [len(tree.left) for tree in trees]
    if not trees or sum(sizes) > NODES_AT_MOST:
        raise NotUnderstood(f"it has {len(trees)} trees with {sum(sizes)} nodes")
    roots = np.cumsum([0, *sizes[:-1]])
    left = np.concatenate([np.asarray(tree.left, np.int64) for tree in trees])
    shift = np.repeat(roots, sizes)
    values = np.concatenate([np.asarray(tree.value, kind.sum).reshape(len(tree.left), -1) for tree in trees])
    leaf, values = _distinct(np.ascontiguousarray(values), left < 0)
    if not np.isfinite(values).all():
        raise NotUnderstood("a leaf of it is no number")
    return Ensemble(
        kind=kind,
        left=np.where(left < 0, -1, left + shift),
        right=np.concatenate([np.asarray(tree.right, np.int64) for tree in trees]) + shift,
        feature=np.concatenate([np.asarray(tree.feature, np.int64) for tree in trees]),
        threshold=np.concatenate([np.asarray(tree.threshold, kind.feature) for tree in trees]),
        goes_right=np.concatenate(
            [np.zeros(len(tree.left), bool) if tree.goes_right is None else tree.goes_right for tree in trees]
        ),
        leaf=leaf,
        values=values,
        roots=roots,
        columns=np.array([tree.column for tree in trees]),
        features=features,
        begin=np.asarray(begin, kind.sum),
    )


def _distinct(values: Any, wanted: Any) -> tuple[Any, Any]:
    """For each node the place of its value among the distinct ones, and those: trees of classes have few."""
    rows = values[wanted]
    texts = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel().tolist()
    places: dict[bytes, int] = {}
    leaf = np.zeros(len(values), np.uint32)
    leaf[wanted] = [places.setdefault(text, len(places)) for text in texts]
    return leaf, np.frombuffer(b"".join(places), values.dtype).reshape(len(places), rows.shape[1]).copy()


def forest(trees: Ensemble, library: Library) -> Forest:
    """The ensemble laid out: a tree's nodes level by level, children beside each other. Raises NotUnderstood."""
    order, child, depths, counts = _by_levels(trees)
    inner = child >= 0
    # One more, which is nobody's: the place behind a last leaf is looked at, too.
    nodes = np.zeros(
        len(order) + 1,
        np.dtype([("threshold", trees.kind.feature), ("feature", np.uint32), ("child", np.uint32)]),
    )
    at = nodes[:-1]
    at["threshold"] = np.where(inner, trees.threshold[order], np.nan)
    if np.isnan(at["threshold"][inner]).any():
        raise NotUnderstood("a threshold of it is no number")
    feature = trees.feature[order][inner]
    if len(feature) and not (feature.min() >= 0 and feature.max() < trees.features):
        raise NotUnderstood("it looks at a feature that isn't there")
    at["feature"][inner] = feature.astype(np.uint32) | trees.goes_right[order][inner].astype(np.uint32) << 31
    at["child"] = np.where(inner, child, np.arange(len(order)))
    leaves = np.append(trees.leaf[order], 0).astype(np.uint32)
    told = np.zeros(len(counts), np.dtype([("root", np.uint32), ("depth", np.uint32), ("column", np.uint32)]))
    told["root"] = np.cumsum([0, *counts[:-1]])
    told["depth"], told["column"] = depths, trees.columns
    arrays = {"nodes": nodes, "leaves": leaves, "trees": told, "values": trees.values}
    try:
        return Forest(library, trees.kind, arrays, trees.features, len(trees.begin))
    except Flawed as error:
        raise NotUnderstood(str(error)) from error


def _by_levels(trees: Ensemble) -> tuple[Any, Any, Any, Any]:
    """Which node comes where, the place of its left child (negative at leaves), and each tree's depth and nodes."""
    count = len(trees.left)
    levels, owners = [trees.roots], [np.arange(len(trees.roots))]
    children: list[Any] = []
    depths = np.zeros(len(trees.roots), np.int64)
    total = len(trees.roots)
    while True:
        inner = trees.left[levels[-1]] >= 0
        parents = levels[-1][inner]
        here = np.full(len(inner), -1, np.int64)
        here[inner] = total + 2 * np.arange(len(parents))
        children.append(here)
        if not len(parents):
            break
        pairs = np.stack([trees.left[parents], trees.right[parents]], axis=1).ravel()
        total += len(pairs)
        if total > count or pairs.min() < 0 or pairs.max() >= count:
            raise NotUnderstood("its nodes are no tree")
        levels.append(pairs)
        owners.append(np.repeat(owners[-1][inner], 2))
        depths[owners[-1]] = len(levels) - 1
    owner = np.concatenate(owners)
    # Stable: within a tree nodes stay in the order of levels, and pairs together.
    order = np.argsort(owner, kind="stable")
    place = np.empty(total, np.int64)
    place[order] = np.arange(total)
    child = np.concatenate(children)
    child = np.where(child >= 0, place[child], -1)
    return np.concatenate(levels)[order], child[order], depths, np.bincount(owner, minlength=len(depths))
