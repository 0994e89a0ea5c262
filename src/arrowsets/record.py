"""Dataclasses that are made in a fifth of the time that `dataclasses` takes: with a hundred of them that is half an import.

To everyone else (`fields`, `replace`, subclasses by either decorator, type checkers) they are dataclasses. Only `__init__` is
compiled for each class, when the first object is made; the other methods are closures over the names of the fields.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]


def _dataclass(cls: Any = None, /, **options: bool) -> Any:
    """Make a dataclass; the options are `init`, `repr`, `eq` and `frozen` of `dataclasses.dataclass`."""
    if cls is None:
        return lambda cls: _dataclass(cls, **options)
    own = dict(vars(cls))
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # or `dataclasses` would work out the signature
    frozen = options.pop("frozen", False)
    wanted = {"init": True, "repr": True, "eq": True} | options
    _ours.made = True
    try:
        cls = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    finally:
        _ours.made = False
    _refuse(cls, frozen=frozen)
    cls.__dataclass_params__ = _Params(**wanted, frozen=frozen)
    for name, method in _methods(cls, wanted, frozen=frozen).items():
        # Python itself writes that a class with __eq__ has no __hash__.
        if own.get(name) is None:
            setattr(cls, name, method)
    if frozen:
        _freeze(cls)
    return cls


_ours = threading.local()


class _Params:
    """What `dataclasses` wants to know of a base: a frozen class has frozen subclasses, and a thawed one thawed ones.

    While a class of ours is made `dataclasses` takes it for a thawed one, and so are its bases.
    """

    order = unsafe_hash = False

    def __init__(self, *, init: bool, repr: bool, eq: bool, frozen: bool) -> None:  # noqa: A002
        self.init, self.repr, self.eq, self._frozen = init, repr, eq, frozen

    @property
    def frozen(self) -> bool:
        return self._frozen and not getattr(_ours, "made", False)


def _refuse(cls: Any, *, frozen: bool) -> None:
    """Raise TypeError for what is not made here, or by nobody."""
    every: dict[str, Any] = cls.__dataclass_fields__
    odd = [name for name, field in every.items() if field.kw_only is True or "INITVAR" in repr(field._field_type)]
    if odd:
        raise TypeError(f"fields by keyword alone and InitVar are for dataclasses.dataclass to make: {odd}")
    for base in cls.__mro__[1:]:
        params: Any = vars(base).get("__dataclass_params__")
        if isinstance(params, _Params) and params._frozen != frozen:
            kinds = ("frozen", "non-frozen") if frozen else ("non-frozen", "frozen")
            raise TypeError(f"cannot inherit {kinds[0]} dataclass {cls.__name__} from {kinds[1]} {base.__name__}")


def _methods(cls: Any, wanted: dict[str, bool], *, frozen: bool) -> dict[str, Any]:
    fields = dataclasses.fields(cls)
    made: dict[str, Any] = {}
    if wanted["init"]:
        made["__init__"] = _Init(cls, frozen=frozen)
    if wanted["repr"]:
        made["__repr__"] = _repr([field.name for field in fields if field.repr])
    if wanted["eq"]:
        hashed = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
        made["__eq__"] = _eq(_values([field.name for field in fields if field.compare]))
        made["__hash__"] = _hash(_values(hashed)) if frozen else None
    return made


class _Unset:
    def __repr__(self) -> str:
        return "<factory>"  # as signatures show it


_UNSET = _Unset()


class _Init:
    """Stands for a constructor until somebody asks for it."""

    __slots__ = ("_cls", "_frozen")

    def __init__(self, cls: Any, *, frozen: bool) -> None:
        self._cls, self._frozen = cls, frozen

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        made: Any = _init(self._cls, frozen=self._frozen)
        self._cls.__init__ = made
        return made.__get__(instance, owner)


def _init(cls: Any, *, frozen: bool) -> Callable[..., None]:
    """Compile the constructor, which sets the fields and calls `__post_init__`."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_unset": _UNSET}
    taken, lines = ["self"], []
    for field in dataclasses.fields(cls):
        name = value = field.name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            value = f"_make_{name}() if {name} is _unset else {name}" if field.init else f"_make_{name}()"
            taken += [f"{name}=_unset"] if field.init else []
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            taken += [f"{name}=_default_{name}"] if field.init else []
        elif field.init:
            taken.append(name)
        if field.init or field.default_factory is not dataclasses.MISSING:
            lines.append(f" _set(self, {name!r}, {value})" if frozen else f" self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(taken)}):\n" + "\n".join(lines or [" pass"]), known)  # noqa: S102 - our own names
    made: Any = known["__init__"]
    made.__module__, made.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    made.__annotations__ = {field.name: field.type for field in dataclasses.fields(cls) if field.init} | {
        "return": None
    }
    return made  # type: ignore[no-any-return]


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of fields as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _repr(names: list[str]) -> Callable[[Any], str]:
    @recursive_repr()
    def __repr__(self: Any) -> str:  # noqa: N807
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({shown})"

    return __repr__


def _eq(values: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any, object], bool]:
    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    return __eq__


def _hash(values: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


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
else:
    dataclass = _dataclass
