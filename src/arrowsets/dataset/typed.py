"""Rows as objects of a class: a dataclass, a named tuple or a TypedDict, which type checkers know."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator, Sequence
from typing import (
    Any,
    Generic,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
    overload,
)

import pyarrow as pa

from arrowsets.errors import ColumnNotFound, SchemaConflict
from arrowsets.features import Features, FeatureType
from arrowsets.record import dataclass

__all__ = ["TypedRows", "TypedStream"]

T = TypeVar("T")
Make = Callable[[Any], Any]


class TypedRows(Sequence[T]):
    """The rows of a dataset as a sequence of objects of one class; see `Dataset.as_rows`."""

    __slots__ = ("_cls", "_dataset", "_make", "_rows")

    def __init__(self, dataset: Any, cls: type[T]) -> None:
        self._dataset, self._cls = dataset, cls
        self._rows, self._make = _shown(dataset, cls)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, key: int) -> T: ...
    @overload
    def __getitem__(self, key: slice) -> TypedRows[T]: ...
    def __getitem__(self, key: int | slice) -> T | TypedRows[T]:
        if isinstance(key, slice):
            return TypedRows(self._dataset.select(range(len(self._dataset))[key]), self._cls)
        row: T = self._make(self._rows[key])
        return row

    def __getitems__(self, keys: Sequence[int]) -> list[T]:
        """Return rows as a list; what a DataLoader asks for."""
        return list(map(self._make, self._rows.__getitems__(keys)))

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._rows)

    def __reduce__(self) -> tuple[object, ...]:
        return TypedRows, (self._dataset, self._cls)

    def __repr__(self) -> str:
        return f"TypedRows({self._cls.__name__}, num_rows={len(self)})"


class TypedStream(Generic[T]):
    """The rows of a stream as objects of one class; see `IterableDataset.as_rows`."""

    __slots__ = ("_cls", "_make", "_rows", "_stream")

    def __init__(self, stream: Any, cls: type[T]) -> None:
        self._stream, self._cls = stream, cls
        self._rows, self._make = _shown(stream, cls)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._rows)

    def __reduce__(self) -> tuple[object, ...]:
        return TypedStream, (self._stream, self._cls)

    def __repr__(self) -> str:
        return f"TypedStream({self._cls.__name__})"


def _shown(dataset: Any, cls: type) -> tuple[Any, Make]:
    """Return a dataset of the columns that a class has, and what makes objects of its rows.

    Raises:
        ColumnNotFound: for a field without a default that is no column.
        SchemaConflict: for a field whose type does not hold the values of its column.
    """
    wanted = _fields(cls)
    if wanted is None:
        raise TypeError(f"rows are shown as objects of a dataclass, a named tuple or a TypedDict, not as {cls!r}")
    features: Features | None = dataset.features
    hints, shown_as = _hints(cls), dataset.format["type"]
    if shown_as in {"arrow", "pandas", "polars"}:
        raise TypeError(f"rows in the format {shown_as!r} are tables; show them as dicts: with_format(None)")
    if features is None or shown_as == "custom":
        # What a row will hold is not known yet: its keys are looked at one by one.
        return dataset, _Nested(cls, {name: _maker(hints[name]) for name in wanted})
    for name, required in wanted.items():
        if required and name not in features:
            raise ColumnNotFound(f"{cls.__name__}.{name}: {ColumnNotFound.of(name, features)}")
        if shown_as is None and name in features and not _holds(hints[name], features[name]):
            raise SchemaConflict(
                f"column {name!r} holds {features[name]!r}, but {cls.__name__}.{name} is {_spelt(hints[name])}",
                column=name,
            )
    return dataset.select_columns([name for name in wanted if name in features]), _maker(cls)


def _fields(cls: Any) -> dict[str, bool] | None:
    """Return the names of the fields of a class, and whether they have no default; None if it is of another kind."""
    if is_typeddict(cls):
        hints = _hints(cls, include_extras=True)
        # Where annotations are text, __required_keys__ has not looked into them.
        marks: dict[str, Any] = {name: get_origin(hint) for name, hint in hints.items()}
        return {n: m is Required or (m is not NotRequired and n in cls.__required_keys__) for n, m in marks.items()}
    if dataclasses.is_dataclass(cls):
        missing = dataclasses.MISSING
        return {
            field.name: field.default is missing and field.default_factory is missing
            for field in dataclasses.fields(cls)
            if field.init
        }
    if isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return {name: name not in vars(cls)["_field_defaults"] for name in cls._fields}
    return None


def _hints(cls: Any, *, include_extras: bool = False) -> dict[str, Any]:
    try:
        return get_type_hints(cls, include_extras=include_extras)
    except NameError:  # a class within a function names others that only its own lines can see
        return dict.fromkeys(getattr(cls, "__annotations__", ()), Any)


def _maker(hint: Any) -> Make:
    """Return what makes a value of a type out of what a row holds."""
    if (names := _fields(hint)) is not None:
        hints = _hints(hint)
        makers = {name: _maker(hints[name]) for name in names}
        if all(make is _same for make in makers.values()):
            # A row is a dict of the right keys already.
            return _same if is_typeddict(hint) else _Fields(hint)
        return _Nested(hint, makers)
    arguments = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) in {Union, types.UnionType} and len(arguments) == 1:
        return _maker(arguments[0])
    if get_origin(hint) in {list, Sequence} and (make := _maker(arguments[0])) is not _same:
        return _Items(make)
    return _same


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class _Fields:
    cls: Any

    def __call__(self, row: Any) -> Any:
        return None if row is None else self.cls(**row)


@dataclass(frozen=True)
class _Nested:
    cls: Any
    makers: dict[str, Make]

    def __call__(self, row: Any) -> Any:
        return None if row is None else self.cls(**{n: make(row[n]) for n, make in self.makers.items() if n in row})


@dataclass(frozen=True)
class _Items:
    make: Make

    def __call__(self, values: Any) -> Any:
        return None if values is None else [self.make(value) for value in values]


def _spelt(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _holds(hint: Any, feature: FeatureType) -> bool:
    """Tell whether values of a feature may be those of a plain Python type; of other types nothing is known."""
    if get_origin(hint) in {Union, types.UnionType}:
        return any(_holds(each, feature) for each in get_args(hint) if each is not type(None))
    if feature.decoder() is not None:
        return True
    is_a, stored = pa.types, feature.storage
    tests: dict[Any, tuple[Callable[[pa.DataType], bool], ...]] = {
        bool: (is_a.is_boolean,),
        int: (is_a.is_integer,),
        float: (is_a.is_floating, is_a.is_integer),
        str: (is_a.is_string, is_a.is_large_string, is_a.is_string_view),
        bytes: (is_a.is_binary, is_a.is_large_binary, is_a.is_binary_view, is_a.is_fixed_size_binary),
    }
    return hint not in tests or is_a.is_null(stored) or any(test(stored) for test in tests[hint])
