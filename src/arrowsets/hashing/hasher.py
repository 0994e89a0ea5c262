"""The visitor: finds the handler of a value, and sees what was already visited."""

from __future__ import annotations

import enum
import logging
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from pathlib import PurePath
from types import CodeType, FunctionType, ModuleType
from typing import cast

from arrowsets.hashing.bytecode import WHOLE, Chain, Shape, shape_of
from arrowsets.hashing.containers import CONTAINERS
from arrowsets.hashing.functions import CALLABLES, function
from arrowsets.hashing.libraries import library_handler
from arrowsets.hashing.modules import module, module_reads
from arrowsets.hashing.objects import class_of, enum_member, instance, logger, object_reads, reference
from arrowsets.hashing.scalars import path, scalar
from arrowsets.hashing.tree import Fingerprint, leaf, node, unhashable
from arrowsets.hashing.visiting import Handler

__all__ = ["fingerprint"]

_EXACT: dict[type, Handler] = {**CONTAINERS, **CALLABLES, type: cast("Handler", class_of)}
_BASES: tuple[tuple[type, Handler], ...] = cast(
    "tuple[tuple[type, Handler], ...]",
    (
        (PurePath, lambda _, value: path(value)),
        (enum.Enum, enum_member),
        (logging.Logger, logger),
        (ModuleType, module),
        (type, class_of),
        (weakref.ref, reference),
        (CodeType, lambda visitor, value: visitor.shape(value).fingerprint),
    ),
)


def fingerprint(value: object) -> Fingerprint:
    """Fingerprint any value or function, by what it is and does and not by where it lies.

    Functions count by their code, defaults, closure, and the globals that they read, recursively through the
    user's own modules; installed packages by name and version. Comments, layout, docstrings, annotations,
    names of locals and places in files do not count. The
    order of a dict does, that of a set does not. 1, 1.0 and True differ, and 0.0 and -0.0.

    Nothing is raised for values whose content cannot be read, such as locks and open files: they equal
    nothing, and `is_stable` is False. Digests hold for one minor version of Python where code is part of the
    value.

    >>> fingerprint(lambda row: row["a"] + 1) == fingerprint(lambda r: r["a"] + 1)  # the same thing
    True
    """
    # Most arguments of a step are flags and names: for these nothing has to be kept in mind.
    found = scalar(value)
    if found is not None:
        return found
    try:
        return _Hasher().visit(value)
    except RecursionError:
        return _with_a_deep_stack(value)


def _with_a_deep_stack(value: object) -> Fingerprint:
    """Fingerprint a value nested more deeply than the stack allows, such as a long chain of functions."""
    made: list[Fingerprint] = []
    with _one_at_a_time:
        limit, size = sys.getrecursionlimit(), threading.stack_size(_DEEP_STACK)
        sys.setrecursionlimit(max(limit, _DEEP_LIMIT))
        try:
            thread = threading.Thread(target=_visit_into, args=(made, value))
            thread.start()
            thread.join()
        finally:
            sys.setrecursionlimit(limit)
            threading.stack_size(size)
    return made[0]


def _visit_into(made: list[Fingerprint], value: object) -> None:
    try:
        made.append(_Hasher().visit(value))
    except RecursionError:
        made.append(unhashable(f"{type(value).__qualname__}, nested too deeply"))


_DEEP_LIMIT = 20_000
_DEEP_STACK = 256 << 20
_one_at_a_time = threading.Lock()
# Parts nested more deeply than this are hashed, but no longer kept: JSON and its readers have small stacks.
_KEPT_DEPTH = 40


class _Hasher:
    """One run over one value."""

    __slots__ = ("_active", "_done")

    def __init__(self) -> None:
        self._active: dict[tuple[object, ...], int] = {}
        # The value is kept beside its fingerprint so that its id is not used again.
        self._done: dict[tuple[object, ...], tuple[object, Fingerprint]] = {}

    def visit(self, value: object) -> Fingerprint:
        found = scalar(value)
        if found is not None:
            return found
        if type(value) is FunctionType:
            return self.function(value)
        return self._once((id(value),), value, lambda: _handler(type(value))(self, value))

    def visit_apart(self, value: object) -> Fingerprint:
        found = scalar(value)
        if found is not None:
            return found
        apart = _Hasher()
        apart._active = dict(self._active)
        return apart.visit(value)

    def look(self, value: object, chains: Iterable[Chain]) -> Fingerprint:
        if isinstance(value, ModuleType):
            return self._once((id(value), frozenset(chains)), value, lambda: module_reads(self, value, chains))
        if WHOLE in chains or scalar(value) is not None:
            return self.visit(value)
        if isinstance(value, FunctionType):
            return self._function_attributes(value, chains)
        return object_reads(self, value, chains)

    def _function_attributes(self, value: FunctionType, chains: Iterable[Chain]) -> Fingerprint:
        whole = self.visit(value)
        kept = [(f".{name}", self.visit(vars(value)[name])) for (name, *_) in sorted(chains) if name in vars(value)]
        return node("attributes", [("function", whole), *kept], whole.summary) if kept else whole

    def shape(self, code: CodeType) -> Shape:
        return shape_of(code, self.visit_apart)

    def function(self, function_: FunctionType, bound: tuple[object, ...] = ()) -> Fingerprint:
        key = (id(function_), *map(id, bound))
        return self._once(key, (function_, bound), lambda: function(self, function_, bound))

    def within(self, key: tuple[object, ...], make: Callable[[], Fingerprint]) -> Fingerprint:
        return self._once(key, None, make)

    def _once(self, key: tuple[object, ...], value: object, make: Callable[[], Fingerprint]) -> Fingerprint:
        done = self._done.get(key)
        if done is not None:
            return done[1]
        depth = self._active.get(key)
        if depth is not None:
            # How far up, not which: the same cycle has the same digest wherever it is met.
            return leaf("recursion", b"%d" % (len(self._active) - depth), "recursion")
        self._active[key] = len(self._active)
        try:
            made = make()
        except RecursionError:
            raise
        except Exception as error:  # noqa: BLE001  it may run the object's own code
            made = unhashable(_refusal(value, error))
        finally:
            del self._active[key]
        # Met again, it is named by its digest alone: the tree stays as small as the values it was made from.
        again = Fingerprint(made.digest, made.kind, made.summary) if made.children else made
        self._done[key] = (value, again)
        return made if len(self._active) < _KEPT_DEPTH else _pruned(made)


def _pruned(made: Fingerprint) -> Fingerprint:
    kept = tuple(part for part in made.children if not part[1].is_stable)
    return Fingerprint(made.digest, made.kind, made.summary, kept)


def _refusal(value: object, error: Exception) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__} ({type(error).__name__}: {error})"


def _handler(kind: type) -> Handler:
    exact = _EXACT.get(kind)
    if exact is not None:
        return exact
    for base, handler in _BASES:
        if issubclass(kind, base):
            return handler
    return library_handler(kind) or cast("Handler", instance)
