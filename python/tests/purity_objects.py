"""Hooks with objects beside them, as people write them: scorers, scalers, records, loggers; those that keep nothing,
and those that may, with what tells so."""

import textwrap

from purity_hooks import predict

HEAD = """
import dataclasses, enum, hashlib
from typing import NamedTuple

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

FITTED = StandardScaler().fit(np.eye(4))
IN_PLACE = StandardScaler(copy=False).fit(np.eye(4))
ENCODER = OneHotEncoder().fit([["a"], ["b"]])
M = np.eye(4)
LOUD = logging.getLogger("loud")
LOUD.setLevel(logging.DEBUG)

@dataclasses.dataclass
class Record:
    a: float
    b: list = dataclasses.field(default_factory=list)

@dataclasses.dataclass(frozen=True)
class Settings:
    low: float
    names: tuple = ("a",)

SETTINGS = Settings(0.5)
Pair = collections.namedtuple("Pair", "a b")

class Typed(NamedTuple):
    a: float
    b: float = 1.0

class Label(enum.Enum):
    YES = "yes"

class Limits:
    LOW = 0.5
    NAMES = ["a"]

    @staticmethod
    def clean(x):
        return [float(v) for v in x]

def numbers(rows):
    for row in rows:
        yield float(row)

def run(model, threshold, i):
    return bool(model.predict(i) > threshold)

TOLD = []

def tokens(text):
    TOLD.append(text)
    return text.split()

"""


def _hook(*lines):
    return HEAD + predict("\n".join(lines))


def _scorer(body, more="", head=""):
    """An object that is the hook."""
    return (
        f"{HEAD}{head}class Scorer:\n"
        "    MADE = []\n\n"
        "    def __init__(self, model, config):\n"
        "        self._model = model\n"
        "        self.low = config['config']['serve']['threshold']\n"
        "        self.count = 0\n        self.seen = []\n        self.kept = {}\n\n"
        f"{textwrap.indent(textwrap.dedent(more), '    ')}\n"
        f"    def __call__(self, i):\n{textwrap.indent(textwrap.dedent(body), '        ')}\n\n"
        "def predict(model, config):\n    return Scorer(model, config)\n"
    )


COMMON = {
    "a scorer": _scorer(
        "p = self._model.predict_proba([self.clean(i)])[0][1]\nreturn {'p': float(p), 'ok': bool(p > self.low)}",
        "def clean(self, i):\n    return [float(x) for x in i]\n",
    ),
    "a scorer's method": _scorer("return 1", "def go(self, i):\n    return self._model.predict(i)\n").replace(
        "return Scorer(model, config)", "return Scorer(model, config).go"
    ),
    "a scorer with a scaler": _scorer("return float(FITTED.transform([i])[0, 0]) + self.low"),
    "a partial": HEAD + "def predict(model, config):\n    return functools.partial(run, model, 0.5)\n",
    "a scaler": _hook("return model.predict_proba(FITTED.transform([i]))[0, 1]"),
    "a scaler's method": HEAD + predict("return scale([i])[0].tolist()", "scale = FITTED.transform"),
    "what a scaler has learned": _hook("return model.predict((np.array(i) - FITTED.mean_) / FITTED.scale_)"),
    "a scaler in place, of what is new": _hook("return IN_PLACE.transform(np.array([i])).tolist()"),
    "an encoder": _hook("return np.hstack([ENCODER.transform([[i['k']]]).toarray(), [[1.0]]]).tolist()"),
    "a pipeline": HEAD + predict("return both.transform([i])", "both = make_pipeline(FITTED, StandardScaler())"),
    "a record": _hook("r = Record(i[0], b=[1])", "r.b.append(2)", "r.a += 1", "return model.predict([r.a, *r.b])"),
    "a record of the event's fields": _hook("r = Record(**i)", "return dataclasses.asdict(r)"),
    "settings": _hook("return SETTINGS.names[0] if model.predict(i) > SETTINGS.low else None"),
    "a named tuple": _hook("p = Pair(i[0], i[1])", "return [p.a, p.b, p._asdict(), p._replace(a=1)]"),
    "a typed tuple": _hook("p = Typed(i[0])", "return [p.a, p.b]"),
    "an enumeration": _hook("return Label.YES.value if model.predict(i) > 0 else None"),
    "a class of constants": _hook("return Limits.NAMES[0] if model.predict(Limits.clean(i)) > Limits.LOW else None"),
    "a log that is off": _hook("LOG.debug('event %s', i)", "LOG.info('more')", "return model.predict(i)"),
    "an import": _hook("import numpy as np", "from math import sqrt", "import os.path as p", "return sqrt(i[0])"),
    "errors of numbers": _hook("with np.errstate(divide='ignore'):", "    x = np.log(np.array(i))", "return list(x)"),
    "a generator": _hook("return model.predict(list(numbers(i)))"),
    "an error's class": _hook(
        "try:", "    return model.predict(i)", "except Exception as e:", "    return [type(e).__name__, str(e)]"
    ),
    "a getter": HEAD + predict("return get('a', 0) + i[0]", "get = {'a': 1}.get"),
    "a frame of one row": _hook(
        "frame = pd.DataFrame([i])", "frame['c'] = 2.0", "return model.predict_proba(frame.fillna(0)[['a', 'c']])"
    ),
    "a moment": _hook("t = pd.to_datetime(i['t'])", "return model.predict([t.hour, t.dayofweek])"),
    "a moment of the library": _hook(
        "t = datetime.datetime.strptime(i['t'], '%Y-%m-%d')",
        "return [t.weekday(), (t - datetime.datetime(2020, 1, 1)).total_seconds()]",
    ),
    "a hash": _hook("return int(hashlib.md5(i['id'].encode()).hexdigest(), 16) % 10"),
    "reduce": _hook("return functools.reduce(lambda a, b: a + b, i)"),
    "a place in an answer": _hook(
        "p = model.predict_proba(i)", "k = int(np.argmax(p))", "return [NAMES[k], float(p[k])]"
    ),
    "limits": HEAD + predict("return model.predict(np.clip(np.array(i), low, 1.0))", "low = np.zeros(4)"),
}

OBJECTS = {
    "a scorer that counts": (_scorer("self.count += 1\nreturn self.count"), "count"),
    "a scorer that is set": (_scorer("self.last = i\nreturn 1"), "changes self"),
    "a scorer's list": (_scorer("self.seen.append(i)\nreturn 1"), "seen"),
    "a scorer's class's list": (_scorer("self.MADE.append(i)\nreturn 1"), "MADE"),
    "a scorer's cache": (_scorer("kept = self.kept\nkept[1] = i\nreturn 1"), "kept"),
    "a scorer's setdefault": (_scorer("return self.kept.setdefault(1, i)"), "kept"),
    "a scorer's helper": (_scorer("return self.go()", "def go(self):\n    self.count += 1\n    return 1\n"), "count"),
    "another changes it": (_scorer("return self.count", "def go(self):\n    self.count += 1\n"), "line"),
    "another changes what it has": (
        _scorer("return len(self.seen)", "def go(self):\n    self.seen.append(1)\n"),
        "line",
    ),
    "given to a helper": (_scorer("return go(self)", head="def go(s):\n    s.zzz = 1\n    return 1\n"), "changes s"),
    "setattr": (_scorer("setattr(self, 'count', 1)\nreturn 1"), "setattr"),
    "object's setattr": (_scorer("object.__setattr__(self, 'count', 1)\nreturn 1"), "__setattr__"),
    "its dict": (_scorer("self.__dict__['count'] = 1\nreturn 1"), "__dict__"),
    "its type": (_scorer("type(self).MADE = 1\nreturn 1"), "type"),
    "a property": (_scorer("return self.p", "@property\ndef p(self):\n    self.count += 1\n    return 1\n"), "p"),
    "a cached property": (_scorer("return self.p", "@functools.cached_property\ndef p(self):\n    return 1\n"), "p"),
    "a class's method": (_scorer("return self.c()", "@classmethod\ndef c(cls):\n    cls.MADE.append(1)\n"), "c"),
    "a static method": (_scorer("return self.c(self)", "@staticmethod\ndef c(s):\n    s.zzz = 1\n"), "changes s"),
    "attributes by a function": (_scorer("return self.zzz", "def __getattr__(self, n):\n    return 1\n"), "Scorer"),
    "a list that is a scorer": (
        "class Scorer(list):\n    def __call__(self, i):\n        return 1\n\ndef predict(model, config):\n    return Scorer()\n",
        "Scorer",
    ),
    **{
        f"an operator: {text}": (
            _scorer(f"{text}\nreturn 1", f"def {name}(self, *a):\n    SEEN.append(1)\n    return iter(())\n"),
            "Scorer",
        )
        for text, name in (
            ("self == i", "__eq__"),
            ("self + i", "__add__"),
            ("i + self", "__radd__"),
            ("-self", "__neg__"),
            ("i in self", "__contains__"),
            ("self[0]", "__getitem__"),
            ("len(self)", "__len__"),
            ("list(self)", "__iter__"),
            ("[*self]", "__iter__"),
            ("for x in self: pass", "__iter__"),
            ("not self", "__bool__"),
            ("x = 1 if self else 2", "__bool__"),
            ("f'{self}'", "__format__"),
            ("str(self)", "__str__"),
            ("{self: 1}", "__hash__"),
        )
    },
    "a scaler that learns": (_hook("return FITTED.partial_fit([i])"), "FITTED"),
    "a scaler that is set": (_hook("FITTED.mean_ = i", "return 1"), "FITTED"),
    "what a scaler has learned, changed": (_hook("m = FITTED.mean_", "m += 1", "return 1"), "changes m"),
    "a scaler in place, of what is shared": (_hook("return IN_PLACE.transform(M)"), "shared"),
    "a scaler of what is shared": (_hook("x = FITTED.transform(M)", "x += 1", "return 1"), "changes x"),
    "a transformer that calls": (
        HEAD + predict("return t.transform([i])", "t = make_pipeline(FunctionTransformer(tokens))"),
        "Pipeline",
    ),
    "a vectorizer that calls": (
        HEAD + predict("return t.transform([i])", "t = TfidfVectorizer(tokenizer=tokens).fit(['a'])"),
        "TfidfVectorizer",
    ),
    "a scaler of their own": (
        HEAD
        + "class Own(StandardScaler):\n    def transform(self, x):\n        SEEN.append(x)\n\n"
        + predict("return own.transform([i])", "own = Own()"),
        "Own",
    ),
    "a scaler with another method": (
        HEAD + predict("return s.transform([i])", "s = StandardScaler()\ns.transform = SEEN.append"),
        "StandardScaler",
    ),
    "a forest that tells what it does": (
        HEAD
        + predict(
            "return forest.predict([i])",
            "from sklearn.ensemble import RandomForestClassifier\nforest = RandomForestClassifier(2, verbose=1)",
        ),
        "RandomForestClassifier",
    ),
    "a record of what is shared": (_hook("r = Record(1, SEEN)", "r.b.append(1)", "return 1"), "append"),
    "a record with a method": (
        "import dataclasses\n@dataclasses.dataclass\nclass R:\n    a: int\n    def update(self):\n        SEEN.append(1)\n\n"
        + predict("R(1).update()\nreturn 1"),
        "calls R",
    ),
    "a record that does more": (
        "import dataclasses\n@dataclasses.dataclass\nclass R:\n    a: int\n    def __post_init__(self):\n        SEEN.append(1)\n\n"
        + predict("R(1)\nreturn 1"),
        "calls R",
    ),
    "a record with a default of a function": (
        "import dataclasses\n@dataclasses.dataclass\nclass R:\n    a: list = dataclasses.field(default_factory=lambda: SEEN)\n\n"
        + predict("R().a.append(1)\nreturn 1"),
        "calls R",
    ),
    "a record with a list of all": (
        "import dataclasses, typing\n@dataclasses.dataclass\nclass R:\n    a: int\n    s: typing.ClassVar[list] = []\n\n"
        + predict("R(1).s.append(1)\nreturn 1"),
        "calls R",
    ),
    "a tuple with a shared default": (
        "P = collections.namedtuple('P', 'a', defaults=[SEEN])\n" + predict("P().a.append(1)\nreturn 1"),
        "calls P",
    ),
    "a named tuple of what is shared": (_hook("Pair(SEEN, 1).a.append(1)", "return 1"), "append"),
    "an enumeration's list": (
        "import enum\nclass L(enum.Enum):\n    A = [1]\n\n" + predict("L.A.value.append(1)\nreturn 1"),
        "append",
    ),
    "a log that is on": (_hook("LOUD.debug(i)", "return 1"), "LOUD"),
    "a logger of their own": (
        "class L(logging.Logger):\n    def debug(self, *a):\n        SEEN.append(a)\n\nOWN = L('x')\n"
        + predict("OWN.debug(i)\nreturn 1"),
        "OWN",
    ),
    "a log's level": (_hook("LOG.setLevel(10)", "return 1"), "LOG"),
    "a partial by name": (
        "def f(i, s):\n    s.append(i)\n\ndef predict(model, config):\n    return functools.partial(f, s=SEEN)\n",
        "append",
    ),
    "a getter of what is changed": (predict("get('a').append(1)\nreturn 1", "get = {'a': [1]}.get"), "append"),
    "a kept append": (predict("add(i)\nreturn 1", "add = [].append"), "append"),
    "errors of numbers that call": (_hook("with np.errstate(all='call'):", "    return 1"), "with"),
    "a call later, within errstate": (
        _hook("g = (model.predict(x) for x in i)", "with np.errstate(all='ignore'):", "    return list(g)"),
        "errstate",
    ),
    "a map later, within errstate": (
        _hook("g = map(model.predict, i)", "with np.errstate(all='ignore'):", "    return list(g)"),
        "errstate",
    ),
    "errstate that stays": (
        "def g():\n    with np.errstate(all='ignore'):\n        yield 1\n\n"
        + predict("for x in g():\n    model.predict(i)\nreturn 1"),
        "errstate",
    ),
    "a generator of what is shared": (
        "def g():\n    yield SEEN\n\n" + predict("for x in g():\n    x.append(1)\nreturn 1"),
        "append",
    ),
    "a generator that returns what is shared": (
        "def g():\n    yield 1\n    return SEEN\n\ndef h():\n    x = yield from g()\n    x.append(1)\n\n"
        + predict("return list(h())"),
        "append",
    ),
    "a lambda that yields": (predict("for x in (lambda: (yield SEEN))():\n    x.append(1)\nreturn 1"), "append"),
    "reduce to what is shared": (
        predict("x = functools.reduce(lambda a, b: a, [SEEN, 1])\nx.append(1)\nreturn 1"),
        "append",
    ),
    "a class's name": (predict("return type(SEEN.append(1)).__name__"), "SEEN"),
}
