"""Rows by position: one gather per touched batch, and no offset overflows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.features.buffers import bulk_pool, of_numpy
from arrowsets.lazy import pc
from arrowsets.table.pick import is_plain, pick

__all__ = ["gather", "joined"]

# Bytes gathered at a time: intermediate copies stay this small.
_SEGMENT_BYTES = 256 << 20
# Offsets of 32 bits count bytes, or values of at least a bit.
_SAFE_BYTES = (1 << 31) // 8
_MANY_ROWS = 4096
_SAMPLED_BATCHES = 16
# From so many rows on they are taken into the pool that gives memory of many sizes back sooner.
_BULK_ROWS = 64
# Rows lie densely where at least one in so many is wanted: then reading all of them beats sorting.
_DENSE = 4

_Int64s = npt.NDArray[np.int64]


def gather(
    starts: _Int64s, batch: Callable[[int], pa.RecordBatch], schema: pa.Schema, rows: _Int64s
) -> list[pa.RecordBatch]:
    """Return the rows at positions, in the order given.

    Args:
        starts: The first row of each batch, then the number of rows. The positions must lie within.
    """
    reading = _Gather(starts, batch, schema)
    segments = min(reading.segments(rows), len(rows)) if len(rows) > _MANY_ROWS else 1
    if segments == 1:
        return reading.read(rows)
    return [found for segment in np.array_split(rows, segments) for found in reading.read(segment)]


class _Gather:
    """One reading of positions."""

    __slots__ = ("batch", "plain", "risky", "starts")

    def __init__(self, starts: _Int64s, batch: Callable[[int], pa.RecordBatch], schema: pa.Schema) -> None:
        self.starts, self.batch = starts, batch
        self.plain = all(is_plain(field.type) for field in schema)
        self.risky = [index for index, field in enumerate(schema) if _has_small_offsets(field.type)]

    def segments(self, rows: _Int64s) -> int:
        """Return in how many parts rows must be read for each to stay small, by a sample of their batches."""
        first, last = self.touched(int(rows.min()), int(rows.max()))
        sample = [self.batch(index) for index in range(first, last + 1, (last - first) // _SAMPLED_BATCHES + 1)]
        width = sum(found.nbytes for found in sample) / max(sum(found.num_rows for found in sample), 1)
        return int(len(rows) * width // _SEGMENT_BYTES) + 1

    def touched(self, low: int, high: int) -> tuple[int, int]:
        """Return the numbers of the batches that two rows lie in."""
        first, last = np.searchsorted(self.starts, [low, high], "right").tolist()
        return first - 1, last - 1

    def read(self, rows: _Int64s) -> list[pa.RecordBatch]:
        if (rows[1:] > rows[:-1]).all():
            return self.ascending(rows)
        low, high = int(rows.min()), int(rows.max())
        first, last = self.touched(low, high)
        if first == last or high - low < _DENSE * len(rows):
            pieces = self.between(low, high, first, last)
            if not self.overflows(pieces, rows):
                return [self.take(joined(pieces), rows - low)]
        unique, inverse = _unique(rows)
        pieces = self.ascending(unique)
        if self.overflows(pieces, inverse):
            half = len(rows) // 2
            return self.read(rows[:half]) + self.read(rows[half:])
        whole = joined(pieces)
        del pieces  # their copy is enough, while another one is made
        return [self.take(whole, inverse)]

    def between(self, low: int, high: int, first: int, last: int) -> list[pa.RecordBatch]:
        """Read all rows from the one that is lowest to the one that is highest."""
        pieces = []
        for index in range(first, last + 1):
            begin = max(low - int(self.starts[index]), 0)
            pieces.append(self.batch(index).slice(begin, high + 1 - int(self.starts[index]) - begin))
        return pieces

    def ascending(self, rows: _Int64s) -> list[pa.RecordBatch]:
        """Read ascending rows without repeats."""
        starts = self.starts
        first, last = self.touched(int(rows[0]), int(rows[-1]))
        if first == last:
            return [self.pick(first, rows - starts[first])]
        if last - first < len(rows):
            touched = np.arange(first, last + 1)
            cuts = np.searchsorted(rows, starts[first : last + 2])
        else:
            of = np.searchsorted(starts, rows, "right") - 1
            edges = np.flatnonzero(np.diff(of)) + 1
            touched = of[np.concatenate([[0], edges])]
            cuts = np.concatenate([[0], edges, [len(rows)]])
        within = rows - np.repeat(starts[touched], np.diff(cuts))
        spans = zip(touched.tolist(), cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
        return [self.pick(index, within[low:high]) for index, low, high in spans if low < high]

    def pick(self, index: int, within: _Int64s) -> pa.RecordBatch:
        """Read ascending rows of one batch, counted from its first."""
        batch, first, size = self.batch(index), int(within[0]), len(within)
        # Ascending without repeats, so a run is known by its ends.
        if int(within[-1]) - first == size - 1:
            return batch.slice(first, size)
        return self.take(batch, within)

    def take(self, batch: pa.RecordBatch, rows: _Int64s) -> pa.RecordBatch:
        if self.plain:
            if len(rows) < _BULK_ROWS:
                return batch.take(of_numpy(rows))
            return pc.take(batch, of_numpy(rows), memory_pool=bulk_pool())
        return pa.RecordBatch.from_arrays([pick(column, rows) for column in batch.columns], schema=batch.schema)

    def overflows(self, pieces: Sequence[pa.RecordBatch], places: _Int64s) -> bool:
        """Whether the offsets of a column might overflow when rows of joined pieces are gathered."""
        if not self.risky or len(places) == 1:
            return False
        # What the buffers of all columns take is found out at once, and is nearly always far too little.
        if sum(piece.get_total_buffer_size() for piece in pieces) * len(places) <= _SAFE_BYTES:
            return False
        size = max(sum(piece.column(index).nbytes for piece in pieces) for index in self.risky)
        if size * len(places) <= _SAFE_BYTES:
            return False
        ordered = np.sort(places)
        ends = np.flatnonzero(np.append(ordered[1:] > ordered[:-1], [True]))
        # Each row counts as often as the most repeated one.
        return bool(size * np.diff(ends, prepend=-1).max() > _SAFE_BYTES)


def _unique(rows: _Int64s) -> tuple[_Int64s, _Int64s]:
    """Return the rows ascending and without repeats, and where among them each lies."""
    order = np.argsort(rows)
    ordered = rows[order]
    new = ordered[1:] > ordered[:-1]
    inverse = np.empty(len(rows), dtype=np.int64)
    if new.all():
        inverse[order] = np.arange(len(rows))
        return ordered, inverse
    kept = np.concatenate([[True], new])
    inverse[order] = np.cumsum(kept) - 1
    return ordered[kept], inverse


def joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Return batches as one; a single one without a copy."""
    if len(batches) == 1:
        return batches[0]
    whole: pa.RecordBatch = pa.concat_batches(list(batches), memory_pool=bulk_pool())  # type: ignore[attr-defined]
    return whole


@lru_cache(maxsize=4096)
def _has_small_offsets(dtype: pa.DataType) -> bool:
    if isinstance(dtype, pa.BaseExtensionType):
        return _has_small_offsets(dtype.storage_type)
    if pa.types.is_string(dtype) or pa.types.is_binary(dtype) or pa.types.is_list(dtype) or pa.types.is_map(dtype):
        return True
    return any(_has_small_offsets(dtype.field(index).type) for index in range(dtype.num_fields))
