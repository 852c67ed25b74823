"""The library that walks down trees (`crates/trees`): how it gets into this process, and its calls.

It travels inside the package, as the module `trees_binary` that the service's build makes: no file of it is written,
and it fits the service's version. A process that can't load it (another processor, a system that forbids it) answers
through the model's own library, and `load` says why.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
from enum import IntEnum
from typing import Any


class Link(IntEnum):
    """What sums become, by the numbers of `crates/trees/src/links.rs`."""

    EXP = 0
    LOGISTIC_OF_XGBOOST = 1
    LOGISTIC_OF_LIGHTGBM = 2
    SOFTMAX = 3


class Unavailable(Exception):  # noqa: N818  # it is a state of affairs
    """The library can't be had in this process; the text says why."""


class Flawed(Exception):  # noqa: N818  # it is what was found
    """Arrays through which a walk could leave them."""


class _Arrays(ctypes.Structure):
    _fields_ = (
        ("nodes", ctypes.c_void_p),
        ("leaves", ctypes.c_void_p),
        ("node_count", ctypes.c_size_t),
        ("trees", ctypes.c_void_p),
        ("tree_count", ctypes.c_size_t),
        ("values", ctypes.c_void_p),
        ("value_count", ctypes.c_size_t),
        ("width", ctypes.c_size_t),
        ("features", ctypes.c_size_t),
        ("sums", ctypes.c_size_t),
        ("kind", ctypes.c_uint32),
    )


class Library:
    """The loaded library."""

    def __init__(self, path: str) -> None:
        found = ctypes.CDLL(path)
        self.check = found.makinage_trees_check
        self.check.argtypes = (ctypes.c_void_p,)
        self.add = found.makinage_trees_add
        self.add.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self._link = found.makinage_trees_link
        self._link.argtypes = (ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
        for call in (self.check, self.add, self._link):
            call.restype = ctypes.c_uint32
        self._logit = found.makinage_trees_logit
        self._logit.argtypes = (ctypes.c_float,)
        self._logit.restype = ctypes.c_float
        self._log = found.makinage_trees_log
        self._log.argtypes = (ctypes.c_float,)
        self._log.restype = ctypes.c_float

    def link(self, link: Link, sums: Any) -> Any:
        """The answers, in the place of the sums: rows of `f32` or `f64`, one after the other."""
        rows, width = sums.shape
        if self._link(link, sums.dtype.itemsize == 8, address(sums), rows, width) != 0:
            raise ValueError(f"link {link} of {rows} rows of {width} sums")
        return sums

    def logit(self, probability: float) -> float:
        """The sum that XGBoost makes of a probability."""
        return float(self._logit(probability))

    def log(self, number: float) -> float:
        """The C library's logarithm of an `f32`."""
        return float(self._log(number))


class Forest:
    """Arrays of a forest that the library has checked, and that nobody writes to any more."""

    def __init__(self, library: Library, kind: int, arrays: dict[str, Any], features: int, sums: int) -> None:
        nodes, leaves, trees, values = (arrays[name] for name in ("nodes", "leaves", "trees", "values"))
        if len(leaves) != len(nodes):
            raise ValueError(f"{len(nodes)} nodes and {len(leaves)} leaves")
        for array in (nodes, leaves, trees, values):
            if not (array.flags.c_contiguous and array.flags.aligned):
                raise ValueError("the arrays of a forest must be in one piece")
            array.flags.writeable = False
        self._kept = arrays
        self._arrays = _Arrays(
            address(nodes),
            address(leaves),
            len(nodes),
            address(trees),
            len(trees),
            address(values),
            values.size,
            values.shape[1],
            features,
            sums,
            kind,
        )
        self._at = ctypes.addressof(self._arrays)
        self._add = library.add
        flaw = library.check(self._at)
        if flaw != 0:
            raise Flawed(f"its arrays are no forest (flaw {flaw})")

    def add(self, rows: Any, sums: Any) -> None:
        """Adds to each row's sums what its leaves say; both arrays are in one piece, and of the kind's types."""
        flaw = self._add(self._at, address(rows), len(rows), address(sums))
        if flaw != 0:
            raise ValueError(f"{len(rows)} rows don't fit the forest (flaw {flaw})")


def address(array: Any) -> int:
    """Where an array begins."""
    return int(array.__array_interface__["data"][0])


@functools.cache
def load() -> Library:
    """The library, loaded once a process. Raises Unavailable."""
    try:
        binary = bytes.fromhex(importlib.import_module("makinage_worker.trees_binary").LIBRARY)
    except ModuleNotFoundError as error:
        raise Unavailable("this build of the service has none for this system") from error
    if not hasattr(os, "memfd_create"):
        raise Unavailable("this system has no files in memory")
    try:
        descriptor = os.memfd_create("makinage-trees")
    except OSError as error:
        raise Unavailable(f"no file in memory can be made ({error})") from error
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(binary)
        return Library(f"/proc/self/fd/{descriptor}")
    except (OSError, AttributeError) as error:
        raise Unavailable(f"it can't be loaded ({error})") from error
    finally:
        # What is loaded stays.
        os.close(descriptor)
