"""The order in which a model without a signature takes the fields of an object.

The model's own feature names decide where it was trained with names. Otherwise the order of the first object that the
model can score does, which is the producer's; later objects give their fields by name. An object with another set of
fields is refused: a model that takes columns by position would read one field for another.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

_GENERIC = re.compile(r"Column_\d+|\d+")
"""What LightGBM and CatBoost call the columns of a model that was trained without names."""


class FieldOrder:
    """`names` are the model's own, None where it has none; `width` is the number of its features where it is known.

    `later` are the names that a later step of a pipeline was trained with: they are the input's where they are the
    event's fields, and of the pipeline's own making otherwise.
    """

    def __init__(
        self, names: Sequence[str] | None = None, width: int | None = None, later: Sequence[str] | None = None
    ) -> None:
        self._later = later
        self._names: tuple[Any, ...] | None = None if names is None else tuple(names)
        self._of_model = names is not None
        self._settled = self._of_model
        self._width = width

    def values(self, event: dict[Any, Any]) -> tuple[tuple[Any, ...], list[Any]]:
        """The columns and their values, in the model's order; raises ValueError for a field more or less."""
        names = self._names
        if names is None or (self.is_open and set(names) != set(event)):
            names = self._first(event)
        if len(event) == len(names):
            try:
                return names, [event[name] for name in names]
            except KeyError:
                if self._of_model:
                    return names, self._by_spelling(event, names)
        raise self._unlike(event, names)

    @property
    def is_open(self) -> bool:
        """Whether an object has come, and nobody has said yet whether the model can score it."""
        return not self._settled and self._names is not None

    def settle(self, *, scored: bool) -> None:
        """Whether the model could score the object whose order is to be that of all: else the next one's is."""
        self._settled = scored
        self._names = self._names if scored else None

    def _first(self, event: dict[Any, Any]) -> tuple[Any, ...]:
        if self._width is not None and len(event) != self._width:
            raise ValueError(
                f"the model takes {self._width} features without names, and the event has "
                f"{len(event)} fields ({', '.join(map(repr, event))})"
            )
        same = self._later is not None and set(self._later) == set(event)
        self._names = tuple(self._later or ()) if same else tuple(event)
        return self._names

    def _by_spelling(self, event: dict[Any, Any], names: tuple[Any, ...]) -> list[Any]:
        """LightGBM writes its names with underscores for spaces."""
        respelled = {_respelled(key): value for key, value in event.items()}
        if len(respelled) != len(event) or not all(name in respelled for name in names):
            raise self._unlike(event, names)
        return [respelled[name] for name in names]

    def _unlike(self, event: dict[Any, Any], names: tuple[Any, ...]) -> ValueError:
        given = [_respelled(key) for key in event] if self._of_model else list(event)
        missing = ", ".join(repr(name) for name in names if name not in event and name not in given)
        unknown = ", ".join(
            repr(key) for key, name in zip(event, given, strict=True) if key not in names and name not in names
        )
        parts = [f"lacks {missing}"] if missing else []
        parts += [f"has {unknown} besides"] if unknown else []
        whose = "the model was trained with" if self._of_model else "the first object had"
        return ValueError(
            f"the event {' and '.join(parts) or 'has a field twice'}: without a signature it must have the fields that "
            f"{whose} ({', '.join(map(repr, names))}); save the model with a signature, or pick them in a pre_transform"
        )


@contextlib.contextmanager
def settled(order: FieldOrder | None) -> Iterator[None]:
    """Around a model call: what it is given settles the order, unless the call raises."""
    scored = False
    try:
        yield
        scored = True
    finally:
        if order is not None and order.is_open:
            order.settle(scored=scored)


def field_order(pyfunc: Any) -> FieldOrder:
    """The order for a model that MLflow loaded."""
    model = _native(pyfunc)
    names = names_of(model)
    if names is not None:
        return FieldOrder(names)
    steps = getattr(model, "steps", None)
    later = (names_of(step) for _, step in steps[1:]) if isinstance(steps, list) else ()
    return FieldOrder(None, width_of(model), next((names for names in later if names is not None), None))


def _native(pyfunc: Any) -> Any:
    try:
        return pyfunc.get_raw_model()
    except Exception:
        # Which exception says "not for this flavour" has changed between versions of MLflow.
        return None


def names_of(model: Any) -> list[str] | None:
    """The names of the features that the model was trained with, in their order."""
    for read in (_sklearn, _xgboost, _lightgbm, _catboost):
        names = read(model)
        if names is not None and len(names) and all(isinstance(name, str) for name in names):
            listed = [str(name) for name in names]
            return None if all(map(_GENERIC.fullmatch, listed)) else listed
    steps = getattr(model, "steps", None)
    # A pipeline's input is its first step's.
    return names_of(steps[0][1]) if isinstance(steps, list) and steps else None


def _sklearn(model: Any) -> Any:
    return getattr(model, "feature_names_in_", None)


def _xgboost(model: Any) -> Any:
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    return getattr(booster, "feature_names", None)


def _lightgbm(model: Any) -> Any:
    if hasattr(model, "feature_name_"):
        return model.feature_name_
    names = getattr(model, "feature_name", None)
    return names() if callable(names) else None


def _catboost(model: Any) -> Any:
    return getattr(model, "feature_names_", None)


def width_of(model: Any) -> int | None:
    """The number of features that the model was trained with, where it says so."""
    width = getattr(model, "n_features_in_", None)
    for method in ("num_feature", "num_features"):
        if width is None and callable(getattr(model, method, None)):
            width = getattr(model, method)()
    return int(width) if isinstance(width, int) else None


def _respelled(key: Any) -> Any:
    return re.sub(r"\s", "_", key) if isinstance(key, str) else key
