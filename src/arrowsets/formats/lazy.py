"""Rows and batches that convert a column when it is touched, and remember what was done to them.

They are what a function given to `map` or `filter` sees in the default format. A function that reads one
column of ten pays for one, and the caller learns which keys it set or deleted, so that only those need to be
written.
"""

from __future__ import annotations

import pickle
from abc import abstractmethod
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    MutableMapping,
    Sequence,
    ValuesView,
)
from itertools import repeat
from operator import is_
from typing import Any, Self, TypeAlias, cast, overload

import numpy as np
import pyarrow as pa

__all__ = ["DeferredColumns", "LazyBatch", "LazyColumns", "LazyRow", "LazyRows", "Run", "changes", "runs_of"]

AnyTable: TypeAlias = "pa.Table | pa.RecordBatch"
Decoder = Callable[[Any], Any]

_DELETED = object()
_IMMUTABLE = (str, int, float, bytes, bool, type(None))


class LazyColumns(dict[str, Any]):
    """The columns of one table, converted to Python values at first touch; what the rows of a batch share.

    A column that is decoded (images, JSON, …) decodes value by value, the others are converted whole.

    Args:
        table: The rows.
        decoders: What to apply to the values of some columns, by name.
        values: What shows the values of a column of a table by its name, for formats other than the default one.
        format: The format that shows the values, for those who collate rows.

    Attributes:
        collated: Whole columns as they are collated, kept by who does that while rows are taken of them in turn.
    """

    __slots__ = ("_decoders", "_handed", "_table", "_values", "collated", "format", "names", "num_rows")

    def __init__(
        self,
        table: AnyTable,
        decoders: Mapping[str, Decoder] | None = None,
        *,
        values: Callable[[AnyTable, str], Iterable[Any]] | None = None,
        format: object = None,  # noqa: A002 - the field's word
    ) -> None:
        super().__init__()
        self._table = table
        self.format = format
        self._values = values
        self._decoders = decoders or {}
        self._handed: dict[str, list[Any]] = {}
        self.collated: dict[str, Any] | None = None
        self.names: dict[str, None] = dict.fromkeys(table.schema.names)
        self.num_rows: int = table.num_rows

    def __missing__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        values = self._stored(name)
        decode = self._decoders.get(name)
        self[name] = column = values if decode is None else _DecodedColumn(values, decode)
        return column

    @property
    def table(self) -> AnyTable:
        """The rows as they are stored."""
        return self._table

    def rows(self) -> Iterator[LazyRow]:
        """Make a lazy row for each row."""
        return map(LazyRow, repeat(self), range(self.num_rows))

    def whole(self, name: str) -> list[Any]:
        """Return a column as a list that its reader may change."""
        if name not in self._handed:
            column = self[name]
            self._handed[name] = column.all() if isinstance(column, _DecodedColumn) else list(column)
        return self._handed[name]

    def mutated(self) -> set[str]:
        """Name the columns whose values were changed in place, not through a key being set."""
        return {name for name in self if self._is_mutated(name)}

    def unchanged(self, name: str, values: Sequence[Any]) -> bool:
        """Tell whether values that a function returned are those that it was given, untouched."""
        column = self.get(name)
        return column is not None and _same_objects(values, column) and not self._is_mutated(name)

    def _stored(self, name: str) -> list[Any]:
        if self._values is not None:
            return list(self._values(self.table, name))
        return cast("list[Any]", self.table.column(name).to_pylist())

    def _is_mutated(self, name: str) -> bool:
        column = self[name]
        handed = self._handed.get(name)
        if handed is not None and not _same_objects(handed, column):
            return True
        if isinstance(column, _DecodedColumn):
            return column.mutated()
        return _is_nested(self.table.schema.field(name).type) and column != self._stored(name)


class DeferredColumns(LazyColumns):
    """Columns of rows that are only read if someone asks for other things than arrays of numbers and texts.

    Args:
        like: Columns of the same names that are shown in the same way.
        num_rows: How many rows there are.
        read: Reads them.
        look_up: Returns the values of all columns as plain arrays; None where that cannot be done.
    """

    __slots__ = ("_read", "look_up")

    def __init__(
        self,
        like: LazyColumns,
        num_rows: int,
        read: Callable[[], pa.Table],
        look_up: Callable[[], Mapping[str, Any] | None],
    ) -> None:
        # Made for each batch that a model trains on: nothing is worked out again.
        self._table, self.format, self.names = like._table, like.format, like.names
        self._values, self._decoders, self._handed = like._values, like._decoders, {}
        self.num_rows, self.collated = num_rows, None
        self._read: Callable[[], pa.Table] | None = read
        self.look_up = look_up

    @property
    def table(self) -> AnyTable:
        if self._read is not None:
            self._table, self._read = self._read(), None
        return self._table


class _Lazy(MutableMapping[str, Any]):
    """A dict over columns that keeps what was set and deleted apart."""

    __slots__ = ("_changes", "_columns")

    _changes: dict[str, Any] | None
    _columns: LazyColumns

    def __setitem__(self, key: str, value: Any) -> None:
        if self._changes is None:
            self._changes = {}
        self._changes[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        if self._changes is None:
            self._changes = {}
        if key in self._columns.names:
            self._changes[key] = _DELETED
        else:
            del self._changes[key]

    def __contains__(self, key: object) -> bool:
        if self._changes is not None and key in self._changes:
            return self._changes[key] is not _DELETED
        return key in self._columns.names

    def keys(self) -> KeysView[str]:
        # A dict's own view: `{**row}` and `dict(row)` walk it without a Python frame per key.
        names, changes = self._columns.names, self._changes
        if changes is None:
            return names.keys()
        kept = [name for name in names if changes.get(name) is not _DELETED]
        return dict.fromkeys([*kept, *(name for name in changes if name not in names)]).keys()

    def items(self) -> ItemsView[str, Any]:
        return dict(self).items()

    def values(self) -> ValuesView[Any]:
        return dict(self).values()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __repr__(self) -> str:
        return repr(dict(self))

    def __or__(self, other: Mapping[str, Any]) -> Self:
        if not isinstance(other, Mapping):
            return NotImplemented
        merged = self.copy()
        merged.update(other)
        return merged

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**other, **self}

    def __ior__(self, other: Mapping[str, Any]) -> Self:
        self.update(other)
        return self

    def __copy__(self) -> Self:
        return self.copy()

    def __reduce__(self) -> tuple[object, ...]:
        return dict, (dict(self),)

    @abstractmethod
    def copy(self) -> Self:
        """Return an independent mapping with the same values and the same changes."""

    @property
    def columns(self) -> LazyColumns:
        """The columns that the values are taken from."""
        return self._columns

    @property
    def changed(self) -> dict[str, Any]:
        """The keys that were set, with their values."""
        return {key: value for key, value in (self._changes or {}).items() if value is not _DELETED}

    @property
    def deleted(self) -> set[str]:
        """The columns that were deleted."""
        return {key for key, value in (self._changes or {}).items() if value is _DELETED}


def changes(rows: Iterable[_Lazy]) -> tuple[dict[str, None], list[frozenset[str]]]:
    """Return the keys that were set in any of the rows, and the different sets of keys that were deleted from one."""
    set_keys: dict[str, None] = {}
    deleted: set[frozenset[str]] = set()
    known: set[tuple[str, ...]] = set()
    for row in rows:
        own = row._changes
        if own is None:
            deleted.add(frozenset())
        elif _DELETED in own.values():
            deleted.add(frozenset(row.deleted))
            set_keys.update(dict.fromkeys(row.changed))
        elif (keys := tuple(own)) not in known:
            known.add(keys)
            set_keys.update(dict.fromkeys(own))
    return set_keys, list(deleted if not known else deleted | {frozenset()})


class LazyRow(_Lazy):
    """One row of a table: a dict that converts a column when it is touched."""

    __slots__ = ("_index",)

    def __init__(self, columns: LazyColumns, index: int, changes: dict[str, Any] | None = None) -> None:
        self._columns = columns
        self._index = index
        self._changes = changes

    def __getitem__(self, key: str) -> Any:
        if self._changes is not None and key in self._changes:
            return _present(self._changes, key)
        return self._columns[key][self._index]

    def copy(self) -> LazyRow:
        return LazyRow(self._columns, self._index, None if self._changes is None else dict(self._changes))


class LazyRows(Sequence[LazyRow]):
    """All rows of a table, each made when it is asked for: who collates them by columns asks for one."""

    __slots__ = ("columns",)

    def __init__(self, columns: LazyColumns) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return self.columns.num_rows

    @overload
    def __getitem__(self, index: int) -> LazyRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[LazyRow]: ...
    def __getitem__(self, index: int | slice) -> LazyRow | list[LazyRow]:
        found = range(self.columns.num_rows)[index]
        return LazyRow(self.columns, found) if isinstance(found, int) else [LazyRow(self.columns, i) for i in found]


Run: TypeAlias = "tuple[LazyColumns, int, int]"


def runs_of(rows: Sequence[object]) -> list[Run] | None:
    """Return of which columns the rows are, from which row up to which, as long as they follow each other there.

    None if a row is no such row any more, because a key of it was set or deleted.
    """
    if isinstance(rows, LazyRows):
        return [(rows.columns, 0, len(rows))]
    runs: list[Run] = []
    columns: LazyColumns | None = None
    start = stop = 0
    for row in rows:
        if type(row) is not LazyRow or row._changes is not None:
            return None
        if row._columns is columns and row._index == stop:
            stop += 1
            continue
        if columns is not None:
            runs.append((columns, start, stop))
        columns, start, stop = row._columns, row._index, row._index + 1
    return runs if columns is None else [*runs, (columns, start, stop)]


class LazyBatch(_Lazy):
    """Some rows of a table as a dict of lists that converts a column when it is touched."""

    __slots__ = ()

    def __init__(self, columns: LazyColumns, changes: dict[str, Any] | None = None) -> None:
        self._columns = columns
        self._changes = changes

    def __getitem__(self, key: str) -> Any:
        if self._changes is not None and key in self._changes:
            return _present(self._changes, key)
        return self._columns.whole(key)

    def copy(self) -> LazyBatch:
        return LazyBatch(self._columns, None if self._changes is None else dict(self._changes))


class _DecodedColumn:
    """A column whose values are decoded one by one, each once."""

    __slots__ = ("_decode", "_done", "_stored")

    def __init__(self, stored: list[Any], decode: Decoder) -> None:
        self._stored = stored
        self._decode = decode
        self._done: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._stored)

    def __iter__(self) -> Iterator[Any]:
        # Only what was touched has an identity that could be compared; the rest is nobody's yet.
        return (self._done.get(index, _DELETED) for index in range(len(self._stored)))

    def __getitem__(self, index: int) -> Any:
        if index not in self._done:
            self._done[index] = self._fresh(index)
        return self._done[index]

    def _fresh(self, index: int) -> Any:
        value = self._stored[index]
        return None if value is None else self._decode(value)

    def all(self) -> list[Any]:
        return [self[index] for index in range(len(self._stored))]

    def mutated(self) -> bool:
        return any(not self._is_intact(index, value) for index, value in self._done.items())

    def _is_intact(self, index: int, value: Any) -> bool:
        # An image whose file is still open was never loaded, so its pixels were neither read nor changed; and
        # what has no equality of its own (a decoder object) has no value that could have changed.
        if isinstance(value, _IMMUTABLE) or getattr(value, "fp", None) is not None:
            return True
        if getattr(type(value), "__eq__", None) is object.__eq__:
            return True
        original = getattr(value, "is_original", None)  # sounds know it, and are never equal to another
        return original if isinstance(original, bool) else _equal(value, self._fresh(index))


def _same_objects(values: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(values) == len(others) and all(map(is_, values, others))


def _equal(a: Any, b: Any) -> bool:
    try:
        return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else bool(a == b)
    except (ValueError, NotImplementedError):
        # Arrays inside of containers and some libraries' records cannot be compared with ==.
        return _same_pickle(a, b)


def _same_pickle(a: Any, b: Any) -> bool:
    try:
        return pickle.dumps(a) == pickle.dumps(b)
    except Exception:  # noqa: BLE001 - what an object raises that cannot be pickled is beyond any list
        return False  # the value counts as changed


def _present(changes: Mapping[str, Any], key: str) -> Any:
    value = changes[key]
    if value is _DELETED:
        raise KeyError(key)
    return value


def _is_nested(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return _is_nested(kind.storage_type)
    return bool(pa.types.is_nested(kind))
