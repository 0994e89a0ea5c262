"""Reads logfmt: a row a line, `level=info msg="all is well"`."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import BuilderOptions, FileBuilder
from arrowsets.errors import BadData
from arrowsets.files import DataFile

ROWS = 10_000  # of one table: memory stays small whatever the file's size
PAIR = re.compile(r'\s*([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?=\s|$)')


@dataclass(frozen=True)
class LogfmtOptions(BuilderOptions):
    """The keywords that `load_dataset` takes for logfmt, and their defaults."""

    encoding: str = "utf-8"


class LogfmtBuilder(FileBuilder):
    """Reads logfmt files, each of them whole."""

    name = "logfmt"
    options = LogfmtOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".logfmt": {}}
    config: LogfmtOptions

    def decodes_text(self) -> bool:
        """Every value is text: a type that is asked for later does not change what was read."""
        return False

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield a table for some lines, with the columns that they have."""
        with io.TextIOWrapper(shard.open(), self.config.encoding) as lines:
            rows = self._rows(lines, shard.url)
            while chunk := list(islice(rows, ROWS)):
                table = pa.table(
                    {key: [row.get(key) for row in chunk] for key in dict.fromkeys(k for r in chunk for k in r)}
                )
                yield table if schema is None else conform(table, schema)

    def _rows(self, lines: io.TextIOWrapper, file: str) -> Iterator[dict[str, str]]:
        for number, line in enumerate(lines):
            row, place = {}, 0
            while match := PAIR.match(line, place):
                row[match[1]] = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
                place = match.end()
            rest = line[place:].strip()
            if not rest:
                yield row
            elif self.config.on_bad_rows == "error":
                message = f"no key=value at {rest!r}; on_bad_rows='skip' leaves such rows out"
                raise BadData(message, file=file, row=number)
            else:
                kept = line if self.config.on_bad_rows == "quarantine" else ""
                self.rejects.rows.append((file, number, "no key=value", kept))


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the columns of `schema`; those that the table lacks are null."""
    names = set(table.column_names)
    return pa.table(
        [
            table[field.name].cast(field.type) if field.name in names else pa.nulls(len(table), field.type)
            for field in schema
        ],
        schema=schema,
    )
