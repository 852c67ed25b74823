"""What a value is shown as: a short text, whatever it is, for which nothing of the user's runs."""

import collections
import dataclasses
import datetime
import decimal
import enum
import typing

import numpy as np
import pandas as pd
import pytest

from makinage_worker.texts import LONGEST, shown

Point = collections.namedtuple("Point", "x y")


class Tells:
    """Each of its methods that runs says so."""

    ran: typing.ClassVar = []

    def __init__(self):
        self.number = 1.5

    def __getattr__(self, name):
        self.ran.append(name)
        raise AttributeError(name)

    def __repr__(self):
        self.ran.append("repr")
        return "x"

    def _runs(self, *arguments):
        self.ran.append("a method")
        return 1

    __str__ = __len__ = __iter__ = __getitem__ = __bool__ = __float__ = __array__ = __hash__ = __eq__ = _runs
    __format__ = __index__ = _runs


def telling(base):
    """A class that is made from one of Python's own, all of whose methods say that they run."""
    names = ("__repr__", "__str__", "__iter__", "__len__", "__getitem__", "items", "keys", "__float__", "__int__")
    return type(f"Telling{base.__name__}", (base,), dict.fromkeys(names, Tells._runs))


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Data:
    name: str
    values: list


class Zone(datetime.tzinfo):
    def utcoffset(self, moment):
        Tells.ran.append("utcoffset")
        return datetime.timedelta(0)


NOON = datetime.datetime(2026, 11, 30, 12)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (0.1, "0.1"),
        (float("nan"), "NaN"),
        ('a\n"ü"', '"a\\n\\"ü\\""'),
        ([1, [2.5, None], ()], "[1, [2.5, null], []]"),
        ({"a": {"b": False}, 3: {}}, '{"a": {"b": false}, 3: {}}'),
        (b"\x00a", "b'\\x00a'"),
        (Point(1, 2), "[1, 2]"),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), "[[1.0, 2.0], [3.0, 4.0]]"),
        (np.array(["a", None], dtype=object), '["a", null]'),
        (np.float32(0.5), "0.5"),
        (np.array(3), "3"),
        (np.array(["2026-11-30"], dtype="M8[D]"), '["2026-11-30"]'),
        (np.array([1 + 2j]), '["(1+2j)"]'),
        (pd.DataFrame({"a": [1], "b": ["x"]}), '{"a": 1, "b": "x"}'),
        (pd.DataFrame({"a": [1, 2]}), '[{"a": 1}, {"a": 2}]'),
        (pd.Series({"a": 1.5, "b": 2.5}), '{"a": 1.5, "b": 2.5}'),
        (pd.Timestamp("2026-11-30"), '"2026-11-30 00:00:00"'),
        (NOON, '"2026-11-30 12:00:00"'),
        (NOON.replace(tzinfo=datetime.timezone.utc), '"2026-11-30 12:00:00+00:00"'),
        (decimal.Decimal("1.50"), '"1.50"'),
        (Data("a", [1]), '<test_texts.Data {"name": "a", "values": [1]}>'),
        (object(), "<builtins.object>"),
        (len, "<builtins.builtin_function_or_method>"),
    ],
)
def test_values_are_json_where_they_can_be(value, text):
    assert shown(value) == text


def test_nothing_of_the_user_s_runs():
    tells, array = Tells(), np.empty(2, dtype=object)
    array[0] = tells
    values = [
        tells,
        [tells],
        {"a": tells},
        array,
        pd.Series(array),
        pd.DataFrame({"a": array}),
        NOON.replace(tzinfo=Zone()),
        *(telling(base)() for base in (list, tuple, dict, set, str, int, float, bytes)),
    ]
    Tells.ran.clear()
    texts = [shown(value) for value in values]
    assert Tells.ran == []
    assert texts[0] == '<test_texts.Tells {"number": 1.5}>'
    assert texts[-8:] == ["[]", "[]", "{}", "[]", '""', "0", "0.0", "b''"]
    assert shown(Colour.RED).startswith("<test_texts.Colour {")


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6,
        list(range(10**6)),
        np.zeros(10**7),
        np.zeros((10**4, 10**3)),
        dict.fromkeys(range(10**5), "x" * 100),
        pd.DataFrame(np.zeros((10**5, 100))),
        10**100_000,
        b"x" * 10**6,
        [["x" * 300] * 10] * 10,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_long_is_cut(value):
    assert len(shown(value)) <= LONGEST + 1


def test_what_contains_itself_or_is_broken_is_shown_all_the_same():
    ring = []
    ring.append(ring)
    assert shown(ring).endswith("…" + "]" * 21)
    broken = pd.Series([1, 2])
    broken._mgr = None
    assert "while it was looked at" in shown(broken)
    assert shown("\ud800") == '"\ud800"'
