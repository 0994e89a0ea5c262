"""What the readers of biological sequences share: columns that are text but for a few, and the record as it stands.

Tables are bounded by rows and bytes, for one sequence may be a whole chromosome. What is not asked for is not made.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar

import pyarrow as pa

from arrowsets.builder import BuilderOptions, FileBuilder
from arrowsets.errors import BadData, ColumnNotFound
from arrowsets.features import BioSequence, Features, FeatureType, Value, array_of
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .rejecting import reject_file

__all__ = ["Record", "SequenceBuilder", "SequenceOptions", "described"]

BLOCK = 1 << 20
Record = Mapping[str, Any]


@dataclass(frozen=True)
class SequenceOptions(BuilderOptions):
    """How sequences are read.

    Attributes:
        batch_size: Rows that are read at a time, at most.
        max_batch_bytes: Bytes of sequences that are read at a time, about. None: as many as `batch_size` rows have.
        columns: The columns to read, in this order. None: all; without `record` no package is needed to look at rows.
    """

    batch_size: int = 10_000
    max_batch_bytes: int | None = 16 << 20
    columns: Sequence[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.columns, str):
            raise TypeError(f"columns={self.columns!r}: give a list of names")
        if self.batch_size < 1:
            raise ValueError(f"batch_size={self.batch_size!r}: a table has 1 row or more")


class SequenceBuilder(FileBuilder):
    """Read files of sequences."""

    options = SequenceOptions
    config: SequenceOptions
    types: ClassVar[Mapping[str, FeatureType]]

    def __init__(self, options: SequenceOptions | None = None) -> None:
        super().__init__(options)
        known = self.config.features or self.types
        for name in self.config.columns or ():
            if name not in known:
                raise ColumnNotFound.of(name, list(known))

    @abstractmethod
    def records(self, stream: BinaryIO, wanted: Collection[str]) -> Iterator[tuple[Record, int]]:
        """Yield the wanted columns of each record, and the bytes that it has in the file."""

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that these files always have."""
        del files
        known = self.config.features if self.config.features is not None else Features(dict(self.types))
        return known if self.config.columns is None else Features({name: known[name] for name in self.config.columns})

    def decodes_text(self) -> bool:
        """Text is text."""
        return False

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the records of a file."""
        features = Features.from_arrow_schema(schema) if schema is not None else self.schema([shard]) or Features()
        wanted = [name for name in features if name in self.types]
        most = self.config.max_batch_bytes
        rows: list[Record] = []
        size = 0
        try:
            with shard.open() as stream:
                for record, nbytes in self.records(stream, wanted):
                    rows.append(record)
                    size += nbytes
                    if len(rows) >= self.config.batch_size or (most is not None and size >= most):
                        yield self._table(rows, features)
                        rows, size = [], 0
        except BadData as error:
            reject_file(self, shard.url, BadData(error.message, file=shard.url, row=error.row))
        except UnicodeError as error:
            reject_file(self, shard.url, BadData(f"not UTF-8: {error}", file=shard.url))
        yield self._table(rows, features)

    def _table(self, rows: Sequence[Record], features: Features) -> pa.Table:
        columns = [self._column(name, rows, feature) for name, feature in features.items()]
        return pa.Table.from_arrays(columns, schema=features.arrow_schema)

    def _column(self, name: str, rows: Sequence[Record], feature: FeatureType) -> Any:
        own = self.types.get(name)
        if own is None:
            storage: Any = feature.storage
            return pa.nulls(len(rows), storage)
        values = [row[name] for row in rows]
        if isinstance(own, BioSequence):
            contents, paths = pa.array(values, pa.binary()), pa.nulls(len(values), pa.string())
            array: Any = pa.StructArray.from_arrays([contents, paths], names=["bytes", "path"])
        elif isinstance(own, Value):
            array = pa.array(values, own.storage)
        else:
            array, _ = array_of(values, own)
        return array if own.storage == feature.storage else feature.cast(array)


def described(header: str) -> tuple[str, str]:
    """Return the name and the description of a header.

    >>> described("s1  a protein")
    ('s1', 'a protein')
    """
    name, *rest = header.split(None, 1) or [""]
    return name, rest[0].rstrip() if rest else ""
