"""Fingerprints of classes and of objects by their class and state."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import logging
from collections.abc import Iterable, Iterator
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from arrowsets.hashing.bytecode import WHOLE, Chain
from arrowsets.hashing.containers import items
from arrowsets.hashing.packages import is_users, package_leaf
from arrowsets.hashing.tree import Fingerprint, leaf, node
from arrowsets.hashing.visiting import Visitor

__all__ = ["class_of", "enum_member", "instance", "logger", "object_reads", "reference"]

_NOT_MEANING = frozenset(
    {
        *(
            "__module__",
            "__dict__",
            "__weakref__",
            "__doc__",
            "__qualname__",
            "__annotations__",
            "__annotate__",
        ),
        *(
            "__annotate_func__",
            "__annotations_cache__",
            "__firstlineno__",
            "__static_attributes__",
            "__abstractmethods__",
        ),
        *("_abc_impl", "__dataclass_fields__", "__dataclass_params__", "__match_args__", "__parameters__"),
        *("__orig_bases__", "__type_params__", "__replace__", "__slotnames__"),
    }
)
_MISSING = object()
_BUILTIN_STATE = (
    int,
    float,
    complex,
    str,
    bytes,
    bytearray,
    list,
    tuple,
    dict,
    set,
    frozenset,
    BaseException,
)


def class_of(visitor: Visitor, value: type) -> Fingerprint:
    """Fingerprint a class: the user's by what is in it, an installed one by name and version."""
    if not is_users(value.__module__):
        return package_leaf(value.__module__, value.__qualname__)
    parts = [(f"base {base.__name__}", visitor.visit(base)) for base in value.__bases__ if base is not object]
    if type(value) is not type:
        parts.append(("metaclass", visitor.visit(type(value))))
    parts += [(f".{name}", visitor.visit(item)) for name, item in sorted(_members(value))]
    return node("class", parts, f"class {value.__qualname__}", value.__name__.encode())


def _members(value: type) -> Iterator[tuple[str, object]]:
    for name, item in vars(value).items():
        if name not in _NOT_MEANING and not isinstance(item, GetSetDescriptorType | MemberDescriptorType):
            yield name, item


def enum_member(visitor: Visitor, value: enum.Enum) -> Fingerprint:
    """Fingerprint a member of an enumeration by name, value and the user's methods."""
    kind = type(value)
    parts = [("class", package_leaf(kind.__module__, kind.__qualname__))] if not is_users(kind.__module__) else []
    parts.append(("value", visitor.visit(value._value_)))
    parts += [
        (f".{name}", visitor.visit(item))
        for name, item in sorted(_members(kind))
        if isinstance(item, FunctionType | property | classmethod | staticmethod) and not name.startswith("_")
    ]
    return node("enum", parts, f"{kind.__qualname__}.{value._name_}", f"{kind.__name__}.{value._name_}".encode())


def logger(visitor: Visitor, value: logging.Logger) -> Fingerprint:  # noqa: ARG001
    """Fingerprint a logger by its name: what it writes is no result."""
    return leaf("value", b"logger\0" + value.name.encode(), f"logger {value.name}")


def reference(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a weak reference by what it refers to."""
    return node("weakref", [("", visitor.visit(value()))], "weakref")


def object_reads(visitor: Visitor, value: object, chains: Iterable[Chain]) -> Fingerprint:
    """Fingerprint the attributes of an object that code reads; the whole object where that cannot be told."""
    names = sorted({chain[0] for chain in chains if chain})
    if WHOLE in chains or not _is_plain(value):
        return visitor.visit(value)
    parts: list[tuple[str, Fingerprint]] = []
    for name in names:
        part = _attribute(visitor, value, name, [chain[1:] for chain in chains if chain and chain[0] == name])
        if part is None:
            return visitor.visit(value)
        parts.append((f".{name}", part))
    return node("attributes", parts, f"{type(value).__qualname__} object")


def _is_plain(value: object) -> bool:
    """Whether looking up an attribute runs no code but what we can see."""
    kind = type(value)
    if hook(value) is not None:
        return False
    if kind is type:
        return is_users(value.__module__)
    return (
        is_users(kind.__module__)
        and type(kind) in (type, abc.ABCMeta)
        and kind.__getattribute__ is object.__getattribute__
        and not hasattr(kind, "__getattr__")
        and not issubclass(kind, enum.Enum)
    )


def _attribute(visitor: Visitor, value: object, name: str, rest: list[Chain]) -> Fingerprint | None:
    """Fingerprint one attribute; None where an installed class has it, whose code may read anything."""
    if name in ("__class__", "__dict__"):
        return None
    is_class = isinstance(value, type)
    kind = value if isinstance(value, type) else type(value)
    owner, found = _static(kind, name)
    state = {} if is_class else getattr(value, "__dict__", {})
    computed = isinstance(found, property | functools.cached_property)
    if hasattr(type(found), "__set__") and not computed and not isinstance(found, MemberDescriptorType):
        return None
    if not is_class and name in state and not computed:
        return visitor.look(state[name], rest)
    if found is _MISSING:
        return leaf("missing", name.encode(), "not defined")
    if isinstance(found, MemberDescriptorType):
        return visitor.look(getattr(value, name, None), rest) if not is_class else visitor.visit(found)
    if not is_users(owner.__module__):
        return None
    return _class_attribute(visitor, value, kind, found, rest)


def _class_attribute(
    visitor: Visitor, value: object, kind: type, found: object, rest: list[Chain]
) -> Fingerprint | None:
    bound: tuple[object, ...] = () if value is kind else (value,)
    if isinstance(found, property | functools.cached_property):
        getter = found.fget if isinstance(found, property) else found.func
        return visitor.function(getter, bound) if isinstance(getter, FunctionType) else None
    if isinstance(found, classmethod):
        inner = found.__func__
        return visitor.function(inner, (kind,)) if isinstance(inner, FunctionType) else None
    if isinstance(found, staticmethod):
        return visitor.visit(found.__func__)
    if isinstance(found, FunctionType):
        return visitor.function(found, bound)
    if hasattr(type(found), "__get__"):
        return None
    return visitor.look(found, rest)


def _static(kind: type, name: str) -> tuple[type, object]:
    for base in kind.__mro__:
        if name in vars(base):
            return base, vars(base)[name]
    return kind, _MISSING


def hook(value: object) -> Fingerprint | str | None:
    """Return what an object says its fingerprint is: `__fingerprint__()`, or an attribute `_fingerprint`."""
    kind = type(value)
    try:
        if hasattr(kind, "__fingerprint__"):
            stated = kind.__fingerprint__(value)
        else:
            stated = getattr(value, "__dict__", {}).get("_fingerprint")
            if stated is None and hasattr(kind, "_fingerprint"):
                stated = getattr(value, "_fingerprint", None)
    except Exception:  # noqa: BLE001  the object's own code
        return None
    return stated if isinstance(stated, Fingerprint | str) else None


def instance(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint any object: by what it says of itself, its class and state, or how it is pickled."""
    if isinstance(value, type):
        return class_of(visitor, value)
    stated = hook(value)
    if stated is not None:
        name = type(value).__qualname__
        return (
            stated
            if isinstance(stated, Fingerprint)
            else leaf("stated", f"{name}\0{stated}".encode(), f"{name} {stated}")
        )
    kind = type(value)
    if hasattr(kind, "__cache_key__"):
        return node(kind.__qualname__, [("cache key", visitor.visit(value.__cache_key__()))], kind.__qualname__)
    return _by_state(visitor, value) or _by_reduction(visitor, value)


def _by_state(visitor: Visitor, value: Any) -> Fingerprint | None:
    kind = type(value)
    if _overrides(kind, "__reduce_ex__") or _overrides(kind, "__reduce__"):
        return None
    if isinstance(value, _BUILTIN_STATE):
        return None
    summary = f"{kind.__qualname__} object"
    made = ("class", visitor.visit(kind))
    if _overrides(kind, "__getstate__") and not dataclasses.is_dataclass(value):
        state = value.__getstate__()
        if isinstance(state, dict) and all(type(name) is str for name in state):
            return node("object", [made, *_named(visitor, state)], summary)
        return node("object", [made, ("state", visitor.visit(state))], summary)
    if not hasattr(value, "__dict__") and not _slots(kind):
        return None
    # Refuses where C code holds state beside the attributes: open files, locks, thread-local storage.
    value.__reduce_ex__(4)
    return node("object", [made, *_named(visitor, _state(value))], summary)


def _overrides(kind: type, name: str) -> bool:
    return getattr(kind, name) is not getattr(object, name)


def _named(visitor: Visitor, state: dict[str, object]) -> Iterator[tuple[str, Fingerprint]]:
    for name in sorted(state):
        yield f".{name}", visitor.visit(state[name])


def _state(value: object) -> dict[str, object]:
    """Return the attributes of an object, less what cached properties remember."""
    kind = type(value)
    state = {name: item for name in _slots(kind) if (item := getattr(value, name, _MISSING)) is not _MISSING}
    for name, item in getattr(value, "__dict__", {}).items():
        if not isinstance(_static(kind, name)[1], functools.cached_property):
            state[str(name)] = item
    return state


def _slots(kind: type) -> list[str]:
    return [
        name
        for base in kind.__mro__
        for name, item in vars(base).items()
        if isinstance(item, MemberDescriptorType) and _is_heap(base)
    ]


def _is_heap(kind: type) -> bool:
    """Whether a class was made by a class statement."""
    return bool(kind.__flags__ & (1 << 9))


def _by_reduction(visitor: Visitor, value: Any) -> Fingerprint:
    kind = type(value)
    reduced = value.__reduce_ex__(4)
    if isinstance(reduced, str):
        return _by_name(value, reduced)
    function, arguments, *rest = reduced
    state, listed, paired = [*rest, None, None, None][:3]
    parts = [("made by", visitor.visit(function)), ("arguments", visitor.visit(arguments))]
    if isinstance(state, dict) and all(type(name) is str for name in state):
        parts += _named(visitor, state)
    elif state is not None:
        parts.append(("state", visitor.visit(state)))
    if listed is not None:
        values = list(listed)
        parts.append(("items", items(visitor, "list", values, len(values), f"{len(values)} items")))
    if paired is not None:
        pairs = list(paired)
        parts.append(("items", items(visitor, "pairs", pairs, len(pairs), f"{len(pairs)} items")))
    return node("object", parts, f"{kind.__qualname__} object")


def _by_name(value: Any, name: str) -> Fingerprint:
    module = getattr(value, "__module__", None) or type(value).__module__
    return package_leaf(str(module), name)
