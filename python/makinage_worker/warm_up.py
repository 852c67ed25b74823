"""A model's first calls, on its input example: to be warm, and to see whether it answers row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from makinage_worker import errors
from makinage_worker.arrays import is_frame
from makinage_worker.predict import Predictor
from makinage_worker.rows import split


def warm_up(pyfunc: Any, folder: str, predictor: Predictor) -> bool:
    """Calls the model, not the hooks, with its input example; False where it has none.

    Raises SetupError (step `warm_up`) when the model can't score its own example.
    """
    example = _example(pyfunc, folder)
    if example is None:
        return False
    try:
        pyfunc.predict(example)
    except BaseException as error:
        hint = "the model can't score its own input example: save it again with one that it can, or with none"
        raise errors.SetupError(errors.report("warm_up", error, hint, hook=False)) from error
    twice = _first_row_twice(example)
    if twice is not None:
        _check_rows(pyfunc, twice, predictor)
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


def _first_row_twice(example: Any) -> Any:
    """Two equal rows; None where it isn't clear what a row is."""
    if is_frame(example):
        return example.iloc[[0, 0]].reset_index(drop=True) if len(example) else None
    if isinstance(example, np.ndarray):
        return example[[0, 0]] if example.ndim > 1 and len(example) else None
    if isinstance(example, list) and example and isinstance(example[0], (list, str, dict)):
        return [example[0], example[0]]
    return None


def _check_rows(pyfunc: Any, twice: Any, predictor: Predictor) -> None:
    try:
        result = pyfunc.predict(twice)
    except BaseException:
        predictor.answers_other_rows(len(twice), None)
        return
    if split(result, len(twice)) is None:
        predictor.answers_other_rows(len(twice), result)
