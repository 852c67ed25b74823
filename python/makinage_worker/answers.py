"""The types of a model's answers: NumPy and pandas give a column one type, whatever its rows would have alone.

A number beside a missing one becomes a float, and None a NaN: what a row's answer is alone is seen before several of
them are believed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np

from makinage_worker import frames

_ENOUGH = 64
"""Answers to single rows that are looked at, before it is seen again that there is something to learn."""

_MISFITS = 16
"""Answers to several rows that have other types than those alone, before batches are given up."""


class AnswerTypes:
    """What is known of the types of answers to single rows, by column."""

    def __init__(self) -> None:
        self._seen = 0
        self._misfits = 0
        self._known: dict[Hashable, str] = {}
        self._blank: set[Hashable] = set()
        self.differ: str | None = None
        """Which types the same column has had, where it had several."""

    def saw(self, result: Any) -> None:
        """A single row had this answer."""
        self._seen += 1
        if self._seen > _ENOUGH:
            return
        for name, dtype in _columns(result):
            before = self._known.setdefault(name, dtype)
            if before != dtype:
                self.differ = f"{before} and {dtype}"
        self._blank.update(name for name, _ in _missing(result))

    def take(self, result: Any) -> bool:
        """Whether the columns of an answer to several rows have the types that they have alone."""
        for name, dtype in _columns(result):
            known = self._known.get(name)
            if known != dtype:
                self._seen = 0
                self._misfits += 1
                if self._misfits == _MISFITS:
                    self.differ = f"{dtype} beside others and {known or 'objects'} alone"
                return False
        return True

    def doubtful(self, result: Any) -> list[int]:
        """The rows, by their places in the input, that have a NaN which may be a None alone."""
        doubtful = None
        for name, missing in _missing(result):
            if name not in self._blank:
                doubtful = missing if doubtful is None else doubtful | missing
        if doubtful is None:
            return []
        self._seen = 0
        return [int(place) for place in np.flatnonzero(doubtful)]


def _columns(result: Any) -> Iterator[tuple[Hashable, str]]:
    """The name and type of each column whose rows share a type."""
    if isinstance(result, dict):
        for name, part in result.items():
            yield from (((name, inner), dtype) for inner, dtype in _columns(part))
    elif hasattr(result, "iloc") and result.ndim > 1:
        for place, (name, dtype) in enumerate(zip(result.columns, result.dtypes, strict=True)):
            yield from _typed((place, name), dtype)
    elif isinstance(result, np.ndarray) or hasattr(result, "iloc") or frames.is_values(result):
        yield from _typed(None, result.dtype)


def _typed(name: Hashable, dtype: Any) -> Iterator[tuple[Hashable, str]]:
    if not isinstance(dtype, np.dtype):
        yield name, str(dtype)
    elif dtype.kind != "O":
        # Texts are as long as the longest of them, and times as exact as the most exact.
        yield name, dtype.kind if dtype.kind in "USmM" else dtype.str


def _missing(result: Any) -> Iterator[tuple[Hashable, np.ndarray]]:
    """Where the columns of pandas that share a type have nothing, in the input's order: those that have that anywhere.

    pandas alone makes NaN of None.
    """
    if isinstance(result, dict):
        for name, part in result.items():
            yield from (((name, inner), missing) for inner, missing in _missing(part))
        return
    if not hasattr(result, "iloc"):
        return
    missing = frames.in_order(result).isna().to_numpy()
    if not missing.any():
        return
    if missing.ndim == 1:
        yield from ((name, missing) for name, _ in _typed(None, result.dtype))
        return
    for place in np.flatnonzero(missing.any(axis=0)).tolist():
        name = (place, result.columns[place])
        yield from ((name, missing[:, place]) for name, _ in _typed(name, result.dtypes.iloc[place]))
