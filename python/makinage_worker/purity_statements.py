"""Statements and whole functions in the source of hooks: what they do to what outlives an event."""

from __future__ import annotations

import ast
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from makinage_worker.purity_attributes import resolved
from makinage_worker.purity_calls import Arguments
from makinage_worker.purity_expressions import Expressions
from makinage_worker.purity_source import parameters, source_of
from makinage_worker.purity_values import Doubt, Known, Local, Place, Scope, Taint, Value

_DEPTH = 40
"""Functions that call each other deeper than this aren't followed."""


class Statements(Expressions):
    """Follows functions through their bodies, over and over until nothing more becomes known of their variables."""

    def __init__(self) -> None:
        super().__init__()
        self._within: list[Any] = []

    def follow(self, function: types.FunctionType, arguments: Arguments, where: str) -> Value:
        """What one of the user's functions returns. Raises Doubt."""
        source = source_of(function)
        node = source.definition(function.__code__)
        cells = _cells(function, f"{source.filename}:{node.lineno}")
        place = Place(source.filename, function.__globals__, cells, functools.partial(source.changers, reader=node))
        defaults = dict(function.__kwdefaults__ or {})
        positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        given = function.__defaults__ or ()
        defaults.update(zip(positional[len(positional) - len(given) :], given, strict=True))
        known = {name: Known(value, name) for name, value in defaults.items()}
        return self._run(node, Scope(_names(node), place), known, arguments, where)

    def enter(self, function: Local, arguments: Arguments) -> Value:
        """What a function that was made for the event returns. Raises Doubt."""
        node, outer = function.node, function.scope
        scope = Scope(_names(node), outer.place, outer)
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        defaults: dict[str, Value] = dict.fromkeys(names, function.defaults)
        return self._run(node, scope, defaults, arguments, outer.place.at(node))

    def _run(self, node: Any, scope: Scope, defaults: dict[str, Any], arguments: Arguments, where: str) -> Value:
        if node in self._within or len(self._within) > _DEPTH:
            raise Doubt("calls itself, or too deep", where)
        self._within.append(node)
        try:
            self._bind_parameters(node, scope, defaults, arguments)
            if isinstance(node, ast.Lambda):
                value = self.value(node.body, scope)
                return value if scope.returned is None else Taint.OWN
            while True:
                scope.has_changed = False
                self.block(node.body, scope)
                if not scope.has_changed:
                    return Taint.PLAIN if scope.returned is None else scope.returned
        finally:
            self._within.pop()

    def _bind_parameters(self, node: Any, scope: Scope, defaults: dict[str, Any], arguments: Arguments) -> None:
        where = scope.place.at(node)
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        only = [argument.arg for argument in node.args.kwonlyargs]
        if arguments.spread:
            # Any of them may be any parameter.
            taint = self.joined(arguments.all(), where)
            for name in (*names, *only):
                self.bind(name, taint, scope, where)
                if name in defaults:
                    self.bind(name, defaults[name], scope, where)
            rest = list(arguments.all())
        else:
            rest = arguments.positional[len(names) :]
            bound = dict(zip(names, arguments.positional, strict=False))
            for name, value in arguments.named.items():
                if name in (*names, *only):
                    bound[name] = value
                else:
                    rest.append(value)
            for name in (*names, *only):
                self.bind(name, bound.get(name, defaults.get(name, Taint.PLAIN)), scope, where)
        for extra in (node.args.vararg, node.args.kwarg):
            if extra is not None:
                for value in rest:
                    self.keep(value, where)
                self.bind(extra.arg, Taint.OWN, scope, where)

    def block(self, statements: list[ast.stmt], scope: Scope) -> None:
        """Statements one after the other. Raises Doubt."""
        for statement in statements:
            execute = _EXECUTE.get(type(statement))
            if execute is None:
                kind = type(statement).__name__.lower()
                raise Doubt(_REFUSED.get(kind, f"has `{kind}`, which isn't followed"), scope.place.at(statement))
            execute(self, statement, scope)

    def _expression(self, node: ast.Expr, scope: Scope) -> None:
        self.value(node.value, scope)

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value, scope), scope)

    def _in_place(self, node: ast.AugAssign, scope: Scope) -> None:
        where = scope.place.at(node)
        value = self.value(node.value, scope)
        if isinstance(node.target, ast.Name):
            old = self.value(ast.Name(node.target.id, ast.Load(), lineno=node.lineno), scope)
            if self.taint(old, where) is Taint.SHARED:
                raise Doubt(f"changes {node.target.id}, which outlives the event", where)
            self.keep(value, where)
            result = self.joined((old, value), where)
            self.bind(node.target.id, result if result is Taint.PLAIN else Taint.OWN, scope, where)
        else:
            # The part itself is changed, where it can be.
            if self.data(node.target, scope) is Taint.SHARED:
                raise Doubt(f"changes {ast.unparse(node.target)}, which outlives the event", where)
            self.assign(node.target, value, scope)

    def _return(self, node: ast.Return, scope: Scope) -> None:
        value = Taint.PLAIN if node.value is None else self.value(node.value, scope)
        new = value if scope.returned is None else self.either(scope.returned, value, scope.place.at(node))
        if new != scope.returned:
            scope.returned = new
            scope.has_changed = True

    def _branches(self, node: ast.If, scope: Scope) -> None:
        self.condition(node.test, scope)
        self.block(node.body, scope)
        self.block(node.orelse, scope)

    def _while(self, node: ast.While, scope: Scope) -> None:
        self.condition(node.test, scope)
        self.block(node.body, scope)
        self.block(node.orelse, scope)

    def _for(self, node: ast.For, scope: Scope) -> None:
        self.assign(node.target, self.item(self.value(node.iter, scope), scope.place.at(node)), scope)
        self.block(node.body, scope)
        self.block(node.orelse, scope)

    def _nothing(self, _node: ast.stmt, _scope: Scope) -> None:
        pass

    def _raise(self, node: ast.Raise, scope: Scope) -> None:
        for part in (node.exc, node.cause):
            if part is not None:
                self._error(part, scope)

    def _error(self, node: ast.expr, scope: Scope) -> None:
        """An exception, or a class or a tuple of classes of them."""
        value = self.value(node, scope)
        if not (isinstance(value, Known) and _are_errors(value.object)):
            self.taint(value, scope.place.at(node))

    def _try(self, node: ast.Try, scope: Scope) -> None:
        self.block(node.body, scope)
        for handler in node.handlers:
            if handler.type is not None:
                self._error(handler.type, scope)
            if handler.name is not None:
                self.bind(handler.name, Taint.OWN, scope, scope.place.at(handler))
            self.block(handler.body, scope)
        self.block(node.orelse, scope)
        self.block(node.finalbody, scope)

    def _assert(self, node: ast.Assert, scope: Scope) -> None:
        self.condition(node.test, scope)
        if node.msg is not None:
            self.data(node.msg, scope)

    def _delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id in scope.names:
                continue
            if not isinstance(target, (ast.Attribute, ast.Subscript)):
                raise Doubt(f"deletes {ast.unparse(target)}", scope.place.at(node))
            self.change(target, scope)

    def _define(self, node: ast.FunctionDef, scope: Scope) -> None:
        if node.decorator_list:
            raise Doubt("decorates a function with each event", scope.place.at(node))
        self.bind(node.name, self.function(node, scope), scope, scope.place.at(node))

    def _with(self, node: ast.With, scope: Scope) -> None:
        where = scope.place.at(node)
        for item in node.items:
            if item.optional_vars is not None or not self._is_of_errors(item.context_expr, scope):
                raise Doubt(f"enters a context (`with {ast.unparse(item.context_expr)}`)", where)
        calls = self.model_calls
        self.block(node.body, scope)
        if self.model_calls != calls:
            raise Doubt("calls the model while it has other settings for NumPy's errors", where)
        self.sets_errors = True

    def _is_of_errors(self, node: ast.expr, scope: Scope) -> bool:
        """Whether it is `np.errstate(...)`, with nothing that is called or printed."""
        if not isinstance(node, ast.Call) or node.args or not all(map(_is_quiet, node.keywords)):
            return False
        manager = self.value(node.func, scope)
        return isinstance(manager, Known) and manager.object is np.errstate

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            module = _loaded(alias.name, node, scope)
            if alias.asname is None:
                module = sys.modules[alias.name.partition(".")[0]]
            self.bind(_bound(alias), Known(module, _bound(alias)), scope, scope.place.at(node))

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        where = scope.place.at(node)
        module = _loaded(node.module or "", node, scope)
        for alias in node.names:
            if node.level or alias.name not in vars(module):
                raise Doubt("imports a module", where)
            self.bind(_bound(alias), resolved(vars(module)[alias.name], _bound(alias)), scope, where)


def _is_quiet(keyword: ast.keyword) -> bool:
    """Whether what this says of an error of numbers calls nothing, and prints nothing."""
    value = keyword.value
    return keyword.arg is not None and isinstance(value, ast.Constant) and value.value in ("ignore", "warn", "raise")


def _loaded(name: str, node: ast.stmt, scope: Scope) -> types.ModuleType:
    """A module that is imported already, so that importing it again does nothing. Raises Doubt."""
    module = sys.modules.get(name)
    if type(module) is not types.ModuleType:
        raise Doubt("imports a module", scope.place.at(node))
    return module


def _bound(alias: ast.alias) -> str:
    """The variable that an import sets."""
    return alias.asname or alias.name.partition(".")[0]


def _are_errors(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_are_errors, value))
    return isinstance(value, type) and issubclass(value, BaseException) and type(value) is type


def _cells(function: types.FunctionType, where: str) -> dict[str, Any]:
    cells = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            cells[name] = cell.cell_contents
        except ValueError:
            raise Doubt(f"uses {name}, which isn't there yet", where) from None
    return cells


def _names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The variables that a function binds; those that it declares `global` or `nonlocal` aren't its own."""
    found = _Names()
    found.names.update(parameters(node))
    for part in node.body if isinstance(node.body, list) else [node.body]:
        found.visit(part)
    return frozenset(found.names - found.others)


class _Names(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()
        self.others: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:  # ast calls it so
        if not isinstance(node.ctx, ast.Load):
            self.names.add(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names.add(node.name)

    def visit_alias(self, node: ast.alias) -> None:
        self.names.add(_bound(node))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Its variables are its own."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self.names.add(node.name)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.others.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.others.update(node.names)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        # Its target is its own; what it sets with `:=` is the function's.
        self.visit(node.iter)
        for test in node.ifs:
            self.visit(test)


_REFUSED = {
    "global": "sets a global variable",
    "nonlocal": "sets a variable of the function around it",
    "classdef": "makes a class",
}
_EXECUTE: dict[type, Callable[[Any, Any, Scope], None]] = {
    ast.Expr: Statements._expression,
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._in_place,
    ast.Return: Statements._return,
    ast.If: Statements._branches,
    ast.While: Statements._while,
    ast.For: Statements._for,
    ast.Pass: Statements._nothing,
    ast.Break: Statements._nothing,
    ast.Continue: Statements._nothing,
    ast.Raise: Statements._raise,
    ast.Try: Statements._try,
    ast.Assert: Statements._assert,
    ast.Delete: Statements._delete,
    ast.FunctionDef: Statements._define,
    ast.With: Statements._with,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import_from,
}
