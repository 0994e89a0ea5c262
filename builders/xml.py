"""XML files: a row for each file, its text in one column `xml`.

The encoding is the one that the file itself names (by a byte order mark or in its declaration), else UTF-8. The text is
kept as it is: nothing is parsed, so no entity is expanded and no address in a document is visited.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import BuilderOptions, FileBuilder
from arrowsets.errors import BadData
from arrowsets.features import Features, Value
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .rejecting import reject_file

__all__ = ["XmlBuilder", "XmlOptions"]

_SCHEMA = pa.schema([("xml", pa.string())])
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True)
class XmlOptions(BuilderOptions):
    """How XML files are read.

    Attributes:
        encoding: Of all files. None: what each file says, else UTF-8.
        encoding_errors: What to do with bytes that are not in the encoding: "strict", "replace", "ignore".
    """

    encoding: str | None = None
    encoding_errors: str | None = None


class XmlBuilder(FileBuilder):
    """Read XML files as text."""

    name = "xml"
    options = XmlOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".xml": {}}
    config: XmlOptions

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the one column."""
        del files
        return self.config.features or Features({"xml": Value("string")})

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """The one column may have any name."""
        return super().takes(given, found) or len(given) == 1

    def decodes_text(self) -> bool:
        """Text is text."""
        return False

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the one row of a file."""
        try:
            with shard.open() as stream:
                content = self._text(stream.read(), shard.url)
        except BadData as error:
            reject_file(self, shard.url, error)
            return
        text = pa.table({"xml": pa.array([content], pa.string())})
        if schema is None:
            yield text
            return
        name = schema.names[0] if len(schema) == 1 else "xml"
        columns = [text.column("xml") if f.name == name else pa.chunked_array([pa.nulls(1, f.type)]) for f in schema]
        yield pa.Table.from_arrays(
            [column.cast(f.type) for column, f in zip(columns, schema, strict=True)], schema=schema
        )

    def _text(self, data: bytes, file: str) -> str:
        encoding = self.config.encoding or _encoding(data)
        try:
            return data.decode(encoding, self.config.encoding_errors or "strict")
        except (UnicodeError, LookupError) as error:
            raise BadData(f"{error}; give encoding= or encoding_errors=", file=file) from error


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    declared = _DECLARED.match(data[:200].lstrip())
    return declared[1].decode() if declared else "utf-8"
