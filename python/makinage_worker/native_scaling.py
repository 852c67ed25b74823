"""What scikit-learn's scalers do to finite numbers, as the first steps of a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Scale = Callable[[np.ndarray], np.ndarray]
"""From a matrix to another one, which isn't written into by anybody else."""


def scale(name: str, scaler: Any) -> Scale | None:
    """The `transform` of scikit-learn's scaler of this name; None where it isn't known, or writes into its input."""
    build = _SCALERS.get(name)
    return None if build is None or not scaler.copy else build(scaler)


def _standard(scaler: Any) -> Scale:
    def apply(matrix: np.ndarray) -> np.ndarray:
        scaled = _floats(matrix)
        if scaler.with_mean:
            scaled -= scaler.mean_.astype(scaled.dtype, copy=False)
        if scaler.with_std:
            scaled /= scaler.scale_.astype(scaled.dtype, copy=False)
        return scaled

    return apply


def _min_max(scaler: Any) -> Scale:
    def apply(matrix: np.ndarray) -> np.ndarray:
        scaled = _floats(matrix)
        scaled *= scaler.scale_
        scaled += scaler.min_
        return scaled.clip(*scaler.feature_range, out=scaled) if scaler.clip else scaled

    return apply


def _max_abs(scaler: Any) -> Scale:
    def apply(matrix: np.ndarray) -> np.ndarray:
        scaled = _floats(matrix)
        scaled /= scaler.scale_
        return scaled.clip(-1.0, 1.0, out=scaled) if getattr(scaler, "clip", False) else scaled

    return apply


def _robust(scaler: Any) -> Scale:
    def apply(matrix: np.ndarray) -> np.ndarray:
        scaled = _floats(matrix)
        if scaler.with_centering:
            scaled -= scaler.center_
        if scaler.with_scaling:
            scaled /= scaler.scale_
        return scaled

    return apply


def _floats(matrix: np.ndarray) -> np.ndarray:
    return np.array(matrix, dtype=matrix.dtype if matrix.dtype.kind == "f" else np.float64)


_SCALERS: dict[str, Callable[[Any], Scale]] = {
    "MaxAbsScaler": _max_abs,
    "MinMaxScaler": _min_max,
    "RobustScaler": _robust,
    "StandardScaler": _standard,
}
