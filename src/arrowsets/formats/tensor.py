"""Tensor formats: what those of torch, jax and tensorflow share.

Numbers, flags and lists of them become tensors; text, bytes, dates and null stay Python objects; what cannot
be one tensor is a list. Each batch is converted by numpy at once, rows are parts of it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.features import Features, FeatureType
from arrowsets.formats.arrays import Arrays, Cells, join_chunks, shape_of, stack, tensorize
from arrowsets.formats.base import AnyArray, AnyTable, Format
from arrowsets.formats.compiled import row_dicts, row_function

__all__ = ["TensorFormat"]

AnyNumpy = npt.NDArray[Any]


class TensorFormat(Format):
    """Shows columns as tensors of one library."""

    image: Callable[[AnyNumpy], AnyNumpy] | None = None
    """How the library orders the pixels of an image; None: as stored."""

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        super().__init__(features, **options)
        self._arrays = Arrays(self._numpy_dtype(), dates=False, copy=options.get("copy", True))

    def _numpy_dtype(self) -> npt.DTypeLike | None:
        """The type for numbers to have before they become tensors, so that nothing is lost on the way."""
        return None

    @abstractmethod
    def _tensor(self, array: AnyNumpy) -> Any:
        """Make a tensor of an array of numbers that belongs to nobody else."""

    def _parts(self, array: AnyNumpy) -> Iterable[Any]:
        """Make a tensor of each entry of an array of numbers."""
        return [self._tensor(array[index, ...]) for index in range(len(array))]

    def _texts(self, values: list[Any]) -> Any:
        """Show a column of text, bytes or other objects."""
        return values

    def _ragged(self, tensors: list[Any]) -> Any:
        """Show what is not one tensor."""
        return tensors

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> Any:
        decode = None if feature is None else feature.decoder()
        if decode is None:
            joined = self._arrays.joined_numbers(array)
            return self._whole(
                joined if joined is not None else self._arrays.column(join_chunks(array), shape_of(feature))
            )
        return self._whole(stack([tensorize(decode(value), self.image) for value in array.to_pylist()]))

    def rows(self, table: AnyTable) -> Iterator[dict[str, Any]]:
        names = table.schema.names
        return iter(row_dicts(names, [self._cells(table, name) for name in names], table.num_rows))

    def getter(self, batch: pa.RecordBatch, columns: Sequence[str] | None = None) -> Callable[[int], dict[str, Any]]:
        names = list(batch.schema.names) if columns is None else list(columns)
        return row_function(names, [self._reader(batch, name) for name in names])

    def _reader(self, batch: pa.RecordBatch, name: str) -> Callable[[int], Any]:
        column, decode, cell = batch.column(name), self.decoders.get(name), self._cell
        if decode is not None:
            return lambda index: cell(tensorize(decode(column[index].as_py()), self.image))
        read = self._arrays.reader(column, shape_of(self.feature_of(name)))
        return lambda index: cell(read(index))

    def stacked(self, array: AnyArray) -> Any | None:
        """Return one tensor of the values of a column that is regular and has no nulls; else None."""
        regular = self._arrays.regular(join_chunks(array))
        return None if regular is None else self._tensor(regular)

    def stacked_numbers(self, values: AnyNumpy) -> Any:
        """Return one tensor of an array of numbers or flags that belongs to nobody else."""
        return self._tensor(self._arrays.typed(values))

    def _cells(self, table: AnyTable, name: str) -> Iterable[Any]:
        column = table.column(name)
        decode = self.decoders.get(name)
        if decode is not None:
            return [self._cell(tensorize(decode(value), self.image)) for value in column.to_pylist()]
        array = join_chunks(column)
        regular = self._arrays.regular(array)
        if regular is not None:
            return self._parts(regular)
        cells: Cells = self._arrays.cells(array, shape_of(self.feature_of(name)))
        return [self._cell(cell) for cell in cells]

    def _whole(self, array: AnyNumpy) -> Any:
        if array.dtype.kind in "biufc":
            return self._tensor(array)
        if array.dtype.kind in "US" or _is_text(array):
            return self._texts(array.tolist())
        return self._ragged([self._cell(value) for value in array])

    def _cell(self, cell: Any) -> Any:
        if isinstance(cell, np.ndarray):
            return self._whole(cell)
        if type(cell) is dict:
            return {key: self._cell(value) for key, value in cell.items()}
        if isinstance(cell, str | bytes):
            return _plain_text(cell)
        if isinstance(cell, np.generic) and cell.dtype.kind in "biufc":
            return self._tensor(self._default(np.asarray(cell)))
        return cell

    def _default(self, scalar: AnyNumpy) -> AnyNumpy:
        if self._arrays.dtype is not None:
            return scalar.astype(self._arrays.dtype)
        if scalar.dtype.kind == "f":
            return scalar.astype(np.float32)
        fits = scalar.dtype != np.uint64 or scalar <= np.iinfo(np.int64).max
        return scalar.astype(np.int64) if scalar.dtype.kind in "iu" and fits else scalar.copy()


def _plain_text(value: str | bytes) -> str | bytes:
    """Return text as the built-in type and not as numpy's subclass of it."""
    return str(value) if isinstance(value, str) else bytes(value)


def _is_text(array: AnyNumpy) -> bool:
    """Tell whether an object array holds nothing but text or bytes."""
    return bool(array.size) and all(isinstance(value, str | bytes) for value in array.flat)
