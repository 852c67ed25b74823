"""What a value is that its topic's encoder can't decode, where its bytes say so. Pure, and only asked after a failure.

A guess would send people the wrong way: what isn't sure stays unnamed, and the decoder's own message stands alone.
"""

from __future__ import annotations

import ast
import json
import re
import zlib
from collections.abc import Callable, Iterable

_SHORT = 4096
"""Bytes up to which a value is tried as another text than it should be: an event has fewer, and they cost little."""
_LARGEST_ID = 100_000_000
"""Registries count their schemas from 1: larger numbers are other bytes."""
_SPACE = re.compile(r"\s*")

_COMPRESSED = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x02\x21\x4c\x18": "LZ4",
    b"\xff\x06\x00\x00sNaPpY": "Snappy",
    b"\x82SNAPPY\x00": "Snappy",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
}
_FORMATS = {
    b"Obj\x01": "an Avro file (`Obj` and 0x01)",
    b"\xc3\x01": "in Avro's single-object encoding (0xC3 0x01)",
    b"PAR1": "a Parquet file",
    b"ARROW1\x00\x00": "an Arrow file",
    b"\x93NUMPY": "a NumPy file",
    b"\xac\xed\x00\x05": "a serialized Java object",
    b"<?xml": "XML",
    b"PK\x03\x04": "a zip, as the models of a model topic are",
}
_UTF = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def named(data: bytes, wanted: str) -> str | None:
    """What the value is and what to do, a sentence without its full stop; None where that isn't sure.

    `wanted` is what the topic's encoder reads: `JSON`, `text` or `pickles`.
    """
    if not data:
        return f"the value is empty (0 bytes): produce {wanted}, or skip such records at the producer"
    found = _compressed(data) or _pickle(data) or _format(data) or _unicode(data) or _framed(data)
    if found is not None:
        what, own = found
        instead = f"produce {wanted}" if own is None else f"produce plain {wanted}, or {_own(own)}"
        return f"the value {what}: {instead}"
    if wanted == "JSON":
        return _nearly_json(data)
    if wanted == "pickles" and _is_json(_text(data)):
        return "the value is JSON: give the topic makinage.encoding.json"
    return None


Found = tuple[str, str | None] | None
"""What the value does or is, and what an encoder's `decode` would have to do; None for what no encoder should."""


def _own(how: str) -> str:
    return f"give the topic an encoder of your own whose decode {how}"


def _magic(data: bytes, magics: Iterable[bytes]) -> bytes:
    return next((magic for magic in magics if data.startswith(magic)), b"")


def _compressed(data: bytes) -> Found:
    name = _COMPRESSED.get(_magic(data, _COMPRESSED)) or ("zlib" if _is_zlib(data) else None)
    # Text may begin with the three letters of bzip2.
    if name is None or (name == "bzip2" and data[4:10] != b"1AY&SY"):
        return None
    what = f"is compressed with {name} by its producer's own code (Kafka's compression.type is undone by itself)"
    return what, "decompresses it"


def _is_zlib(data: bytes) -> bool:
    if data[:1] != b"\x78" or len(data) < 8:
        return False
    try:
        return bool(zlib.decompressobj().decompress(data[:_SHORT], 64))
    except zlib.error:
        return False


def _pickle(data: bytes) -> Found:
    if len(data) < 3 or data[0] != 0x80 or not 2 <= data[1] <= 5 or data[-1:] != b".":
        return None
    return "is a Python pickle (which the topic takes with makinage.encoding.pickle and allow_pickle: true)", None


def _format(data: bytes) -> Found:
    what = _FORMATS.get(_magic(data, _FORMATS))
    return (f"is {what}", "reads that") if what else None


def _unicode(data: bytes) -> Found:
    encoding = _UTF.get(_magic(data, _UTF))
    if encoding is None and not _is_utf8(data) and _is_json(_text(data, "latin-1")):
        return "is JSON in another character encoding than UTF-8 (ISO 8859-1 or alike)", "knows which"
    if encoding is None:
        # Zero bytes in ASCII characters tell; so might those of a framing, so that the text must make sense.
        encoding = json.detect_encoding(data)
        if encoding.startswith("utf-8") or not _is_json(_text(data, encoding)):
            return None
    return f"is text in {encoding[:6].upper()}, and the encoder reads UTF-8", f"begins with data.decode({encoding!r})"


def _framed(data: bytes) -> Found:
    """The framings of schema registries, which serializers put before what they are asked to write."""
    if data[0] == 0 and len(data) > 5:
        if data[1:5] == b"\x00" * 4 and not _is_json(_text(data[5:])) and _is_json(_text(data[9:])):
            return _framing("Apicurio's schema registry framing", f"0x00 and id {_number(data[1:9])}", data, 9)
        ident = _number(data[1:5])
        if ident <= _LARGEST_ID:
            return _framing("Confluent's schema registry framing", f"0x00 and schema id {ident}", data, 5)
    if data[0] == 3 and len(data) > 18 and data[1] in (0, 5):
        return _framing("AWS Glue's schema registry framing", "0x03 and a schema version's id", data, 18)
    return None


def _framing(whose: str, shown: str, data: bytes, length: int) -> Found:
    if _is_json(_text(data[length:])):
        return f"begins with {whose} ({shown}), before its JSON", f"skips the {length} bytes"
    return (
        f"begins like {whose} ({shown}), which the registry's Avro and Protobuf serializers write",
        f"skips the {length} bytes and reads the rest by its schema",
    )


_PYTHONS = re.compile(r"'|\b(?:True|False|None)\b|\(")
"""What Python writes and JSON doesn't have."""


def _nearly_json(data: bytes) -> str | None:
    if data.startswith(b"\xef\xbb\xbf") and _is_json(_text(data[3:])):
        return "the value begins with a byte order mark (0xEF 0xBB 0xBF): produce UTF-8 without it (not `utf-8-sig`)"
    if data[-1] == 0 and _is_json(_text(data.rstrip(b"\x00"))):
        return "the value is JSON and a zero byte (0x00), as C ends its texts: produce it without that byte"
    if _is_several(_text(data)):
        return "the value is several JSON documents: produce a record for each, or one list of them all"
    short = _text(data) if len(data) <= _SHORT else ""
    if short[:1] in ("{", "[", "(") and _PYTHONS.search(short) and _parses(ast.literal_eval, short):
        return "the value is Python's own text of an object, not JSON: produce json.dumps(event), not str(event)"
    cells = short.split(",")
    if len(cells) > 1 and all(_parses(float, cell) for cell in cells):
        return "the value is numbers with commas between them (CSV): produce a JSON list, such as [5.1, 3.5]"
    return None


def _is_several(text: str) -> bool:
    """Whether objects or lists follow one another, on lines of their own or not."""
    end = count = 0
    decoder = json.JSONDecoder()
    try:
        while count < 2:
            end = _SPACE.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
            value, end = decoder.raw_decode(text, end)
            count += 1 if isinstance(value, (dict, list)) else 2 * len(text)
    except (ValueError, RecursionError):
        return False
    return count == 2


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _text(data: bytes, encoding: str = "utf-8") -> str:
    return data.decode(encoding, "replace")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_json(text: str) -> bool:
    return _parses(json.loads, text)


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    return True
