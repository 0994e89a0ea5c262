"""Fingerprints of what can be called: the user's by what it does, the rest by name and version."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any, cast

from arrowsets.hashing.bytecode import WHOLE, Shape
from arrowsets.hashing.containers import empty_cell
from arrowsets.hashing.modules import inline_import
from arrowsets.hashing.packages import is_users, package_leaf
from arrowsets.hashing.tree import Fingerprint, combine, leaf, node
from arrowsets.hashing.visiting import Handler, Visitor

__all__ = ["CALLABLES", "describe", "function", "is_users_function"]

Part = tuple[str, Fingerprint]


def is_users_function(value: FunctionType) -> bool:
    """Whether a function was written by the user, whatever name a decorator gave it."""
    scope = value.__globals__
    return is_users(scope.get("__name__") or "__main__", scope.get("__file__"))


def describe(value: FunctionType) -> str:
    """Name a function for people."""
    module = value.__module__
    return value.__name__ if module in (None, "__main__", "__mp_main__") else f"{value.__name__} ({module})"


def function(visitor: Visitor, value: FunctionType, bound: tuple[object, ...] = ()) -> Fingerprint:
    """Fingerprint a Python function.

    Args:
        bound: Its first argument, where that is known: only what the code reads of it counts.
    """
    if is_users_function(value):
        return node("function", _parts(visitor, value, bound), describe(value))
    module = value.__globals__.get("__name__") or value.__module__ or ""
    package = package_leaf(module, value.__code__.co_qualname)
    registry = getattr(value, "registry", None)
    if isinstance(registry, Mapping) and module == "functools":
        # singledispatch: its closure also holds a cache that fills with use.
        return node("function", [("registry", visitor.visit_apart(dict(registry)))], describe(value))
    if "<" not in value.__code__.co_qualname:
        parts: list[Part] = [("package", package)]
    else:
        # Made by a call, as decorators are: what it closes over tells it from its siblings. Globals of
        # installed modules are left out, they may be caches.
        shape = visitor.shape(value.__code__)
        parts = [("package", package), ("code", shape.fingerprint), *_defaults(visitor, value)]
        parts += _closure(visitor, value, shape)
    if bound:
        parts.append(("self", visitor.visit(bound[0])))
    return package if len(parts) == 1 else node("function", parts, describe(value))


# Lists and no generators from here on: a generator would take C stack at every function on the way down.


def _parts(visitor: Visitor, value: FunctionType, bound: tuple[object, ...]) -> list[Part]:
    shape = visitor.shape(value.__code__)
    parts: list[Part] = [("code", shape.fingerprint), *_defaults(visitor, value)]
    if value.__closure__:
        parts += _closure(visitor, value, shape)
    if shape.globals:
        parts += _globals(visitor, value, shape)
    for item in shape.imports:
        package = value.__globals__.get("__package__") or ""
        parts.append((f"import {'.' * item.level}{item.name}", inline_import(visitor, item, package)))
    if bound:
        names = value.__code__.co_varnames
        reads = shape.variables.get(names[0], frozenset()) if value.__code__.co_argcount else {WHOLE}
        parts.append(("self", visitor.look(bound[0], reads)))
    return parts


def _defaults(visitor: Visitor, value: FunctionType) -> list[Part]:
    parts: list[Part] = []
    if value.__defaults__:
        code = value.__code__
        names = code.co_varnames[code.co_argcount - len(value.__defaults__) : code.co_argcount]
        for name, default in zip(names, value.__defaults__, strict=True):
            parts.append((f"default {name}", visitor.visit(default)))
    if value.__kwdefaults__:
        for name in sorted(value.__kwdefaults__):
            parts.append((f"default {name}", visitor.visit(value.__kwdefaults__[name])))  # noqa: PERF401
    return parts


def _closure(visitor: Visitor, value: FunctionType, shape: Shape) -> list[Part]:
    parts: list[Part] = []
    for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
        try:
            content = cell.cell_contents
        except ValueError:
            parts.append((f"closure {name}", empty_cell()))
            continue
        parts.append((f"closure {name}", visitor.look(content, shape.variables.get(name, frozenset()))))
    return parts


def _globals(visitor: Visitor, value: FunctionType, shape: Shape) -> list[Part]:
    scope = value.__globals__
    parts: list[Part] = []
    for name, chains in shape.globals.items():
        if name in scope:
            parts.append((f"global {name}", visitor.look(scope[name], chains)))
            continue
        builtins = scope.get("__builtins__")
        builtins = vars(builtins) if isinstance(builtins, ModuleType) else builtins
        # A builtin's name already stands in the code; only what is none needs saying.
        if not (isinstance(builtins, dict) and name in builtins):
            parts.append((f"global {name}", leaf("missing", name.encode(), "not defined")))
    return parts


def method(visitor: Visitor, value: MethodType) -> Fingerprint:
    """Fingerprint a bound method: the function and what it reads of its object."""
    if isinstance(value.__func__, FunctionType):
        return visitor.function(value.__func__, (value.__self__,))
    return node("method", [("function", visitor.visit(value.__func__)), ("self", visitor.visit(value.__self__))])


def partial(visitor: Visitor, value: functools.partial[Any]) -> Fingerprint:
    """Fingerprint a partial; the order of its keyword arguments does not count."""
    keywords = {f"argument {name}": visitor.visit(item) for name, item in sorted(value.keywords.items())}
    parts = [("function", visitor.visit(value.func))]
    parts += [(f"argument {i}", visitor.visit(item)) for i, item in enumerate(value.args)]
    return node("partial", [*parts, ("keywords", combine("keywords", keywords))] if keywords else parts, "partial")


def cached(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a function with an `lru_cache`, not what the cache holds."""
    return node("cached function", [("function", visitor.visit(value.__wrapped__))], "lru_cache")


def builtin(visitor: Visitor, value: BuiltinFunctionType) -> Fingerprint:
    """Fingerprint a function written in C, bound or not."""
    owner: object = value.__self__
    if owner is None or isinstance(owner, ModuleType):
        module = value.__module__ or (owner.__name__ if isinstance(owner, ModuleType) else "builtins")
        if is_users(module):
            return node("builtin", [("module", visitor.visit(owner))], value.__qualname__, value.__qualname__.encode())
        return package_leaf(module, value.__qualname__)
    return node("builtin", [("self", visitor.visit(owner))], value.__qualname__, value.__name__.encode())


def descriptor(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a method of a class written in C: `str.lower`."""
    return node("builtin", [("class", visitor.visit(value.__objclass__))], value.__qualname__, value.__name__.encode())


def bound_slot(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a bound special method of a class written in C: `[].__len__`."""
    return node("builtin", [("self", visitor.visit(value.__self__))], value.__name__, value.__name__.encode())


def wrapped(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a staticmethod or classmethod object."""
    return node(type(value).__name__, [("function", visitor.visit(value.__func__))], type(value).__name__)


def prop(visitor: Visitor, value: property) -> Fingerprint:
    """Fingerprint a property by its functions."""
    functions = {"get": value.fget, "set": value.fset, "delete": value.fdel}
    return node("property", [(name, visitor.visit(item)) for name, item in functions.items() if item], "property")


def cached_property(visitor: Visitor, value: functools.cached_property[Any]) -> Fingerprint:
    """Fingerprint a cached property by its function."""
    return node("property", [("get", visitor.visit(value.func))], "cached_property")


def cell(visitor: Visitor, value: CellType) -> Fingerprint:
    """Fingerprint what a closure cell holds."""
    try:
        return visitor.visit(value.cell_contents)
    except ValueError:
        return empty_cell()


CALLABLES = cast(
    "dict[type, Handler]",
    {
        FunctionType: lambda visitor, value: visitor.function(value),
        MethodType: method,
        BuiltinFunctionType: builtin,
        functools.partial: partial,
        type(functools.lru_cache(len)): cached,
        functools.cached_property: cached_property,
        type(str.lower): descriptor,
        type(str.__add__): descriptor,
        type(dict.__dict__["fromkeys"]): descriptor,
        type(FunctionType.__dict__["__globals__"]): descriptor,
        type(type.__dict__["__mro__"]): descriptor,
        type([].__len__): bound_slot,
        staticmethod: wrapped,
        classmethod: wrapped,
        property: prop,
        CellType: cell,
    },
)
