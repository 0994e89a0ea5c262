"""Arrays of two to five dimensions, stored as lists of lists and seen by NumPy without a copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features.base import Frozen, register
from arrowsets.features.buffers import to_numpy
from arrowsets.features.casting import cast_storage, list_parts, make_list, storage_of
from arrowsets.features.dtypes import parse_dtype
from arrowsets.record import dataclass

__all__ = ["Array2D", "Array3D", "Array4D", "Array5D", "ArrayType"]


class ArrayType(Frozen):
    """An array of a fixed number of dimensions; the first one may vary from row to row.

    The storage is lists of lists, as the reference stores it below an extension type. The field says that
    extension's name, so the reference finds its type again; nothing has to be registered in this process.
    """

    dimensions: ClassVar[int]
    shape: tuple[int | None, ...]
    dtype: str
    id: str | None

    def __post_init__(self) -> None:
        shape = tuple(None if size is None else int(size) for size in self.shape)
        object.__setattr__(self, "shape", shape)
        if len(shape) != self.dimensions:
            raise ValueError(f"{self.type_name} has {self.dimensions} dimensions, got the shape {shape}")
        if None in shape[1:]:
            raise ValueError(f"only the first dimension of an array may be None, got the shape {shape}")
        parse_dtype(self.dtype)

    @property
    def storage(self) -> pa.DataType:
        """Lists of lists, one level per dimension."""
        dtype = parse_dtype(self.dtype)
        for _ in range(self.dimensions):
            dtype = pa.list_(dtype)
        return dtype

    def field(self, name: str) -> pa.Field[Any]:
        """Return the Arrow field, which names the reference's extension type."""
        metadata = {
            "ARROW:extension:name": f"datasets.features.features.{self.type_name}ExtensionType",
            "ARROW:extension:metadata": json.dumps([self.shape, self.dtype]),
        }
        return pa.field(name, self.storage, metadata=metadata)

    @property
    def needs_encode(self) -> bool:
        """Whether Arrow cannot build this type from Python values without `encode`."""
        return True

    def encode(self, value: Any) -> Any:
        """Return nested lists of the shape."""
        return self._checked(value).tolist()

    def from_values(self, values: Sequence[Any]) -> pa.Array[Any]:
        """Build an array of many values (arrays, nested lists, None) with one copy and no Python objects."""
        arrays = [None if value is None else self._checked(value) for value in values]
        present = [array for array in arrays if array is not None]
        flat = np.concatenate([array.ravel() for array in present]) if present else np.empty(0)
        firsts = np.array([0 if array is None else len(array) for array in arrays], dtype=np.int64)
        mask = pa.array([array is None for array in arrays], pa.bool_()) if len(present) < len(arrays) else None
        numpy_dtype = _numpy_dtype(self.dtype)
        values_ = pa.array(flat.astype(numpy_dtype, copy=False) if numpy_dtype else flat, parse_dtype(self.dtype))
        return self._build(values_, firsts, mask)

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return lists, or arrays of another shape class, in this storage; each row's shape is checked."""
        result = cast_storage(_unwrapped(array), self.storage)
        self._check_stored(result)
        return result

    def to_numpy(self, array: pa.Array[Any]) -> npt.NDArray[Any]:
        """Return a column as one array of shape (rows, *shape), a view of Arrow's memory if it has no null.

        Rows of different lengths, and null rows of a type without NaN, give an object array of arrays, None.
        """
        offsets, values = list_parts(storage_of(array))
        sizes = _sizes(self.shape[1:])
        for _ in sizes:
            values = list_parts(values)[1]
        flat: npt.NDArray[Any] = to_numpy(values).reshape(int(offsets[-1]), *sizes)
        lengths = np.diff(offsets)
        valid = np.asarray(array.is_valid())
        size: Any = self.shape[0] if self.shape[0] is not None else (int(lengths[valid][0]) if valid.any() else 0)
        if valid.all() and (lengths == size).all():
            return flat.reshape(len(array), size, *sizes)
        if (lengths[valid] == size).all() and np.issubdtype(flat.dtype, np.floating):
            result = np.full((len(array), size, *sizes), np.nan, dtype=flat.dtype)
            result[valid] = flat.reshape(-1, size, *sizes)
            return result
        rows = np.empty(len(array), dtype=object)
        for row in range(len(array)):
            rows[row] = flat[offsets[row] : offsets[row + 1]] if valid[row] else None
        return rows

    def _build(self, values: pa.Array[Any], firsts: npt.NDArray[np.int64], mask: pa.Array[Any] | None) -> pa.Array[Any]:
        dtype = values.type
        total = int(firsts.sum())
        counts = [total]
        for size in self.shape[1:-1]:
            counts.append(counts[-1] * (size or 0))
        for size, count in zip(reversed(self.shape[1:]), reversed(counts), strict=True):
            dtype = pa.list_(dtype)
            values = make_list(dtype, np.arange(count + 1, dtype=np.int64) * (size or 0), values, None)
        offsets = np.zeros(len(firsts) + 1, dtype=np.int64)
        np.cumsum(firsts, out=offsets[1:])
        return make_list(pa.list_(dtype), offsets, values, mask)

    def _checked(self, value: Any) -> npt.NDArray[Any]:
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ValueError(f"{self!r} takes arrays of that shape, got ragged {value!r}") from error
        fits = array.ndim == self.dimensions and all(
            size is None or size == actual for size, actual in zip(self.shape, array.shape, strict=True)
        )
        if not fits and not (self.shape[0] is None and array.shape == (0,)):
            raise ValueError(f"{self!r} takes arrays of that shape, got one of shape {array.shape}")
        array = array.reshape(0, *_sizes(self.shape[1:])) if array.shape == (0,) else array
        numpy_dtype = _numpy_dtype(self.dtype)
        if numpy_dtype is None or array.dtype == numpy_dtype:
            return array
        if array.dtype.kind == "O" and any(item is None for item in array.flat):
            raise ValueError(f"{self!r} cannot hold a null inside an array")
        converted = array.astype(numpy_dtype)
        if numpy_dtype.kind in "iub" and array.dtype.kind in "iufb" and not np.array_equal(converted, array):
            raise ValueError(f"{self!r} cannot hold these values of dtype {array.dtype} without loss")
        return converted

    def _check_stored(self, array: pa.Array[Any]) -> None:
        level: Any = array
        shape: Sequence[int | None] = self.shape
        for depth, size in enumerate(shape):
            offsets, values = list_parts(level)
            lengths = np.diff(offsets)[np.asarray(level.is_valid())]
            wrong: Any = lengths[lengths != size] if size is not None else ()
            if depth and level.null_count:
                raise SchemaConflict(f"{self!r} cannot hold a null inside an array")
            if len(wrong):
                raise SchemaConflict(f"{self!r} takes arrays of that shape, got {wrong[0]} values in dimension {depth}")
            level = values


def _sizes(shape: Sequence[int | None]) -> tuple[int, ...]:
    return tuple(size or 0 for size in shape)


def _numpy_dtype(name: str) -> np.dtype[Any] | None:
    dtype = parse_dtype(name)
    if pa.types.is_integer(dtype) or pa.types.is_floating(dtype) or pa.types.is_boolean(dtype):
        return np.dtype(dtype.to_pandas_dtype())
    return None


def _unwrapped(array: Any) -> pa.Array[Any]:
    if isinstance(array, pa.FixedShapeTensorArray):
        tensor: Any = array.type
        shape = tensor.shape
        rows = array.storage.to_pylist()
        lists: Any = [None if row is None else np.reshape(row, shape).tolist() for row in rows]
        built: pa.Array[Any] = pa.array(lists)
        return built
    below: pa.Array[Any] = storage_of(array)
    return below


@register
@dataclass(frozen=True)
class Array2D(ArrayType):
    """An array of two dimensions.

    >>> Array2D(shape=(None, 3), dtype="float32").storage
    ListType(list<item: list<item: float>>)
    """

    type_name: ClassVar[str] = "Array2D"
    dimensions: ClassVar[int] = 2
    shape: tuple[int | None, ...]
    dtype: str
    id: str | None = field(default=None, repr=False)


@register
@dataclass(frozen=True)
class Array3D(ArrayType):
    """An array of three dimensions."""

    type_name: ClassVar[str] = "Array3D"
    dimensions: ClassVar[int] = 3
    shape: tuple[int | None, ...]
    dtype: str
    id: str | None = field(default=None, repr=False)


@register
@dataclass(frozen=True)
class Array4D(ArrayType):
    """An array of four dimensions."""

    type_name: ClassVar[str] = "Array4D"
    dimensions: ClassVar[int] = 4
    shape: tuple[int | None, ...]
    dtype: str
    id: str | None = field(default=None, repr=False)


@register
@dataclass(frozen=True)
class Array5D(ArrayType):
    """An array of five dimensions."""

    type_name: ClassVar[str] = "Array5D"
    dimensions: ClassVar[int] = 5
    shape: tuple[int | None, ...]
    dtype: str
    id: str | None = field(default=None, repr=False)
