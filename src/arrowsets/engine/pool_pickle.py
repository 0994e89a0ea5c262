"""Pickles that carry functions and classes of `__main__`, lambdas and closures by value.

The standard pickler comes first, because it is fast and enough for paths, ranges and functions of modules; dill takes
over for what it refuses. A class that travels by value keeps its identity: it bears a name in all pickles of this
process, so that a function and its arguments meet in one class in the worker, and an instance that comes back is an
instance of the class that was sent.
"""

from __future__ import annotations

import functools
import io
import pickle
import sys
import types
import uuid
import weakref
from collections.abc import Mapping
from contextlib import suppress
from enum import EnumMeta
from typing import Any

from arrowsets.errors import NotPicklable

__all__ = ["dumps", "loads"]

_PLAIN, _DILL = b"p", b"d"
_BY_VALUE = {"__main__", "__mp_main__", None}
# Made anew with each class.
_OF_THE_CLASS = {"__dict__", "__weakref__", "__module__", "__qualname__", "__slots__", "__doc__", "__class__"}

_names: weakref.WeakKeyDictionary[type, str] = weakref.WeakKeyDictionary()
_classes: weakref.WeakValueDictionary[str, type] = weakref.WeakValueDictionary()
_ours: set[str] = set()


class _NeedsDill(Exception):  # noqa: N818 - control flow, never seen
    pass


class _PlainPickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        # pickle would write these by name, and a worker's __main__ is another module.
        if isinstance(obj, (type, types.FunctionType)) and obj.__module__ in _BY_VALUE:
            raise _NeedsDill
        return NotImplemented


def dumps(value: object, what: str = "value") -> bytes:
    """Pickle a value; `what` names it in the error where that cannot be done."""
    buffer = io.BytesIO()
    buffer.write(_PLAIN)
    # Any error of the plain pickler is a reason to try the other one, whose error is the one to show.
    with suppress(Exception):
        _PlainPickler(buffer, protocol=5).dump(value)
        return buffer.getvalue()
    buffer = io.BytesIO()
    buffer.write(_DILL)
    try:
        _dill_pickler()(buffer, protocol=5, recurse=True, byref=False).dump(value)
    except Exception as error:
        raise NotPicklable(
            f"{what} cannot be sent to another process: {error}; "
            "create what cannot be pickled inside the function, or run without num_proc"
        ) from error
    return buffer.getvalue()


def loads(data: bytes) -> Any:
    """Return the value of a pickle made by `dumps`."""
    if data[:1] == _PLAIN:
        return pickle.loads(memoryview(data)[1:])  # noqa: S301 - from a process of the same program
    import dill

    stream = io.BytesIO(data)
    stream.seek(1)
    return dill.Unpickler(stream, ignore=True).load()


@functools.cache
def _dill_pickler() -> Any:
    import dill
    from dill import _dill

    makers = {_dill._create_type, _dill._create_namedtuple, types.new_class}  # noqa: SLF001

    class Pickler(dill.Pickler):  # type: ignore[misc]
        def save_reduce(self, func: Any, args: Any, *rest: Any, **named: Any) -> None:
            made = named.get("obj")
            if isinstance(made, types.ModuleType) and sys.modules.get(made.__name__) is made:
                # dill would send what a module of the user's contains at the moment; a worker imports it.
                named.pop("state", None)
            if isinstance(made, type) and isinstance(func, types.FunctionType) and func in makers:
                func, args = _adopt, (_name(made), func, args)
            super().save_reduce(func, args, *rest, **named)

    return Pickler


def _name(made: type) -> str:
    name = _names.get(made)
    if name is None:
        name = uuid.uuid4().hex
        _names[made], _classes[name] = name, made
        _ours.add(name)
    return name


def _adopt(name: str, make: Any, args: tuple[Any, ...]) -> type:
    known = _classes.get(name)
    if known is None:
        made: type = make(*args)
        _names[made], _classes[name] = name, made
        return made
    if name not in _ours and not isinstance(known, EnumMeta):
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
