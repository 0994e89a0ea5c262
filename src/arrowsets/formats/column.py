"""The column: `dataset["name"]` as a sequence that reads what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features, FeatureType
from arrowsets.formats.arrays import Arrays, join_chunks
from arrowsets.formats.base import AnyArray, Format
from arrowsets.formats.python import PythonFormat
from arrowsets.guise import class_seen
from arrowsets.lazy import pc

__all__ = ["Column", "Positions", "ReadRows", "positions_of"]

Positions: TypeAlias = "range | npt.NDArray[np.int64]"
ReadRows: TypeAlias = "Callable[[Positions], pa.Table]"

_BATCH_ROWS = 1000
_SHOWN = 5


class Column(Sequence[Any]):
    """A column of a dataset, read when it is used: a list in all but type.

    Slices and lists of positions give what the dataset's format gives for a column: a list, an array, a
    tensor.

    Args:
        read: Returns the rows at some positions, with at least the column in it. It is called with positions
        that
            exist, and decides nothing.
        num_rows: How many rows there are.
        name: The column's name.
        format: How values are shown.
        path: The fields to follow inside of the column, for a part of a struct.

    >>> table = pa.table({"a": [1, 2, 3]})
    >>> column = Column(lambda rows: table.take(list(rows)), 3, "a", PythonFormat())
    >>> column[-1], column[:2], 2 in column
    (3, [1, 2], True)
    """

    __slots__ = ("_format", "_path", "_read", "_rows", "name")

    def __init__(
        self,
        read: ReadRows,
        num_rows: int,
        name: str,
        format: Format,  # noqa: A002 - the field's word
        path: tuple[str, ...] = (),
    ) -> None:
        self._read = read
        self._rows = num_rows
        self._format = format
        self._path = path
        self.name = name

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return class_seen(type(self), "Column")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._read, self._rows, self.name, self._format, self._path)

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, key: str) -> Column: ...
    @overload
    def __getitem__(self, key: Any) -> Any: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._field(key)
        if isinstance(key, int | np.integer) and not isinstance(key, bool):
            position = _checked(int(key), self._rows)
            return next(self._values(range(position, position + 1)))
        return self._shown(positions_of(key, self._rows))

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, self._rows, _BATCH_ROWS):
            yield from self._values(range(start, min(start + _BATCH_ROWS, self._rows)))

    def __contains__(self, value: object) -> bool:
        return any(value in values for values in self._lists())

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the first position of a value; ValueError if there is none."""
        first, last, _ = slice(start, stop).indices(self._rows)
        for offset in range(first, last, _BATCH_ROWS):
            values = self._python(range(offset, min(offset + _BATCH_ROWS, last)))
            if value in values:
                return offset + values.index(value)
        raise ValueError(f"{value!r} is not in column {self._title()!r}")

    def count(self, value: Any) -> int:
        """Count how often a value occurs."""
        return sum(values.count(value) for values in self._lists())

    def __eq__(self, other: object) -> bool:
        # Arrays and series compare element by element, as they do with a list: left to them.
        if isinstance(other, list | tuple | Column):
            values = other.tolist() if isinstance(other, Column) else list(other)
            return len(values) == self._rows and self.tolist() == values
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Any) -> list[Any]:
        return self.tolist() + list(other) if isinstance(other, list | tuple | Column) else NotImplemented

    def __radd__(self, other: Any) -> list[Any]:
        return list(other) + self.tolist() if isinstance(other, list | tuple) else NotImplemented

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError("a column is read from Arrow memory that is not to be written to; it must be copied")
        values = self.to_numpy()
        return values if dtype is None else values.astype(dtype, copy=False)

    def __repr__(self) -> str:
        shown = [repr(value) for value in self._python(range(min(self._rows, _SHOWN)))]
        more = ", ..." if self._rows > _SHOWN else ""
        return f"Column([{', '.join(shown)}{more}], num_rows={self._rows})"

    def tolist(self) -> list[Any]:
        """Return all values as Python objects."""
        return self._python(range(self._rows))

    to_list = tolist

    def to_numpy(self) -> npt.NDArray[Any]:
        """Return all values as an array, in types that hold them without loss; in numpy format as that shows
        them."""
        if self._format.name == "numpy":
            shown: npt.NDArray[Any] = self._shown(range(self._rows))
            return shown
        array = join_chunks(self.to_arrow())
        if pa.types.is_floating(array.type):
            return Arrays(np.float64).column(array)
        if pa.types.is_integer(array.type) and not array.null_count:
            return Arrays().column(array)
        values = self.tolist()
        try:
            return np.array(values)
        except ValueError:
            # Lists of unequal length.
            return np.fromiter(values, dtype=object, count=len(values))

    def to_arrow(self) -> pa.ChunkedArray[Any]:
        """Return all values as stored."""
        array = self._stored(range(self._rows))
        return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _field(self, name: str) -> Column:
        kind = self._stored(range(0)).type
        fields = [field.name for field in kind] if pa.types.is_struct(kind) else []
        if name not in fields:
            raise ColumnNotFound.of(name, fields)
        return Column(self._read, self._rows, self.name, self._format, (*self._path, name))

    def _stored(self, positions: Positions) -> AnyArray:
        array: AnyArray = self._read(positions).column(self.name)
        for name in self._path:
            array = pc.struct_field(array, name)
        return array

    def _feature(self) -> FeatureType | None:
        feature: Any = self._format.features
        for name in (self.name, *self._path):
            if feature is None or name not in feature:
                return None
            feature = feature[name]
        return feature if isinstance(feature, FeatureType) else None

    def _values(self, positions: range) -> Iterator[Any]:
        """Show values one by one, as rows show them."""
        if self._path:
            return iter(self._shown(positions))
        return self._format.values(self._read(positions), self.name)

    def _shown(self, positions: Positions) -> Any:
        if self._path:
            return self._format.column(self._stored(positions), self._feature())
        return self._format.column_of(self._read(positions), self.name)

    def _python(self, positions: Positions) -> list[Any]:
        return _PYTHON.column(self._stored(positions), self._feature())

    def _lists(self) -> Iterator[list[Any]]:
        for start in range(0, self._rows, _BATCH_ROWS):
            yield self._python(range(start, min(start + _BATCH_ROWS, self._rows)))

    def _title(self) -> str:
        return ".".join((self.name, *self._path))


_PYTHON = PythonFormat(Features())


def positions_of(key: Any, num_rows: int) -> Positions:
    """Return the row positions that an index other than a number means: a slice, a mask, or positions.

    >>> positions_of(slice(-2, None), 5), positions_of([True, False, True], 3)
    (range(3, 5), array([0, 2]))
    """
    if isinstance(key, slice):
        return range(num_rows)[key]
    if isinstance(key, range) and (not len(key) or (min(key) >= 0 and max(key) < num_rows)):
        return key
    if not hasattr(key, "__iter__"):
        raise TypeError(f"rows are chosen by a number, slice, list of numbers or mask, not by {key!r}")
    chosen = np.asarray(key if hasattr(key, "__len__") else list(key))
    if not chosen.size:
        return np.empty(0, np.int64)
    if chosen.dtype == np.bool_:
        return _masked(chosen, num_rows)
    return _numbered(chosen, num_rows)


def _masked(mask: npt.NDArray[np.bool_], num_rows: int) -> npt.NDArray[np.int64]:
    if mask.shape != (num_rows,):
        raise IndexError(f"a mask needs one flag per row: it has shape {mask.shape}, and there are {num_rows} rows")
    return np.flatnonzero(mask).astype(np.int64)


def _numbered(numbers: npt.NDArray[Any], num_rows: int) -> npt.NDArray[np.int64]:
    if numbers.dtype.kind not in "iu" or numbers.ndim != 1:
        raise TypeError(f"rows are chosen by whole numbers, not by {numbers[:5]!r}")
    positions = numbers.astype(np.int64)
    outside = (positions < -num_rows) | (positions >= num_rows)
    if outside.any():
        _checked(int(positions[outside][0]), num_rows)
    return np.where(positions < 0, positions + num_rows, positions)


def _checked(position: int, num_rows: int) -> int:
    if not -num_rows <= position < num_rows:
        raise IndexError(f"row {position} is out of range: there are {num_rows} rows")
    return position % num_rows
