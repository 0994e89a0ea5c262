"""Columns of many record batches as one array each, so that rows in any order are one look-up and no Arrow object.

The batches of a mapped file lie in one stretch of memory. For a column of fixed width, where a value stands there is its
row plus a number that depends on its batch alone; so a few dozen rows from a hundred batches cost as much as from one.
What this cannot say (nulls, nested values, compressed files) is for `View.read`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import repeat
from threading import Lock
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.table.files import ArrowFiles
from arrowsets.table.selection import Rows
from arrowsets.table.view import View

__all__ = ["FlatView"]

Values: TypeAlias = "npt.NDArray[Any] | list[str]"
_Int64s: TypeAlias = npt.NDArray[np.int64]
_MAX_STRETCHES = 64
_LEARNING = Lock()
_SHORT = 64  # bytes that texts have on average, at most, to be copied together


class FlatView:
    """The rows of a view whose columns are numbers, flags, texts, or lists of as many numbers.

    >>> flat = FlatView.of(View.from_table(pa.table({"x": [1, 2, 3]})))
    >>> flat.take(range(2, 0, -1))["x"].tolist()
    [3, 2]
    """

    __slots__ = ("_groups", "_view")

    def __init__(self, view: View, groups: list[_FlatFiles]) -> None:
        self._view = view
        # Most views show all rows of their files in order.
        shown = [group.rows.rows for group in view.groups]
        every = [isinstance(rows, range) and rows == range(len(view)) for rows in shown]
        self._groups = list(zip(view.groups, groups, every, strict=True))

    @classmethod
    def of(cls, view: View) -> FlatView | None:
        """Return the rows of a view; None if a column has another type."""
        if not len(view) or not view.groups or not all(_kind(field.type) for field in view.schema):
            return None
        return cls(view, [_FlatFiles(group.reader) for group in view.groups])

    def take(self, rows: Rows, spread: int = 1) -> dict[str, Values] | None:
        """Return the values of rows, which are the caller's own; None if there are some that cannot be looked up.

        Args:
            spread: None, too, if the rows lie within fewer batches: then these are read faster as they are.
        """
        found: dict[str, Values] = {}
        for group, files, every in self._groups:
            taken = files.take(_array(rows if every else group.rows.compose(rows).rows), spread)
            if taken is None:
                return None
            found |= taken
        return found if len(self._groups) == 1 else {name: found[name] for name in self._view.columns}


class _Column(Protocol):
    """One column of some files."""

    @property
    def is_scattered(self) -> bool:
        """Whether its values lie in several stretches of memory."""

    def learn(self, index: int, array: Any, start: int) -> bool:
        """Note where a batch lies whose first row is `start`; False if its rows cannot be looked up."""

    def take(self, rows: _Int64s, batches: _Int64s) -> Values | None:
        """Return the values of rows that lie in these batches."""


class _FlatFiles:
    """The columns of some files; what they consist of is found out as batches are touched."""

    __slots__ = ("_columns", "_files", "_known", "_starts", "_unknown", "_usable")

    def __init__(self, files: ArrowFiles) -> None:
        self._files, self._starts = files, files.starts
        self._known = np.zeros(files.num_batches, np.bool_)
        self._unknown = files.num_batches
        self._columns: dict[str, _Column] = {}
        for field in files.schema:
            make = _kind(field.type)
            assert make is not None
            self._columns[field.name] = make(files.num_batches)
        self._usable = True

    def take(self, rows: _Int64s, spread: int) -> dict[str, Values] | None:
        if not len(rows) or not self._usable:
            return None
        batches = self._starts.searchsorted(rows, "right") - 1
        if spread > 1 and int(batches.max()) - int(batches.min()) < spread - 1:
            return None
        if self._unknown and not self._known[batches].all() and not self._learn_all(batches):
            return None
        back: _Int64s | None = None
        if len(rows) > 1 and any(column.is_scattered for column in self._columns.values()):
            # File by file: then what is done for each is done once.
            order = np.argsort(batches, kind="stable")
            rows, batches = rows[order], batches[order]
            back = np.empty_like(order)
            back[order] = np.arange(len(order))
        taken: dict[str, Values] = {}
        for name, column in self._columns.items():
            values = column.take(rows, batches)
            if values is None:
                return None
            taken[name] = values if back is None else _reordered(values, back)
        return taken

    def _learn_all(self, batches: _Int64s) -> bool:
        """Learn where batches lie; False if their rows cannot be looked up, or another thread is learning right now."""
        # Nobody waits: a process that was forked while a thread learned would do so forever.
        if not _LEARNING.acquire(blocking=False):
            return False
        try:
            for index in np.unique(batches[~self._known[batches]]).tolist():
                self._usable = self._usable and self._learn(index)
            return self._usable
        finally:
            _LEARNING.release()

    def _learn(self, index: int) -> bool:
        batch, start = self._files.batch(index), int(self._starts[index])
        if not self._files.keeps(index) or not all(
            not array.null_count and column.learn(index, array, start)
            for array, column in zip(batch.columns, self._columns.values(), strict=True)
        ):
            return False
        # Other threads look rows up without a lock as soon as they see this.
        self._known[index] = True
        self._unknown -= 1
        return True


class _Stretches:
    """Where the values of one buffer of a column lie, for each batch, in units of their type.

    Attributes:
        views: All values of each stretch of memory.
    """

    __slots__ = ("_memory", "_of", "_shifts", "dtype", "views")

    def __init__(self, num_batches: int, dtype: npt.DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self.views: list[npt.NDArray[Any]] = []
        self._memory: dict[tuple[int, int], int] = {}
        self._shifts = np.zeros(num_batches, np.int64)
        self._of = np.zeros(num_batches, np.int64)

    def learn(self, index: int, buffer: pa.Buffer | None, shift: int, per: int = 1) -> bool:
        """Note where the buffer of a batch lies; False if it cannot be counted in whole values.

        Args:
            shift: Added to a place to make it one in the buffer.
            per: Places in a value: 8 for bits.
        """
        if buffer is None or not buffer.size:
            return shift == 0
        whole: Any = buffer
        while whole.parent is not None:
            whole = whole.parent
        place, rest = divmod(buffer.address - whole.address, self.dtype.itemsize)
        stretch = self._memory.setdefault((whole.address, whole.size), len(self.views))
        if rest or stretch >= _MAX_STRETCHES:
            return False
        if stretch == len(self.views):
            self.views.append(np.frombuffer(whole, self.dtype, whole.size // self.dtype.itemsize))
        self._of[index] = stretch
        self._shifts[index] = place * per + shift
        return True

    def places(self, rows: _Int64s, batches: _Int64s) -> tuple[_Int64s, _Int64s | None]:
        """Return where rows lie in their stretches, and the stretches if there are several."""
        places = rows + self._shifts[batches]
        return places, self._of[batches] if len(self.views) > 1 else None

    def look_up(self, places: _Int64s, of: _Int64s | None, per: int = 1) -> npt.NDArray[Any]:
        """Return the values at places."""
        if per > 1:
            places = places // per
        if of is None:
            return self.views[0][places] if self.views else np.empty(places.shape, self.dtype)
        found = np.empty(places.shape, self.dtype)
        for stretch, start, stop in _segments(of):
            found[start:stop] = self.views[stretch][places[start:stop]]
        return found

    def runs(self, places: _Int64s, of: _Int64s | None, width: int) -> npt.NDArray[Any]:
        """Return so many values from each place on, a row for each place."""
        return self.look_up(places[:, None] + np.arange(width), of)


def _segments(of: _Int64s) -> Iterator[tuple[int, int, int]]:
    """Yield each number, with where the places begin and end that have it one after the other."""
    if not len(of):
        return iter(())
    edges = [0, *(np.flatnonzero(of[1:] != of[:-1]) + 1).tolist(), len(of)]
    return zip(of[edges[:-1]].tolist(), edges, edges[1:], strict=False)


def _reordered(values: Values, order: _Int64s) -> Values:
    return list(map(values.__getitem__, order.tolist())) if isinstance(values, list) else values[order]


class _Numbers:
    """Integers and floats."""

    __slots__ = ("_data",)

    def __init__(self, num_batches: int, dtype: npt.DTypeLike) -> None:
        self._data = _Stretches(num_batches, dtype)

    @property
    def is_scattered(self) -> bool:
        return len(self._data.views) > 1

    def learn(self, index: int, array: Any, start: int) -> bool:
        return self._data.learn(index, array.buffers()[1], array.offset - start)

    def take(self, rows: _Int64s, batches: _Int64s) -> Values | None:
        return self._data.look_up(*self._data.places(rows, batches))


class _Flags:
    """Booleans, which are bits."""

    __slots__ = ("_data",)

    def __init__(self, num_batches: int) -> None:
        self._data = _Stretches(num_batches, np.uint8)

    @property
    def is_scattered(self) -> bool:
        return len(self._data.views) > 1

    def learn(self, index: int, array: Any, start: int) -> bool:
        return self._data.learn(index, array.buffers()[1], array.offset - start, per=8)

    def take(self, rows: _Int64s, batches: _Int64s) -> Values | None:
        places, of = self._data.places(rows, batches)
        found: npt.NDArray[Any] = (self._data.look_up(places, of, per=8) >> (places & 7).astype(np.uint8)) & 1
        return found.view(np.bool_)


class _Lists:
    """Lists of numbers."""

    __slots__ = ("_offsets", "_values")

    def __init__(self, num_batches: int, offset: npt.DTypeLike, dtype: npt.DTypeLike) -> None:
        self._offsets, self._values = _Stretches(num_batches, offset), _Stretches(num_batches, dtype)

    @property
    def is_scattered(self) -> bool:
        return len(self._values.views) > 1

    def learn(self, index: int, array: Any, start: int) -> bool:
        values = array.values
        return (
            not values.null_count
            and self._offsets.learn(index, array.buffers()[1], array.offset - start)
            and self._values.learn(index, values.buffers()[1], values.offset)
        )

    def take(self, rows: _Int64s, batches: _Int64s) -> Values | None:
        places, of = self._offsets.places(rows, batches)
        begins = self._offsets.look_up(places, of).astype(np.int64, copy=False)
        widths = self._offsets.look_up(places + 1, of) - begins
        width = int(widths[0])
        if not width or (widths != width).any():
            return None
        places, of = self._values.places(begins, batches)
        return self._values.runs(places, of, width)


class _FixedLists:
    """Lists of numbers whose type says how many."""

    __slots__ = ("_values", "_width")

    def __init__(self, num_batches: int, width: int, dtype: npt.DTypeLike) -> None:
        self._width, self._values = width, _Stretches(num_batches, dtype)

    @property
    def is_scattered(self) -> bool:
        return len(self._values.views) > 1

    def learn(self, index: int, array: Any, start: int) -> bool:
        values = array.values
        shift = values.offset + (array.offset - start) * self._width
        return not values.null_count and self._values.learn(index, values.buffers()[1], shift)

    def take(self, rows: _Int64s, batches: _Int64s) -> Values | None:
        places, of = self._values.places(rows * self._width, batches)
        return self._values.runs(places, of, self._width)


class _Texts:
    """Strings."""

    __slots__ = ("_bytes", "_offsets")

    def __init__(self, num_batches: int, offset: npt.DTypeLike) -> None:
        self._offsets, self._bytes = _Stretches(num_batches, offset), _Stretches(num_batches, np.uint8)

    @property
    def is_scattered(self) -> bool:
        return len(self._offsets.views) > 1

    def learn(self, index: int, array: Any, start: int) -> bool:
        _, offsets, data = array.buffers()
        return self._offsets.learn(index, offsets, array.offset - start) and self._bytes.learn(index, data, 0)

    def take(self, rows: _Int64s, batches: _Int64s) -> Values | None:
        places, of = self._offsets.places(rows, batches)
        begins = self._offsets.look_up(places, of).astype(np.int64, copy=False)
        lengths = self._offsets.look_up(places + 1, of) - begins
        places, of = self._bytes.places(begins, batches)
        if not self._bytes.views:
            return [""] * len(rows)
        if int(lengths.sum()) <= _SHORT * len(rows):
            joined = _joined_texts(self._bytes, places, of, lengths)
            if joined is not None:
                return joined
        memory: list[Any] = [*self._bytes.views]
        views = [memoryview(each) for each in memory]
        stretches = repeat(0) if of is None else of.tolist()
        spans = zip(stretches, places.tolist(), (places + lengths).tolist(), strict=False)
        return [str(views[at][start:end], "utf-8") for at, start, end in spans]


def _joined_texts(data: _Stretches, places: _Int64s, of: _Int64s | None, lengths: _Int64s) -> list[str] | None:
    """Return texts that are copied into one, with a zero character after each, and cut there; None if one holds such.

    That takes a quarter of the time that cutting them off the memory of a file does.
    """
    ends = np.cumsum(lengths + 1)
    each = np.repeat(places - (ends - lengths - 1), lengths + 1) + np.arange(ends[-1])
    each[ends - 1] = 0
    joined = data.look_up(each, None if of is None else np.repeat(of, lengths + 1))
    joined[ends - 1] = 0
    if len(joined) - np.count_nonzero(joined) > len(lengths):
        return None
    return joined[:-1].tobytes().decode().split("\0")


_NUMBERS: dict[pa.DataType, npt.DTypeLike] = {
    pa.int8(): np.int8,
    pa.int16(): np.int16,
    pa.int32(): np.int32,
    pa.int64(): np.int64,
    pa.uint8(): np.uint8,
    pa.uint16(): np.uint16,
    pa.uint32(): np.uint32,
    pa.float32(): np.float32,
    pa.float64(): np.float64,
}


@lru_cache(maxsize=1024)
def _kind(dtype: Any) -> Callable[[int], _Column] | None:
    """Return what makes a column of a type; None for types whose values are not looked up."""
    types = pa.types
    if dtype in _NUMBERS:
        return partial(_Numbers, dtype=_NUMBERS[dtype])
    if types.is_boolean(dtype):
        return _Flags
    if types.is_string(dtype) or types.is_large_string(dtype):
        return partial(_Texts, offset=np.int64 if types.is_large_string(dtype) else np.int32)
    listed = types.is_list(dtype) or types.is_large_list(dtype) or types.is_fixed_size_list(dtype)
    inner = _NUMBERS.get(dtype.value_type) if listed else None
    if inner is None:
        return None
    if types.is_fixed_size_list(dtype):
        return partial(_FixedLists, width=dtype.list_size, dtype=inner) if dtype.list_size else None
    return partial(_Lists, offset=np.int64 if types.is_large_list(dtype) else np.int32, dtype=inner)


def _array(rows: Rows) -> _Int64s:
    return np.arange(rows.start, rows.stop, rows.step, dtype=np.int64) if isinstance(rows, range) else rows
