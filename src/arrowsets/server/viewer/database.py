"""DuckDB with everything shut that a query has no business with: files, the network, settings, names of Python."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.features.media import needed
from arrowsets.server.viewer.errors import ViewerError

__all__ = ["QueryStopped", "connect", "deadline", "microseconds", "read_as"]

_LOCKED = (
    "autoinstall_known_extensions=false",
    "autoload_known_extensions=false",
    "allow_community_extensions=false",
    "python_enable_replacements=false",
    "python_scan_all_frames=false",
    "preserve_insertion_order=true",
    "enable_progress_bar=false",
    "max_expression_depth=250",
    "temp_directory=''",
    "enable_external_access=false",
)
_DIGITS = 38
_INTERVAL = np.dtype([("months", np.int32), ("days", np.int32), ("nanoseconds", np.int64)])
_DAY = 86_400_000_000


class QueryStopped(ViewerError):
    """A query that took too long, or that nobody waits for any more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            500, "QueryTimeout", f"The query was stopped after {seconds:.0f} seconds.", "Ask for fewer columns or rows."
        )


def connect(*, memory: int = 512 << 20, threads: int = 2) -> Any:
    """Return a connection to an empty database in memory, whose settings cannot be changed any more.

    The memory limit is what DuckDB keeps to where it can, not a hard bound.
    """
    duckdb = needed("duckdb", "searching, filtering and SQL in the viewer", "duckdb", "server")
    made = duckdb.connect(":memory:")
    for setting in (*_LOCKED, f"memory_limit='{memory >> 20}MiB'", f"threads={threads}", "lock_configuration=true"):
        made.execute(f"SET {setting}")
    return made


def read_as(dtype: pa.DataType) -> pa.DataType:
    """Return the type as which DuckDB reads a column: it knows no half floats, and no decimals of more than 38 digits.

    >>> read_as(pa.list_(pa.float16()))
    ListType(list<item: float>)
    """
    if pa.types.is_float16(dtype):
        return pa.float32()
    if pa.types.is_decimal256(dtype):
        return pa.decimal128(dtype.precision, dtype.scale) if dtype.precision <= _DIGITS else pa.float64()
    if not pa.types.is_nested(dtype) or pa.types.is_union(dtype):
        return dtype
    fields = [dtype.field(at) for at in range(dtype.num_fields)]
    inner = [field.with_type(read_as(field.type)) for field in fields]
    if inner == fields:
        return dtype
    if pa.types.is_struct(dtype):
        return pa.struct(inner)
    if pa.types.is_map(dtype):
        key, item = (read_as(dtype.key_type), read_as(dtype.item_type))
        return pa.map_(key, item, dtype.keys_sorted)
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(inner[0], dtype.list_size)
    return pa.large_list(inner[0]) if pa.types.is_large_list(dtype) else pa.list_(inner[0])


def microseconds(intervals: Any) -> Any:
    """Return the lengths of intervals, in which DuckDB gives durations; to it, a month has 30 days.

    >>> microseconds(pa.chunked_array([[pa.MonthDayNano([0, 1, 5000]), None]])).to_pylist()
    [86400000005, None]
    """
    chunks = []
    for chunk in intervals.chunks:
        parts = np.frombuffer(chunk.buffers()[1], _INTERVAL, len(chunk), chunk.offset * _INTERVAL.itemsize)
        days = 30 * parts["months"].astype(np.int64) + parts["days"]
        lengths = days * _DAY + parts["nanoseconds"] // 1000
        chunks.append(pa.array(lengths, mask=chunk.is_null().to_numpy(zero_copy_only=False)))
    return pa.chunked_array(chunks, pa.int64())


@contextlib.contextmanager
def deadline(connection: Any, seconds: float) -> Iterator[None]:
    """Interrupt what runs on a connection when the time is over.

    Raises:
        QueryStopped: instead of what the connection says then.
    """
    if seconds <= 0:
        raise QueryStopped(0)
    over = threading.Event()

    def stop() -> None:
        over.set()
        connection.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if over.is_set():
            raise QueryStopped(seconds) from None
        raise
    finally:
        timer.cancel()
