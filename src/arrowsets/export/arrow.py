"""Export to Arrow files: one, or those of a directory."""

from __future__ import annotations

import os
from typing import Any

from arrowsets.engine.executors import Task, process_pool, run
from arrowsets.export.shards import shard_ranges
from arrowsets.export.target import Directory
from arrowsets.features import Features
from arrowsets.table import ShardWriter, View

__all__ = ["write_directory", "write_file"]


def write_file(view: View, features: Features, path: str) -> None:
    """Write all rows to one Arrow IPC file, which appears whole."""
    folder, name = os.path.split(path)
    with (
        Directory.at(folder or ".").writing(name) as temporary,
        ShardWriter(temporary, features.arrow_schema) as writer,
    ):
        for table in view.batches(1 << 16):
            writer.write(table)
        writer.close()


class _WriteShard:
    """Writes one range of rows to one file of a directory; what goes to a worker."""

    def __init__(self, view: View, features: Features, target: Directory, total: int, tag: str) -> None:
        self.view, self.features, self.target, self.total, self.tag = view, features, target, total, tag

    def __call__(self, index: int, start: int, stop: int) -> str:
        name = f"data-{index:05d}-of-{self.total:05d}{self.tag}.arrow"
        schema = self.features.arrow_schema
        with self.target.writing(name) as path, ShardWriter(path, schema) as writer:
            for table in self.view.batches(1 << 16, start, stop):
                writer.write(table)
            writer.close()
        return name


def write_directory(
    view: View,
    features: Features,
    target: Directory,
    *,
    max_shard_size: str | int | None,
    num_shards: int | None,
    num_proc: int | None,
) -> list[str]:
    """Write all rows; return the names of the files, in order."""
    ranges = shard_ranges(view, max_shard_size, num_shards)
    # A second save must never mix with the files of the first, nor replace one that somebody reads.
    tag = ""
    names = [f"data-{index:05d}-of-{len(ranges):05d}.arrow" for index in range(len(ranges))]
    if any(target.exists(name) for name in names):
        import uuid

        tag = f"-{uuid.uuid4().hex[:8]}"
    write = _WriteShard(view, features, target, len(ranges), tag)
    tasks = [Task((index, start, stop), f"rows {start} to {stop - 1}") for index, (start, stop) in enumerate(ranges)]
    executor = process_pool(num_proc) if num_proc else None
    written: list[Any] = [name for _, name in run(write, tasks, executor)]
    return written
