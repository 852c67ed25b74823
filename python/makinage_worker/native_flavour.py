"""What MLflow's predict calls in the end: the flavour's own wrapper around the model, without MLflow's checks.

What MLflow does first, it does by the input's form: it compares the types of columns with the signature's, and converts
what differs. That takes milliseconds for a DataFrame, and nothing of it is needed where the types are the signature's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Ask = Callable[..., Any]
"""A model's method."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """One of MLflow's own, with the method of the wrapper that its predict calls."""

    module: str
    method: str

    @staticmethod
    def of(pyfunc: Any) -> Flavour | None:
        """That of a model; None where its predict is the user's code, or takes parameters."""
        metadata = getattr(pyfunc, "metadata", None)
        flavours = getattr(metadata, "flavors", None)
        if metadata is None or not isinstance(flavours, dict) or metadata.get_params_schema() is not None:
            return None
        configured = flavours.get("python_function", {})
        module, method = configured.get("loader_module"), configured.get("predict_fn", "predict")
        if not isinstance(module, str) or not isinstance(method, str):
            return None
        return Flavour(module, method) if module.startswith("mlflow.") and module not in _USERS else None

    def directly(self, pyfunc: Any) -> Ask | None:
        """The wrapper's method; None where there is none to be had."""
        method = getattr(getattr(pyfunc, "_model_impl", None), self.method, None)
        return method if callable(method) else None


def takes_as_it_is(pyfunc: Any, data: Any) -> bool:
    """Whether MLflow gives an input (an array, or a DataFrame of numbers) to the model as it is.

    It puts a DataFrame's columns in the signature's order, leaves out the others, and converts their types.
    """
    schema = pyfunc.metadata.get_input_schema()
    if schema is None or not schema.inputs:
        return True
    if schema.is_tensor_spec():
        (spec, *others) = schema.inputs
        shape = getattr(data, "shape", ())
        fits = len(shape) == len(spec.shape) and all(map(_fits, spec.shape, shape))
        is_array = spec.name is None and not hasattr(data, "iloc")
        return is_array and fits and not others and bool(data.dtype == spec.type)
    if not hasattr(data, "iloc") or data.columns.tolist() != schema.input_names():
        return False
    types = [getattr(spec.type, "to_numpy", lambda: None)() for spec in schema.inputs]
    return list(data.dtypes) == types


def _fits(wanted: int, length: int) -> bool:
    return wanted in (-1, length)


_USERS = ("mlflow.pyfunc.model", "mlflow.pyfunc.loaders.code_model", "mlflow.langchain", "mlflow.openai")
"""Those whose predict may do anything."""
