"""From an MLflow signature to the plan that makes rows for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from makinage_worker.arrays import ArrayPlan
from makinage_worker.cells import Column
from makinage_worker.columns import ColumnPlan
from makinage_worker.features import field_order
from makinage_worker.nested import reader
from makinage_worker.records import RecordPlan
from makinage_worker.rows import Plan
from makinage_worker.tensors import Tensor, TensorPlan


def plan_for(pyfunc: Any) -> Plan:
    """The plan for a model that MLflow loaded (`mlflow.pyfunc.PyFuncModel`), by its signature or its own names."""
    schema = pyfunc.metadata.get_input_schema()
    if schema is None or not schema.inputs:
        return ArrayPlan(field_order(pyfunc))
    signature = pyfunc.metadata.signature
    if getattr(signature, "_is_signature_from_type_hint", False):
        return RecordPlan()
    if schema.is_tensor_spec():
        return TensorPlan([_tensor(spec) for spec in schema.inputs])
    return ColumnPlan([_column(index, spec) for index, spec in enumerate(schema.inputs)])


def _tensor(spec: Any) -> Tensor:
    rows, *sample = spec.shape
    return Tensor(spec.name, np.dtype(spec.type), int(rows), tuple(int(size) for size in sample))


def _column(index: int, spec: Any) -> Column:
    kind = getattr(spec.type, "name", None)
    required = bool(getattr(spec, "required", True))
    name = index if spec.name is None else spec.name
    if kind is None:
        return Column(name, type(spec.type).__name__.lower(), required, reader(spec.type, required=required))
    return Column(name, kind, required)
