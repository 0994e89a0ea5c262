"""The default format: dicts of Python objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.features import FeatureType
from arrowsets.features.buffers import to_numpy
from arrowsets.formats.base import AnyArray, AnyTable, Format
from arrowsets.formats.compiled import iter_row_dicts, row_dicts
from arrowsets.formats.getter import RowGetter
from arrowsets.late import lazy_rows as lazies

__all__ = ["PythonFormat"]

# From so many values on, a look at how many of them are the same pays; fewer take less time than importing what looks.
MANY = 1 << 18
PIECE = 1 << 17
SAMPLE = 1024


class PythonFormat(Format):
    """Shows rows as dicts of Python objects and columns as lists.

    >>> PythonFormat().batch(pa.table({"a": [1, None]}))
    {'a': [1, None]}
    """

    name = None

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> list[Any]:
        values = _listed(array)
        decode = None if feature is None else feature.decoder()
        return values if decode is None else [decode(value) for value in values]

    def rows(self, table: AnyTable) -> Iterator[dict[str, Any]]:
        names = table.schema.names
        stored = [column.to_pylist() for column in table.columns]
        if not any(name in self.decoders for name in names):
            return iter(row_dicts(names, stored, table.num_rows))
        # Decoding waits for its row: a thousand images are not held at once.
        decoded = [
            map(self.decoders[name], values) if name in self.decoders else values
            for name, values in zip(names, stored, strict=True)
        ]
        return iter_row_dicts(names, decoded)

    def column_of(self, table: AnyTable, column: str) -> list[Any]:
        stored = _listed(table.column(column))
        decode = self.decoders.get(column)
        return stored if decode is None else [decode(value) for value in stored]

    def values(self, table: AnyTable, column: str) -> Iterator[Any]:
        stored = table.column(column).to_pylist()
        decode = self.decoders.get(column)
        return iter(stored) if decode is None else map(decode, stored)

    def getter(self, batch: pa.RecordBatch, columns: Sequence[str] | None = None) -> Callable[[int], dict[str, Any]]:
        return RowGetter(batch, columns, self.decoders).get

    def lazy(self, table: AnyTable) -> lazies.LazyColumns:
        return lazies.LazyColumns(table, self.decoders, format=self)

    def lazy_rows(self, table: AnyTable) -> Iterator[lazies.LazyRow]:
        """Show the rows of a table as mappings that convert what is touched and remember what is changed."""
        return self.lazy(table).rows()

    def lazy_batch(self, table: AnyTable) -> lazies.LazyBatch:
        """Show a table as a mapping that converts what is touched and remembers what is changed."""
        return lazies.LazyBatch(self.lazy(table))


def _listed(array: AnyArray) -> list[Any]:
    """Return values as Python objects; where a few texts come again and again, one object for each text.

    That is twice as fast, and takes a tenth of the memory.
    """
    if len(array) < MANY or not _is_text(array.type):
        return array.to_pylist()
    found: list[Any] = []
    chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    pieces = [chunk.slice(start, PIECE) for chunk in chunks for start in range(0, len(chunk), PIECE)]
    repeated = True
    for piece in pieces:
        repeated = repeated and len(set(piece.slice(0, SAMPLE).to_pylist())) <= SAMPLE // 2
        if not repeated:
            found += piece.to_pylist()
            continue
        encoded: Any = piece.dictionary_encode("encode")  # what is missing is one of the words
        words: Any = np.array(encoded.dictionary.to_pylist(), object)
        repeated = len(words) <= len(piece) // 8
        found += words[to_numpy(encoded.indices)].tolist()
    return found


def _is_text(dtype: pa.DataType) -> bool:
    is_string = pa.types.is_string(dtype) or pa.types.is_large_string(dtype)
    return is_string or pa.types.is_binary(dtype) or pa.types.is_large_binary(dtype)
