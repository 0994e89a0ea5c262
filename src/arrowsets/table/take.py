"""Rows by position: one gather per touched batch, and no offset overflows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.table.pick import is_plain, pick

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
    schema = batch.schema
    if all(is_plain(field.type) for field in schema):
        indices: Any = pa.array(rows)
        return batch.take(indices)
    return pa.RecordBatch.from_arrays([pick(column, rows) for column in batch.columns], schema=schema)


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
