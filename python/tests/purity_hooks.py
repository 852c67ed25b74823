"""Hooks as text: those that keep nothing between events, and those that may, with what tells so."""

import textwrap

HEAD = """
import collections, copy, datetime, functools, itertools, json, logging, math, os, random, re, threading, time, warnings
from collections import Counter, defaultdict
import numpy as np

LIMITS = {"low": 0.1, "high": [0.9]}
MEAN = np.array([1.0, 2.0, 3.0, 4.0])
NAMES = ("a", "b", "c")
WORD = re.compile(r"[a-z]+")
SEEN = []
STATE = {"count": 0}
COUNT = 0
LOG = logging.getLogger("x")
LOCK = threading.Lock()
RNG = np.random.default_rng(0)
NUMBERS = itertools.count()

def scaled(x):
    return (np.array(x) - MEAN) / 2

def shout(text):
    return text.upper()
"""


def predict(body, factory=""):
    body = textwrap.indent(textwrap.dedent(body).strip(), "        ")
    factory = textwrap.indent(textwrap.dedent(factory).strip(), "    ")
    return f"def predict(model, config):\n{factory}\n    def _predict(i):\n{body}\n    return _predict\n"


PURE = {
    "the page's": predict(
        """
        proba = model.predict_proba(i)
        if proba >= threshold:
            return True
        return False
        """,
        "threshold = config['config']['serve']['threshold']",
    ),
    "config read with each event": predict("return model.predict(i[config['config']['serve']['field']])"),
    "a moment": "import pandas as pd\n\n"
    + predict("return model.predict(i) if pd.Timestamp('2024-01-31') < pd.to_datetime(i['at']) else None"),
    "config.get": predict("return model.predict(i) > config['config']['serve'].get('other', 0.5)"),
    "a method kept by the factory": predict("return score(i)[1]", "score = model.predict_proba"),
    "twice": predict("return [float(model.predict(i)), model.predict_proba(i).tolist()]"),
    "if": predict("return model.predict(i) if i[0] > 1 else None"),
    "comprehension": predict("return [float(model.predict(row)) for row in i['rows'] if row]"),
    "generator": predict("return sum(float(model.predict(row)) for row in i['rows'])"),
    "map": predict("return list(map(model.predict, i['rows']))"),
    "sorted by the model": predict("return sorted(i['rows'], key=lambda row: float(model.predict(row)))"),
    "try": predict(
        """
        try:
            return float(model.predict(i))
        except (ValueError, KeyError) as error:
            return {"error": str(error)}
        finally:
            pass
        """
    ),
    "while": predict(
        """
        n = 0
        while n < 3:
            n += 1
        x = []
        for k in range(n):
            x.append(k)
        return x
        """
    ),
    "helpers": predict("return float(model.predict(scaled(i)))"),
    "global data": predict("return LIMITS['low'] < model.predict(i - MEAN) < LIMITS['high'][0]"),
    "mutates the event": predict(
        "i['seen'] = True\ni.setdefault('tags', []).append('x')\nreturn model.predict(i['x'])"
    ),
    "local containers": predict(
        """
        out = {}
        out["p"] = float(model.predict(i))
        rows = [[1]]
        rows[0].append(2)
        out.update(q=rows)
        return out
        """
    ),
    "unpacks": predict("a, *b = i\n(c, d), e = (a, b), 1\nreturn [c, d, e]"),
    "classes": predict("return str(model.classes_[int(model.predict(i))])"),
    "keyword": predict("return model.predict(i, params={'a': 1})"),
    "numpy": predict(
        "x = np.asarray(i, dtype=float).reshape(1, -1)\nx[0, 0] = 2\nx += 1\nreturn model.predict_proba(x)[0, 1]"
    ),
    "in place on what is new": predict("x = i - MEAN\nx /= 2\ny = np.dot(x, MEAN)\ny += 1\nreturn [x, y]"),
    "text": predict("return [w.lower() for w in WORD.findall(i['t'])] + [f\"{i['t']!r:>10}\", shout(i['t'])]"),
    "library": predict(
        "return [math.sqrt(2), json.dumps({'a': 1}), re.sub('a', 'b', i['t']), Counter(i['t']).most_common(1)]"
    ),
    "dates": predict("return datetime.datetime.fromisoformat(i['t']).isoformat()"),
    "nested functions": predict("def double(x):\n    return [2 * y for y in x]\nreturn double(i)"),
    "walrus": predict("return [y for x in i if (y := float(model.predict(x))) > 0]"),
    "names zipped": predict("d = {n: v for n, v in zip(NAMES, i)}\nd['z'] = 1\nreturn d"),
    "isinstance": predict("return 1 if isinstance(i, (list, tuple)) else 0"),
    "own exception": "class Bad(ValueError):\n    pass\n\n"
    + predict("if not i:\n    raise Bad('empty')\ntry:\n    return model.predict(i)\nexcept Bad:\n    return None"),
    "a copy of a template": predict("out = copy.deepcopy(LIMITS)\nout['high'].append(i)\nreturn out"),
    "a new dict from a template": predict("out = dict(LIMITS)\nout['p'] = 1\nreturn {**LIMITS, 'p': out['p']}"),
    "is None": predict("return None if i is None else model.predict(i)"),
    "default argument": "def predict(model, config):\n    def _predict(i, scale=2.0, names=NAMES):\n        return scale * model.predict(i)\n    return _predict\n",
    "a lambda": "def predict(model, config):\n    return lambda i: model.predict(i)\n",
    "a decorated hook": """
        def checked(function):
            @functools.wraps(function)
            def call(*args):
                if not args:
                    raise ValueError("none")
                return function(*args)
            return call

        def predict(model, config):
            @checked
            def _predict(i):
                return model.predict(i)
            return _predict
        """,
    "three hooks": """
        def pre_transform(config):
            field = config['config']['serve']['field']
            def _transform(i):
                return np.array(i[field])
            return _transform

        def predict(model, config):
            def _predict(x):
                return {"p": model.predict(x)}
            return _predict

        def post_transform(config):
            def _transform(i, pred):
                pred["id"] = i["id"]
                return (i, pred)
            return _transform
        """,
    "a table that the factory fills": predict(
        "return table[i['k']]", "table = {}\nfor k in range(3):\n    table[k] = k * k"
    ),
}

IMPURE = {
    "global": (predict("global COUNT\nCOUNT += 1\nreturn COUNT"), "global"),
    "nonlocal": (predict("nonlocal n\nn += 1\nreturn n", "n = 0"), "around it"),
    "list append": (predict("SEEN.append(i)\nreturn 1"), "SEEN"),
    "closure's list": (predict("seen.append(i)\nreturn len(seen)", "seen = []"), "seen"),
    "closure's dict": (predict("cache['x'] = i\nreturn 1", "cache = {}"), "cache"),
    "dict in place": (predict("STATE['count'] += 1\nreturn 1"), "STATE"),
    "only reads what another changes": (
        "def bump():\n    STATE['count'] += 1\n\n" + predict("return STATE['count']"),
        "STATE",
    ),
    "only reads what another rebinds": (
        "def bump():\n    global COUNT\n    COUNT += 1\n\n" + predict("return COUNT"),
        "COUNT",
    ),
    "reads what a sibling rebinds": (
        """
        def predict(model, config):
            n = 0
            def bump():
                nonlocal n
                n += 1
            def _predict(i):
                return n
            return _predict
        """,
        "n",
    ),
    "alias": (predict("s = STATE\ns['count'] = 1\nreturn 1"), "which outlives"),
    "alias in a container": (predict("b = {'s': STATE}\nb['s']['count'] = 1\nreturn 1"), "which outlives"),
    "alias in the event": (predict("i['s'] = STATE\ni['s']['count'] = 1\nreturn 1"), "which outlives"),
    "alias by append": (
        predict("b = []\nb.append(STATE)\nfor x in b:\n    x['count'] = 1\nreturn 1"),
        "which outlives",
    ),
    "alias by or": (predict("x = i.get('s') or STATE\nx['count'] = 1\nreturn 1"), "which outlives"),
    "alias by if": (predict("x = STATE if i else {}\nx['count'] = 1\nreturn 1"), "which outlives"),
    "alias by get": (predict("x = i.get('s', SEEN)\nx.append(1)\nreturn 1"), "append"),
    "alias by setdefault": (predict("x = i.setdefault('s', SEEN)\nx.append(1)\nreturn 1"), "append"),
    "alias by a list": (predict("x = list(LIMITS.values())\nx[1].append(1)\nreturn 1"), "append"),
    "alias by dict()": (predict("x = dict(LIMITS)\nx['high'].append(1)\nreturn 1"), "append"),
    "alias by copy": (predict("x = copy.copy(LIMITS)\nx['high'].append(1)\nreturn 1"), "append"),
    "alias by a method copy": (predict("x = LIMITS.copy()\nx['high'].append(1)\nreturn 1"), "append"),
    "alias by max": (predict("x = max([SEEN], [SEEN])\nx[0].append(1)\nreturn 1"), "append"),
    "alias by zip": (predict("for a, b in zip(i, [SEEN]):\n    b.append(1)\nreturn 1"), "append"),
    "alias by map": (predict("for b in map(lambda x: SEEN, i):\n    b.append(1)\nreturn 1"), "append"),
    "alias by sorted": (predict("x = sorted([SEEN], key=len)\nx[0].append(1)\nreturn 1"), "append"),
    "alias by addition": (predict("x = [1] + [SEEN]\nx[1].append(1)\nreturn 1"), "append"),
    "alias by a comprehension": (predict("x = [s for s in (SEEN, 1)]\nx[0].append(1)\nreturn 1"), "append"),
    "alias by its own name in a comprehension": (
        predict("x = (SEEN, SEEN)\n[x.append(1) for x in x]\nreturn 1"),
        "append",
    ),
    "alias by unpacking": (predict("a, *b = (1, SEEN)\nb[0].append(1)\nreturn 1"), "append"),
    "alias by a helper": (
        "def state():\n    return STATE\n\n" + predict("state()['count'] = 1\nreturn 1"),
        "which outlives",
    ),
    "changes its argument": (
        "def bump(s):\n    s['count'] = 1\n\n" + predict("bump(STATE)\nreturn 1"),
        "which outlives",
    ),
    "changes its argument by keyword": (
        "def bump(*, s):\n    s['count'] = 1\n\n" + predict("bump(s=STATE)\nreturn 1"),
        "which outlives",
    ),
    "changes its arguments by star": (
        "def bump(*a):\n    a[0]['count'] = 1\n\n" + predict("bump(*[STATE])\nreturn 1"),
        "which outlives",
    ),
    "changes its arguments by two stars": (
        "def bump(**k):\n    k['s']['count'] = 1\n\n" + predict("bump(**{'s': STATE})\nreturn 1"),
        "which outlives",
    ),
    "an inner function's": (predict("def bump():\n    STATE['count'] = 1\nbump()\nreturn 1"), "STATE"),
    "a lambda's": (predict("return (lambda: SEEN.append(1))()"), "SEEN"),
    "a callback's": (predict("return list(map(SEEN.append, i))"), "append"),
    "a method called by a library": (
        predict("out = []\nlist(map(out.append, [SEEN]))\nout[0].append(1)\nreturn 1"),
        "append",
    ),
    "a row of a matrix": ("M = np.eye(2)\n\n" + predict("for row in M:\n    row[0] = 1\nreturn 1"), "row"),
    "a part of a matrix": ("M = np.eye(2)\n\n" + predict("row = M[i['k']]\nrow[0] = 1\nreturn 1"), "row"),
    "a patched function": ("np.median = SEEN.append\n\n" + predict("return np.median(i)"), "median"),
    "a key function's": (predict("return sorted(i, key=lambda x: SEEN.append(x))"), "SEEN"),
    "an array": (predict("MEAN[0] = i[0]\nreturn 1"), "MEAN"),
    "an array in place": (predict("m = MEAN\nm += 1\nreturn 1"), "m"),
    "a view": (predict("m = MEAN[1:]\nm[0] = 1\nreturn 1"), "m"),
    "asarray": (predict("m = np.asarray(MEAN)\nm += 1\nreturn 1"), "m"),
    "array without a copy": (predict("m = np.array(MEAN, copy=False)\nm += 1\nreturn 1"), "copy="),
    "out": (predict("np.add(i, 1, out=MEAN)\nreturn 1"), "out="),
    "out by place": (predict("np.add(i, 1, MEAN)\nreturn 1"), "where it may write"),
    "out of a method": (predict("np.asarray(i).dot(i, MEAN)\nreturn 1"), "where it may write"),
    "out of clip": (predict("np.asarray(i).round(2, MEAN)\nreturn 1"), "where it may write"),
    "ufunc.at": (predict("np.add.at(MEAN, 0, 1)\nreturn 1"), "np.add"),
    "sort": (predict("MEAN.sort()\nreturn 1"), "sort"),
    "fill": (predict("MEAN.fill(1)\nreturn 1"), "fill"),
    "flat": (predict("MEAN.flat[0] = 1\nreturn 1"), "outlives"),
    "copyto": (predict("np.copyto(MEAN, i)\nreturn 1"), "copyto"),
    "nan_to_num": (predict("np.nan_to_num(MEAN, False)\nreturn 1"), "where it may write"),
    "default argument": (
        "def predict(model, config):\n    def _predict(i, seen=[]):\n        seen.append(i)\n        return len(seen)\n    return _predict\n",
        "append",
    ),
    "keyword default": (
        "def predict(model, config):\n    def _predict(i, *, seen={}):\n        seen['a'] = i\n        return len(seen)\n    return _predict\n",
        "seen",
    ),
    "function attribute": (
        "def predict(model, config):\n    def _predict(i):\n        _predict.n = 1\n        return 1\n    return _predict\n",
        "_predict",
    ),
    "delete": (predict("del STATE['count']\nreturn 1"), "STATE"),
    "lru_cache": ("@functools.lru_cache\ndef slow(x):\n    return x\n\n" + predict("return slow(i[0])"), "slow"),
    "random": (predict("return random.random()"), "random"),
    "numpy random": (predict("return np.random.rand()"), "np.random"),
    "generator of random numbers": (predict("return RNG.random()"), "RNG"),
    "a counter": (predict("return next(NUMBERS)"), "NUMBERS"),
    "a kept generator": (predict("return next(numbers)", "numbers = (x for x in range(100))"), "numbers"),
    "a kept iterator": (predict("return list(zip(rest, i))", "rest = iter([1, 2, 3])"), "rest"),
    "time": (predict("return time.time()"), "time.time"),
    "now": (predict("return datetime.datetime.now().isoformat()"), "now"),
    "now of an instance": (predict("return datetime.datetime.fromisoformat(i).now()"), "now"),
    "now of NumPy": (predict("return str(np.array(['now'], dtype='datetime64[s]'))"), "reads the clock by np.array"),
    "now of pandas": ("import pandas as pd\n\n" + predict("return str(pd.Timestamp('now'))"), "reads the clock"),
    "an hour of today": ("import pandas as pd\n\n" + predict("return str(pd.to_datetime('10:30'))"), "reads the clock"),
    "lock": (predict("with LOCK:\n    return 1"), "with"),
    "lock by hand": (predict("LOCK.acquire()\nreturn 1"), "LOCK"),
    "print": (predict("print(i)\nreturn 1"), "print"),
    "logging": (predict("LOG.warning('x')\nreturn 1"), "LOG"),
    "logging module": (predict("logging.info('x')\nreturn 1"), ""),
    "warnings": (predict("warnings.warn('x')\nreturn 1"), ""),
    "errstate": (predict("with np.errstate(all='ignore'):\n    return model.predict(i)"), "settings"),
    "open": (predict("open('x')\nreturn 1"), "open"),
    "tofile": (predict("np.array(i).tofile('x')\nreturn 1"), "tofile"),
    "environment": (predict("return os.environ['HOME']"), "os.environ"),
    "eval": (predict("return eval('i')"), "eval"),
    "exec": (predict("exec('SEEN.append(1)')\nreturn 1"), "exec"),
    "getattr": (predict("getattr(SEEN, 'append')(1)\nreturn 1"), "getattr"),
    "setattr": (predict("setattr(model, 'n', 1)\nreturn 1"), "setattr"),
    "globals": (predict("globals()['COUNT'] = 1\nreturn 1"), "globals"),
    "import": (predict("import this\nreturn 1"), "import"),
    "dunder": (predict("i.__class__.n = 1\nreturn 1"), "__class__"),
    "partial_fit": (predict("model.partial_fit(i)\nreturn 1"), "partial_fit"),
    "model attribute set": (predict("model.n = 1\nreturn 1"), "model"),
    "model array changed": (predict("model.classes_[0] = 1\nreturn 1"), "classes_"),
    "model array sorted": (predict("model.classes_.sort()\nreturn 1"), "sort"),
    "a thread": (predict("threading.Thread(target=print).start()\nreturn 1"), "Thread"),
    "thread local": (predict("LOCAL.n = 1\nreturn 1", "LOCAL = threading.local()"), "LOCAL"),
    "own object": ("class Thing:\n    n = 0\n\nTHING = Thing()\n\n" + predict("THING.n += 1\nreturn 1"), "THING"),
    "makes an own object": (
        "class Thing:\n    made = []\n    def __init__(self):\n        self.made.append(1)\n\n"
        + predict("Thing()\nreturn 1"),
        "Thing",
    ),
    "own exception with a constructor": (
        "class Bad(ValueError):\n    def __init__(self, x):\n        SEEN.append(x)\n\n" + predict("raise Bad(1)"),
        "Bad",
    ),
    "own operator": (
        "class Sum:\n    def __add__(self, o):\n        return self\n\nSUM = Sum()\n\n" + predict("return SUM + i"),
        "SUM",
    ),
    "a dict of its own kind": ("class D(dict):\n    pass\n\nD1 = D()\n\n" + predict("return D1['x']"), "D1"),
    "defaultdict": (predict("return table[i['k']]", "table = defaultdict(list)"), "table"),
    "a partial": (
        "def predict(model, config):\n    return functools.partial(lambda s, i: s.append(i), SEEN)\n",
        "append",
    ),
    "recursion": ("def deep(x):\n    return deep(x[0]) if x else 1\n\n" + predict("return deep(i)"), "calls itself"),
    "a shared error": ("ERROR = ValueError('x')\n\n" + predict("raise ERROR"), "ERROR"),
    "one hook gives, the next changes": (
        """
        def pre_transform(config):
            return lambda i: LIMITS

        def predict(model, config):
            def _predict(x):
                x["n"] = 1
                return 1
            return _predict
        """,
        "x",
    ),
    "one hook puts, the next changes": (
        """
        def pre_transform(config):
            return lambda i: {"l": LIMITS}

        def predict(model, config):
            def _predict(x):
                x["l"]["n"] = 1
                return 1
            return _predict
        """,
        "outlives",
    ),
    "a patched module": (
        "def counting(x):\n    SEEN.append(x)\n    return x\n\nclass np2:\n    array = staticmethod(counting)\n\n"
        + predict("return np2.array(i)"),
        "SEEN",
    ),
    "match": (predict("match i:\n    case [SEEN]:\n        return 1"), "match"),
    "codec": (predict("return i.foo()"), "i.foo"),
    "a function from a container": (predict("return {'a': SEEN.append}['a'](i)"), "append"),
    "a function from a table": ("TABLE = {'a': print}\n\n" + predict("return TABLE['a'](i)"), "TABLE['a']"),
    "shadowed builtin": ("def len(x):\n    SEEN.append(x)\n    return 1\n\n" + predict("return len(i)"), "SEEN"),
    "decorator that counts": (
        """
        def counted(function):
            calls = []
            def call(i):
                calls.append(1)
                return function(i)
            return call

        def predict(model, config):
            return counted(lambda i: 1)
        """,
        "calls",
    ),
    "lambda default": (predict("f = lambda x, STATE=1: x\nSTATE['count'] = 1\nreturn f(i)"), "STATE"),
    "method object kept": (predict("add = SEEN.append\nadd(1)\nreturn 1"), "append"),
    "kept outside": (predict("add(1)\nreturn 1", "add = SEEN.append"), "add"),
    "unbound": (predict("list.append(SEEN, 1)\nreturn 1"), "append"),
    "dict update": (predict("STATE.update(count=1)\nreturn 1"), "update"),
    "in-place union": (predict("s = STATE\ns |= {'a': 1}\nreturn 1"), "s"),
    "target of a loop": (predict("for STATE['count'] in i:\n    pass\nreturn 1"), "STATE"),
    "target of a comprehension": (predict("[0 for STATE['count'] in i]\nreturn 1"), "STATE"),
    "alias by next": (predict("x = next(iter([SEEN]))\nx.append(1)\nreturn 1"), "append"),
    "alias by a function of what holds it": (predict("x = max([SEEN])\nx.append(1)\nreturn 1"), "append"),
    "alias by a method of what holds it": (predict("x = [SEEN].pop()\nx.append(1)\nreturn 1"), "append"),
    "alias by a star": (predict("x = [*[SEEN]]\nx[0].append(1)\nreturn 1"), "append"),
    "alias by an error": (
        predict("try:\n    raise ValueError(SEEN)\nexcept ValueError as e:\n    e.args[0].append(1)\nreturn 1"),
        "append",
    ),
    "alias by a default": (predict("def f(x=SEEN):\n    x.append(1)\nf()\nreturn 1"), "append"),
    "alias by a class's type": (predict("type(i).n = 1\nreturn 1"), "type"),
    "an own function as a ufunc": (
        "UFUNC = np.frompyfunc(SEEN.append, 1, 1)\n\n" + predict("return UFUNC(i)"),
        "UFUNC",
    ),
    "an own exception that tells": (
        "class Bad(ValueError):\n    def __repr__(self):\n        SEEN.append(1)\n\n" + predict("raise Bad(1)"),
        "Bad",
    ),
    "a random id": ("import uuid\n\n" + predict("return str(uuid.uuid4())"), ""),
    "a counter of a library": ("import tempfile\n\n" + predict("return tempfile.mktemp()"), ""),
    "frames": ("import inspect\n\n" + predict("return len(inspect.stack())"), ""),
    "threads' names": (predict("return threading.current_thread().name"), ""),
    "context variable": (
        "import contextvars\nVAR = contextvars.ContextVar('v')\n\n" + predict("VAR.set(1)\nreturn 1"),
        "VAR",
    ),
    "a generator function": (predict("return list(g(i))") + "\ndef g(i):\n    yield SEEN.append(1)\n", "SEEN"),
    "yield": (predict("def g():\n    yield SEEN.append(1)\nreturn list(g())"), "SEEN"),
}
