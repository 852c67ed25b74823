"""Calls in the source of a hook: which of them change nothing that outlives the event, and whose their results are."""

from __future__ import annotations

import functools
import types
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from makinage_worker import metrics
from makinage_worker import purity_estimators as estimators
from makinage_worker import purity_known as known
from makinage_worker import purity_logs as logs
from makinage_worker import purity_objects as objects
from makinage_worker.purity_attributes import bound_method, is_matrix, resolved, shown
from makinage_worker.purity_values import (
    Doubt,
    Known,
    Local,
    Method,
    ModelMethod,
    Part,
    Taint,
    Value,
    is_flat,
    taint_of,
)


@dataclass(slots=True)
class Arguments:
    """What a call is given; `spread` says that some of it is in `*` or `**`, so that nobody knows which is which."""

    positional: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    spread: bool = False

    def all(self) -> list[Value]:
        """Each of them."""
        return [*self.positional, *self.named.values()]


class Calls(ABC):
    """What is common to the analysis of all hooks of a service, and how it takes calls."""

    def __init__(self) -> None:
        self.leaks = False
        """Whether something shared may be in a container of the event's: then all that is in one is taken for that."""
        self.model_calls = 0
        """Calls of the model that have been seen, and methods of it that were handed on."""
        self.calls_later = False
        """Whether the model may be called when something is iterated over, wherever that is."""
        self.quiet: set[logs.Line] = set()
        """Lines of logs that are turned off now."""
        self._taints: dict[int, tuple[Any, Taint | None, bool]] = {}

    @abstractmethod
    def follow(self, function: types.FunctionType, arguments: Arguments, where: str) -> Value:
        """What one of the user's functions returns; for whoever reads sources."""

    @abstractmethod
    def enter(self, function: Local, arguments: Arguments) -> Value:
        """What a function that was made for the event returns."""

    def taint(self, value: Value, where: str) -> Taint:
        """Whose the data is. Raises Doubt for what is none."""
        if isinstance(value, Taint):
            return value
        if isinstance(value, Part):
            if not known.may_be_handed_on(value.name, is_shared=value.of is Taint.SHARED):
                raise Doubt(f"hands on {shown(value)}{_OUTLIVES[value.of]}", where)
            return self.part(value.of)
        if isinstance(value, Known):
            found = self._look(value.object)[1]
            if found is None:
                raise Doubt(f"uses {shown(value)}", where)
            return found
        raise Doubt(f"hands on {shown(value)}", where)

    def is_flat(self, value: Value) -> bool:
        """Whether it is data of which no part could be changed by itself."""
        return isinstance(value, Known) and self._look(value.object)[2]

    def _look(self, value: Any) -> tuple[Any, Taint | None, bool]:
        found = self._taints.get(id(value))
        if found is None:
            # With the object, so that no other gets its id.
            found = self._taints[id(value)] = (value, taint_of(value), is_flat(value))
        return found

    def part(self, whole: Taint) -> Taint:
        """Whose a part of such data is."""
        return Taint.SHARED if whole is Taint.OWN and self.leaks else whole

    def keep(self, value: Value, where: str) -> None:
        """The value is put into something of the event's."""
        if self.taint(value, where) is Taint.SHARED:
            self.leaks = True

    def joined(self, values: Iterable[Value], where: str) -> Taint:
        """What any of these may be."""
        return max((self.taint(value, where) for value in values), key=_rank, default=Taint.PLAIN)

    def call(self, function: Value, arguments: Arguments, where: str) -> Value:
        """What a call returns. Raises Doubt."""
        if isinstance(function, Local):
            return self.enter(function, arguments)
        if isinstance(function, Method):
            given = Arguments([function.of, *arguments.positional], arguments.named, arguments.spread)
            return self.follow(function.function, given, where)
        if isinstance(function, ModelMethod):
            self._refuse_spread(function, arguments, where)
            self.joined(arguments.all(), where)
            self.model_calls += 1
            return Taint.OWN
        if isinstance(function, Part):
            return self._call_method(function, arguments, where)
        if isinstance(function, Known):
            return self._call_known(function, arguments, where)
        raise Doubt("calls something that can't be told from the source", where)

    def _call_known(self, function: Known, arguments: Arguments, where: str) -> Value:
        target = function.object
        if known.is_pure(target):
            return self._call_pure(function, arguments, where)
        if isinstance(target, types.FunctionType):
            return self.follow(target, arguments, where)
        if known.is_plain_exception(target) or objects.is_record(target):
            for value in arguments.all():
                self.keep(value, where)
            return Taint.OWN
        return self._call_object(function, arguments, where)

    def _call_object(self, function: Known, arguments: Arguments, where: str) -> Value:
        """A call of an object that is there before the event, and that isn't a function by itself."""
        target = function.object
        line = logs.line(target)
        if line is not None:
            return self._write_line(line, function, arguments, where)
        if metrics.is_method(target):
            # Nobody can read what has been counted, and sums don't depend on the order.
            self.joined(arguments.all(), where)
            return Taint.PLAIN
        if type(target) is functools.partial:
            before = [Known(value, f"an argument of {function.name}") for value in target.args]
            named = {name: Known(value, f"{function.name}'s {name}") for name, value in target.keywords.items()}
            given = Arguments([*before, *arguments.positional], {**named, **arguments.named}, arguments.spread)
            return self.call(resolved(target.func, function.name), given, where)
        if isinstance(target, types.MethodType) and estimators.is_known(target.__self__):
            return self._call_estimator(function, arguments, where)
        bound = bound_method(function)
        if bound is None:
            raise Doubt(f"calls {shown(function)}", where)
        return self.call(bound, arguments, where)

    def _write_line(self, line: logs.Line, method: Known, arguments: Arguments, where: str) -> Value:
        if line.is_written:
            raise Doubt(f"writes to a log by {method.name}", where)
        self.joined(arguments.all(), where)
        self.quiet.add(line)
        return Taint.PLAIN

    def _call_estimator(self, method: Known, arguments: Arguments, where: str) -> Value:
        self._refuse_spread(method, arguments, where)
        if not estimators.answers(method.object.__self__, method.object.__name__):
            raise Doubt(f"calls {method.name}", where)
        if self.joined(arguments.all(), where) is not Taint.SHARED:
            return self.part(Taint.OWN)
        if estimators.writes_into_its_input(method.object.__self__):
            raise Doubt(f"gives {method.name} shared data, into which it writes", where)
        return Taint.SHARED

    def _call_pure(self, function: Known, arguments: Arguments, where: str) -> Value:
        target = function.object
        self._refuse_spread(function, arguments, where, named_only=known.reads_anywhere(target))
        if target is isinstance or target is issubclass:
            return self._is_instance(arguments, where)
        calls = self.model_calls
        taints = [self._argument(value, arguments, where) for value in arguments.positional]
        named = self._named(arguments, where)
        if self.model_calls != calls:
            if not known.may_call_the_model(target):
                raise Doubt(f"lets {shown(function)} call the model", where)
            self.calls_later = True
        if Taint.SHARED not in (*taints, *named):
            if known.makes_immutable(target):
                return Taint.PLAIN
            # It may be what was in an argument.
            return Taint.OWN if known.makes_new(target) else self.part(Taint.OWN)
        self._refuse_writing(function, arguments, where)
        if not known.reads_anywhere(target):
            places = [place for place, taint in enumerate(taints) if taint is Taint.SHARED]
            if places and (places[-1] >= known.shared_places(target) or len(taints) > 3):
                raise Doubt(f"gives {shown(function)} shared data where it may write", where)
        return self._made_of_shared(target, arguments, where)

    def _made_of_shared(self, function: Any, arguments: Arguments, where: str) -> Taint:
        """Whose the result of a pure function is that was given shared data."""
        if known.makes_immutable(function):
            return Taint.PLAIN
        if known.is_deep_copy(function):
            if len(arguments.all()) != 1:
                raise Doubt("calls copy.deepcopy with a memo beside shared data", where)
            return Taint.OWN
        if not known.makes_new(function):
            return Taint.SHARED
        for value in arguments.named.values():
            # `dict(a=...)` holds them, not what is in them.
            self._keep_parts(value, where, has_views=True)
        for value in arguments.positional:
            self._keep_parts(value, where, has_views=known.makes_views(function) and is_matrix(value))
        return Taint.OWN

    def _keep_parts(self, value: Value, where: str, *, has_views: bool) -> None:
        if (self.is_flat(value) and not has_views) or (isinstance(value, Known) and known.is_pure(value.object)):
            return
        if not isinstance(value, (Local, Method, ModelMethod)):
            self.keep(value, where)

    def _is_instance(self, arguments: Arguments, where: str) -> Taint:
        value, kinds = arguments.positional if len(arguments.positional) == 2 else (None, None)
        if value is None or kinds is None or arguments.named:
            raise Doubt("calls isinstance in a way of its own", where)
        self.taint(value, where)
        if not (isinstance(kinds, Known) and _are_types(kinds.object)):
            raise Doubt("asks for a type that can't be told from the source", where)
        return Taint.PLAIN

    def _call_method(self, method: Part, arguments: Arguments, where: str) -> Value:
        of, name = method.of, method.name
        self._refuse_spread(method, arguments, where)
        calls = self.model_calls
        taints = [self._argument(value, arguments, where, of) for value in arguments.positional]
        named = self._named(arguments, where, of)
        if self.model_calls != calls and name != "sort":
            raise Doubt(f"lets {shown(method)} call the model", where)
        if name not in (known.READING if of is Taint.SHARED else known.METHODS):
            raise Doubt(f"calls {shown(method)}{_OUTLIVES[of]}", where)
        is_shared = Taint.SHARED in (*taints, *named)
        if is_shared or of is Taint.SHARED:
            self._refuse_writing(method, arguments, where)
        if is_shared:
            if taints[known.shared_places_of(name) :].count(Taint.SHARED):
                raise Doubt(f"gives {shown(method)} shared data where it may write", where)
            if known.is_of_arrays(name) and all(
                self.is_flat(value) for value in arguments.all() if self._is_shared(value)
            ):
                return Taint.OWN
            self.leaks = True
        if of is Taint.SHARED and name == "copy" and not arguments.all():
            self.leaks = True
            return Taint.OWN
        return Taint.SHARED if is_shared else self.part(of)

    def _is_shared(self, value: Value) -> bool:
        return (
            value is Taint.SHARED
            or isinstance(value, Part)
            or (isinstance(value, Known) and self._look(value.object)[1] is Taint.SHARED)
        )

    def _argument(self, value: Value, arguments: Arguments, where: str, of: Taint = Taint.OWN) -> Taint:
        """Whose an argument is; a function may be called with any of the others."""
        if isinstance(value, ModelMethod):
            self.model_calls += 1
            return Taint.PLAIN
        self._refuse_writer(value, arguments, where, of)
        target = value.object if isinstance(value, Known) else None
        if isinstance(value, (Local, Method)) or isinstance(target, types.FunctionType):
            others = [other for other in arguments.all() if not _is_function(other)]
            is_shared = Taint.SHARED in (of, self.joined(others, where))
            # What it is given may be parts of parts.
            given = Arguments([Taint.SHARED if is_shared else self.part(Taint.OWN)], spread=True)
            result = self.call(value, given, where)
            self.keep(result, where)
            return self.taint(result, where)
        if target is not None and known.is_pure(target):
            return Taint.PLAIN
        return self.taint(value, where)

    def _refuse_writer(self, value: Value, arguments: Arguments, where: str, of: Taint) -> None:
        """A function that is handed on may be called with anything: not with what it could write into."""
        if isinstance(value, Known):
            may_write = known.is_pure(value.object) and known.may_write(value.object)
        else:
            may_write = isinstance(value, Part) and known.method_may_write(value.name)
        if may_write and (self.leaks or of is Taint.SHARED or any(map(self._is_shared, arguments.all()))):
            raise Doubt(f"hands on {shown(value)} beside shared data, where it may write", where)

    def _named(self, arguments: Arguments, where: str, of: Taint = Taint.OWN) -> list[Taint]:
        found = []
        for name, value in arguments.named.items():
            if isinstance(value, Known) and known.is_pure(value.object):
                self._refuse_writer(value, arguments, where, of)
                continue  # a type, such as dtype=float
            taint = self._argument(value, arguments, where, of)
            if name == "out" and taint is Taint.SHARED:
                raise Doubt("writes a result into shared data (out=)", where)
            found.append(taint)
        return found

    def _refuse_writing(self, function: Value, arguments: Arguments, where: str) -> None:
        """Where shared data is about, arguments that make a reading function a writing one."""
        for name in ("copy", "inplace", "overwrite_input", "out", "deep"):
            if name in arguments.named:
                raise Doubt(f"calls {shown(function)} with {name}= beside shared data", where)

    def _refuse_spread(self, function: Value, arguments: Arguments, where: str, *, named_only: bool = False) -> None:
        if arguments.spread and not (named_only and not arguments.named):
            raise Doubt(f"calls {shown(function)} with * or **", where)


def _are_types(kinds: Any) -> bool:
    """Whether asking if something is of these types runs no code of the user's."""
    if isinstance(kinds, (tuple, types.UnionType)):
        return all(map(_are_types, kinds if isinstance(kinds, tuple) else kinds.__args__))
    return isinstance(kinds, type) and (type(kinds) is type or kinds.__module__ in ("numbers", "collections.abc"))


def _is_function(value: Value) -> bool:
    if isinstance(value, Known):
        return isinstance(value.object, types.FunctionType) or known.is_pure(value.object)
    return isinstance(value, (Local, Method, ModelMethod))


def _rank(taint: Taint) -> int:
    return int(taint.value)


_OUTLIVES = {Taint.PLAIN: "", Taint.OWN: "", Taint.SHARED: " of something that outlives the event"}
