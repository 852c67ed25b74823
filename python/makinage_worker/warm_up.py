"""A model's first calls, on its input example: to be warm, and to see whether it answers row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from makinage_worker import errors
from makinage_worker.arrays import is_frame
from makinage_worker.rows import Row
from makinage_worker.scorer import Scorer
from makinage_worker.stack import stack_rows

_MOST_ROWS = 16
"""Rows of an example that are looked at: a whole data set may be one."""


class ExampleFailed(Exception):  # noqa: N818  # it is told as it stands
    """The model can't score its own input example."""

    def __init__(self, report: errors.Report) -> None:
        super().__init__(report.message)
        self.report = report


def warm_up(pyfunc: Any, folder: str, scorer: Scorer) -> bool:
    """Calls the model, not the hooks, with its input example; False where it has none. Raises ExampleFailed."""
    example = _example(pyfunc, folder)
    if example is None:
        return False
    try:
        pyfunc.predict(example)
    except BaseException as error:
        hint = "the model can't score its own input example: save it again with one that it can, or with none"
        raise ExampleFailed(errors.report("warm_up", error, hint, hook=False)) from error
    stacks, _ = stack_rows(scorer.plan, list(enumerate(_rows(example, scorer))))
    for stack in stacks:
        scorer.predictor.prove(stack)
    return True


def _example(pyfunc: Any, folder: str) -> Any:
    metadata = pyfunc.metadata
    if metadata is None or not metadata.saved_input_example_info:
        return None
    try:
        return metadata.load_input_example(folder)
    except Exception:
        # It is there for people; that it can't be read says nothing about the model.
        return None


def _rows(example: Any, scorer: Scorer) -> list[Row]:
    """The example's rows as if they were events; those that the plan can't take say nothing."""
    rows = []
    for event in _events(example):
        try:
            rows.append(scorer.plan.row(event))
        except Exception:
            continue
    return rows


def _events(example: Any) -> list[Any]:
    """What events the example's rows would be; none where it isn't clear what a row is."""
    if is_frame(example):
        example = example.head(_MOST_ROWS)
        named = all(isinstance(name, str) for name in example.columns)
        return list(example.to_dict(orient="records")) if named else example.to_numpy().tolist()
    if isinstance(example, np.ndarray):
        return list(example[:_MOST_ROWS]) if example.ndim > 1 else []
    if isinstance(example, list):
        return example[:_MOST_ROWS]
    if isinstance(example, dict) and example and all(isinstance(part, np.ndarray) for part in example.values()):
        rows = min(_MOST_ROWS, *map(len, example.values()))
        return [{name: part[row] for name, part in example.items()} for row in range(rows)]
    return []
