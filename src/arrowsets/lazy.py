"""What is made when it is first asked for: names of our packages, the kernels of pyarrow, regular expressions,
and the methods of dataclasses.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "is_expression", "lazily", "pattern", "pc"]


def lazily(package: str, homes: Mapping[str, str], modules: Collection[str] = ()) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that imports each name from its module when it is first asked for.

    Half of what there is (streams, exports) is not used by most programs, and would be half of the time of an import.

    Args:
        homes: The module of each name.
        modules: Modules of the package that are imported when they are asked for, too.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes that of the package
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(home), name)
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__


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


_making = threading.RLock()


class _Later:
    """A method of a dataclass that does not have it yet. To look at it is to make it, and all others."""

    def __init__(self, owner: type, name: str, options: Mapping[str, bool]) -> None:
        self.owner, self.name, self.options = owner, name, options

    def __get__(self, instance: object, kind: type | None = None) -> Any:
        with _making:
            if isinstance(vars(self.owner)["__dataclass_fields__"], _Later):
                _make(self.owner, self.options)
        made = vars(self.owner)[self.name]
        bind = getattr(type(made), "__get__", None)
        return made if bind is None else bind(made, instance, kind)


def _make(owner: type, options: Mapping[str, bool]) -> None:
    """Give a class what `dataclasses` would make of it, which is made of a copy: other threads see nothing half done."""
    namespace = {
        name: value
        for name, value in vars(owner).items()
        if not isinstance(value, _Later) and name not in {"__dict__", "__weakref__", "__setattr__", "__delattr__"}
    }
    copy: Any = type(owner)(owner.__name__, owner.__bases__, namespace)
    made = vars(dataclasses.dataclass(**options)(copy))
    for field in dataclasses.fields(copy):
        if isinstance(vars(owner).get(field.name), dataclasses.Field):
            if field.name in made:
                setattr(owner, field.name, made[field.name])
            else:
                delattr(owner, field.name)
    for name in ("__dataclass_params__", "__match_args__", "__replace__", "__repr__", "__eq__", "__hash__", "__init__"):
        if name in made:
            setattr(owner, name, made[name])
    owner.__dataclass_fields__ = made["__dataclass_fields__"]  # type: ignore[attr-defined]  # the mark that all is there


def _lazy_dataclass(cls: type | None = None, /, **options: bool) -> Any:
    """Make a dataclass like `dataclasses.dataclass`, but its methods only when one of them is needed.

    The half millisecond that they take is a third of the time of an import: of a hundred classes, a program needs some.
    """
    if cls is None:
        return lambda cls: _lazy_dataclass(cls, **options)
    own = vars(cls)
    later = ["__dataclass_fields__", "__match_args__"]
    later += [f"__{each}__" for each in ("init", "repr", "eq") if options.get(each, True) and f"__{each}__" not in own]
    if options.get("eq", True) and own.get("__hash__") is None:
        later.append("__hash__")
    for name in later:
        setattr(cls, name, _Later(cls, name, options))
    if options.get("frozen"):
        _freeze(cls)
    return cls


def _freeze(cls: Any) -> None:
    def refuse(self: object, name: str, verb: str) -> None:
        if type(self) is cls or name in cls.__dataclass_fields__:
            raise dataclasses.FrozenInstanceError(f"cannot {verb} field {name!r}")

    def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807
        refuse(self, name, "assign to")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self: object, name: str) -> None:  # noqa: N807
        refuse(self, name, "delete")
        super(cls, self).__delattr__(name)

    cls.__setattr__, cls.__delattr__ = __setattr__, __delattr__


if TYPE_CHECKING:
    from dataclasses import dataclass
    from re import compile as pattern

    import pyarrow.compute as pc
    from typing_extensions import TypeIs
else:
    dataclass, pattern = _lazy_dataclass, _pattern
    # Making its functions, pyarrow.compute takes as long to import as the rest of pyarrow; opening a dataset needs none.
    pc = _Deferred(importlib.import_module, "pyarrow.compute")


def is_expression(value: object) -> TypeIs[pc.Expression]:
    """Tell whether a value is an Arrow expression, without importing what makes them: then there is none."""
    module = sys.modules.get("pyarrow._compute")
    return module is not None and isinstance(value, module.Expression)
