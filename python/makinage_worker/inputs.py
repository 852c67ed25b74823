"""Model inputs of every kind: taking rows out of them, joining them, and telling in which features rows differ.

An input is an array, a DataFrame, a list of records, a sparse matrix, or a dict of arrays by name. Its *features* are
what a model could tell rows apart by: a column, a number of a row, a key of a record, an input by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from makinage_worker import frames
from makinage_worker.own import own, own_frame

_MOST_FEATURES = 256
"""Rows with more numbers than this are compared as a whole."""


def count(data: Any) -> int:
    """Number of rows."""
    if isinstance(data, dict):
        return count(next(iter(data.values())))
    return int(data.shape[0]) if hasattr(data, "shape") else len(data)


def take(data: Any, rows: range | Sequence[int]) -> Any:
    """Copies of these rows, as models may write into what they get; an index that counts them starts at 0 again."""
    rows_of = part(data, rows)
    if hasattr(rows_of, "iloc"):
        return own_frame(rows_of.reset_index(drop=True) if frames.counts_rows(data.index) else rows_of)
    return rows_of.copy() if hasattr(rows_of, "toarray") else own(rows_of)


def part(data: Any, rows: range | Sequence[int]) -> Any:
    """These rows, to be looked at only: they may be the input's own."""
    if isinstance(data, dict):
        return {name: part(one, rows) for name, one in data.items()}
    if isinstance(data, list):
        return [data[row] for row in rows]
    return data.iloc[_indexer(rows)] if hasattr(data, "iloc") else data[_indexer(rows)]


def _indexer(rows: range | Sequence[int]) -> slice | list[int]:
    # A slice is a view, of which one copy is made; a list of rows would be gathered one by one.
    return slice(rows.start, rows.stop) if isinstance(rows, range) and rows.step == 1 else list(rows)


def join(parts: Sequence[Any]) -> Any:
    """The rows of all parts, which are of one kind; a DataFrame's index starts at 0."""
    first = parts[0]
    if isinstance(first, dict):
        return {name: join([part[name] for part in parts]) for name in first}
    if isinstance(first, list):
        return [row for part in parts for row in part]
    if hasattr(first, "iloc"):
        import pandas as pd

        return pd.concat(parts, ignore_index=True)
    if hasattr(first, "toarray"):
        from scipy import sparse

        return sparse.vstack(parts, format="csr")
    return np.concatenate(parts)


def differing(data: Any, one: Any, known: np.ndarray | None = None) -> np.ndarray:
    """Where rows differ from the single row `one`: booleans, a row each, a column for each feature.

    Features that are `known` needn't be looked at: False may stand for them.
    """
    if isinstance(data, dict):
        return np.stack([differing(part, one[name]).any(axis=1) for name, part in data.items()], axis=1)
    if isinstance(data, list):
        return _differing_records(data, one[0])
    if hasattr(data, "iloc"):
        return _differing_columns(data, one, np.zeros(data.shape[1], dtype=bool) if known is None else known)
    if hasattr(data, "toarray"):
        return np.array([[(data[row] != one).nnz > 0] for row in range(data.shape[0])])
    rows = data.reshape(len(data), -1)
    unlike = _unlike(rows, one.reshape(1, -1))
    return unlike if unlike.shape[1] <= _MOST_FEATURES else np.asarray(unlike.any(axis=1))[:, np.newaxis]


def _differing_columns(data: Any, one: Any, known: np.ndarray) -> np.ndarray:
    numbers, wanted = frames.numbers(data), frames.numbers(one)
    if numbers is not None and wanted is not None:
        # A column by itself takes pandas forty times as long as all of them.
        return _unlike(numbers, wanted)
    unlike = np.zeros(data.shape, dtype=bool)
    for place in np.flatnonzero(~known):
        unlike[:, place] = _unlike(data.iloc[:, place], one.iloc[:, place].to_numpy()[0])
    return unlike


def _differing_records(records: list[Any], one: Any) -> np.ndarray:
    names = _keys(one)
    if names is None:
        return np.array([[not same(record, one)] for record in records])
    return np.array(
        [[not (isinstance(record, dict) and same(record.get(name), one[name])) for name in names] for record in records]
    )


def mixed(one: Any, other: Any, features: np.ndarray) -> Any:
    """The single row `one` with the values of `other` in these features."""
    if isinstance(one, dict):
        return {name: other[name] if taken else one[name] for name, taken in zip(one, features, strict=True)}
    if isinstance(one, list):
        names = _keys(one[0]) or []
        return [{name: (other if taken else one)[0][name] for name, taken in zip(names, features, strict=True)}]
    if hasattr(one, "iloc"):
        return _mixed_columns(one, other, features)
    return np.where(features, other.reshape(1, -1), one.reshape(1, -1)).reshape(one.shape)


def _mixed_columns(one: Any, other: Any, features: np.ndarray) -> Any:
    import pandas as pd

    numbers, others = frames.numbers(one), frames.numbers(other)
    # A class of its own, and what is said of a frame beside its cells, are kept by a copy alone.
    is_plain = type(one) is pd.DataFrame and not one.attrs
    if is_plain and numbers is not None and others is not None and numbers.dtype == others.dtype:
        return pd.DataFrame(np.where(features, others, numbers), index=one.index, columns=one.columns)
    row = one.copy()
    for place in np.flatnonzero(features):
        row.isetitem(place, other.iloc[:, place])
    return row


def alike(one: Any, other: Any) -> bool:
    """Whether two inputs have the same rows."""
    rows = range(count(one))
    return len(rows) == count(other) and not any(differing(take(one, [row]), take(other, [row])).any() for row in rows)


def _keys(record: Any) -> list[Any] | None:
    return list(record) if isinstance(record, dict) and record else None


def _unlike(values: Any, want: Any) -> np.ndarray:
    """Which values aren't `want`; two nulls are alike."""
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "iufbmM":
        cells = np.asarray(values)
        wanted = np.asarray(want, dtype=dtype)
        return np.asarray(np.not_equal(cells, wanted) & ~(_is_null(cells) & _is_null(wanted)))
    if isinstance(values, np.ndarray):
        wants = np.broadcast_to(want, values.shape)
        pairs = zip(values.reshape(-1), wants.reshape(-1), strict=True)
        unlike: np.ndarray = np.array([not same(*pair) for pair in pairs], dtype=bool).reshape(values.shape)
        return unlike
    return np.array([not same(cell, want) for cell in values], dtype=bool)


def _is_null(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.not_equal(values, values))


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, nulls to nulls; what can't be compared is taken for different."""
    try:
        if isinstance(one, (np.ndarray, list, tuple)) and isinstance(other, (np.ndarray, list, tuple)):
            return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
        if isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        return one is other or bool(one == other) or bool(one != one and other != other)  # noqa: PLR0124  # NaN
    except Exception:
        return False
