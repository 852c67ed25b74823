"""Universal Binary JSON is read as XGBoost writes it."""

import json

import numpy as np
import pytest
import xgboost
from trees_models import trained

from makinage_worker import ubjson


def plain(value):
    """Without NumPy's arrays, as JSON has it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {name: plain(item) for name, item in value.items()} if isinstance(value, dict) else value


def single(value):
    """Numbers of JSON as the `f32` that they are."""
    if isinstance(value, list):
        return [single(item) for item in value]
    if isinstance(value, dict):
        return {name: single(item) for name, item in value.items()}
    return float(np.float32(value)) if isinstance(value, float) else value


@pytest.mark.parametrize("name", ["xgboost", "xgboost, five classes", "xgboost of numbers", "xgboost's booster"])
def test_a_model_is_what_its_json_says(name):
    model, _ = trained(name)
    booster = model if type(model) is xgboost.Booster else model.get_booster()
    read = ubjson.loads(bytes(booster.save_raw("ubj")))
    assert single(plain(read)) == single(json.loads(bytes(booster.save_raw("json"))))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"{}", {}),
        (b"{i\x01aZi\x02bcT}", {"a": None, "bc": True}),
        (b"[]", []),
        (b"[FSi\x02\xc3\xa4[i\xff]]", [False, "\u00e4", [-1]]),
        (b"[#i\x02i\x05U\xff", [5, 255]),
        (b"[$l#L\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x07\xff\xff\xff\xff", [7, -1]),
        (b"[$I#U\x01\x01\x00", [256]),
        (b"[$d#i\x01\x3f\x80\x00\x00", [1.0]),
        (b"[$S#i\x02i\x01ai\x00", ["a", ""]),
        (b"D\x3f\xf0\x00\x00\x00\x00\x00\x00", 1.0),
        (b"d\x3f\x80\x00\x00", 1.0),
        (b"L\xff\xff\xff\xff\xff\xff\xff\xfe", -2),
    ],
)
def test_each_kind_of_value(text, value):
    assert plain(ubjson.loads(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{i\x01a",
        b"[i\x01",
        b"[$d#i\x02\x00\x00\x00\x00",
        b"[#i\xff",
        b"Si\x05abc",
        b"q",
        b"ZZ",
        b"{$i#i\x00",
        b"[#Si\x01a",
        b"{Z",
        b"{i\xff",
    ],
)
def test_what_is_none_is_refused(text):
    with pytest.raises((ValueError, TypeError)):
        ubjson.loads(text)
