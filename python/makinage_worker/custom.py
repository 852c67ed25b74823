"""Whether a model has code of the user's in it: an estimator class of their own, a function in a pipeline's step."""

from __future__ import annotations

import types
from typing import Any

from makinage_worker.errors import is_installed

_MOST_PARTS = 1000
"""Parts of a model that are looked at."""


def has_users_code(model: Any) -> bool:
    """Whether any part of the model is of a class, or is a function, that no installed package has."""
    pending, left = [model], _MOST_PARTS
    while pending and left:
        left -= 1
        part = pending.pop()
        if isinstance(part, types.FunctionType):
            if not is_installed(part.__code__.co_filename):
                return True
        elif isinstance(part, (list, tuple)):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()
        elif _is_users_class(type(part)):
            return True
        elif hasattr(part, "get_params"):
            pending += _parameters(part)
    return False


def _parameters(estimator: Any) -> list[Any]:
    """What scikit-learn's estimators are made of; what they have learned is made of the same classes."""
    try:
        return list(estimator.get_params(deep=False).values())
    except Exception:
        return []


def _is_users_class(kind: type) -> bool:
    return any(
        isinstance(member, types.FunctionType) and not _is_known_file(member.__code__.co_filename)
        for one in kind.__mro__
        for member in vars(one).values()
    )


def _is_known_file(name: str) -> bool:
    if name.startswith(_INTERACTIVE):
        return False
    # Generated code, as dataclasses have it, and the frozen standard library.
    return name.startswith("<") or is_installed(name)


_INTERACTIVE = ("<stdin>", "<ipython-input", "<command-", "<python-input")
"""What code is from that somebody has typed in: a model that was saved there brings it along."""
