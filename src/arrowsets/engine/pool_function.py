"""Functions taken apart for a pickle, and put together again.

dill finds the globals of a function by recursion, which does not end for functions that call each other, and
by replacing `sys.stdout` for a moment, which other threads notice. Here a function is first made empty and
then filled, so that whatever refers to it may be part of it. Functions of one module share their globals, and
closures their cells.
"""

from __future__ import annotations

import builtins
import dis
import importlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from arrowsets.record import dataclass

__all__ = ["FunctionParts", "FunctionState", "make_function"]

_GLOBAL_NAMES = {"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"}
_ATTRIBUTES = (
    "__defaults__",
    "__kwdefaults__",
    "__annotations__",
    "__doc__",
    "__name__",
    "__qualname__",
    "__module__",
    "__dict__",
)


@dataclass(frozen=True)
class FunctionState:
    """What an empty function is filled with."""

    globals: dict[str, Any]
    cells: list[tuple[CellType, Any]]
    attributes: dict[str, Any]
    modules: list[str]

    def fill(self, function: FunctionType) -> None:
        """Complete a function made by `make_function`."""
        for name in self.modules:
            with suppress(ImportError):
                importlib.import_module(name)
        function.__globals__.update(self.globals)
        for cell, content in self.cells:
            cell.cell_contents = content
        for name, value in self.attributes.items():
            setattr(function, name, value)


def make_function(code: CodeType, module: dict[str, Any], cells: tuple[CellType, ...] | None) -> FunctionType:
    """Make a function that knows nothing yet."""
    module.setdefault("__builtins__", builtins)
    return FunctionType(code, module, code.co_name, None, cells)


class FunctionParts:
    """The functions of one pickle: which globals and cells they have in common."""

    def __init__(self) -> None:
        self._globals: dict[int, dict[str, Any]] = {}
        self._cells: dict[int, CellType] = {}

    def __contains__(self, cell: CellType) -> bool:
        return id(cell) in self._cells

    def take_apart(self, function: FunctionType) -> tuple[tuple[Any, ...], FunctionState]:
        """Return the arguments of `make_function` for a function, and its state."""
        module = self._globals.setdefault(
            id(function.__globals__), {"__name__": function.__globals__.get("__name__", "__main__")}
        )
        names = set(_names(function.__code__))
        used = {name: function.__globals__[name] for name in sorted(names & function.__globals__.keys())}
        used.pop("__builtins__", None)
        cells = function.__closure__ or ()
        new = [cell for cell in cells if id(cell) not in self._cells]
        self._cells |= {id(cell): cell for cell in cells}
        attributes = {}
        for name in _ATTRIBUTES:
            with suppress(NameError):  # annotations are evaluated here from Python 3.14 on
                attributes[name] = getattr(function, name)
        state = FunctionState(used, list(_contents(new)), attributes, list(_submodules(function, used)))
        return (function.__code__, module, function.__closure__), state


def _names(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in _GLOBAL_NAMES:
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _contents(cells: list[CellType]) -> Iterator[tuple[CellType, Any]]:
    for cell in cells:
        with suppress(ValueError):  # not assigned yet
            yield cell, cell.cell_contents


def _submodules(function: FunctionType, used: dict[str, Any]) -> Iterator[str]:
    """Yield the modules that are reached as attributes: `import xml.etree` binds no more than `xml`."""
    found = [value.__name__ for value in used.values() if isinstance(value, ModuleType)]
    for parent in found:
        for name in function.__code__.co_names:
            if f"{parent}.{name}" in sys.modules:
                found.append(f"{parent}.{name}")
                yield found[-1]
