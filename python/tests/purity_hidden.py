"""Hooks that change what outlives the event where it is hard to see, each with what tells so."""

from purity_hooks import predict

HEAD = """
import operator, statistics
import pandas as pd

M = np.eye(3)
MIXED = np.array(["a", 1], dtype=object)
BOX = slice([1], None)
FRAME = pd.DataFrame({"a": [1.0]})


class Zone(datetime.tzinfo):
    def utcoffset(self, moment):
        SEEN.append(moment)
        return datetime.timedelta(0)


MOMENT = datetime.datetime(2020, 1, 1, tzinfo=Zone())


class Bad(ValueError):
    __module__ = "builtins"

    def __init__(self, x):
        SEEN.append(x)


@functools.wraps(pd.isna)
def counting(x):
    SEEN.append(x)
    return True


"""


def _hook(*lines):
    return HEAD + predict("\n".join((*lines, "return 1")))


ROWS = {
    f"a row by {rows}": (_hook(f"for row in {rows}:", "    row[0] = 1"), "changes row")
    for rows in (
        "list(M)",
        "tuple(M)",
        "iter(M)",
        "reversed(M)",
        "filter(None, M)",
        "map(lambda r: r, M)",
        "sorted(M, key=sum)",
        "collections.deque(M)",
        "itertools.chain(M)",
        "[*M]",
        "[row for row in M]",
        "(row for row, _ in zip(M, i))",
        "(row for _, row in enumerate(M))",
    )
}

SAME = {
    f"the same by {value}": (_hook(f"x = {value}", "x += 1"), "changes x")
    for value in (
        "np.diff(MEAN, 0)",
        "np.float64(MEAN)",
        "np.around(MEAN)",
        "np.round(MEAN)",
        "np.clip(MEAN, 0, 1)",
        "np.tile(MEAN, 1)",
        "np.histogram(i, MEAN)[1]",
        "math.prod([], start=MEAN)",
        "sum([], MEAN)",
        "statistics.median([MEAN])",
        "statistics.median_low([MEAN])",
        "dict(a=MEAN)['a']",
        "collections.OrderedDict(a=MEAN)['a']",
        "MIXED[1:]",
        "[MIXED][0]",
        "FRAME.copy(False)['a']",
    )
}

WRITTEN = {
    "written by clip": (_hook("np.clip(i, 0.0, 1.0, MEAN)"), "where it may write"),
    "written by map of a ufunc": (_hook("list(map(np.add, [i], [1.0], [MEAN]))"), "where it may write"),
    "written by starmap": (_hook("list(itertools.starmap(np.add, [(i, 1.0, MEAN)]))"), "where it may write"),
    "written by starmap of what holds it": (
        _hook("box = [MEAN]", "list(itertools.starmap(np.add, [(i, 1.0, box[0])]))"),
        "where it may write",
    ),
    "written by map of a method": (_hook("list(map(np.array(i).dot, [i], [MEAN]))"), "where it may write"),
    "written by map without a copy": (_hook("list(map(np.nan_to_num, [MEAN], [False]))"), "where it may write"),
    "written by a key": (_hook("sorted([MEAN], key=np.nan_to_num)"), "where it may write"),
    "written as a memo": (_hook("copy.deepcopy([1], STATE)"), "memo"),
    "written as a memo by name": (_hook("copy.deepcopy([1], memo=STATE)"), "memo"),
}

OTHERS = {
    "another's row of the answers": (_hook("model.predict_proba(np.array([i])).base[:] = 0"), "base"),
    "how the answer lies in memory": (_hook("x = model.predict_proba(np.array([i])).flags.owndata"), "flags"),
    "a part of a slice": (_hook("BOX.start.append(1)"), "BOX"),
    "a time zone of the user's": (_hook("MOMENT.isoformat()"), "MOMENT"),
    "a view of a table that makes entries": (
        "import types\nTABLE = types.MappingProxyType(defaultdict(list))\n" + predict("return TABLE[i['k']]"),
        "TABLE",
    ),
    "an error that says that it is built in": (_hook("raise Bad(1)"), "calls Bad"),
    "a wrapper that says that it is a library's": (
        HEAD + "pd.isna = counting\n" + predict("return pd.isna(i)"),
        "SEEN",
    ),
    "errors of numbers that are told": (
        "np.seterrcall(lambda *a: SEEN.append(a))\nnp.seterr(all='call')\n" + predict("return np.array([1.0]) / 0.0"),
        "np.seterrcall",
    ),
    "a default that changes in a loop": (
        predict("x = []\nfor k in range(2):\n    f = lambda y=x: y\n    f().append(1)\n    x = SEEN\nreturn 1"),
        "append",
    ),
    "an annotation": (predict("def f(x: SEEN.append(1)):\n    pass\nreturn 1"), "annotation"),
    "a call from within a frame": (
        _hook("pd.DataFrame(i).apply(lambda row: model.predict(row), axis=1)"),
        "call the model",
    ),
    "a method from within a frame": (_hook("pd.DataFrame(i).apply(model.predict, axis=1)"), "call the model"),
    "a call from within a substitution": (
        predict("return re.sub('a', lambda m: str(model.predict(m)), i)"),
        "call the model",
    ),
}

HIDDEN = {**ROWS, **SAME, **WRITTEN, **OTHERS}
