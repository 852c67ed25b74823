"""Encoders of topics: bytes to event, output to bytes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from makinage_worker import errors, foreign
from makinage_worker.lazy import computed

JSON = "makinage.encoding.json"
BUILT_IN = (JSON, "makinage.encoding.string", "makinage.encoding.none", "makinage.encoding.pickle")
"""Encoders that come with makinage; any other name is a module of the user's."""


class ForeignValue(ValueError):  # noqa: N818  # its name is in dead letters' headers: it says what is, as users read it
    """A value that isn't what its topic's encoder reads, and what it is instead."""


@dataclass(slots=True)
class Codec:
    """An encoder's two functions.

    `is_json` allows the service to splice the event's own bytes into the output. `is_users` says that code of the
    user's runs in them.
    """

    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    is_json: bool = False
    is_users: bool = False
    reads: str | None = None
    """What a built-in encoder reads, in a word."""
    module: ModuleType | None = None
    """The user's module that it is."""

    def refused(self, data: bytes, error: BaseException) -> BaseException:
        """The error of a value that `decode` failed on: what the value is instead, where its bytes say so."""
        if self.reads is None or not isinstance(error, Exception) or isinstance(error, MemoryError):
            return error
        what = foreign.named(bytes(data), self.reads)
        return error if what is None else ForeignValue(f"{what} ({type(error).__name__}: {errors.message(error)})")


def built_in(name: str) -> Codec:
    """The codec of one of BUILT_IN."""
    if name == JSON:
        # It needs NumPy, which `check` does without.
        from makinage_worker import jsontext

        return Codec(jsontext.loads, jsontext.dumps, is_json=True, reads="JSON")
    if name.endswith(".string"):
        return Codec(_decode_text, _encode_text, reads="text")
    if name.endswith(".none"):
        return Codec(_as_is, _encode_bytes)
    # Pickles call what their classes define.
    return Codec(pickle.loads, pickle.dumps, is_users=True, reads="pickles")


def user_codec(module: ModuleType) -> Codec:
    """The codec of a user's module, which has `decode` and `encode` (checked at its import)."""

    def encode(value: Any) -> bytes:
        data = computed(f"{module.__name__}.encode", module.encode(value))
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"{module.__name__}.encode returned a {type(data).__name__}, it must return bytes")
        return bytes(data)

    return Codec(module.decode, encode, is_users=True, module=module)


def _decode_text(data: bytes) -> str:
    return data.decode("utf-8")


def _encode_text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(
            f"the sink's encoder is makinage.encoding.string, which takes a str, and the output is a "
            f"{type(value).__name__}: return a str from post_transform, or give the topic makinage.encoding.json"
        )
    return value.encode("utf-8")


def _as_is(data: bytes) -> bytes:
    return data


def _encode_bytes(value: Any) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"the sink's encoder is makinage.encoding.none, which takes bytes, and the output is a "
            f"{type(value).__name__}: return bytes from post_transform, or give the topic makinage.encoding.json"
        )
    return bytes(value)
