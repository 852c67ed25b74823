"""Expressions in the source of a hook: whose the values are that they make."""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from makinage_worker import purity_known as known
from makinage_worker import purity_objects as objects
from makinage_worker.purity_attributes import attribute, is_matrix, resolved, shown
from makinage_worker.purity_calls import Arguments, Calls
from makinage_worker.purity_values import Doubt, Known, Local, Method, Part, Scope, Taint, Value

_MOST_STEPS = 200_000
"""Expressions that are evaluated before hooks are given up: that takes about a second."""


class Expressions(Calls):
    """Evaluates expressions. What a name stands for is all that is ever assigned to it."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0
        self.sets_errors = False
        """Whether something runs with other settings for NumPy's errors, which are those of all that runs meanwhile."""

    def value(self, node: ast.expr, scope: Scope) -> Value:
        """The value of an expression. Raises Doubt."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise Doubt("is too long to be followed", scope.place.at(node))
        evaluate = _EVALUATE.get(type(node))
        if evaluate is None:
            raise Doubt(f"has {_named_as(node)}, which isn't followed", scope.place.at(node))
        return evaluate(self, node, scope)

    def data(self, node: ast.expr, scope: Scope) -> Taint:
        """Whose the value of an expression is, which must be data."""
        return self.taint(self.value(node, scope), scope.place.at(node))

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """A value is assigned to a target. Raises Doubt."""
        where = scope.place.at(target)
        if isinstance(target, ast.Name):
            self.bind(target.id, value, scope, where)
        elif isinstance(target, (ast.Tuple, ast.List)):
            item = self.item(value, where)
            for part in target.elts:
                self.assign(part, item, scope)
        elif isinstance(target, ast.Starred):
            self.keep(value, where)
            self.assign(target.value, Taint.OWN, scope)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            self.change(target, scope)
            self.keep(value, where)
        else:
            raise Doubt(f"assigns to {_named_as(target)}", where)

    def change(self, target: ast.Attribute | ast.Subscript, scope: Scope) -> None:
        """Something of the target is set or deleted: it must be the event's. Raises Doubt."""
        where = scope.place.at(target)
        whole = self.value(target.value, scope)
        if isinstance(target, ast.Subscript):
            self.data(target.slice, scope)
        if isinstance(target, ast.Attribute) and target.attr.startswith("_"):
            raise Doubt(f"sets .{target.attr}", where)
        if not isinstance(whole, (Taint, Part)) or self.taint(whole, where) is Taint.SHARED:
            raise Doubt(f"changes {_text(target.value)}, which outlives the event", where)

    def bind(self, name: str, value: Value, scope: Scope, where: str) -> None:
        """A variable may have this value, too."""
        if name not in scope.names:
            raise Doubt(f"sets {name}, which outlives the event", where)
        old = scope.values.get(name)
        new = value if old is None else self.either(old, value, where)
        if new != old:
            scope.values[name] = new
            scope.has_changed = True

    def either(self, one: Value, other: Value, where: str) -> Value:
        """What may be either. Raises Doubt where these are functions."""
        if one == other or _are_same(one, other):
            return one
        if isinstance(one, Local) and isinstance(other, Local) and one.node is other.node and one.scope is other.scope:
            defaults = self.joined((one.defaults, other.defaults), where)
            return one if defaults is one.defaults else Local(one.node, one.scope, defaults)
        if _is_none(one):
            return other
        if _is_none(other):
            return one
        return self.joined((one, other), where)

    def item(self, value: Value, where: str) -> Value:
        """What iterating over a value, or taking a part of it, gives."""
        if self.is_flat(value) and not is_matrix(value):
            return Taint.PLAIN
        return self.part(self.taint(value, where))

    def arguments(self, node: ast.Call, scope: Scope) -> Arguments:
        """The arguments of a call."""
        found = Arguments()
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                found.spread = True
                found.positional.append(self.item(self.value(argument.value, scope), scope.place.at(argument)))
            else:
                found.positional.append(self.value(argument, scope))
        for keyword in node.keywords:
            if keyword.arg is None:
                found.spread = True
                found.named["**"] = self.item(self.value(keyword.value, scope), scope.place.at(keyword.value))
            else:
                found.named[keyword.arg] = self.value(keyword.value, scope)
        return found

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        inner: Scope | None = scope
        while inner is not None:
            if node.id in inner.names:
                # Not set yet: whatever sets it later says what it is.
                return inner.values.get(node.id, Taint.PLAIN)
            inner = inner.parent
        place = scope.place
        for variables in (place.cells, place.globals):
            if node.id in variables:
                changer = place.changed(node.id)
                is_module = isinstance(variables[node.id], types.ModuleType) and isinstance(changer, ast.Call)
                if changer is not None and not is_module:
                    raise Doubt(f"uses {node.id}, which line {changer.lineno} changes", place.at(node))
                return resolved(variables[node.id], node.id)
        if hasattr(builtins, node.id):
            return Known(getattr(builtins, node.id), node.id)
        raise Doubt(f"uses {node.id}, which isn't there yet", place.at(node))

    def _constant(self, _node: ast.Constant, _scope: Scope) -> Value:
        return Taint.PLAIN

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        where = scope.place.at(node)
        if node.attr == "__name__" and self._is_type(node.value, scope):
            return Taint.PLAIN
        whole = self.value(node.value, scope)
        if node.attr.startswith("_") and not _is_own_name(node.attr, whole):
            raise Doubt(f"uses .{node.attr}", where)
        if isinstance(whole, Known):
            return attribute(whole, node.attr, where)
        if known.is_of_memory(node.attr):
            raise Doubt(f"uses .{node.attr}", where)
        return Part(self.taint(whole, where), node.attr, _text(node.value))

    def _is_type(self, node: ast.expr, scope: Scope) -> bool:
        """Whether it is `type(x)`, of data."""
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1):
            return False
        function = self.value(node.func, scope)
        return isinstance(function, Known) and function.object is type and bool(self.data(node.args[0], scope))

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        where = scope.place.at(node)
        whole = self.value(node.value, scope)
        if (
            isinstance(node.slice, ast.Constant)
            and isinstance(whole, Known)
            and type(whole.object) in (dict, list, tuple)
        ):
            try:
                return resolved(whole.object[node.slice.value], ast.unparse(node))
            except (LookupError, TypeError):
                return Taint.PLAIN  # it raises that with each event
        self.data(node.slice, scope)
        # Part of an array may be a view.
        return self.taint(whole, where) if _is_array(whole) else self.item(whole, where)

    def _slice(self, node: ast.Slice, scope: Scope) -> Value:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.data(part, scope)
        return Taint.PLAIN

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        function, where = self.value(node.func, scope), scope.place.at(node)
        if isinstance(function, Known) and known.reads_a_clock(function.object, _texts(node.args[:1])):
            raise Doubt(f"reads the clock by {shown(function)}", where)
        return self.call(function, self.arguments(node, scope), where)

    def _operation(self, node: ast.BinOp, scope: Scope) -> Value:
        where = scope.place.at(node)
        operands = [self.value(node.left, scope), self.value(node.right, scope)]
        taint = self.joined(operands, where)
        if taint is Taint.SHARED:
            for operand in operands:
                if not self.is_flat(operand):
                    self.keep(operand, where)
        # What comes out is new, if not all that it holds.
        return Taint.PLAIN if taint is Taint.PLAIN else Taint.OWN

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Value:
        taint = self.data(node.operand, scope)
        return Taint.PLAIN if taint is Taint.PLAIN or isinstance(node.op, ast.Not) else Taint.OWN

    def _any_of(self, node: ast.BoolOp, scope: Scope) -> Value:
        return self.joined((self.value(value, scope) for value in node.values), scope.place.at(node))

    def _if(self, node: ast.IfExp, scope: Scope) -> Value:
        self.condition(node.test, scope)
        return self.either(self.value(node.body, scope), self.value(node.orelse, scope), scope.place.at(node))

    def condition(self, node: ast.expr, scope: Scope) -> None:
        """An expression that is asked whether it is true."""
        self.data(node, scope)

    def _compare(self, node: ast.Compare, scope: Scope) -> Value:
        operands = [node.left, *node.comparators]
        if all(isinstance(operator, (ast.Is, ast.IsNot)) for operator in node.ops):
            for operand in operands:
                self.value(operand, scope)
            return Taint.PLAIN
        taint = self.joined((self.value(operand, scope) for operand in operands), scope.place.at(node))
        return Taint.PLAIN if taint is Taint.PLAIN else Taint.OWN

    def _display(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
        where = scope.place.at(node)
        values = [self.value(item, scope) for item in node.elts]
        held = [value.object for value in values if isinstance(value, Known)]
        if isinstance(node, ast.Tuple) and held and len(held) == len(values):
            return Known(tuple(held), ast.unparse(node))
        for value in values:
            self.keep(value, where)
        is_plain = isinstance(node, ast.Tuple) and self.joined(values, where) is Taint.PLAIN
        return Taint.PLAIN if is_plain else Taint.OWN

    def _starred(self, node: ast.Starred, scope: Scope) -> Value:
        return self.item(self.value(node.value, scope), scope.place.at(node))

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        where = scope.place.at(node)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.keep(self.item(self.value(value, scope), where), where)
            else:
                self.keep(self.value(key, scope), where)
                self.keep(self.value(value, scope), where)
        return Taint.OWN

    def _text(self, node: ast.JoinedStr, scope: Scope) -> Value:
        for part in node.values:
            self.data(part, scope)
        return Taint.PLAIN

    def _formatted(self, node: ast.FormattedValue, scope: Scope) -> Value:
        if node.format_spec is not None:
            self.data(node.format_spec, scope)
        return self.data(node.value, scope)

    def _comprehension(self, node: Any, scope: Scope) -> Value:
        names = {
            part.id
            for generator in node.generators
            for part in ast.walk(generator.target)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        inner = Scope(frozenset(names), scope.place, scope)
        calls = self.model_calls
        while True:
            inner.has_changed = False
            for generator in node.generators:
                if generator.is_async:
                    raise Doubt("has an async comprehension", scope.place.at(node))
                # The first is asked for outside.
                around = scope if generator is node.generators[0] else inner
                item = self.item(self.value(generator.iter, around), scope.place.at(node))
                self.assign(generator.target, item, inner)
                for test in generator.ifs:
                    self.condition(test, inner)
            for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
                self.keep(self.value(part, inner), scope.place.at(node))
            if not inner.has_changed:
                self.calls_later |= isinstance(node, ast.GeneratorExp) and self.model_calls != calls
                return Taint.OWN

    def _yield(self, node: ast.Yield, scope: Scope) -> Value:
        if node.value is not None:
            self.keep(self.value(node.value, scope), scope.place.at(node))
        self._make_generator(scope, scope.place.at(node))
        return Taint.PLAIN  # nobody sends anything

    def _yield_from(self, node: ast.YieldFrom, scope: Scope) -> Value:
        where = scope.place.at(node)
        item = self.item(self.value(node.value, scope), where)
        self.keep(item, where)
        self._make_generator(scope, where)
        return item

    def _make_generator(self, scope: Scope, where: str) -> None:
        """The function returns something of the event's that gives what it was made to keep."""
        new = Taint.OWN if scope.returned is None else self.either(scope.returned, Taint.OWN, where)
        if new != scope.returned:
            scope.returned = new
            scope.has_changed = True
        self.calls_later = True

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        return self.function(node, scope)

    def function(self, node: ast.Lambda | ast.FunctionDef, scope: Scope) -> Local:
        """A function that is made here."""
        self._annotations(node, scope)
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
        return Local(
            node, scope, self.joined((self.value(default, scope) for default in defaults), scope.place.at(node))
        )

    def _annotations(self, node: ast.Lambda | ast.FunctionDef, scope: Scope) -> None:
        """They are evaluated when the function is made: types are, and whatever else is written there."""
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
        found = [argument.annotation for argument in every if argument is not None]
        for annotation in [*found, getattr(node, "returns", None)]:
            if annotation is not None and not all(isinstance(part, _OF_TYPES) for part in ast.walk(annotation)):
                raise Doubt(f"has the annotation {ast.unparse(annotation)}", scope.place.at(node))

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        owner: Scope | None = scope
        while owner is not None and node.target.id not in owner.names:
            # Of a comprehension it is set outside.
            owner = owner.parent
        self.bind(node.target.id, value, owner or scope, scope.place.at(node))
        return value


def _is_array(value: Value) -> bool:
    return isinstance(value, Known) and isinstance(value.object, np.ndarray)


def _is_own_name(name: str, whole: Value) -> bool:
    """Whether a name that begins with an underscore is no secret: `self._model`, and what named tuples have."""
    if isinstance(whole, Taint):
        return name in ("_asdict", "_replace")
    return isinstance(whole, Known) and not name.startswith("__") and objects.is_users_object(whole.object)


def _is_none(value: Value) -> bool:
    return isinstance(value, Known) and value.object is None


def _are_same(one: Value, other: Value) -> bool:
    if isinstance(one, Known) and isinstance(other, Known):
        return one.object is other.object
    if isinstance(one, Method) and isinstance(other, Method):
        return one.function is other.function and one.of.object is other.of.object
    return (
        isinstance(one, Local)
        and isinstance(other, Local)
        and one.node is other.node
        and one.scope is other.scope
        and one.defaults is other.defaults
    )


def _named_as(node: ast.AST) -> str:
    return f"`{type(node).__name__.lower()}`"


def _texts(nodes: Iterable[ast.expr]) -> list[str]:
    """Texts that are written down, by themselves or in a list."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            found += _texts(node.elts)
    return found


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else text[:40] + "…"


_OF_TYPES = (
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.List, ast.BinOp, ast.BitOr),
    *(ast.expr_context, ast.UnaryOp, ast.unaryop),
)
_EVALUATE: dict[type, Callable[[Any, Any, Scope], Value]] = {
    ast.Name: Expressions._name,
    ast.Constant: Expressions._constant,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.Slice: Expressions._slice,
    ast.Call: Expressions._call,
    ast.BinOp: Expressions._operation,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._any_of,
    ast.IfExp: Expressions._if,
    ast.Compare: Expressions._compare,
    ast.List: Expressions._display,
    ast.Tuple: Expressions._display,
    ast.Set: Expressions._display,
    ast.Starred: Expressions._starred,
    ast.Dict: Expressions._dict,
    ast.JoinedStr: Expressions._text,
    ast.FormattedValue: Expressions._formatted,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.Lambda: Expressions._lambda,
    ast.NamedExpr: Expressions._walrus,
    ast.Yield: Expressions._yield,
    ast.YieldFrom: Expressions._yield_from,
}
