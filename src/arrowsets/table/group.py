"""A column group: columns that share their files and the rows shown of them."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from arrowsets.record import dataclass
from arrowsets.table.files import ArrowFiles, Column
from arrowsets.table.selection import Selection

__all__ = ["ColumnGroup"]


@dataclass(frozen=True, eq=False)
class ColumnGroup:
    """Columns of some files, and the rows of these that are shown."""

    files: ArrowFiles
    columns: tuple[Column, ...]
    rows: Selection

    @property
    def reader(self) -> ArrowFiles:
        """The files, showing exactly the columns of the group under their shown names."""
        return self.files.projection(self.columns)

    def locate(self, position: int) -> tuple[pa.RecordBatch, int]:
        """Return the record batch that a row lies in, with the columns of the group, and its place there."""
        reader = self.reader
        index, place = reader.find(int(self.rows.rows[position]))
        return reader.batch(index), place

    def portable(self) -> ColumnGroup:
        """Return a group that shows the same and pickles no rows of memory beside them."""
        rows, files = self.rows.rows, self.files
        if not files.in_memory:
            return self
        if self.rows.is_contiguous:
            start = rows[0] if len(rows) else 0
            return replace(self, files=files.slice(start, start + len(rows)), rows=Selection(range(len(rows))))
        columns = tuple(Column(column.name, (column.name,)) for column in self.columns)
        if 2 * len(rows) > files.num_rows:
            return ColumnGroup(self.reader, columns, self.rows)
        return ColumnGroup(ArrowFiles.from_table(self.reader.read(rows)), columns, Selection(range(len(rows))))
