"""What is said of functions that the analysis of hooks doesn't follow, tried: which of them give back what they got."""

import itertools
import types
import warnings

import numpy as np
import pandas as pd
import pytest

from makinage_worker import purity_known as known

ARRAYS = {
    "floats": np.array([1.0, 2.0, 3.0]),
    "integers": np.array([1, 2, 3]),
    "booleans": np.array([True, False]),
    "texts": np.array(["a", "b"]),
    "one": np.array([1.0]),
    "none": np.zeros(0),
    "a number": np.array(3.0),
    "matrix": np.eye(3),
    "complex": np.array([1j, 2]),
}
MORE = [(), (0,), (1,), (None,), ([1],), (1, 0), (ARRAYS["floats"],), (np.array([0, 1]),), (np.zeros((3, 1)),)]


def arrays_in(value, depth=0):
    """The arrays that are the value, or stand in it."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return [value.to_numpy()]
    if isinstance(value, (map, filter, zip, enumerate, reversed)) or type(value).__name__.endswith("iterator"):
        value = list(itertools.islice(value, 10))
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple, set)) and depth < 3:
        return [array for item in value for array in arrays_in(item, depth + 1)]
    return []


def gives_back(function, arguments):
    """Whether the function's result is one of its arguments, or a view of one, or holds one."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = arrays_in(function(*arguments))
    except Exception:
        return False  # it doesn't take these
    return any(np.shares_memory(made, given) for made in found for given in arrays_in(list(arguments)))


def named(functions):
    return sorted(functions, key=lambda function: getattr(function, "__name__", ""))


# Those that hold what they are given, not copies of it, are told from what they are given.
HOLDERS = {list, dict, set, sorted, frozenset, tuple, zip, map, filter, enumerate, reversed, iter}
NEW = [one for one in named(known._NEW_RESULTS - HOLDERS) if known.may_write(one)]


@pytest.mark.parametrize("function", NEW, ids=lambda function: function.__name__)
def test_what_is_said_to_be_new_is_no_view(function):
    for name, array in ARRAYS.items():
        for more in MORE:
            # Behind the second there may be a place for the result: no shared data is let there.
            assert not gives_back(function, (array, *more)[:2]), (name, more)
            assert not gives_back(function, (*more[:1], array)), (name, more)


@pytest.mark.parametrize("function", named(known._IMMUTABLE_RESULTS), ids=lambda function: function.__name__)
def test_what_is_said_to_be_immutable_holds_no_array(function):
    for name, array in ARRAYS.items():
        for more in MORE:
            for given in ((array, *more), (*more, array), ([array], *more), ([array, array],)):
                assert not gives_back(function, given), (name, more)


def test_ufuncs_write_where_their_results_are_wanted_and_nowhere_else():
    for function in vars(np).values():
        if isinstance(function, np.ufunc):
            arguments = [np.array([1, 2])] * known.shared_places(function)
            before = [array.copy() for array in arguments]
            assert not gives_back(function, arguments)
            assert all(map(np.array_equal, arguments, before))


def test_no_method_that_writes_is_taken_for_one_that_reads():
    for kind in (list, dict, set, bytearray, np.ndarray):
        for name in known.READING & set(dir(kind)):
            value = kind([1.5, 2.5]) if kind in (list, set) else {"a": 1.5} if kind is dict else np.array([2.5, 1.5])
            if kind is bytearray:
                value = bytearray(b"ba")
            before, method = repr(value), getattr(value, name, None)
            if not isinstance(method, (types.BuiltinMethodType, types.MethodType)):
                continue
            for arguments in ((), (0,), ("a",), ([0],), (0, 1)):
                try:
                    method(*arguments)
                except Exception:
                    continue  # it doesn't take these
            assert repr(value) == before, (kind, name)
