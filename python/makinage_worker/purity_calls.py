"""Calls in the source of a hook: which of them change nothing that outlives the event, and whose their results are."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from makinage_worker import purity_known as known
from makinage_worker.proxy import ModelProxy, model_method
from makinage_worker.purity_values import (
    Doubt,
    Known,
    Local,
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


class Calls:
    """What is common to the analysis of all hooks of a service, and how it takes calls."""

    def __init__(self) -> None:
        self.leaks = False
        """Whether something shared may be in a container of the event's: then all that is in one is taken for that."""
        self.model_calls = 0
        """Calls of the model that have been seen, and methods of it that were handed on."""
        self._taints: dict[int, tuple[Any, Taint | None, bool]] = {}

    def follow(self, function: types.FunctionType, arguments: Arguments, where: str) -> Value:
        """What one of the user's functions returns; for whoever reads sources."""
        raise NotImplementedError

    def enter(self, function: Local, arguments: Arguments) -> Value:
        """What a function that was made for the event returns."""
        raise NotImplementedError

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
        if known.is_plain_exception(target):
            for value in arguments.all():
                self.keep(value, where)
            return Taint.OWN
        raise Doubt(f"calls {shown(function)}", where)

    def _call_pure(self, function: Known, arguments: Arguments, where: str) -> Value:
        target = function.object
        self._refuse_spread(function, arguments, where, named_only=known.reads_anywhere(target))
        if target is isinstance or target is issubclass:
            return self._is_instance(arguments, where)
        calls = self.model_calls
        taints = [self._argument(value, arguments, where) for value in arguments.positional]
        named = self._named(arguments, where)
        if self.model_calls != calls and not known.may_call_the_model(target):
            raise Doubt(f"lets {shown(function)} call the model", where)
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
        if not isinstance(value, (Local, ModelMethod)):
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
        if isinstance(value, Local) or isinstance(target, types.FunctionType):
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


def is_matrix(value: Value) -> bool:
    """Whether the value is an array whose parts are arrays, which are views."""
    return isinstance(value, Known) and isinstance(value.object, np.ndarray) and value.object.ndim > 1


def resolved(value: Any, name: str) -> Value:
    """What a name means that leads to this object."""
    method = model_method(value)
    return ModelMethod(method) if method in known.MODEL_METHODS else Known(value, name)


def attribute(of: Known, name: str, where: str) -> Value:
    """An attribute of something that is there before the event. Raises Doubt."""
    target, path = of.object, f"{of.name}.{name}"
    if isinstance(target, types.ModuleType):
        if name not in vars(target):
            raise Doubt(f"uses {path}, which isn't there yet", where)
        return resolved(vars(target)[name], path)
    if isinstance(target, ModelProxy):
        return _of_model(target, name, path, where)
    if isinstance(target, type) and known.is_pure(target):
        found = getattr(target, name, None)
        return Known(found, path)
    taint = taint_of(target)
    if taint is None:
        raise Doubt(f"uses {shown(of)}", where)
    return Part(taint, name, of.name)


def _of_model(model: ModelProxy, name: str, path: str, where: str) -> Value:
    if name in known.MODEL_METHODS:
        return ModelMethod(name)
    try:
        value = getattr(model, name)
    except Exception:
        raise Doubt(f"uses {path}, which can't be read", where) from None
    if taint_of(value) is None:
        raise Doubt(f"uses {path}, which may change the model", where)
    return Known(value, path)


def _are_types(kinds: Any) -> bool:
    """Whether asking if something is of these types runs no code of the user's."""
    if isinstance(kinds, (tuple, types.UnionType)):
        return all(map(_are_types, kinds if isinstance(kinds, tuple) else kinds.__args__))
    return isinstance(kinds, type) and (type(kinds) is type or kinds.__module__ in ("numbers", "collections.abc"))


def _is_function(value: Value) -> bool:
    if isinstance(value, Known):
        return isinstance(value.object, types.FunctionType) or known.is_pure(value.object)
    return isinstance(value, (Local, ModelMethod))


def _rank(taint: Taint) -> int:
    return int(taint.value)


_OUTLIVES = {Taint.PLAIN: "", Taint.OWN: "", Taint.SHARED: " of something that outlives the event"}


def shown(value: Value) -> str:
    """The value for people."""
    if isinstance(value, Known):
        kind = type(value.object)
        return (
            f"{value.name}, {_article(kind.__name__)}"
            if not callable(value.object) or kind.__module__ != "builtins"
            else value.name
        )
    if isinstance(value, ModelMethod):
        return f"the model's {value.name}"
    if isinstance(value, Part):
        return f"{value.text}.{value.name}"
    return "a function" if isinstance(value, Local) else "a value"


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
