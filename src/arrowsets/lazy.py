"""What is made when it is first asked for: names of our packages, the kernels of pyarrow, and regular expressions."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

__all__ = ["is_expression", "lazily", "modules", "pattern", "pc"]


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that imports each name from its module when it is first asked for.

    Half of what there is (streams, exports) is not used by most programs, and would be half of the time of an import.
    Modules of the package are imported when they are asked for, too, and `dir` knows the names from the beginning.

    Args:
        homes: The module of each name.
    """
    known = vars(sys.modules[package])

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes that of the package
        home = homes.get(name)
        if home is None:
            return _module_of(package, name)
        known[name] = value = getattr(importlib.import_module(home), name)
        return value

    known["__dir__"] = lambda: sorted({*known, *homes})
    return __getattr__


def _module_of(package: str, name: str) -> Any:
    module = f"{package}.{name}"
    if name.isidentifier() and not name.startswith("_"):
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


class _Module:
    """A module that is imported when something of it is asked for."""

    __slots__ = ("__dict__", "_name")

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = importlib.import_module(self._name)
        self.__dict__ = found.__dict__  # its own: from now on this is as fast as the module, and changes as it does
        return getattr(found, name)


class _Deferred:
    """Has what another object has, which is made when something of it is asked for."""

    def __init__(self, make: Callable[..., Any], *arguments: Any) -> None:
        self._make, self._arguments = make, arguments

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._make(*self._arguments), name)
        setattr(self, name, value)
        return value


def _pattern(pattern: str, flags: int = 0) -> Any:
    """Return a regular expression, compiled when it is first used: forty of them take 4 ms."""
    return _Deferred(re.compile, pattern, flags)


if TYPE_CHECKING:
    from re import compile as pattern

    import pyarrow.compute as pc
    from typing_extensions import TypeIs
else:
    pattern = _pattern
    # Making its functions, pyarrow.compute takes as long to import as the rest of pyarrow; opening a dataset needs none.
    pc = _Module("pyarrow.compute")


def modules(homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module whose names stand for modules that are imported when they are first used."""

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes that of the module
        if name not in homes:
            raise AttributeError(f"there is no module {name!r} to import later")
        return _Module(homes[name])

    return __getattr__


def is_expression(value: object) -> TypeIs[pc.Expression]:
    """Tell whether a value is an Arrow expression, without importing what makes them: then there is none."""
    module = sys.modules.get("pyarrow._compute")
    return module is not None and isinstance(value, module.Expression)
