"""Pickles that carry functions and classes of `__main__`, lambdas and closures by value.

The standard pickler comes first, because it is fast and enough for paths, ranges and functions of modules;
dill takes over for what it refuses, apart from functions (`pool_function`) and the identity of classes
(`pool_class`).
"""

from __future__ import annotations

import functools
import io
import pickle
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from enum import EnumMeta
from typing import Any

from arrowsets.engine.pool_class import adopt, enum_parts, make_enum, name_of
from arrowsets.engine.pool_function import FunctionParts, make_function
from arrowsets.errors import NotPicklable

__all__ = ["dumps", "loads"]

_PLAIN, _DILL = b"p", b"d"
_BY_VALUE = {"__main__", "__mp_main__", None}


class _NeedsDill(Exception):
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
    return dill.Unpickler(stream, ignore=True).load()  # noqa: S301


class _Carrying:
    """What is changed of dill's pickler: how functions and enumerations are saved, and who a class is."""

    memo: dict[int, Any]
    _postproc: dict[int, list[Any]]
    _located: Callable[[Any, Any], bool]
    _save_made: Callable[..., None]
    _makers: frozenset[Any]
    write: Callable[[bytes], None]

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._functions = FunctionParts()

    def save(self, obj: Any, *rest: Any, **named: Any) -> None:
        if id(obj) in self.memo or not self._save_ours(obj):
            super().save(obj, *rest, **named)  # type: ignore[misc]

    def _save_ours(self, obj: Any) -> bool:
        if type(obj) is types.CellType and obj in self._functions:
            self.save_reduce(types.CellType, (), obj=obj)
        elif type(obj) is types.FunctionType and not self._located(obj, self):
            self._save_function(obj)
        elif type(obj) is dict and _names_no_module(obj):
            # dill would import a module of that name, which may be a script: a function's attributes have its name.
            pickle._Pickler.save_dict(self, obj)  # type: ignore[attr-defined]
        elif isinstance(obj, EnumMeta) and not self._located(obj, self):
            self._save_made(self, (make_enum, enum_parts(obj)), obj=obj)
        else:
            return False
        return True

    def _save_function(self, function: types.FunctionType) -> None:
        arguments, state = self._functions.take_apart(function)
        self.save_reduce(make_function, arguments, obj=function)
        # A class is made from its methods: what a method knows of the class can be told only afterwards.
        for value in [*state.globals.values(), *(content for _, content in state.cells)]:
            if id(value) in self._postproc:
                self._postproc[id(value)].append((state.fill, (function,)))
                return
        self.save_reduce(state.fill, (function,))
        self.write(pickle.POP)

    def save_reduce(self, func: Any, args: Any, *rest: Any, **named: Any) -> None:
        made = named.get("obj")
        if isinstance(made, types.ModuleType) and sys.modules.get(made.__name__) is made:
            # dill would send what a module of the user's contains at the moment; a worker imports it.
            named.pop("state", None)
        if isinstance(made, type) and isinstance(func, types.FunctionType) and func in self._makers:
            func, args = adopt, (name_of(made), func, args)
        super().save_reduce(func, args, *rest, **named)  # type: ignore[misc]


def _names_no_module(values: dict[Any, Any]) -> bool:
    name = values.get("__name__")
    return isinstance(name, str) and name not in sys.modules


@functools.cache
def _dill_pickler() -> Any:
    import dill
    from dill import _dill

    parts = {
        "_located": staticmethod(_dill._locate_function),
        "_save_made": staticmethod(_dill._save_with_postproc),
        "_makers": frozenset({_dill._create_type, _dill._create_namedtuple, types.new_class, make_enum}),
    }
    return type("Pickler", (_Carrying, dill.Pickler), parts)
