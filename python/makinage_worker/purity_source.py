"""A function's source, proven to be what it runs: compiled again it gives the very bytecode.

Sources read the same in all versions of Python, bytecode doesn't. They are taken as tracebacks take them.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from makinage_worker.purity_known import CHANGING
from makinage_worker.purity_values import Doubt

Def = ast.FunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Source:
    """A file: its tree, its code, and what its functions change outside themselves."""

    def __init__(self, filename: str, text: str) -> None:
        self.filename = filename
        self._tree = ast.parse(text, filename)
        self._codes = list(_codes(compile(text, filename, "exec", dont_inherit=True)))
        self._parents: dict[ast.AST, list[ast.AST]] = {}
        self._find_parents(self._tree, [])
        self._changes = [(_changed(node), node) for node in self._parents]

    def definition(self, code: CodeType) -> Def:
        """Where the code was written. Raises Doubt."""
        same = [other for other in self._codes if _place(other) == _place(code) and same_code(other, code)]
        nodes = [node for node in self._parents if isinstance(node, Def) and _is_at(node, code)]
        if len(same) != 1 or len(nodes) != 1:
            raise Doubt("can't be told from its source", f"{self.filename}:{code.co_firstlineno}")
        return nodes[0]

    def changers(self, name: str, reader: Def) -> ast.AST | None:
        """What in a function changes or rebinds a variable of this name that others read; None for nothing.

        What encloses the reader has run before it was made, and the reader itself is followed.
        """
        above = self._parents[reader]
        for names, node in self._changes:
            if name not in names:
                continue
            if reader in self._parents[node]:
                continue
            functions = [parent for parent in self._parents[node] if isinstance(parent, _FUNCTIONS)]
            if isinstance(node, (ast.Global, ast.Nonlocal)) or (functions and functions[-1] not in above):
                return node
        return None

    def setter(self, attribute: str) -> ast.AST | None:
        """What in a function sets or changes an attribute of this name; but in what makes an object."""
        for node in self._parents:
            functions = [parent for parent in self._parents[node] if isinstance(parent, _FUNCTIONS)]
            is_made = not functions or getattr(functions[-1], "name", "") in ("__init__", "__post_init__")
            if not is_made and attribute in _changed_attributes(node):
                return node
        return None

    def _find_parents(self, node: ast.AST, above: list[ast.AST]) -> None:
        self._parents[node] = above
        below = [*above, node]
        for child in ast.iter_child_nodes(node):
            self._find_parents(child, below)


def source_of(function: FunctionType) -> Source:
    """The file that a function is from. Raises Doubt."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    source = parsed(code.co_filename, "".join(lines)) if lines else None
    if source is None:
        raise Doubt("has no source that can be read", f"{code.co_filename}:{code.co_firstlineno}")
    return source


@functools.lru_cache(maxsize=64)
def parsed(filename: str, text: str) -> Source | None:
    """The file of this text; None for what is no source."""
    try:
        return Source(filename, text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def same_code(one: CodeType, other: CodeType) -> bool:
    """Whether two code objects do the same, on the same lines."""
    return _essence(one) == _essence(other) and _same_constants(one.co_consts, other.co_consts)


def _essence(code: CodeType) -> tuple[Any, ...]:
    return (
        *(code.co_name, code.co_firstlineno, code.co_flags, code.co_code, code.co_names, code.co_varnames),
        *(code.co_freevars, code.co_cellvars, code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount),
    )


def _same_constants(ones: Any, others: Any) -> bool:
    return len(ones) == len(others) and all(map(_same_constant, ones, others))


def _same_constant(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, CodeType):
        return same_code(one, other)
    if isinstance(one, tuple):
        return _same_constants(one, other)
    # Sets may be shown in another order; the text of a number has all of it.
    return bool(one == other) if isinstance(one, frozenset) else repr(one) == repr(other)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_name, code.co_firstlineno


def _is_at(node: Def, code: CodeType) -> bool:
    if isinstance(node, ast.Lambda):
        name, line = "<lambda>", node.lineno
    else:
        name, line = node.name, min(node.lineno, *(decorator.lineno for decorator in node.decorator_list), node.lineno)
    return (name, line) == _place(code) and tuple(parameters(node)) == _parameters(code)


def parameters(node: Def) -> list[str]:
    """The names of a function's parameters, in the order of `co_varnames`."""
    arguments = node.args
    names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return [argument.arg for argument in names]


def _parameters(code: CodeType) -> tuple[str, ...]:
    flags = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + flags]


def _changed(node: ast.AST) -> list[str]:
    """The names of variables that this piece of source rebinds from within, or whose values it changes."""
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return _root(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
        return _root(node.func.value)
    return []


def _changed_attributes(node: ast.AST) -> list[str]:
    """The names of attributes that this piece of source sets, or whose values it changes."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return _path(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
        return _path(node.func.value)
    return []


def _path(node: ast.expr) -> list[str]:
    names = []
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        node = node.value
    return names


def _root(node: ast.expr) -> list[str]:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return [node.id] if isinstance(node, ast.Name) else []
