"""Metrics of your own, from hooks and models: `from makinage import metrics`.

In the service they stand on its `/metrics` beside its own, added up over all workers. Elsewhere, in a notebook or a
test, nobody asks for them. They never fail an event: what can't be counted is left out, with a warning once.
"""

from __future__ import annotations

import math
import re
import threading
import warnings
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Upper bounds of a histogram that is given none: good for times in seconds, and for scores between 0 and 1."""

MOST_METRICS = 100
MOST_SERIES = 500
"""Sets of labels' values that a metric may have."""

MOST_LABELS = 8
MOST_BUCKETS = 50
_LONGEST_VALUE = 200
_LARGEST = 1.7976931348623157e308

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,99}")
_LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,49}")
_OURS = ("makinage_", "process_")


def counter(name: str, help: str = "", labels: Iterable[str] = ()) -> Counter:  # noqa: A002  # Prometheus' own word
    """A metric that only grows; it is shown as NAME_total. Raises ValueError for a name that can't be shown."""
    return _declared(Counter(name.removesuffix("_total"), help, labels))


def gauge(name: str, help: str = "", labels: Iterable[str] = ()) -> Gauge:  # noqa: A002  # as above
    """A metric that has the value that was set last, by whichever worker. Raises ValueError as `counter` does."""
    return _declared(Gauge(name, help, labels))


def histogram(
    name: str,
    help: str = "",  # noqa: A002  # as above
    labels: Iterable[str] = (),
    buckets: Iterable[float] = DEFAULT_BUCKETS,
) -> Histogram:
    """A metric that counts values by their size; `buckets` are upper bounds. Raises ValueError as `counter` does."""
    return _declared(Histogram(name, help, labels, buckets))


class _Metric(ABC):
    """What all have in common: a name, labels, and what has come since it was last asked for."""

    __slots__ = ("_described", "_labels", "_name", "_series", "_sets", "_warned")
    kind = ""

    def __init__(self, name: str, text: str, labels: Iterable[str]) -> None:
        self._name = name
        self._labels = tuple(labels)
        self._series: dict[tuple[str, ...], Any] = {}
        self._sets: set[tuple[str, ...]] = set()
        self._warned = False
        if not _NAME.fullmatch(name) or name.startswith(_OURS):
            raise ValueError(
                f"{name!r} can't be a metric's name: letters, digits and _, at most 100, beginning with a letter and "
                f"not with {' or '.join(_OURS)}"
            )
        for label in self._labels:
            if not _LABEL.fullmatch(label) or label in ("le", "quantile"):
                raise ValueError(f"{label!r} can't be a label of {name}: letters, digits and _, not le or quantile")
        if len(set(self._labels)) != len(self._labels) or len(self._labels) > MOST_LABELS:
            raise ValueError(f"{name} has a label twice, or more than {MOST_LABELS}")
        self._described: dict[str, Any] = {
            "name": name,
            "kind": self.kind,
            "help": str(text)[:1000],
            "labels": list(self._labels),
        }

    def __reduce__(self) -> str | tuple[Any, ...]:
        # A copy counts in the same place, wherever that is.
        return _again, (self._described,)

    def __copy__(self) -> _Metric:
        return self

    def __deepcopy__(self, memo: Any) -> _Metric:
        return self

    def _add(self, value: Any, labels: dict[str, Any]) -> None:
        try:
            number = float(value)
            key = self._key(labels) if labels or self._labels else ()
        except Exception as error:
            self._refuse(f"{type(error).__name__}: {error}")
            return
        if not self._takes(number):
            self._refuse(f"{number} is no value for a {self.kind}")
            return
        with _STATE.lock:
            has_room = key in self._sets or len(self._sets) < MOST_SERIES
            if has_room:
                self._sets.add(key)
                self._count(key, number)
        if not has_room:
            self._refuse(f"it has {MOST_SERIES} sets of labels already: a label must not say which event it was")

    def _key(self, labels: dict[str, Any]) -> tuple[str, ...]:
        if len(labels) != len(self._labels):
            raise TypeError(
                f"its labels are {', '.join(self._labels) or 'none'}, and not {', '.join(labels) or 'none'}"
            )
        return tuple([str(labels[label])[:_LONGEST_VALUE] for label in self._labels])

    def _takes(self, number: float) -> bool:
        return math.isfinite(number)

    @abstractmethod
    def _count(self, key: tuple[str, ...], number: float) -> None: ...

    def _refuse(self, why: str) -> None:
        if not self._warned:
            self._warned = True
            _STATE.warn(f"the metric {self._name} leaves out what it can't count ({why}); it says so once")

    def _shown(self, series: Any) -> dict[str, Any]:
        return {"value": _finite(series)}

    def _lines(self) -> set[str]:
        """The names under which it stands on `/metrics`."""
        return {self._name}


class Counter(_Metric):
    """Grows."""

    __slots__ = ()
    kind = "counter"

    def inc(self, amount: float = 1, /, **labels: Any) -> None:
        """So many more; not below zero."""
        self._add(amount, labels)

    def _takes(self, number: float) -> bool:
        return 0 <= number < math.inf

    def _count(self, key: tuple[str, ...], number: float) -> None:
        self._series[key] = self._series.get(key, 0.0) + number

    def _lines(self) -> set[str]:
        return {self._name, f"{self._name}_total"}


class Gauge(_Metric):
    """Goes up and down."""

    __slots__ = ()
    kind = "gauge"

    def set(self, value: float, /, **labels: Any) -> None:
        """Has this value from now on."""
        self._add(value, labels)

    def _count(self, key: tuple[str, ...], number: float) -> None:
        self._series[key] = number


class Histogram(_Metric):
    """Counts values by their size."""

    __slots__ = ("_bounds",)
    kind = "histogram"

    def __init__(self, name: str, text: str, labels: Iterable[str], buckets: Iterable[float]) -> None:
        super().__init__(name, text, labels)
        self._bounds = [float(bound) for bound in buckets if bound != math.inf]
        rises = all(one < other for one, other in zip(self._bounds, self._bounds[1:]))  # noqa: B905  # pairs of neighbours
        if not (1 <= len(self._bounds) <= MOST_BUCKETS and rises and all(map(math.isfinite, self._bounds))):
            raise ValueError(f"the buckets of {name} are 1 to {MOST_BUCKETS} upper bounds, each above the one before")
        self._described["bounds"] = self._bounds

    def observe(self, value: float, /, **labels: Any) -> None:
        """One more value."""
        self._add(value, labels)

    def _count(self, key: tuple[str, ...], number: float) -> None:
        series = self._series.get(key)
        if series is None:
            # A place for each bucket, one for what is above all, and the sum.
            series = self._series[key] = [0] * (len(self._bounds) + 1) + [0.0]
        series[bisect_left(self._bounds, number)] += 1
        series[-1] += number

    def _shown(self, series: Any) -> dict[str, Any]:
        return {"counts": series[:-1], "value": _finite(series[-1])}

    def _lines(self) -> set[str]:
        return {self._name, *(f"{self._name}_{part}" for part in ("bucket", "count", "sum"))}


class _State:
    """What this process has counted. In an object, so that whoever looks for locks in hooks doesn't meet this one."""

    __slots__ = ("lock", "metrics", "warn")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.metrics: dict[str, _Metric] = {}
        self.warn: Callable[[str], None] = warnings.warn


_STATE = _State()


_M = TypeVar("_M", bound="_Metric")


def _declared(metric: _M) -> _M:
    name = metric._name
    with _STATE.lock:
        there = _STATE.metrics.get(name)
        if there is not None and there._described == metric._described:
            # A module that is imported again, or two that share a metric.
            return there  # type: ignore[return-value]  # it is of the same kind
        if there is not None:
            raise ValueError(f"the metric {name} is there already, with another kind, help, labels or buckets")
        for other in _STATE.metrics.values():
            both = metric._lines() & other._lines()
            if both:
                raise ValueError(f"{name} and {other._name} would both be shown as {min(both)}: rename one of them")
        if len(_STATE.metrics) >= MOST_METRICS:
            raise ValueError(f"there are {MOST_METRICS} metrics already")
        _STATE.metrics[name] = metric
    return metric


def _again(described: dict[str, Any]) -> Any:
    arguments = (described["name"], described["help"], described["labels"])
    if described["kind"] == Histogram.kind:
        return histogram(*arguments, buckets=described["bounds"])
    return counter(*arguments) if described["kind"] == Counter.kind else gauge(*arguments)


def _finite(number: float) -> float:
    return min(max(number, -_LARGEST), _LARGEST)


# What the worker uses; hooks have no need of it.


def is_method(method: Any) -> bool:
    """Whether it is one of those by which hooks count: in whichever order they are called, the sums are the same."""
    of = getattr(method, "__self__", None)
    return type(of) in (Counter, Gauge, Histogram) and method.__name__ in ("inc", "set", "observe")


def is_metric(value: Any) -> bool:
    """Whether it is one of these metrics."""
    return type(value) in (Counter, Gauge, Histogram)


def warn_by(warn: Callable[[str], None]) -> None:
    """From now on warnings go here."""
    _STATE.warn = warn


def has_news() -> bool:
    """Whether anything has been counted since `taken`."""
    return any(metric._series for metric in _STATE.metrics.values())


def taken() -> list[dict[str, Any]]:
    """What has been counted since the last time, as the worker protocol has it."""
    news = []
    with _STATE.lock:
        for metric in _STATE.metrics.values():
            if metric._series:
                series = [{"labels": list(key), **metric._shown(found)} for key, found in metric._series.items()]
                news.append({**metric._described, "series": series})
                metric._series = {}
    return news


Kept = dict[str, dict[tuple[str, ...], Any]]


def kept() -> Kept:
    """What has been counted so far, to `go_back` to, as often as is needed."""
    with _STATE.lock:
        return {name: _copy(metric._series) for name, metric in _STATE.metrics.items()}


def go_back(to: Kept) -> None:
    """What has been counted since `kept` doesn't count."""
    with _STATE.lock:
        for name, metric in _STATE.metrics.items():
            metric._series = _copy(to.get(name, {}))


def _copy(series: dict[tuple[str, ...], Any]) -> dict[tuple[str, ...], Any]:
    return {key: list(found) if isinstance(found, list) else found for key, found in series.items()}
