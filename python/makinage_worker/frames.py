"""pandas objects that models return: their rows in order, and no column lost."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np


def in_order(result: Any) -> Any:
    """A Series or DataFrame with its rows in the order of the input, whose index counts from 0.

    Where the index is those numbers in another order, the model has sorted its rows; any other index says nothing about
    the input, and the rows are taken as they stand.
    """
    index = np.asarray(result.index)
    if index.dtype.kind not in "iu" or index.ndim != 1:
        return result
    order = np.argsort(index, kind="stable")
    numbers = np.arange(len(index))
    if np.array_equal(order, numbers) or not np.array_equal(index[order], numbers):
        return result
    return result.iloc[order]


def numbers(frame: Any) -> np.ndarray | None:
    """The frame's cells, where its columns are all of one of NumPy's types of numbers; a look at them, no copy."""
    dtypes = set(frame.dtypes)
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    return np.asarray(frame) if isinstance(dtype, np.dtype) and dtype.kind in "iufb" else None


def counts_rows(index: Any) -> bool:
    """Whether an index is the one that pandas gives rows by itself, of which a model can learn nothing."""
    return type(index).__name__ == "RangeIndex" and (index.start, index.step, index.name) == (0, 1, None)


def has_ids(result: Any) -> bool:
    """Whether the answer to a single row has an index that isn't its place in the input."""
    return hasattr(result, "iloc") and len(result) == 1 and result.index[0] != 0


def fields(series: Any) -> dict[Any, Any]:
    """A Series as an object. Raises ValueError where two of its values have one name."""
    if not series.index.is_unique:
        twice = next(iter(series.index[series.index.duplicated()]))
        raise ValueError(f"the Series has several values named {twice!r}: give each a name of its own")
    return series.to_dict()  # type: ignore[no-any-return]


def is_values(value: Any) -> bool:
    """Whether the value is a pandas Index or one of its arrays (nullable, categorical, …)."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.Index, pandas.api.extensions.ExtensionArray))


def records(frame: Any) -> list[dict[Any, Any]]:
    """A dict for each row; of columns with one name the second gets ".1", as in pandas' own readers."""
    names = _distinct(list(frame.columns))
    if names == list(frame.columns):
        return frame.to_dict(orient="records")  # type: ignore[no-any-return]
    return frame.set_axis(names, axis=1).to_dict(orient="records")  # type: ignore[no-any-return]


def _distinct(names: list[Any]) -> list[Any]:
    taken = {_in_json(name) for name in names}
    if len(taken) == len(names):
        return names
    used: set[str] = set()
    distinct = []
    for name in names:
        new, number = name, 0
        while _in_json(new) in used or (number and _in_json(new) in taken):
            number += 1
            new = f"{_in_json(name)}.{number}"
        used.add(_in_json(new))
        distinct.append(new)
    return distinct


def _in_json(name: Any) -> str:
    """The name as a key in JSON: 1 and "1" are one."""
    return json.dumps(name) if isinstance(name, (int, float)) or name is None else str(name)
