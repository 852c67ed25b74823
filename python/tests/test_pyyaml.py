"""The fixture of what PyYAML reads, against PyYAML itself, and the way of its values to the hooks."""

import json
from datetime import date, datetime, timedelta, timezone

import pytest
import pyyaml_oracle
import yaml
from hypothesis import given
from hypothesis import strategies as st

from makinage_worker import protocol

CASES = json.loads(pyyaml_oracle.FIXTURE.read_text("utf-8"))


def typed(value):
    """A form in which 1, 1.0 and True, and -0.0 and 0.0, are four things; NaN is itself."""
    if isinstance(value, dict):
        return "dict", [(typed(key), typed(item)) for key, item in value.items()]
    if isinstance(value, set):
        return "set", sorted(map(repr, map(typed, value)))
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [typed(item) for item in value]
    return type(value).__name__, repr(value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["yaml"].strip())
def test_the_fixture_is_what_pyyaml_says_and_hooks_get_exactly_that(case):
    tagged = pyyaml_oracle.load(case["yaml"])
    assert tagged == case["tagged"]
    if tagged is not None:
        assert typed(protocol.untag(tagged)[0]) == typed(yaml.safe_load(case["yaml"]))


offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.none() | offsets).map(lambda time: time.replace(fold=0))
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(scalars, inner)
        | st.sets(scalars)
        | st.lists(st.tuples(scalars, inner), min_size=1)
    ),
    max_leaves=20,
)


@given(documents)
def test_whatever_pyyaml_can_make_reaches_hooks_unharmed(value):
    (tagged,) = json.loads(json.dumps(pyyaml_oracle.tag(value)))
    assert typed(protocol.untag(tagged)) == typed(value)


def test_dates_and_times_are_python_s_own():
    values = protocol.untag(
        [{"d": "2024-01-02"}, {"d": "2024-01-02T10:00:00.250000"}, {"d": "2024-01-02T10:00:00.000000+00:00"}]
    )
    assert [type(value) for value in values] == [date, datetime, datetime]
    assert values[2].tzinfo is timezone.utc
