"""Universal Binary JSON, as XGBoost writes its models: numbers as they are, and arrays of them in one piece."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_NUMBERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


def loads(data: bytes) -> Any:
    """The value; arrays of one type of number are NumPy's. Raises ValueError for what is no such text."""
    reader = _Reader(data)
    try:
        value = reader.value(reader.take(1))
    except (struct.error, IndexError) as error:
        raise ValueError("it ends too early") from error
    if reader.at != len(data):
        raise ValueError("something follows it")
    return value


class _Reader:
    """Where it is in the text."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.at + size
        if size < 0 or end > len(self._data):
            raise ValueError("it ends too early")
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def value(self, marker: bytes) -> Any:
        """What follows this marker."""
        if marker == b"{":
            return self._object()
        if marker == b"[":
            return self._array()
        if marker == b"S":
            return self._text()
        if marker in _NUMBERS:
            return np.frombuffer(self.take(np.dtype(_NUMBERS[marker]).itemsize), _NUMBERS[marker])[0].item()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        raise ValueError(f"there is a {marker!r} where a value should be")

    def _length(self) -> int:
        length = self.value(self.take(1))
        if not isinstance(length, int) or length < 0:
            raise ValueError(f"{length!r} is no length")
        return length

    def _text(self) -> str:
        return self.take(self._length()).decode()

    def _object(self) -> dict[str, Any]:
        marker = self.take(1)
        if marker in b"$#":
            raise ValueError("an object that tells its length isn't known here")
        fields = {}
        while marker != b"}":
            # A name is a text without its marker: here is its length's.
            name = self.take(self.value(marker)).decode()
            fields[name] = self.value(self.take(1))
            marker = self.take(1)
        return fields

    def _array(self) -> Any:
        marker, kind = self.take(1), b""
        if marker == b"$":
            kind, marker = self.take(1), self.take(1)
        if marker == b"#":
            count = self._length()
            if kind in _NUMBERS:
                dtype = np.dtype(_NUMBERS[kind])
                return np.frombuffer(self.take(count * dtype.itemsize), dtype).astype(dtype.newbyteorder("="))
            return [self.value(kind or self.take(1)) for _ in range(count)]
        values = []
        while marker != b"]":
            values.append(self.value(marker))
            marker = self.take(1)
        return values
