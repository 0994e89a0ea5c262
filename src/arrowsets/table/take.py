"""Rows by position: one gather per touched batch, types that Arrow cannot gather, and no offset overflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["gather", "joined", "take_rows"]

# Bytes gathered at a time: intermediate copies stay this small.
_SEGMENT_BYTES = 256 << 20
# Offsets of 32 bits count bytes, or values of at least a bit.
_SAFE_BYTES = (1 << 31) // 8
_MANY_ROWS = 4096

_Int64s = npt.NDArray[np.int64]


def gather(
    starts: _Int64s, batch: Callable[[int], pa.RecordBatch], schema: pa.Schema, rows: _Int64s
) -> list[pa.RecordBatch]:
    """Return the rows at positions, in the order given.

    Args:
        starts: The first row of each batch, then the number of rows. The positions must lie within.
    """
    if len(rows) > _MANY_ROWS:
        pieces = _segments(starts, batch, rows)
        if pieces > 1:
            return [
                found
                for segment in np.array_split(rows, min(pieces, len(rows)))
                for found in _Gather(starts, batch, schema).read(segment)
            ]
    return _Gather(starts, batch, schema).read(rows)


class _Gather:
    """One reading of positions."""

    __slots__ = ("batch", "risky", "schema", "starts")

    def __init__(self, starts: _Int64s, batch: Callable[[int], pa.RecordBatch], schema: pa.Schema) -> None:
        self.starts, self.batch, self.schema = starts, batch, schema
        self.risky = [index for index, field in enumerate(schema) if _has_small_offsets(field.type)]

    def read(self, rows: _Int64s) -> list[pa.RecordBatch]:
        steps = np.diff(rows)
        if not len(steps) or int(steps.min()) > 0:
            return self.sorted(rows)
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        steps = np.diff(ordered)
        inverse = np.empty(len(rows), dtype=np.int64)
        repeats = 1
        if int(steps.min()) == 0:
            keep = np.concatenate([[True], steps > 0])
            place = np.cumsum(keep) - 1
            inverse[order] = place
            ordered = ordered[keep]
            repeats = int(np.bincount(place).max())
        else:
            inverse[order] = np.arange(len(rows), dtype=np.int64)
        pieces = self.sorted(ordered)
        if self.overflows(pieces, repeats) and len(rows) > 1:
            half = len(rows) // 2
            return self.read(rows[:half]) + self.read(rows[half:])
        whole = joined(pieces)
        return [take_rows(whole, inverse)]

    def sorted(self, rows: _Int64s) -> list[pa.RecordBatch]:
        """Read ascending rows without repeats."""
        starts = self.starts
        first = np.searchsorted(starts, rows[0], "right") - 1
        last = np.searchsorted(starts, rows[-1], "right") - 1
        if first == last:
            return [_pick(self.batch(int(first)), rows - starts[first])]
        if last - first < len(rows):
            touched = np.arange(first, last + 1)
            cuts = np.searchsorted(rows, starts[first : last + 2])
        else:
            of = np.searchsorted(starts, rows, "right") - 1
            edges = np.flatnonzero(np.diff(of)) + 1
            touched = of[np.concatenate([[0], edges])]
            cuts = np.concatenate([[0], edges, [len(rows)]])
        pieces = []
        for index, low, high in zip(touched.tolist(), cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            if low < high:
                pieces.append(_pick(self.batch(index), rows[low:high] - starts[index]))
        return pieces

    def overflows(self, pieces: Sequence[pa.RecordBatch], repeats: int) -> bool:
        return bool(self.risky) and any(
            sum(piece.column(index).nbytes for piece in pieces) * repeats > _SAFE_BYTES
            for index in self.risky
        )


def _segments(starts: _Int64s, batch: Callable[[int], pa.RecordBatch], rows: _Int64s) -> int:
    """Return in how many parts rows must be read for each to stay small, by the size of their batches."""
    counts = np.bincount(np.searchsorted(starts, rows, "right") - 1, minlength=1)
    sizes = [(int(counts[index]), batch(int(index))) for index in np.flatnonzero(counts)]
    total = sum(count * (found.nbytes / found.num_rows) for count, found in sizes)
    return int(total // _SEGMENT_BYTES) + 1


def _pick(batch: pa.RecordBatch, rows: _Int64s) -> pa.RecordBatch:
    first, size = int(rows[0]), len(rows)
    # Ascending without repeats, so a run is known by its ends.
    if int(rows[-1]) - first == size - 1:
        return batch.slice(first, size)
    return take_rows(batch, rows)


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Return batches as one; a single one without a copy."""
    if len(batches) == 1:
        return batches[0]
    whole: pa.RecordBatch = pa.concat_batches(list(batches))  # type: ignore[attr-defined]
    return whole


def take_rows(batch: pa.RecordBatch, rows: _Int64s) -> pa.RecordBatch:
    """Gather rows of one batch, of any type."""
    indices: Any = pa.array(rows)
    schema = batch.schema
    if all(_plain(field.type) for field in schema):
        return batch.take(indices)
    return pa.RecordBatch.from_arrays([_take(column, indices) for column in batch.columns], schema=schema)


def _take(array: Any, indices: Any) -> Any:
    dtype = array.type
    if _plain(dtype):
        return array.take(indices)
    if _is_view(dtype):
        return _take_views(array, indices)
    if pa.types.is_run_end_encoded(dtype):
        compute: Any = pc
        return compute.run_end_encode(
            compute.run_end_decode(array).take(indices), run_end_type=dtype.run_end_type
        )
    return array.cast(_castable(dtype)).take(indices).cast(dtype)


def _take_views(array: Any, indices: Any) -> Any:
    """Gather the 16-byte views; the strings stay where they are. Arrow 26 has no such kernel."""
    validity, views, *data = array.buffers()
    kind = pa.binary(16)
    fixed = pa.Array.from_buffers(kind, len(array), [validity, views], offset=array.offset).take(indices)
    buffers = fixed.buffers()
    return pa.Array.from_buffers(array.type, len(fixed), [buffers[0], buffers[1], *data], offset=fixed.offset)


def _is_view(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(dtype) or pa.types.is_binary_view(dtype))


@lru_cache(maxsize=4096)
def _plain(dtype: pa.DataType) -> bool:
    """Whether Arrow can gather a type."""
    if isinstance(dtype, pa.BaseExtensionType):
        return _plain(dtype.storage_type)
    if _is_view(dtype) or pa.types.is_run_end_encoded(dtype):
        return False
    return all(_plain(dtype.field(index).type) for index in range(dtype.num_fields))


@lru_cache(maxsize=4096)
def _has_small_offsets(dtype: pa.DataType) -> bool:
    if isinstance(dtype, pa.BaseExtensionType):
        return _has_small_offsets(dtype.storage_type)
    if (
        pa.types.is_string(dtype)
        or pa.types.is_binary(dtype)
        or pa.types.is_list(dtype)
        or pa.types.is_map(dtype)
    ):
        return True
    return any(_has_small_offsets(dtype.field(index).type) for index in range(dtype.num_fields))


def _castable(dtype: Any) -> Any:
    """Return a type that holds the same values and that Arrow can gather."""
    if pa.types.is_string_view(dtype):
        return pa.large_string()
    if pa.types.is_binary_view(dtype):
        return pa.large_binary()
    if pa.types.is_struct(dtype):
        return pa.struct([field.with_type(_castable(field.type)) for field in dtype])
    if pa.types.is_map(dtype):
        return pa.map_(_castable(dtype.key_type), _castable(dtype.item_type), dtype.keys_sorted)
    if not hasattr(dtype, "value_field"):
        return dtype
    field = dtype.value_field.with_type(_castable(dtype.value_type))
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(field, dtype.list_size)
    return pa.large_list(field) if pa.types.is_large_list(dtype) else pa.list_(field)
