"""Reading a view in a format: rows, batches, columns. Plans are made once for a view and a format, and kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from arrowsets.errors import BadData, ColumnNotFound, RowOutOfRange
from arrowsets.features import Features
from arrowsets.formats import Column, Format, PartialFormat, PythonFormat, get_format
from arrowsets.late import collate, flat, lazy_rows
from arrowsets.record import dataclass
from arrowsets.table import ColumnGroup, View
from arrowsets.table.selection import as_positions

if TYPE_CHECKING:
    from arrowsets.formats.lazy import LazyColumns
    from arrowsets.table.flat import FlatView

__all__ = ["FormatSpec", "Reader", "format_of", "from_start"]

MAX_GETTERS = 512
_COLLATED = (None, "numpy", "torch")


@dataclass(frozen=True)
class FormatSpec:
    """How rows are shown.

    Attributes:
        type: The format's name; None is plain Python.
        columns: The columns that are shown. None: all.
        others_too: The other columns are shown besides, as Python.
        options: What is passed to the format.
    """

    type: str | None = None
    columns: tuple[str, ...] | None = None
    others_too: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def format_type(self) -> str | None:
        """The format's name; what libraries call it that look for the format of a stream."""
        return self.type

    def keeping(self, names: Sequence[str]) -> FormatSpec:
        """The format when only these columns are left."""
        if self.columns is None:
            return self
        return replace(self, columns=tuple(name for name in self.columns if name in names))

    def renamed(self, names: Mapping[str, str]) -> FormatSpec:
        """The format when columns have other names."""
        if self.columns is None:
            return self
        return replace(self, columns=tuple(names.get(name, name) for name in self.columns))


def from_start(positions: Any, num_rows: int) -> Any:
    """Return positions counted from the start; negative ones count from the end.

    >>> from_start([0, -1], 3)
    array([0, 2])

    Raises:
        RowOutOfRange: for a position before the first row.
    """
    if isinstance(positions, range) and (not positions or min(positions[0], positions[-1]) >= 0):
        return positions
    array = np.asarray(positions)
    if array.dtype.kind != "i" or not array.size or array.min() >= 0:
        return array
    if array.min() < -num_rows:
        raise RowOutOfRange(f"row position {array.min()} is out of range; the dataset has {num_rows} rows")
    return np.where(array < 0, array + num_rows, array)


# So many rows, from so many batches, are looked up one by one where that is possible: taking them batch by batch takes longer.
FEW, MANY = 8, 4096


class Reader:
    """Reads a view in a format."""

    def __init__(self, view: View, features: Features, spec: FormatSpec) -> None:
        chosen = view.columns if spec.columns is None else spec.columns
        self.view = view if spec.others_too else view.select_columns(chosen)
        self.features = Features({name: features[name] for name in self.view.columns})
        self.spec = spec
        self.format = format_of(spec, self.features, chosen, partial=len(self.view.columns) > len(chosen))
        self._groups: list[_GroupReader] | None = None

    def row(self, position: int) -> Any:
        """Show one row."""
        num_rows = self.view.num_rows
        if not -num_rows <= position < num_rows:
            raise IndexError(f"row {position} is out of range; the dataset has {num_rows} rows")
        if position < 0:
            position += num_rows
        groups = self._groups if self._groups is not None else self._open()
        try:
            if not groups:
                return self.format.row(self.view.read(range(position, position + 1)))
            if len(groups) == 1:
                return groups[0].get(position)
            found: dict[str, Any] = {}
            for group in groups:
                found |= group.get(position)
        except BadData as error:  # a file in a cell
            raise error.at(row=position) from error.__cause__
        return {name: found[name] for name in self.view.columns}

    def _open(self) -> list[_GroupReader]:
        """Make readers of single rows, if the format has a way around tables."""
        view, groups = self.view, []
        if view.num_rows and view.groups:
            groups = [_GroupReader(group, self.format) for group in view.groups]
            if any(group.getter(0) is None for group in groups):
                groups = []
        self._groups = groups
        return groups

    def batch(self, positions: Any) -> Any:
        """Show some rows as a batch."""
        rows = from_start(positions, self.view.num_rows)
        found = self._looked_up(rows)
        return self.format.batch(self.view.read(rows)) if found is None else found

    def _looked_up(self, rows: Any) -> dict[str, list[Any]] | None:
        """Show rows from all over the view without making tables; None where they are few, or more than plain values."""
        if isinstance(rows, range) or not FEW <= len(rows) <= MANY or self._plain is None:
            return None
        found = self._plain.take(as_positions(rows, self.view.num_rows), FEW)
        if found is None:
            return None
        return {name: values if isinstance(values, list) else values.tolist() for name, values in found.items()}

    @cached_property
    def _plain(self) -> FlatView | None:
        """The view as arrays to look values up in, where its values are shown as they are and none is a list."""
        shown = type(self.format) is PythonFormat and not self.format.decoders
        if not shown or all(group.reader.num_batches < FEW for group in self.view.groups):
            return None
        return None if any(map(pa.types.is_nested, self.view.schema.types)) else flat.FlatView.of(self.view)

    def rows(self, positions: Any, *, lazily: bool = False) -> Sequence[Any]:
        """Show some rows.

        Args:
            lazily: The rows are going to be collated by PyTorch, which then makes tensors of whole columns, and no object
                for each value.
        """
        if lazily and self.format.name in _COLLATED and collate.registered():
            return lazy_rows.LazyRows(self._lazy(positions))
        return list(self.format.rows(self.view.read(from_start(positions, self.view.num_rows))))

    def _lazy(self, positions: Any) -> LazyColumns:
        """Return rows that are read when one of them is looked at; collating them may not take that."""
        if self._flat is None:
            return self.format.lazy(self.view.read(from_start(positions, self.view.num_rows)))
        whole, like = self._flat
        rows = as_positions(positions, self.view.num_rows)
        return lazy_rows.DeferredColumns(like, len(rows), partial(self.view.read, rows), partial(whole.take, rows))

    @cached_property
    def _flat(self) -> tuple[FlatView, LazyColumns] | None:
        """The view as arrays to look values up in, where rows are collated from such, and how its rows are shown."""
        whole = flat.FlatView.of(self.view) if collate.can_look_up(self.format, self.view.schema.types) else None
        return None if whole is None else (whole, self.format.lazy(pa.Table.from_batches([], self.view.schema)))

    def iterate(self, block: int) -> Iterator[Any]:
        """Show all rows, converting a block at a time."""
        return chain.from_iterable(map(self.format.rows, self.view.batches(block)))

    def batches(self, size: int, *, drop_last_batch: bool) -> Iterator[Any]:
        """Show all rows as batches of so many."""
        if size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {size}")
        stop = self.view.num_rows - self.view.num_rows % size if drop_last_batch else self.view.num_rows
        return map(self.format.batch, self.view.batches(size, 0, stop))

    def column(self, name: str) -> Column:
        """Show a column as a sequence."""
        if name not in self.features:
            raise ColumnNotFound.of(name, self.view.columns)
        view = self.view.select_columns([name])
        return Column(view.read, view.num_rows, name, self.format)


class _GroupReader:
    """Single rows of one column group, by readers compiled for its record batches."""

    __slots__ = ("_files", "_format", "_getters", "_rows", "_starts")

    def __init__(self, group: ColumnGroup, format: Format) -> None:  # noqa: A002 - the field's word
        self._files, self._format, self._rows = group.reader, format, group.rows.rows
        self._starts: list[int] = self._files.starts.tolist()
        self._getters: dict[int, Callable[[int], Any]] = {}

    def getter(self, index: int) -> Callable[[int], Any] | None:
        """Return the reader of a record batch; None if the format has none."""
        found = self._getters.get(index)
        if found is None:
            found = self._format.getter(self._files.batch(index))
            if found is not None:
                if len(self._getters) >= MAX_GETTERS:
                    self._getters.clear()
                self._getters[index] = found
        return found

    def get(self, position: int) -> Any:
        """Show the row at a position of the group."""
        row = int(self._rows[position])
        index = bisect_right(self._starts, row) - 1
        getter = self._getters.get(index) or self.getter(index)
        assert getter is not None
        return getter(row - self._starts[index])


def format_of(spec: FormatSpec, features: Features, chosen: Sequence[str], *, partial: bool) -> Format:
    """Make the format that shows rows of these types."""
    shown = Features({name: features[name] for name in chosen}) if not partial else features
    inner = get_format(spec.type, shown, **spec.options)
    return PartialFormat(inner, chosen) if partial else inner
