"""Values of a signature's `Array`, `Object` and `Map`: each part in its own type, as MLflow's schema check takes it.

A signature's type becomes a reader, a function from a value of an event to the model's. The checks that
`pyfunc.predict` runs afterwards pass such a value on as it is. Left to themselves they refuse whole numbers in an
`Array(double)` and every list in an `Array(integer)`, and they shorten texts and make numbers of dates in lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from makinage_worker import scalars
from makinage_worker.moments import moment

Reader = Callable[[Any], Any]


def reader(kind: Any, *, required: bool) -> Reader:
    """The reader of one of MLflow's types (`mlflow.types`), known by their parts as its modules move."""
    if isinstance(getattr(kind, "name", None), str):
        return _scalar(kind.name, required)
    if hasattr(kind, "properties"):
        return _object(kind, required)
    if hasattr(kind, "value_type"):
        return _map(kind, required)
    if hasattr(kind, "dtype"):
        return _array(kind.dtype, required)
    return lambda value: value  # AnyType


def _scalar(name: str, required: bool) -> Reader:
    read = _SCALARS[name]

    def scalar(value: Any) -> Any:
        value = scalars.python(value)
        if value is not None:
            return read(value)
        if required:
            raise ValueError("it is null")
        return None

    return scalar


def _array(kind: Any, required: bool) -> Reader:
    name = getattr(kind, "name", None)
    read = _ELEMENTS[name] if isinstance(name, str) else reader(kind, required=required)
    pack = _PACKED.get(name, list) if isinstance(name, str) else list
    optional = not required or _is_any(kind)

    def array(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            value = list(value) if value.dtype.kind == "M" else value.tolist()
        if value is None and optional:
            return None
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"a list is needed, not {scalars.shown(value)}")
        if not value or (name == "double" and set(map(type, value)) == {float}):
            return list(value)
        return pack([item for _, item in _each(enumerate(value), lambda _: read)])

    return array


def _map(kind: Any, required: bool) -> Reader:
    read = reader(kind.value_type, required=required)
    optional = not required or _is_any(kind.value_type)

    def mapping(value: Any) -> Any:
        if value is None and optional:
            return None
        return dict(_each(_items(value), lambda _: read))

    return mapping


def _object(kind: Any, required: bool) -> Reader:
    readers = {part.name: reader(part.dtype, required=part.required) for part in kind.properties}
    needed = [part.name for part in kind.properties if part.required]

    def properties(value: Any) -> Any:
        if not required and value in (None, {}):
            return value
        items = _items(value)
        missing = [name for name in needed if name not in value]
        if missing:
            raise ValueError(f"it lacks {missing[0]!r}")
        unknown = [name for name in value if name not in readers]
        if unknown:
            raise ValueError(f"the signature doesn't know its {unknown[0]!r}")
        return dict(_each(items, readers.__getitem__))

    return properties


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is needed, not {scalars.shown(value)}")
    return value.items()


def _each(items: Iterable[tuple[Any, Any]], reader_of: Callable[[Any], Reader]) -> Iterator[tuple[Any, Any]]:
    """The parts of a value, read; an error says where it stands."""
    for place, item in items:
        try:
            yield place, reader_of(place)(item)
        except (ValueError, TypeError) as error:
            raise ValueError(f"at {place!r}: {error}") from error


def _is_any(kind: Any) -> bool:
    return type(kind).__name__ == "AnyType"


def _element_text(value: Any) -> Any:
    return _without_nul(scalars.text(value))


def _element_bytes(value: Any) -> Any:
    """Bytes; MLflow takes a text in an `Array(binary)` for bytes as they are, without base64."""
    return _without_nul(value.encode("ascii") if isinstance(value, str) else scalars.data(value))


def _without_nul(value: Any) -> Any:
    """NumPy's fixed-width types, which MLflow's check goes through, drop a NUL at the end."""
    if value[-1:] in ("\0", b"\0"):
        raise ValueError("MLflow would drop the NUL at its end")
    return value


def _element_double(value: Any) -> float:
    return float("nan") if value is None else scalars.double(value)


def _element_float(value: Any) -> np.float32:
    return np.float32("nan") if value is None else scalars.single(value)


def _element_moment(value: Any) -> np.datetime64:
    return np.datetime64("NaT", "ns") if value is None else moment(value)


_SCALARS: dict[str, Reader] = {
    "double": scalars.double,
    "float": scalars.single,
    "long": scalars.long,
    "integer": lambda value: np.int32(scalars.integer(value)),
    "boolean": scalars.boolean,
    "string": scalars.text,
    # A property's text stays text in MLflow, too: nothing decodes base64 there.
    "binary": lambda value: value if isinstance(value, str) else scalars.data(value),
    "datetime": moment,
}
_ELEMENTS: dict[str, Reader] = {
    "double": _element_double,
    "float": _element_float,
    "long": scalars.long,
    "integer": scalars.integer,
    "boolean": scalars.boolean,
    "string": _element_text,
    "binary": _element_bytes,
    "datetime": _element_moment,
}
_PACKED: dict[str, Callable[[list[Any]], Any]] = {
    "float": lambda values: np.array(values, dtype=np.float32),
    "integer": lambda values: np.array(values, dtype=np.int32),
    "datetime": lambda values: np.array(values, dtype="datetime64[ns]"),
}
"""Element types that MLflow takes in an array only, or would spoil in a list."""
