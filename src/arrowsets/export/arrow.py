"""Export to Arrow files: one, or those of a directory."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pyarrow as pa

from arrowsets.engine.executors import Task, process_pool, run
from arrowsets.engine.worker import report
from arrowsets.export.embed import embedded, has_media
from arrowsets.export.shards import shard_ranges
from arrowsets.export.target import Directory
from arrowsets.export.windows import bounded, window_rows
from arrowsets.features import Features
from arrowsets.progress import progress
from arrowsets.record import dataclass
from arrowsets.table import FileRef, ShardWriter, View

__all__ = ["write_directory", "write_file"]


_WINDOW_BYTES = 32 << 20
_WINDOW_ROWS = 1 << 16
# A cell that names a file says nothing of the file's size.
_MEDIA_ROWS = 128


@dataclass(frozen=True)
class _Job:
    """Rows and where they are written; what goes to a worker."""

    view: View
    features: Features
    target: Directory
    rows: int
    media: bool

    def write(self, name: str, start: int, stop: int) -> FileRef:
        """Write one range of rows to one file, of the stream format, which is the one that others read."""
        writing = self.target.writing(name)
        schema = self.features.arrow_schema
        with writing as path, ShardWriter(path, schema, layout="stream", as_given=True) as writer:
            for table in self._tables(start, stop):
                writer.write(embedded(table, self.features) if self.media else table.cast(schema))
                report(table.num_rows)
            written = writer.close()
        return FileRef(name, written.batches)

    def _tables(self, start: int, stop: int) -> Iterator[pa.Table]:
        if self.media:
            return bounded(self.view, self.rows, start, stop, limit=_WINDOW_BYTES)
        return self.view.stored(self.rows, start, stop)


def write_file(view: View, features: Features, path: str | os.PathLike[str]) -> None:
    """Write all rows to one Arrow file of the stream format; it appears whole, or not at all."""
    folder, name = os.path.split(os.fspath(path))
    rows = window_rows(view, _WINDOW_BYTES, _WINDOW_ROWS)
    _Job(view, features, Directory.at(folder or "."), rows, media=False).write(name, 0, view.num_rows)


def write_directory(
    view: View,
    features: Features,
    target: Directory,
    *,
    max_shard_size: str | int | None,
    num_shards: int | None,
    num_proc: int | None,
) -> list[FileRef]:
    """Write all rows; return the names of the files, in order, with the rows of their record batches."""
    ranges = shard_ranges(view, max_shard_size, num_shards)
    # A second save must never mix with the files of the first, nor replace one that somebody reads.
    tag = ""
    names = [f"data-{index:05d}-of-{len(ranges):05d}.arrow" for index in range(len(ranges))]
    if target.has_any(names):
        tag = f"-{uuid.uuid4().hex[:8]}"
        names = [name.replace(".arrow", f"{tag}.arrow") for name in names]
    media = has_media(features)
    rows = window_rows(view, _WINDOW_BYTES, _MEDIA_ROWS if media else _WINDOW_ROWS)
    job = _Job(view, features, target, rows, media)
    tasks = [
        Task((name, start, stop), f"rows {start} to {stop - 1}")
        for name, (start, stop) in zip(names, ranges, strict=True)
    ]
    bar = progress(view.num_rows, "Saving the dataset")
    written: list[FileRef] = []
    try:
        executor = process_pool(num_proc) if num_proc else None
        for _, ref in run(job.write, tasks, executor, on_progress=lambda _, done: bar.update(done)):
            written.append(ref)
    except BaseException:
        target.remove(ref.path for ref in written)
        raise
    finally:
        bar.close()
    return written
