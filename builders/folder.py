"""Folders of media files: what imagefolder and its like share.

A row is a file. Without metadata its label is the directory that it lies in; with metadata files (`metadata.csv`,
`.jsonl` or `.parquet`, whose columns `file_name`, `*_file_name`, `file_names` and `*_file_names` name files beside
them) a row is a row of those. Files on this machine and behind a URL are referred to; members of archives are read in.
"""

from __future__ import annotations

import dataclasses
import importlib
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, SchemaConflict
from arrowsets.features import ClassLabel, Features, FeatureType, List, as_feature, feature_of
from arrowsets.features.buffers import null_scalar, of_mask, of_numpy, texts
from arrowsets.features.casting import nulls
from arrowsets.files import DataFile, Files
from arrowsets.lazy import pc
from arrowsets.record import dataclass

from .storage import selected

__all__ = ["FolderBuilder", "FolderOptions", "FolderShard"]

Arr: TypeAlias = Any  # an Arrow array whose kind is known from its type

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
# By name: most folders have no metadata, and importing all three takes longer than listing a thousand files.
READERS: Mapping[str, tuple[str, str]] = {
    ".csv": ("csv", "CsvBuilder"),
    ".jsonl": ("json", "JsonBuilder"),
    ".parquet": ("parquet", "ParquetBuilder"),
}
SHARD_FILES = 10_000
SHARD_MEMBERS = 1_000  # of archives, which are read in
TABLE_BYTES = 16 << 20


@dataclass(frozen=True)
class FolderOptions(BuilderOptions):
    """How a folder is read.

    Attributes:
        drop_labels: No column `label`. None: one only if the files lie in several directories of one depth, and there
            is no metadata.
        drop_metadata: Do not read metadata files.
        metadata_filenames: Names of metadata files.
        filters: Rows of the metadata to keep: an expression, or tuples as `pyarrow.parquet.read_table` takes them.
        label_names: The labels in order. None: the names of the directories, sorted.
    """

    drop_labels: bool | None = None
    drop_metadata: bool | None = None
    metadata_filenames: Sequence[str] | None = None
    filters: Any = None
    label_names: Sequence[str] | None = None


@dataclass(frozen=True)
class FolderShard:
    """Media files with the names of their labels, or one shard of a metadata file."""

    files: Files
    labels: tuple[str, ...] | None = None
    metadata: Any = None


class FolderBuilder(Builder[FolderShard]):
    """Read a folder of media files."""

    options = FolderOptions
    version = "2"
    rows_in_files = False
    companions: ClassVar[frozenset[str]] = frozenset(METADATA)
    column: ClassVar[str]
    config: FolderOptions

    @classmethod
    def media(cls) -> FeatureType:
        """Return the type of a file."""
        raise NotImplementedError

    def over(self, splits: Mapping[str, Sequence[DataFile]]) -> FolderBuilder:
        """Return the builder for these splits: all have the labels that any of them has."""
        files = Files.of(chain.from_iterable(splits.values()) if len(splits) != 1 else next(iter(splits.values())))
        config = self.config
        metadata, media = self._sorted_out(files)
        read = metadata and not config.drop_metadata
        labels = None if read else self._labels(media, bool(metadata))
        chosen = dataclasses.replace(config, drop_labels=labels is None, label_names=labels)
        return type(self)(chosen)

    def shards(self, files: Sequence[DataFile]) -> Sequence[FolderShard]:
        """Return runs of files, or the shards of the metadata files."""
        metadata, media = self._sorted_out(files)
        if metadata and not self.config.drop_metadata:
            return [
                FolderShard(Files([file]), metadata=shard)
                for file in metadata
                for shard in self._reader(file).shards([file])
            ]
        labels = self._labels(media, bool(metadata))
        step = SHARD_FILES if media.are_paths or not any(map(_is_member, media)) else SHARD_MEMBERS
        if len(media) <= step:
            return [FolderShard(media, labels)] if media else []
        return [FolderShard(Files(media[i : i + step]), labels) for i in range(0, len(media), step)]

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """Some of the columns are enough: the others are left out."""
        return super().takes(given, found) or set(given) <= set(found)

    def read(self, shard: FolderShard, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield rows that refer to files."""
        tables = self._from_files(shard) if shard.metadata is None else self._from_metadata(shard, schema)
        for table in tables:
            yield table if schema is None else selected(table, schema)

    def _sorted_out(self, files: Sequence[DataFile]) -> tuple[list[DataFile], Files]:
        """Return the metadata files, and the media files."""
        names = set(self.config.metadata_filenames or METADATA)
        # In most folders all are media, which their extensions tell.
        files = Files.of(files)
        found = files.extensions
        if found <= self.extensions.keys() and found.isdisjoint([DataFile(f"/{name}").extension for name in names]):
            return [], files
        metadata = [file for file in files if file.name in names]
        return metadata, Files(file for file in files if file.extension in self.extensions and file.name not in names)

    def _labels(self, media: Files, has_metadata: bool) -> tuple[str, ...] | None:
        config = self.config
        if config.drop_labels:
            return None
        if config.label_names is not None:
            return tuple(config.label_names)
        if has_metadata and config.drop_labels is None:
            return None  # who has metadata has no labels in the names of directories, whether it is read or not
        directories = set(media.directories())
        names = sorted({_label(directory) for directory in directories})
        depths = {directory.count("/") for directory in directories}
        if config.drop_labels is None and (len(names) < 2 or len(depths) != 1):
            return None
        return tuple(names)

    def _from_files(self, shard: FolderShard) -> Iterator[pa.Table]:
        features = Features({self.column: self.media()})
        codes = _Codes(shard.labels or ())
        if shard.labels is not None:
            features["label"] = ClassLabel(names=list(shard.labels))
        for files in _bounded(shard.files):
            columns = [_references(files)]
            if shard.labels is not None:
                numbers = np.fromiter(map(codes.__getitem__, files.directories()), np.int64, len(files))
                labels = of_numpy(numbers)
                if numbers.min(initial=0) < 0:
                    labels = pc.if_else(of_numpy(numbers >= 0), labels, null_scalar(pa.int64()))
                columns.append(labels)
            yield pa.Table.from_arrays(columns, schema=features.arrow_schema)

    def _from_metadata(self, shard: FolderShard, schema: pa.Schema | None) -> Iterator[pa.Table]:
        (file,) = shard.files
        wanted = None if schema is None else self._sources(file, shard, schema)
        reader = self._reader(file)
        found = False
        for table in reader.read(shard.metadata, wanted):
            kept = self._filtered(table)
            linked = _Linked(file, self.column, self.media())
            yield linked.table(kept)
            found = found or linked.found
        self.rejects.rows.extend(reader.rejects.rows)
        if not found:
            raise BadData(
                "no column of the metadata names files: one of file_name, *_file_name, file_names, *_file_names must",
                file=file.url,
            )

    def _sources(self, file: DataFile, shard: FolderShard, schema: pa.Schema) -> pa.Schema:
        """Return the types to read the metadata with, so that its columns become those of `schema`."""
        first = next(iter(self._reader(file).read(shard.metadata)))
        fields = []
        for field in first.schema:
            index = schema.get_field_index(field.name)
            plain = _role(field.name, field.type) is None and not _nested(field.type)
            fields.append(schema.field(index) if index >= 0 and plain else field)
        return pa.schema(fields)

    def _filtered(self, table: pa.Table) -> pa.Table:
        if self.config.filters is None:
            return table
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        filters = self.config.filters
        return table.filter(filters if isinstance(filters, pc.Expression) else pq.filters_to_expression(filters))

    def _reader(self, file: DataFile) -> Builder[Any]:
        reader = READERS.get(file.extension)
        if reader is None:
            raise BadData(f"metadata is read from {', '.join(READERS)} files", file=file.url)
        module, name = reader
        made: Builder[Any] = getattr(importlib.import_module(f"{__package__}.{module}"), name)()
        return made


class _Linked:
    """Replaces names of files in a table by references to them."""

    def __init__(self, metadata: DataFile, column: str, media: FeatureType) -> None:
        self.metadata, self.column, self.media = metadata, column, media
        self.found = False

    def table(self, table: pa.Table) -> pa.Table:
        types = dict(Features.from_arrow_schema(table.schema))
        features, columns = Features(), []
        for name in table.column_names:
            column = table.column(name)
            array = pa.concat_arrays(column.chunks) if column.num_chunks else nulls(0, column.type)
            renamed, feature, array = self.field(name, types[name], array)
            if renamed in features:
                raise SchemaConflict(f"{self.metadata.url}: two columns become {renamed!r}", column=renamed)
            features[renamed] = feature
            columns.append(array)
        return pa.Table.from_arrays(columns, schema=features.arrow_schema)

    def field(self, name: str, feature: FeatureType, array: Arr) -> tuple[str, FeatureType, Arr]:
        role = _role(name, array.type)
        if role is not None:
            self.found = True
            renamed = role or (self.column if name == "file_name" else f"{self.column}s")
            if not pa.types.is_list(array.type):
                return renamed, self.media, self.references(array)
            return renamed, List(self.media), self.items(array, self.references)
        if pa.types.is_struct(array.type) and array.type.num_fields:
            return self.struct(name, array)
        if pa.types.is_list(array.type) and pa.types.is_struct(array.type.value_type):
            _, values_feature, inner = self.field("", feature_of(array.type.value_type), array.values)
            return name, List(values_feature), _relisted(array, inner)
        return name, feature, array

    def struct(self, name: str, array: Arr) -> tuple[str, FeatureType, Arr]:
        parts = [self.field(f.name, feature_of(f.type), array.field(i)) for i, f in enumerate(array.type)]
        feature = Features({part: kind for part, kind, _ in parts})
        mask = array.is_null() if array.null_count else None
        fields = [pa.field(part, values.type) for part, _, values in parts]
        joined = pa.StructArray.from_arrays([values for _, _, values in parts], fields=fields, mask=mask)
        return name, as_feature(dict(feature)), joined

    def items(self, array: Arr, make: Callable[[Arr], Arr]) -> Arr:
        return _relisted(array, make(array.values))

    def references(self, names: Arr) -> Arr:
        """Return references to files that are named relative to the metadata file."""
        files = [None if name is None else self._beside(name) for name in names.to_pylist()]
        return _references(files)

    def _beside(self, name: str) -> DataFile:
        normal = posixpath.normpath(name.replace("\\", "/"))
        if normal.startswith(("../", "/")) or normal in {"..", "."} or ":" in normal.partition("/")[0]:
            raise BadData(
                f"file name {name!r} leads out of the metadata's directory; only paths within it are allowed",
                file=self.metadata.url,
            )
        inner, chain, outer = self.metadata.url.partition("::")
        url = f"{inner.rpartition('/')[0]}/{normal}{chain}{outer}" if "/" in inner else normal
        if chain and inner.count("/") == 2:  # zip://metadata.csv
            url = f"{inner.partition('://')[0]}://{normal}{chain}{outer}"
        local = self.metadata.local if chain else None
        return dataclasses.replace(self.metadata, url=url, size=None, etag="", local=local)


def _role(name: str, dtype: pa.DataType) -> str | None:
    """Return what a column of file names is renamed to, "" for the media column itself; None for other columns."""
    text = dtype.value_type if pa.types.is_list(dtype) else dtype
    if not (pa.types.is_string(text) or pa.types.is_large_string(text)):
        return None
    ending = "file_names" if pa.types.is_list(dtype) else "file_name"
    if name == ending:
        return ""
    return name.removesuffix(f"_{ending}") if name.endswith(f"_{ending}") else None


def _nested(dtype: pa.DataType) -> bool:
    return pa.types.is_nested(dtype)


def _relisted(array: Arr, values: Arr) -> Arr:
    mask = array.is_null() if array.null_count else None
    return pa.ListArray.from_arrays(array.offsets, values, mask=mask)


def _label(directory: str) -> str:
    return directory.rstrip("/").rpartition("/")[2]


class _Codes(dict[str, int]):
    """Numbers of labels by directory, each looked up once; -1 for a directory that is no label."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self._labels = {name: code for code, name in enumerate(labels)}

    def __missing__(self, directory: str) -> int:
        code = self[directory] = self._labels.get(_label(directory), -1)
        return code


def _is_member(file: DataFile) -> bool:
    return "::" in file.url


def _references(files: Sequence[DataFile | None]) -> Arr:
    """Return files as paths, and what no path of this machine leads to as its bytes."""
    contents: Arr = nulls(len(files), pa.binary())
    paths: Sequence[str | None]
    if isinstance(files, Files) and files.are_paths:
        paths = files.urls()
    else:
        apart = [file is not None and (_is_member(file) or file.is_remote) for file in files]
        if any(apart):
            pairs = zip(files, apart, strict=True)
            contents = texts([_content(file) if file and alone else None for file, alone in pairs], pa.binary())
        paths = [
            None if file is None else file.name if alone else file.local or file.url
            for file, alone in zip(files, apart, strict=True)
        ]
    mask = of_mask([file is None for file in files]) if None in files else None
    return pa.StructArray.from_arrays(
        [contents, texts(paths)],
        fields=[pa.field("bytes", pa.binary()), pa.field("path", pa.string())],
        mask=mask,
    )


def _content(file: DataFile) -> bytes:
    with file.open_raw() as stream:
        return stream.read()


def _bounded(files: Files) -> Iterator[Files]:
    """Yield files in runs whose content, where it is read in, is about 16 MiB at most."""
    if files.are_paths:
        yield files
        return
    run: list[DataFile] = []
    size = 0
    for file in files:
        run.append(file)
        size += (file.size or TABLE_BYTES // 100) if _is_member(file) else 0
        if size >= TABLE_BYTES:
            yield Files(run)
            run, size = [], 0
    if run:
        yield Files(run)
