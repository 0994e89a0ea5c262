"""The numpy format: columns as arrays, rows as dicts of arrays and numpy scalars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy.typing as npt
import pyarrow as pa

from arrowsets.features import Features, FeatureType
from arrowsets.formats.arrays import Arrays, Cells, join_chunks, shape_of, stack, tensorize
from arrowsets.formats.base import AnyArray, AnyTable, Format
from arrowsets.formats.compiled import row_dicts, row_function

__all__ = ["NumpyFormat"]


class NumpyFormat(Format):
    """Shows columns as numpy arrays; with `copy=False` those that have their type already are views, to be read only.

    >>> import pyarrow as pa
    >>> NumpyFormat().batch(pa.table({"a": [[1, 2], [3, 4]]}))
    {'a': array([[1, 2],
           [3, 4]])}
    """

    name = "numpy"
    allowed = frozenset({"copy", "dtype"})

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        super().__init__(features, **options)
        self._arrays = Arrays(options.get("dtype"), copy=options.get("copy", True))

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> npt.NDArray[Any]:
        decode = None if feature is None else feature.decoder()
        if decode is None:
            joined = self._arrays.joined_numbers(array)
            return joined if joined is not None else self._arrays.column(join_chunks(array), shape_of(feature))
        return stack([tensorize(decode(value)) for value in array.to_pylist()])

    def sliceable(self, table: AnyTable) -> dict[str, npt.NDArray[Any]] | None:
        plain = all(self._arrays.is_settled(column) for column in table.columns)
        return self.batch(table) if plain and self.decoders.keys().isdisjoint(table.schema.names) else None

    def rows(self, table: AnyTable) -> Iterator[dict[str, Any]]:
        names = table.schema.names
        return iter(row_dicts(names, [self._cells(table, name) for name in names], table.num_rows))

    def getter(self, batch: pa.RecordBatch, columns: Sequence[str] | None = None) -> Callable[[int], dict[str, Any]]:
        names = list(batch.schema.names) if columns is None else list(columns)
        return row_function(names, [self._reader(batch, name) for name in names])

    def _reader(self, batch: pa.RecordBatch, name: str) -> Callable[[int], Any]:
        column, decode = batch.column(name), self.decoders.get(name)
        if decode is None:
            return self._arrays.reader(column, shape_of(self.feature_of(name)))
        return lambda index: tensorize(decode(column[index].as_py()))

    def _cells(self, table: AnyTable, name: str) -> Cells:
        column = table.column(name)
        decode = self.decoders.get(name)
        if decode is None:
            return self._arrays.cells(join_chunks(column), shape_of(self.feature_of(name)))
        return [tensorize(decode(value)) for value in column.to_pylist()]
