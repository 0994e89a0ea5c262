"""Views: the rows and columns that a dataset shows, as column groups with files and a row selection each.

Views are values. What makes one view of another composes selections and column lists and never touches rows:
groups that share a selection share its composition too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import pairwise
from typing import Any

import pyarrow as pa

from arrowsets.errors import ColumnNotFound, RowOutOfRange, SchemaConflict, ShapeConflict
from arrowsets.record import dataclass
from arrowsets.table.concat import concat_groups
from arrowsets.table.files import ArrowFiles, Column, FileRef
from arrowsets.table.group import ColumnGroup
from arrowsets.table.scan import Scan, release_all
from arrowsets.table.schemas import unify_schemas
from arrowsets.table.selection import Positions, Rows, Selection, as_rows

__all__ = ["View"]

# Rows in no order are gathered ahead, up to this much, because a gather pays per record batch it touches.
_AHEAD_ROWS = 1 << 16
_AHEAD_BYTES = 8 << 20
# Each of these may have touched a page of its own.
_TOUCHED_ROWS = 1 << 14


@dataclass(frozen=True, eq=False)
class View:
    """What a dataset shows.

    >>> view = View.from_table(pa.table({"x": [1, 2, 3], "y": ["a", "b", "c"]}))
    >>> view.select([2, 0]).drop(["y"]).read(range(2)).to_pydict()
    {'x': [3, 1]}
    """

    groups: tuple[ColumnGroup, ...]
    columns: tuple[str, ...]
    num_rows: int
    schema: pa.Schema = field(repr=False)

    @classmethod
    def of(cls, groups: Iterable[ColumnGroup], columns: Sequence[str], num_rows: int) -> View:
        """Make a view of groups; columns that it does not show are left out of them."""
        shown = set(columns)
        kept = _in_order(_merged(_showing(group, shown) for group in groups), columns)
        return cls(kept, tuple(columns), num_rows, _schema(kept, columns))

    @classmethod
    def from_files(cls, files: ArrowFiles | Iterable[FileRef], schema: pa.Schema | None = None) -> View:
        """Show all rows of files."""
        if not isinstance(files, ArrowFiles):
            files = ArrowFiles.open(files, schema)
        rows = Selection(range(files.num_rows))
        groups = (ColumnGroup(files, files.columns, rows),) if files.columns else ()
        return cls(groups, tuple(files.schema.names), files.num_rows, files.schema)

    @classmethod
    def from_table(cls, table: pa.Table) -> View:
        """Show all rows of a table in memory."""
        return cls.from_files(ArrowFiles.from_table(table))

    @classmethod
    def concat(cls, views: Iterable[View]) -> View:
        """Show the rows of views, one view after the other; columns by name, null where a view has none.

        >>> first, second = (View.from_table(pa.table({"x": [n]})) for n in (1, 2))
        >>> View.concat([first, second]).read(range(2)).to_pydict()
        {'x': [1, 2]}
        """
        views = list(views)
        if len(views) == 1:
            return views[0]
        schema = unify_schemas(view.schema for view in views)
        filled = [view for view in views if view.num_rows]
        groups = concat_groups([(view.groups, view.num_rows) for view in filled], schema)
        return cls(groups, tuple(schema.names), sum(view.num_rows for view in views), schema)

    def __len__(self) -> int:
        return self.num_rows

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the shown columns lie in, each once."""
        return tuple(dict.fromkeys(path for group in self.groups for path in group.files.paths))

    @property
    def nbytes(self) -> int:
        """Bytes of the shown values, by their share of the rows they lie among."""
        sizes = ((group.reader, len(group.rows)) for group in self.groups)
        return sum(round(reader.nbytes * rows / max(reader.num_rows, 1)) for reader, rows in sizes)

    def select(self, positions: Positions) -> View:
        """Return the rows at positions, or those that a boolean mask marks."""
        return self._select(as_rows(positions, self.num_rows))

    def _select(self, rows: Rows) -> View:
        if isinstance(rows, range) and rows == range(self.num_rows):
            return self
        composed = _Composed(rows)
        groups = tuple(ColumnGroup(group.files, group.columns, composed.of(group.rows)) for group in self.groups)
        return View(groups, self.columns, len(rows), self.schema)

    def read(self, positions: Positions, columns: Sequence[str] | None = None) -> pa.Table:
        """Return rows as a table, in the order of the positions."""
        if columns is not None:
            return self.select_columns(columns).read(positions)
        return self._read(as_rows(positions, self.num_rows))

    def column(self, name: str, positions: Positions | None = None) -> pa.ChunkedArray[Any]:
        """Return the values of one column, at positions or all of them."""
        return self.read(range(self.num_rows) if positions is None else positions, [name]).column(0)

    def _read(self, rows: Rows) -> pa.Table:
        if not self.groups:
            return _blank_table(len(rows), self.schema)
        composed = _Composed(rows)
        tables = [group.reader.read(composed.of(group.rows).rows) for group in self.groups]
        if len(tables) == 1 and tables[0].column_names == list(self.columns):
            return tables[0]
        arrays = {
            name: array for table in tables for name, array in zip(table.column_names, table.columns, strict=True)
        }
        return pa.Table.from_arrays([arrays[name] for name in self.columns], schema=self.schema)

    def batches(
        self, batch_rows: int, start: int = 0, stop: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yield the rows from start up to stop as tables of `batch_rows` rows; the last may have fewer."""
        if columns is not None:
            return self.select_columns(columns).batches(batch_rows, start, stop)
        if batch_rows < 1:
            raise ShapeConflict(f"batches of {batch_rows} rows; give 1 or more")
        stop = self.num_rows if stop is None else stop
        if not 0 <= start <= stop <= self.num_rows:
            raise RowOutOfRange(f"rows {start} to {stop} are out of range; there are {self.num_rows} rows")
        if all(group.rows.is_contiguous for group in self.groups):
            return self._scanned(batch_rows, start, stop)
        return self._gathered(batch_rows, start, stop)

    def _scanned(self, batch_rows: int, start: int, stop: int) -> Iterator[pa.Table]:
        """Yield batches of rows in order, letting go of what lies behind."""
        scans = [scan for group in self.groups if (scan := Scan.of(group, start)) is not None]
        window, low, high = None, start, start
        for at in range(start, stop, batch_rows):
            end = min(at + batch_rows, stop)
            if end > high or window is None:
                # Up to where a record batch ends, which is open already: a slice of it costs a tenth of a read.
                low, high = at, max(end, min(self._edge(at), stop))
                window = self._read(range(low, high))
            yield window.slice(at - low, end - at) if end - at < high - low else window
            for scan in scans:
                scan.passed(at + batch_rows)

    def stored(self, batch_rows: int, start: int, stop: int) -> Iterator[pa.Table]:
        """Yield the rows from start up to stop as they are stored, if they are rows of one file after the other.

        A table is then one record batch, which is written elsewhere without a copy. Else they are as in `batches`.
        """
        (group, *others) = self.groups or (None,)
        if group is None or others or not group.rows.is_contiguous or start >= stop:
            yield from self.batches(batch_rows, start, stop)
            return
        scan = Scan.of(group, start)
        edges = group.files.starts - group.rows.rows[0]
        inner = edges[(edges > start) & (edges < stop)].tolist()
        for low, high in pairwise([start, *inner, stop]):
            yield self._read(range(low, high))
            if scan is not None:
                scan.passed(high)

    def _edge(self, position: int) -> int:
        """Return the first row after a position, in a contiguous view, where a group has another record batch."""
        edges = []
        for group in self.groups:
            first = group.rows.rows[0]
            index, _ = group.reader.find(first + position)
            edges.append(int(group.reader.starts[index + 1]) - first)
        return min(edges, default=self.num_rows)

    def _gathered(self, batch_rows: int, start: int, stop: int) -> Iterator[pa.Table]:
        """Yield batches of rows in no order, reading ahead further the longer it goes on."""
        window, largest, touched = batch_rows, 0, 0
        while start < stop:
            table = self._read(range(start, min(start + window, stop)))
            for at in range(0, table.num_rows, batch_rows):
                yield table.slice(at, batch_rows)
            start += window
            largest = max(largest, table.nbytes // max(table.num_rows, 1))
            if window * 2 <= _AHEAD_ROWS and window * 2 * largest <= _AHEAD_BYTES:
                window *= 2
            touched += table.num_rows
            if touched >= _TOUCHED_ROWS:
                touched = 0
                for group in self.groups:
                    release_all(group)

    def select_columns(self, columns: Sequence[str]) -> View:
        """Show only these columns, in this order."""
        names = tuple(columns)
        if names == self.columns:
            return self
        self._check(names)
        if len(set(names)) < len(names):
            raise ShapeConflict(f"columns {list(names)!r} name one twice; name each once")
        return View.of(self.groups, names, self.num_rows)

    def drop(self, columns: Iterable[str]) -> View:
        """Show all columns but these."""
        dropped = set(columns)
        self._check(dropped)
        return self.select_columns([name for name in self.columns if name not in dropped])

    def rename(self, mapping: Mapping[str, str]) -> View:
        """Show columns under new names: old name to new name."""
        self._check(mapping)
        names = [mapping.get(name, name) for name in self.columns]
        _check_unique(names)
        groups = (
            replace(group, columns=tuple(Column(mapping.get(c.name, c.name), c.path) for c in group.columns))
            for group in self.groups
        )
        return View.of(groups, names, self.num_rows)

    def join(self, other: View) -> View:
        """Show the columns of another view of as many rows beside these."""
        if other.num_rows != self.num_rows:
            raise ShapeConflict(f"{other.num_rows} rows beside {self.num_rows}; both must have as many")
        _check_unique([*self.columns, *other.columns])
        return View.of((*self.groups, *other.groups), (*self.columns, *other.columns), self.num_rows)

    def with_group(self, added: View | ArrowFiles | pa.Table) -> View:
        """Show the columns of a table beside these, or in the place of those that have their names."""
        if isinstance(added, pa.Table):
            added = View.from_table(added)
        elif isinstance(added, ArrowFiles):
            added = View.from_files(added)
        kept = self.select_columns([name for name in self.columns if name not in added.columns]).join(added)
        return kept.select_columns([*self.columns, *(name for name in added.columns if name not in self.columns)])

    def flatten_column(self, name: str) -> View:
        """Show the fields of a struct column in its place, as `name.field`; null where the struct is."""
        self._check([name])
        dtype = self.schema.field(name).type
        if not pa.types.is_struct(dtype):
            raise SchemaConflict(f"column {name!r} is {dtype}, which has no fields to flatten", column=name)
        fields = {f"{name}.{inner.name}": inner.name for inner in dtype}
        names = [shown for column in self.columns for shown in (fields if column == name else (column,))]
        _check_unique(names)
        groups = []
        for group in self.groups:
            columns = [
                shown
                for column in group.columns
                for shown in (
                    [Column(new, (*column.path, inner)) for new, inner in fields.items()]
                    if column.name == name
                    else [column]
                )
            ]
            groups.append(replace(group, columns=tuple(columns)))
        return View.of(groups, names, self.num_rows)

    def _check(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.columns:
                raise ColumnNotFound.of(name, self.columns)

    def __reduce__(self) -> tuple[object, ...]:
        groups = tuple(group.portable() for group in self.groups)
        return View, (groups, self.columns, self.num_rows, self.schema)


class _Composed:
    """One set of positions applied to the selections of groups: once for each that is the same."""

    __slots__ = ("_known", "_positions")

    def __init__(self, positions: Rows) -> None:
        self._positions = positions
        self._known: dict[object, Selection] = {}

    def of(self, selection: Selection) -> Selection:
        rows = selection.rows
        key = (rows.start, rows.stop, rows.step) if isinstance(rows, range) else id(rows)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = selection.compose(self._positions)
        return found


def _showing(group: ColumnGroup, shown: set[str]) -> ColumnGroup:
    columns = tuple(column for column in group.columns if column.name in shown)
    return group if len(columns) == len(group.columns) else replace(group, columns=columns)


def _merged(groups: Iterable[ColumnGroup]) -> tuple[ColumnGroup, ...]:
    """Join groups of the same files and rows, and drop those that show nothing."""
    found: dict[object, ColumnGroup] = {}
    for group in groups:
        if not group.columns:
            continue
        rows = group.rows.rows
        key = (id(group.files), rows if isinstance(rows, range) else id(rows))
        known = found.get(key)
        found[key] = group if known is None else replace(known, columns=known.columns + group.columns)
    return tuple(found.values())


def _in_order(groups: tuple[ColumnGroup, ...], columns: Sequence[str]) -> tuple[ColumnGroup, ...]:
    """Put the columns of a group that is alone in the view's order: rows are read from it as they stand there."""
    if len(groups) != 1 or [column.name for column in groups[0].columns] == list(columns):
        return groups
    by_name = {column.name: column for column in groups[0].columns}
    return (replace(groups[0], columns=tuple(by_name[name] for name in columns)),)


def _schema(groups: Iterable[ColumnGroup], columns: Sequence[str]) -> pa.Schema:
    fields = {column.name: group.files.field(column) for group in groups for column in group.columns}
    return pa.schema([fields[name] for name in columns])


def _check_unique(names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ShapeConflict(f"columns {twice!r} would be there twice; rename or remove one of each")


def _blank_table(rows: int, schema: pa.Schema) -> pa.Table:
    batch = pa.RecordBatch.from_struct_array(pa.nulls(rows, pa.struct([])))
    return pa.Table.from_batches([batch], schema=schema)
