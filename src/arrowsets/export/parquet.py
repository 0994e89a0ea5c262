"""Parquet files: row groups of bounded bytes, pages cut by content, types for Hugging Face datasets in the metadata."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from arrowsets.config import settings
from arrowsets.engine.executors import Task, process_pool, run
from arrowsets.engine.worker import report
from arrowsets.errors import UnknownName
from arrowsets.export.embed import embedded, has_media
from arrowsets.export.output import Output, opened, where
from arrowsets.export.shards import shard_ranges
from arrowsets.export.texts import check_counts
from arrowsets.export.windows import bounded, window_rows
from arrowsets.features import Features
from arrowsets.progress import progress
from arrowsets.record import dataclass
from arrowsets.sizes import parse_size
from arrowsets.table import View

__all__ = ["ParquetJob", "ParquetShards", "write_parquet"]

GROUP_ROWS = 1 << 20
PIECE_BYTES = 16 << 20
# A cell that names a file says nothing of the file's size.
MEDIA_ROWS = 128
# The reference's: chunks of 256 KiB to 1 MiB.
CUT_BY_CONTENT = {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0}


@dataclass(frozen=True)
class ParquetShards:
    """How many files there are to be, and who writes them."""

    num_shards: int | None = None
    max_shard_size: str | int | None = None
    num_proc: int | None = None
    split: str = "train"

    @property
    def wanted(self) -> bool:
        """Whether there may be several files."""
        return self.num_shards is not None or self.max_shard_size is not None or (self.num_proc or 1) > 1


def write_parquet(
    view: View,
    features: Features,
    path_or_buf: Any,
    batch_size: int | None,
    storage_options: Mapping[str, Any] | None,
    shards: ParquetShards,
    options: Mapping[str, Any],
) -> int:
    """Write one file or several and return their bytes; see `Dataset.to_parquet`."""
    check_counts(batch_size, shards.num_proc)
    _check_options(options)
    job = ParquetJob(view, features, batch_size, options)
    path = where(path_or_buf)
    if path is not None and (shards.wanted or "{index" in path):
        return _write_files(job, path, storage_options, shards)
    if shards.wanted:
        raise ValueError(
            f"several files cannot be written to {path_or_buf!r}; give a directory or a path with '{{index}}'"
        )
    with opened(path_or_buf, storage_options, None) as output, _bar(view) as bar:
        for rows in job.write(output, 0, view.num_rows):
            bar.update(rows)
        return output.written


@dataclass(frozen=True)
class ParquetJob:
    """Rows and how they are written; what goes to a worker.

    Attributes:
        rows: Rows of a row group. None: by bytes.
        embed: Write the files that cells name into the cells.
    """

    view: View
    features: Features
    rows: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    embed: bool = False

    def write(self, output: Output, start: int, stop: int) -> Iterator[int]:
        """Write a range of rows as one file, and tell how many were written each time."""
        from pyarrow import parquet

        schema = self.features.arrow_schema
        options = _writer_options(self.features, self.options)
        by_content = options["use_content_defined_chunking"]
        file = pa.PythonFile(cast("Any", output), mode="w")
        with parquet.ParquetWriter(file, schema, **options) as writer:
            for table in self._groups(start, stop):
                typed = pa.Table.from_arrays(table.columns, schema=schema) if len(schema) else table
                writer.write_table(typed, max(typed.num_rows, 1))
                yield table.num_rows
            if by_content:
                writer.add_key_value_metadata({"content_defined_chunking": json.dumps(by_content)})

    def _groups(self, start: int, stop: int) -> Iterator[pa.Table]:
        """Yield the rows of each row group, gathered piece by piece: gathering takes more memory than its result."""
        if self.rows is not None:
            yield from bounded(self.view, self.rows, start, stop, limit=None)
            return
        pieces: list[pa.Table] = []
        rows = size = 0
        most = parse_size(settings().max_row_group_size)
        embeds = self.embed and any(map(has_media, self.features.values()))
        portion = min(PIECE_BYTES, most)
        piece = window_rows(self.view, portion, MEDIA_ROWS if embeds else GROUP_ROWS)
        for plain in bounded(self.view, piece, start, stop, limit=portion):
            table = embedded(plain, self.features) if embeds else plain
            if pieces and (size + table.nbytes > most or rows + table.num_rows > GROUP_ROWS):
                yield pa.concat_tables(pieces)
                pieces, rows, size = [], 0, 0
            pieces.append(table)
            rows, size = rows + table.num_rows, size + table.nbytes
        if pieces:
            yield pa.concat_tables(pieces)

    def write_file(self, path: str, storage_options: Mapping[str, Any] | None, start: int, stop: int) -> int:
        """Write a range of rows to a file of its own and return its bytes."""
        with opened(path, storage_options, None) as output:
            for rows in self.write(output, start, stop):
                report(rows)
        return output.written


def _write_files(job: ParquetJob, path: str, storage_options: Mapping[str, Any] | None, shards: ParquetShards) -> int:
    cuts = shard_ranges(job.view, shards.max_shard_size, shards.num_shards)
    names = _names(path, shards.split, len(cuts))
    staged = _Staged(names, storage_options)
    tasks = [
        Task((name, storage_options, start, stop), f"rows {start} to {stop - 1}")
        for name, (start, stop) in zip(staged.paths, cuts, strict=True)
    ]
    num_proc = shards.num_proc or 1
    pool = process_pool(num_proc) if num_proc > 1 else None
    with staged, _bar(job.view) as bar:
        done = run(job.write_file, tasks, pool, on_progress=lambda _, rows: bar.update(rows))
        return sum(written for _, written in done)


def _names(path: str, split: str, total: int) -> list[str]:
    """Return the path of each file.

    Raises:
        ValueError: if the path names one file, or the directory has files of the split cut into another number.
    """
    if "{index" in path:
        return [path.format(index=index, num_shards=total) for index in range(total)]
    if Path(path).suffix == ".parquet":
        raise ValueError(
            f"{path!r} names one file for {total}; give a directory, or a path with '{{index}}' in it: "
            f"{path.removesuffix('.parquet') + '-{index:05d}.parquet'!r}"
        )
    folder = path.rstrip("/")
    names = [f"{split}-{index:05d}-of-{total:05d}.parquet" for index in range(total)]
    if "://" not in folder:
        others = sorted(
            file.name
            for file in Path(folder).expanduser().glob(f"{split}-?????-of-?????.parquet")
            if file.name not in names
        )
        if others:
            raise ValueError(
                f"{folder!r} has {others[0]!r} and so on, the same split cut into another number of files, which readers "
                "would mix with these; remove them or choose another directory"
            )
    return [f"{folder}/{name}" for name in names]


class _Staged:
    """Files that take their names together, when all are written; if the block fails none is left."""

    def __init__(self, names: list[str], storage_options: Mapping[str, Any] | None) -> None:
        self.names, self.options = names, storage_options
        self.local = "://" not in names[0]
        self.paths = [self._hidden(Path(name).expanduser()) for name in names] if self.local else names

    def _hidden(self, path: Path) -> str:
        return str(path.with_name(f".{path.name}.{os.getpid()}.tmp"))

    def __enter__(self) -> None:
        """Nothing is there before it is written."""

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if not self.local:
            if kind is not None:
                self._remove()
            return
        try:
            if kind is None:
                for path, name in zip(self.paths, self.names, strict=True):
                    Path(path).replace(Path(name).expanduser())
        finally:
            for path in self.paths:
                Path(path).unlink(missing_ok=True)

    def _remove(self) -> None:
        import fsspec

        for name in self.names:
            system, path = fsspec.core.url_to_fs(name, **(self.options or {}))
            if system.exists(path):
                system.rm_file(path)


def _bar(view: View) -> Any:
    import contextlib

    return contextlib.closing(progress(view.num_rows, "Writing Parquet"))


def _check_options(options: Mapping[str, Any]) -> None:
    from pyarrow import parquet

    # The writer takes the rest of its options by keyword; `write_table` lists all of them.
    allowed = set(inspect.signature(parquet.ParquetWriter.__init__).parameters)
    allowed |= set(inspect.signature(parquet.write_table).parameters) - {"table", "row_group_size"}
    allowed -= {"self", "where", "schema", "filesystem", "options", "kwargs"}
    for name in options:
        if name not in allowed:
            raise UnknownName.of("option", name, sorted(allowed))


def _writer_options(features: Features, given: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {"use_content_defined_chunking": True, "write_page_index": True, **given}
    if options["use_content_defined_chunking"] is True:
        options["use_content_defined_chunking"] = CUT_BY_CONTENT
    media = _media_columns(features)
    if not media:
        return options
    # What is compressed already is kept as it is, and has no values to share.
    plain = [leaf for leaf in _leaves(features.arrow_schema) if leaf.split(".", 1)[0] in media]
    others = [leaf for leaf in _leaves(features.arrow_schema) if leaf.split(".", 1)[0] not in media]
    if "compression" not in options:
        options["compression"] = {leaf: "none" if leaf in set(plain) else "snappy" for leaf in [*plain, *others]}
    if "use_dictionary" not in options and "column_encoding" not in options:
        options["use_dictionary"] = others
    return options


def _media_columns(features: Features) -> set[str]:
    return {name for name, feature in features.items() if has_media(feature)}


def _leaves(schema: pa.Schema) -> list[str]:
    return [leaf for field in schema for leaf in _leaf_paths(field.name, field.type)]


def _leaf_paths(path: str, dtype: Any) -> list[str]:
    types = pa.types
    if isinstance(dtype, pa.BaseExtensionType):
        return _leaf_paths(path, dtype.storage_type)
    if types.is_struct(dtype):
        return [leaf for inner in dtype for leaf in _leaf_paths(f"{path}.{inner.name}", inner.type)]
    if types.is_list(dtype) or types.is_large_list(dtype) or types.is_fixed_size_list(dtype):
        return _leaf_paths(f"{path}.list.element", dtype.value_type)
    return [path]
