"""Values that a topic's encoder doesn't read are named by what they are, and only where that is sure."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makinage_worker import encoding, foreign

EVENT = b'{"id": 7, "x": [1, 2.5]}'
TEXT = EVENT.decode()


def npy():
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


NAMED = {
    b"\x00\x00\x00\x00\x2a" + EVENT: (
        "Confluent's schema registry framing (0x00 and schema id 42)",
        "skips the 5 bytes",
    ),
    b"\x00\x00\x01\x86\xa1" + EVENT: ("schema id 100001",),
    b"\x00\x00\x00\x00\x2a\x02\x80\xff\x06": ("begins like Confluent's", "schema id 42", "by its schema"),
    b"\x00" * 8 + b"\x07" + EVENT: ("Apicurio's", "id 7", "skips the 9 bytes"),
    b"\x03\x05" + bytes(range(16)) + EVENT: ("AWS Glue's", "skips the 18 bytes"),
    gzip.compress(EVENT): ("compressed with gzip",),
    zlib.compress(EVENT): ("compressed with zlib",),
    bz2.compress(EVENT): ("compressed with bzip2",),
    lzma.compress(EVENT): ("compressed with xz",),
    b"\x28\xb5\x2f\xfd\x04\x58": ("compressed with Zstandard",),
    b"\x04\x22\x4d\x18\x64\x40": ("compressed with LZ4",),
    b"\x82SNAPPY\x00\x00\x00\x00\x01": ("compressed with Snappy",),
    pickle.dumps({"a": 1}): ("Python pickle", "allow_pickle: true"),
    pickle.dumps([1, 2], protocol=2): ("Python pickle",),
    b"Obj\x01\x04\x16avro.schema": ("an Avro file",),
    b"\xc3\x01" + bytes(range(8)) + b"\x02": ("Avro's single-object encoding",),
    b"PAR1\x15\x04": ("a Parquet file",),
    npy(): ("a NumPy file",),
    b"\xac\xed\x00\x05sr\x00": ("a serialized Java object",),
    b"<?xml version='1.0'?><event/>": ("XML",),
    b"PK\x03\x04\x14\x00\x00\x00": ("a zip, as the models of a model topic are",),
    TEXT.encode("utf-16"): ("UTF-16", "utf-16"),
    TEXT.encode("utf-16-le"): ("UTF-16", "utf-16-le"),
    TEXT.encode("utf-16-be"): ("UTF-16", "utf-16-be"),
    TEXT.encode("utf-32"): ("UTF-32",),
    TEXT.encode("utf-32-be"): ("UTF-32",),
    TEXT.encode("utf-8-sig"): ("byte order mark",),
    '{"name": "Zürich"}'.encode("latin-1"): ("another character encoding than UTF-8",),
    EVENT + b"\n" + EVENT + b"\n": ("several JSON documents",),
    EVENT + EVENT: ("several JSON documents",),
    b"[1, 2]\r\n[3, 4]\r\n[5, 6]": ("several JSON documents",),
    EVENT + b"\x00": ("a zero byte",),
    b"{'id': 7, 'on': True}": ("Python's own text", "json.dumps"),
    b"(1.0, 2.5)": ("Python's own text",),
    b"5.1,3.5, 1.4\n": ("CSV",),
    b"": ("is empty (0 bytes)",),
}

UNNAMED = [
    b"hello", b"hello, world", b'{"a": 1}}', b'{"a": ', b"[1, NaN]", b"nan", b"5.1 3.5", b"x^2 + y", b"BZhallo", b"PAR",
    b"\x00\xff\xff\xff\xffabc", b"\x80\x03", b"\x05abc", b"\xff", b"Obj", b"{'a': open('x')}",
]  # fmt: skip


@pytest.mark.parametrize("value", NAMED, ids=[texts[0] for texts in NAMED.values()])
def test_a_value_that_is_no_json_is_named_by_what_it_is_and_ends_in_what_to_do(value):
    codec = encoding.built_in("makinage.encoding.json")
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # each its own text: what it is turned into is what counts
        codec.decode(value)
    told = str(codec.refused(value, caught.value))
    assert type(codec.refused(value, caught.value)).__name__ == "ForeignValue"
    assert all(text in told for text in NAMED[value]), told
    assert ": produce " in told
    assert str(caught.value) in told


@pytest.mark.parametrize("value", UNNAMED)
def test_what_is_not_sure_is_left_unnamed(value):
    error = ValueError("as it was")
    assert encoding.built_in("makinage.encoding.json").refused(value, error) is error


@pytest.mark.parametrize(
    ("encoder", "value", "told"),
    [
        ("string", gzip.compress(b"a text"), "compressed with gzip"),
        ("string", "a text".encode("utf-16"), "UTF-16"),
        ("string", b"\x00\x00\x00\x00\x2a\x02\x80\xff\x06", "schema id 42"),
        ("pickle", EVENT, "makinage.encoding.json"),
        ("pickle", gzip.compress(pickle.dumps(1)), "compressed with gzip"),
    ],
)
def test_the_other_encoders_name_what_they_are_given_too(encoder, value, told):
    codec = encoding.built_in(f"makinage.encoding.{encoder}")
    with pytest.raises(Exception) as caught:  # noqa: PT011  # each encoder has errors of its own
        codec.decode(value)
    assert told in str(codec.refused(value, caught.value))


@given(st.integers(1, 10**7), st.dictionaries(st.text(), st.integers() | st.text(), min_size=1))
def test_any_framed_json_is_told_with_its_schema_id(ident, event):
    told = foreign.named(b"\x00" + ident.to_bytes(4, "big") + json.dumps(event).encode(), "JSON")
    assert f"Confluent's schema registry framing (0x00 and schema id {ident}), before its JSON" in told


@given(st.binary(max_size=300), st.sampled_from(["JSON", "text", "pickles"]))
def test_whatever_the_bytes_naming_them_never_fails(data, wanted):
    assert foreign.named(data, wanted) is None or ": " in foreign.named(data, wanted)


@pytest.mark.parametrize("bad", [b"[" * 100_000, b"{'a': " * 1000, b"(" * 4000, b"-" * 4000 + b"1", b"1," * 10_000_000])
def test_hostile_values_cost_no_more_than_a_refusal(bad):
    foreign.named(bad, "JSON")


def test_an_error_that_is_not_the_values_own_stays_what_it_is():
    codec = encoding.built_in("makinage.encoding.json")
    for error in (MemoryError(), KeyboardInterrupt(), SystemExit(3)):
        assert codec.refused(gzip.compress(EVENT), error) is error


def test_a_framed_event_fails_with_its_name_and_its_neighbours_are_scored(serve):
    results = serve("lr").raw(
        [b"[5.1, 3.5, 1.4, 0.2]", b"\x00\x00\x00\x00\x2a[5.1, 3.5, 1.4, 0.2]", b"[6.3, 3.3, 6.0, 2.5]"]
    )
    assert [result.status for result in results] == ["prediction", "failed", "prediction"]
    assert (results[1].value["step"], results[1].value["error"]) == ("decode", "ForeignValue")
    assert "schema id 42" in results[1].value["message"]
