"""Writing rows as text, window by window: here, or in worker processes that each write a part of the file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

from arrowsets.engine.executors import Task, process_pool, run
from arrowsets.engine.worker import report
from arrowsets.export.output import Output, opened, parent_folder, told, where
from arrowsets.export.windows import WINDOW_BYTES, bounded, ranges, window_rows
from arrowsets.progress import progress
from arrowsets.record import dataclass
from arrowsets.table import View

__all__ = ["Encode", "TextFile", "check_counts", "write_text"]

# Of a table and the number of its first row it makes what is written.
Encode = Callable[[pa.Table, int], Any]

# What one worker is given at a time.
PART_BYTES = 64 << 20
PART_ROWS = 1 << 20
# More would wait for the disk, and hold windows meanwhile.
MAX_THREADS = 8


@dataclass(frozen=True)
class TextFile:
    """What goes around the rows, and where all of it goes."""

    path_or_buf: Any
    storage_options: Mapping[str, Any] | None = None
    compression: str | None = "infer"
    head: bytes = b""
    tail: bytes = b""


def write_text(
    view: View,
    encode: Encode,
    file: TextFile,
    *,
    batch_size: int | None,
    num_proc: int | None,
    what: str,
    threads: bool = True,
) -> int:
    """Write all rows and return the bytes of their text.

    Args:
        batch_size: Rows that are encoded at a time. None: by bytes.
        num_proc: Worker processes; what is written does not depend on it.
        threads: Whether several windows may be encoded at a time; worth it where `encode` leaves Python.
    """
    check_counts(batch_size, num_proc)
    bar = progress(view.num_rows, f"Writing {what}")
    try:
        with opened(file.path_or_buf, file.storage_options, file.compression) as output:
            output.write(file.head)
            job = _Job(view, encode, batch_size or window_rows(view), cut=batch_size is None)
            if num_proc is None or num_proc == 1:
                for rows in job.write(output, 0, view.num_rows, MAX_THREADS if threads else 1):
                    bar.update(rows)
            else:
                _write_parts(job, output, num_proc, where(file.path_or_buf), bar.update)
            output.write(file.tail)
            return output.written
    finally:
        bar.close()


def check_counts(batch_size: int | None, num_proc: int | None) -> None:
    """Refuse counts below 1."""
    for name, value in (("batch_size", batch_size), ("num_proc", num_proc)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be 1 or more, not {value!r}")


@dataclass(frozen=True)
class _Job:
    """Rows and how they are encoded; what goes to a worker."""

    view: View
    encode: Encode
    rows: int
    cut: bool

    def write(self, output: Output, start: int, stop: int, threads: int = 1) -> Iterator[int]:
        """Write a range of rows, and tell how many were written each time."""
        threads = min(threads, pa.cpu_count(), -(-(stop - start) // self.rows))
        if threads < 2:
            for table, first in self._windows(start, stop):
                output.write(self.encode(table, first))
                yield table.num_rows
            return
        with ThreadPoolExecutor(threads) as executor:
            tasks = (Task(window, f"rows from {window[1]}") for window in self._windows(start, stop))
            for task, data in run(self.encode, tasks, executor, ahead=threads + 1):
                output.write(data)
                yield task.args[0].num_rows

    def _windows(self, start: int, stop: int) -> Iterator[tuple[pa.Table, int]]:
        for table in bounded(self.view, self.rows, start, stop, limit=WINDOW_BYTES if self.cut else None):
            yield table, start
            start += table.num_rows

    def write_part(self, folder: str, start: int, stop: int) -> str:
        """Write a range of rows to a file of its own."""
        path = str(Path(folder) / f"{start}.part")
        with told(path):
            file = open(path, "wb", buffering=0)  # noqa: SIM115, PTH123 - closed by the next block
        with file:
            for rows in self.write(Output(file, path), start, stop):
                report(rows)
        return path


def _write_parts(job: _Job, output: Output, num_proc: int, path: str | None, done: Callable[[int], object]) -> None:
    # Whole windows, so that each is encoded as it would be by one process.
    windows = max(1, window_rows(job.view, PART_BYTES, PART_ROWS) // job.rows)
    total = job.view.num_rows
    folder = parent_folder(path)
    with told(path or tempfile.gettempdir()):
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
        parts = tempfile.mkdtemp(prefix=".parts-", suffix=".tmp", dir=folder)
    tasks = (
        Task((parts, start, stop), f"rows {start} to {stop - 1}")
        for start, stop in ranges(0, total, windows * job.rows)
    )
    try:
        for _, part in run(job.write_part, tasks, process_pool(num_proc), on_progress=lambda _, rows: done(rows)):
            _append(output, part)
    finally:
        shutil.rmtree(parts, ignore_errors=True)


def _append(output: Output, part: str) -> None:
    with told(part):
        file = open(part, "rb", buffering=0)  # noqa: SIM115, PTH123 - closed by the next block
    with file:
        shutil.copyfileobj(file, output, 1 << 20)
    Path(part).unlink(missing_ok=True)
