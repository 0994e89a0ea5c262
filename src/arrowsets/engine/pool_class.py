"""Classes that travel by value: how they keep their identity, and enumerations, which dill cannot pickle.

A class bears a name in all pickles of the process that defined it, so that a function and its arguments meet
in one class in a worker, and an instance that comes back is an instance of the class that was sent.
"""

from __future__ import annotations

import functools
import types
import uuid
import weakref
from collections.abc import Mapping
from contextlib import suppress
from enum import EnumMeta
from typing import Any

__all__ = ["adopt", "enum_parts", "make_enum", "name_of"]

# Made anew with each class.
_OF_THE_CLASS = {"__dict__", "__weakref__", "__module__", "__qualname__", "__slots__", "__doc__", "__class__"}

_names: weakref.WeakKeyDictionary[type, str] = weakref.WeakKeyDictionary()
_classes: weakref.WeakValueDictionary[str, type] = weakref.WeakValueDictionary()
_ours: set[str] = set()


def name_of(made: type) -> str:
    """Return the name that a class bears in pickles."""
    name = _names.get(made)
    if name is None:
        name = uuid.uuid4().hex
        _names[made], _classes[name] = name, made
        _ours.add(name)
    return name


def adopt(name: str, make: Any, args: tuple[Any, ...]) -> type:
    """Return the class of a name, made if it has not been seen here before."""
    known = _classes.get(name)
    if known is None:
        made: type = make(*args)
        _names[made], _classes[name] = name, made
        return made
    if name not in _ours and not isinstance(known, EnumMeta):  # an enumeration does not change
        _update(known, args)
    return known


def _update(known: type, args: tuple[Any, ...]) -> None:
    """Give a class that came earlier the attributes that it has at its origin now."""
    body = args[-1] if len(args) == 4 else None
    if isinstance(body, functools.partial):
        body = body.keywords.get("source")
    for attribute, value in body.items() if isinstance(body, Mapping) else ():
        if attribute not in _OF_THE_CLASS:
            with suppress(AttributeError, TypeError):
                setattr(known, attribute, value)


def enum_parts(made: EnumMeta) -> tuple[Any, ...]:
    """Return the arguments of `make_enum` for an enumeration."""
    known: Mapping[str, Any] = made.__members__
    members = {name: member.value for name, member in known.items()}
    kinds = (types.FunctionType, property, classmethod, staticmethod)
    body = {
        "__new__" if name == "_new_member_" else name: value
        for name, value in vars(made).items()
        if isinstance(value, kinds) and getattr(value, "__module__", None) != "enum" and name != "__new__"
    }
    place = {"__module__": made.__module__, "__qualname__": made.__qualname__}
    return type(made), made.__name__, made.__bases__, place | body | members


def make_enum(kind: type[EnumMeta], name: str, bases: tuple[type, ...], body: dict[str, Any]) -> EnumMeta:
    """Make an enumeration from its methods and the values of its members."""
    contents = kind.__prepare__(name, bases)
    for key, value in body.items():
        contents[key] = value
    return kind(name, bases, contents)
