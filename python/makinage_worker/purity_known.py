"""What hooks may call although its source isn't followed: it keeps nothing, and changes nothing but what it is given.

Collected when the worker starts, before any of the user's code could put something else in its place.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import collections
import copy
import dataclasses
import datetime
import decimal
import fractions
import functools
import hashlib
import html
import itertools
import json
import math
import operator
import re
import statistics
import string
import struct
import sys
import types
import unicodedata
import urllib.parse
import uuid
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

MODEL_METHODS = frozenset(
    ("predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples", "apply")
)
"""Methods of models that answer for rows, and change nothing of the model."""

TYPES = frozenset((bool, bytes, bytearray, complex, dict, float, frozenset, int, list, set, str, tuple))


def _of(module: Any, names: str) -> set[Any]:
    return {getattr(module, name) for name in names.split() if hasattr(module, name)}


_NUMPY = """
    array asarray asanyarray ascontiguousarray atleast_1d atleast_2d zeros ones full arange linspace logspace eye
    identity diag zeros_like ones_like full_like concatenate stack hstack vstack column_stack dot vdot inner outer
    matmul tensordot kron cross trace sum prod mean median average std var min max amin amax nanmin nanmax nansum
    nanmean nanstd nanvar nanmedian percentile quantile nanpercentile ptp argmin argmax nanargmin nanargmax argsort
    sort cumsum cumprod diff clip round around where nonzero flatnonzero argwhere any all isin unique union1d
    intersect1d setdiff1d searchsorted digitize histogram bincount interp reshape ravel squeeze expand_dims transpose
    swapaxes moveaxis flip fliplr flipud roll rot90 repeat tile pad take choose select compress triu tril isclose
    allclose array_equal nan_to_num isreal iscomplex real imag angle polyval polyfit corrcoef cov convolve correlate
    gradient count_nonzero broadcast_to meshgrid indices split array_split hsplit vsplit lexsort partition argpartition
    ndim shape size result_type finfo iinfo dtype cumulative_sum trapezoid
    float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool_ str_ bytes_ intp
"""
_BUILT_IN = """
    abs all any bin bool bytearray bytes callable chr complex dict divmod enumerate filter float format frozenset hash
    hex int isinstance issubclass iter len list map max min next oct ord pow range repr reversed round set slice sorted
    str sum tuple zip
"""
_OPERATOR = """
    abs add and_ concat contains countOf eq floordiv ge getitem gt index indexOf inv invert is_ is_not itemgetter le
    lshift lt mod mul matmul ne neg not_ or_ pos pow rshift sub truediv truth xor
"""

_YEAR = re.compile(r"\d{4}")

_ARRAYS: set[Any] = _of(np, _NUMPY)

_FUNCTIONS: set[Any] = {
    *_of(builtins, _BUILT_IN),
    *(one for one in vars(math).values() if callable(one)),
    *_ARRAYS,
    *_of(np.linalg, "norm det inv pinv solve lstsq eig eigh eigvals svd qr cholesky matrix_rank matrix_power"),
    *_of(operator, _OPERATOR),
    *_of(statistics, "mean fmean median median_low median_high mode pstdev pvariance stdev variance quantiles"),
    *_of(re, "match fullmatch search findall finditer split sub subn compile escape"),
    *_of(json, "dumps loads"),
    *_of(copy, "copy deepcopy"),
    *_of(dataclasses, "asdict astuple replace"),
    *_of(uuid, "uuid3 uuid5"),
    *(np.append, np.delete, object, functools.reduce),
    *_of(base64, "b64encode b64decode urlsafe_b64encode urlsafe_b64decode b32encode b32decode b16encode b16decode"),
    *_of(binascii, "hexlify unhexlify crc32"),
    *_of(zlib, "adler32 crc32 compress decompress"),
    *_of(struct, "pack unpack unpack_from calcsize iter_unpack"),
    *_of(hashlib, "md5 sha1 sha224 sha256 sha384 sha512 sha3_256 sha3_512 blake2b blake2s"),
    *_of(html, "escape unescape"),
    *_of(string, "capwords"),
    *_of(unicodedata, "normalize category name lookup numeric decimal digit"),
    *_of(urllib.parse, "quote quote_plus unquote unquote_plus urlparse urlsplit parse_qs parse_qsl urlencode urljoin"),
    *(one for one in vars(itertools).values() if isinstance(one, type)),
    *(collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque),
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone),
    *_of(datetime.datetime, "fromisoformat strptime combine fromordinal"),
    *_of(datetime.date, "fromisoformat fromordinal"),
    datetime.time.fromisoformat,
    *(decimal.Decimal, fractions.Fraction, uuid.UUID),
    *(dict.fromkeys, str.maketrans, bytes.fromhex, bytearray.fromhex, int.from_bytes, float.fromhex),
    *(itertools.chain.from_iterable,),
}
_IMMUTABLE_RESULTS: set[Any] = {
    *_of(
        builtins, "abs all any bin bool bytes callable chr complex float format hash hex int len oct ord repr round str"
    ),
    *(one for one in vars(math).values() if callable(one) and one is not math.prod),
    *_of(np, "array_equal allclose count_nonzero ndim shape size"),
    *_of(statistics, "mean fmean pstdev pvariance stdev variance"),
    *_of(json, "dumps"),
}
_NEW_RESULTS: set[Any] = {
    *(list, dict, set, sorted, frozenset, tuple, bytearray, copy.copy, collections.Counter, collections.OrderedDict),
    *(collections.deque, zip, map, filter, enumerate, reversed, iter),
    *_of(
        np,
        """
        append array delete zeros_like ones_like full_like concatenate stack hstack vstack column_stack dot
        vdot inner outer matmul tensordot kron cross trace sum prod mean median average std var min max amin
        amax nanmin nanmax nansum nanmean nanstd nanvar nanmedian percentile quantile nanpercentile ptp
        argmin argmax argsort sort cumsum cumprod where nonzero flatnonzero argwhere any all isin unique
        searchsorted digitize bincount interp repeat pad isclose polyval corrcoef cov convolve correlate
        norm lexsort
        """,
    ),
    np.linalg.norm,
}
_ANYWHERE: set[Any] = _of(np, "where interp") | {
    max,
    min,
    zip,
    map,
    dict,
    *_of(datetime.datetime, "combine"),
    collections.defaultdict,
    itertools.chain,
    itertools.product,
}
"""Functions that only read, in whichever place of their arguments."""

_LATER: dict[str, str] = {
    "pandas": """
        DataFrame Series Timestamp Timedelta to_datetime to_timedelta isna isnull notna notnull concat to_numeric
    """,
    "scipy.special": "softmax log_softmax logsumexp",
}
"""Packages that the worker doesn't import: their functions are known by where they say that they are from."""


def _public(kinds: Iterable[Any], but: str = "") -> frozenset[str]:
    names = {name for kind in kinds for name in dir(kind) if not name.startswith("_")}
    return frozenset(names - set(but.split()))


_CHANGING = """
    add append appendleft clear difference_update discard extend extendleft fill insert intersection_update move_to_end
    partition pop popitem popleft put remove resize reverse rotate setdefault sort symmetric_difference_update update
"""

CHANGING = frozenset(_CHANGING.split())
"""Methods by which containers and arrays are changed."""

_VALUES = (
    *(str, bytes, int, float, complex, bool, tuple, frozenset, range, type(None), np.float64, np.int64, np.bool_),
    *(np.str_, datetime.date, datetime.datetime, datetime.time, datetime.timedelta, decimal.Decimal),
    *(fractions.Fraction, uuid.UUID, re.Pattern, re.Match),
)
_CLOCKS = "now utcnow today"
_FILES = "tofile dump dumps to_csv to_pickle"
_PANDAS = """
    abs all any apply applymap assign astype at bfill clip columns copy corr count cumsum diff drop drop_duplicates
    dropna dtype dtypes duplicated eq explode ffill fillna filter ge get groupby gt head iat idxmax idxmin iloc index
    insert isin isna isnull items iterrows itertuples join keys le loc lt map max mean median melt merge min mode mul
    ndim ne nlargest notna notnull nsmallest pop product quantile rank reindex rename replace reset_index round
    set_index shape shift size sort_index sort_values squeeze std str stack sub sum tail to_dict to_frame to_list
    to_numpy tolist transpose unique unstack update value_counts values var where T dt cat codes categories empty agg
    aggregate div add mod pow truediv radd rsub rmul
"""

_CONTAINERS = (list, dict, set, bytearray, np.ndarray, collections.deque, collections.Counter, collections.OrderedDict)

_LAYOUT = "base data ctypes flags strides setflags getfield setfield"

_OTHERS = """
    hexdigest digest toarray day_name month_name normalize tz_localize tz_convert _asdict _replace
"""

METHODS = (
    _public((*_VALUES, *_CONTAINERS), f"{_CLOCKS} {_FILES} {_LAYOUT}") | set(_PANDAS.split()) | set(_OTHERS.split())
)
"""Attributes and methods of an event's own data: what they change is that data."""

_WRITING = "partition rotate setfield setflags put fill sort resize data base byteswap ctypes getfield newbyteorder"
_READING = """
    get items keys values copy index count union intersection difference symmetric_difference issubset issuperset
    isdisjoint most_common elements sum mean dot std var min max argmin argmax argsort any all astype reshape ravel
    flatten transpose T tolist item round clip cumsum cumprod prod take squeeze searchsorted nonzero diagonal trace
    repeat tobytes shape ndim dtype size columns iloc loc at iat to_numpy to_dict to_list isin empty
"""

READING = (_public(_VALUES, f"{_CLOCKS} {_FILES} {_WRITING}") & METHODS) | set(_READING.split())
"""Attributes and methods of shared data that only read it."""

_ONE_ARGUMENT = frozenset(
    name for name in dir(np.ndarray) if not hasattr(list, name) and not hasattr(dict, name) and not hasattr(str, name)
) - {"clip"}
"""Methods of arrays: behind their first argument there may be a place for the result."""

_WITH_OUT = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "choose",
        "clip",
        "compress",
        "cumprod",
        "cumsum",
        "dot",
        "max",
        "mean",
        "min",
        "prod",
        "ptp",
        "put",
        "round",
        "std",
        "sum",
        "take",
        "trace",
        "var",
    ]
)
"""Methods of arrays that have a place for the result."""


def is_pure(function: Any) -> bool:
    """Whether the function is known to keep nothing, and to change nothing but data of the event's that it is given."""
    return _is_ufunc(function) or _is_in(function, _FUNCTIONS) or _is_later(function) or _is_descriptor(function)


def may_call_the_model(function: Any) -> bool:
    """Whether a function may wait in what it calls: some packages change settings of all the process meanwhile."""
    return function in (map, filter, sorted, min, max) or (
        type(function) is type and function.__module__ == "itertools"
    )


def makes_immutable(function: Any) -> bool:
    """Whether nobody can change what the function returns."""
    return _is_in(function, _IMMUTABLE_RESULTS) or (_is_descriptor(function) and function.__objclass__ in (str, bytes))


def makes_new(function: Any) -> bool:
    """Whether what the function returns is new, if not all that it holds."""
    return _is_ufunc(function) or _is_in(function, _NEW_RESULTS)


def is_deep_copy(function: Any) -> bool:
    """Whether nothing of what the function returns is what it was given."""
    return function is copy.deepcopy


def reads_anywhere(function: Any) -> bool:
    """Whether the function has no place for a result among its positional arguments."""
    return _is_in(function, _ANYWHERE)


def shared_places(function: Any) -> int:
    """How many positional arguments may be shared data: in a later one the function may write."""
    if isinstance(function, np.ufunc):
        return int(function.nin)
    if function is np.clip:
        return 3
    return 0 if function is np.nan_to_num else 2


def shared_places_of(method: str) -> int:
    """The same for a method."""
    return 1 if method in _ONE_ARGUMENT else 2


def reads_a_clock(function: Any, texts: Iterable[str]) -> bool:
    """Whether the function asks for the time, given these texts: "now", or for pandas an hour, which is today's."""
    if _is_later(function):
        return function.__name__ in ("Timestamp", "to_datetime") and not all(map(_YEAR.search, texts))
    return _is_in(function, _ARRAYS) and not {"now", "today"}.isdisjoint(texts)


def may_be_handed_on(method: str, *, is_shared: bool) -> bool:
    """Whether an attribute of data may be used for what it is, by whoever gets it: called, if it is a method."""
    if is_shared:
        return method in READING
    return method not in CHANGING and method not in _FILES.split()


def may_write(function: Any) -> bool:
    """Whether the function has a place among its arguments where it writes a result, for whoever calls it so."""
    return not isinstance(function, type) and type(function).__module__.partition(".")[0] == "numpy"


def is_of_memory(name: str) -> bool:
    """Whether an attribute tells how an array lies in memory: one answer's lies there beside those of others."""
    return name in _LAYOUT.split()


def method_may_write(method: str) -> bool:
    """The same for a method."""
    return method in _WITH_OUT


def makes_views(function: Any) -> bool:
    """Whether what the function makes of a matrix holds views of its rows."""
    return not isinstance(function, np.ufunc) and type(function).__module__.partition(".")[0] != "numpy"


def is_of_arrays(method: str) -> bool:
    """Whether only arrays have a method of this name, which makes a new one."""
    return method in _ONE_ARGUMENT


def _is_in(function: Any, functions: set[Any]) -> bool:
    # The user's own objects aren't asked for their hashes.
    return (
        type(function).__module__.partition(".")[0] in ("builtins", "numpy")
        and _is_hashable(function)
        and function in functions
    )


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _is_ufunc(function: Any) -> bool:
    """Whether it is one of compiled code: those of `np.frompyfunc` call Python, and take objects only."""
    return isinstance(function, np.ufunc) and any(set(kind) - set("O->") for kind in function.types)


def _is_later(function: Any) -> bool:
    for module, names in _LATER.items():
        loaded = sys.modules.get(module)
        if loaded is not None and _home(function).partition(".")[0] == module.partition(".")[0]:
            return any(getattr(loaded, name, None) is function for name in names.split())
    return False


def _home(function: Any) -> str:
    """The module that a function or class stands in, whatever a decorator has written on it."""
    if isinstance(function, types.FunctionType):
        return str(function.__globals__.get("__name__", ""))
    return function.__module__ if isinstance(function, type) else ""


def _is_descriptor(function: Any) -> bool:
    """Whether it is a method of an immutable type as `str.lower` is."""
    kind = getattr(function, "__objclass__", None)
    return type(function) is type(str.lower) and kind in (str, bytes, int, float, tuple)


def is_plain_exception(kind: Any) -> bool:
    """Whether making one of these exceptions runs no code of the user's."""
    if not isinstance(kind, type) or not issubclass(kind, BaseException):
        return False
    return all(not one.__flags__ & _MADE_AT_RUN_TIME or _is_empty(one) for one in kind.__mro__)


_MADE_AT_RUN_TIME = 1 << 9
"""Classes that are no part of the interpreter: `Py_TPFLAGS_HEAPTYPE`."""


def _is_empty(kind: type) -> bool:
    """Whether a class has nothing that runs."""
    names = {
        "__module__",
        "__qualname__",
        "__doc__",
        "__weakref__",
        "__dict__",
        "__firstlineno__",
        "__static_attributes__",
    }
    return type(kind) is type and all(
        name in names or isinstance(value, (str, int, float, type(None))) for name, value in vars(kind).items()
    )
