"""WebDatasets: tar archives in which the files of a sample lie together and have the same name up to the first dot.

A row is a sample, a column is what follows that dot: `a/1.json`, `a/1.cls` and `a/1.seg.png` are the columns `json`,
`cls` and `seg.png` of the sample `a/1`. The last part of a column says what its files are:

    json jsn                                 values             npy       an array          mp msg    msgpack
    txt text transcript                      text               npz       arrays by name    cbor      CBOR
    cls cls2 id index inx                    an integer         images, sounds, videos, meshes: those types
    anything else, and pickles above all     bytes              .gz after any of them: compressed

Archives are read once, from front to end, so they may be streams; types are those of all samples.
"""

from __future__ import annotations

import functools
import io
import json
import posixpath
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from arrowsets.builder import BuilderOptions, FileBuilder
from arrowsets.errors import BadData, MissingDependency, SchemaConflict
from arrowsets.features import Audio, Features, FeatureType, Image, Json, Mesh, Value, Video, array_of, unify
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from . import audiofolder, imagefolder, meshfolder, videofolder
from .rejecting import reject_file, reject_row

__all__ = ["WebDatasetBuilder", "WebDatasetOptions"]

TABLE_BYTES = 16 << 20
TABLE_ROWS = 1_000
MOST_BYTES = 1 << 30  # that a compressed member may unpack to
_KEY, _URL = "__key__", "__url__"


@dataclass(frozen=True)
class WebDatasetOptions(BuilderOptions):
    """How WebDatasets are read.

    Attributes:
        decode: False keeps every file as bytes, whatever its name.
    """

    decode: bool = True


@dataclass(frozen=True)
class _Sample:
    key: str
    fields: dict[str, bytes]
    names: dict[str, str]


class WebDatasetBuilder(FileBuilder):
    """Read WebDatasets; a shard is an archive."""

    name = "webdataset"
    options = WebDatasetOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".tar": {}}
    config: WebDatasetOptions

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """Some of the columns are enough: the others are left out."""
        return super().takes(given, found) or set(given) <= set(found)

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def unify(self, a: Features, b: Features) -> Features:
        """Join types as far as no value is lost; other values of several kinds are JSON."""
        try:
            return unify(a, b)
        except SchemaConflict:
            both = {**a, **b}
            return Features({name: _joined(a.get(name), b.get(name), kind) for name, kind in both.items()})

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the samples of an archive."""
        features = None if schema is None else Features.from_arrow_schema(schema)
        samples: list[_Sample] = []
        start = size = 0
        try:
            for sample in _samples(shard):
                samples.append(sample)
                size += sum(map(len, sample.fields.values()))
                if size >= TABLE_BYTES or len(samples) == TABLE_ROWS:
                    yield self._table(samples, features, shard, start)
                    start, size, samples = start + len(samples), 0, []
        except BadData as error:
            if error.column is not None:
                raise
            reject_file(self, shard.url, error)
        if samples:
            yield self._table(samples, features, shard, start)

    def _table(self, samples: list[_Sample], features: Features | None, file: DataFile, start: int) -> pa.Table:
        names = dict.fromkeys(name for sample in samples for name in sample.fields)
        rows = []
        for row, sample in enumerate(samples, start):
            try:
                rows.append([sample.key, file.url, *(self._value(sample, name, file, row) for name in names)])
            except BadData as error:
                reject_row(self, file.url, row, error)
        listed = list(zip(*rows, strict=True)) if rows else [()] * (len(names) + 2)
        columns = dict(zip((*names, _KEY, _URL), map(list, (*listed[2:], *listed[:2])), strict=True))
        kinds: dict[str, Any] = {name: self._type(name) for name in columns} if features is None else dict(features)
        arrays = {}
        for name, wanted in kinds.items():
            values = columns.get(name, [None] * len(rows))
            arrays[name], kinds[name] = array_of(values, wanted, on_mixed="use_json")
        return pa.Table.from_arrays(list(arrays.values()), schema=Features(kinds).arrow_schema)

    def _type(self, name: str) -> FeatureType | None:
        """Return the type that a column's name says, None where the values say it."""
        if name in {_KEY, _URL}:
            return Value("string")
        ending = _ending(name)
        if not self.config.decode:
            return Value("binary")
        if ending in _media():
            return _media()[ending]
        return _TYPES.get(ending) if ending in _DECODERS else Value("binary")

    def _value(self, sample: _Sample, name: str, file: DataFile, row: int) -> Any:
        data = sample.fields.get(name)
        if data is None or not self.config.decode:
            return data
        ending = _ending(name)
        try:
            if name.lower().endswith(".gz"):
                data = _unpacked(data)
            if ending in _media():
                return {"bytes": data, "path": sample.names[name]}
            return _DECODERS.get(ending, bytes)(data)
        except (ValueError, KeyError, EOFError, OSError, RecursionError, zlib.error, zipfile.BadZipFile) as error:
            told = str(error) or type(error).__name__
            why = f"{sample.names[name]!r} cannot be read as {ending}: {told}; decode=False keeps bytes"
            raise BadData(why, file=file.url, row=row, column=name) from error


def _samples(file: DataFile) -> Iterator[_Sample]:
    """Yield samples: runs of files with the same key."""
    sample: _Sample | None = None
    seen: set[str] = set()
    for name, data in _members(file):
        key, column = _split(name)
        if sample is None or sample.key != key:
            if sample is not None:
                yield sample
            if key in seen:
                raise BadData(
                    f"the files of sample {key!r} do not lie together; a WebDataset is packed in the order of names, "
                    "as by tar --sort=name",
                    file=file.url,
                )
            seen.add(key)
            sample = _Sample(key, {}, {})
        if column in sample.fields:
            raise BadData(f"the sample {key!r} has two files {column!r}", file=file.url, row=len(seen) - 1)
        sample.fields[column], sample.names[column] = data, name
    if sample is not None:
        yield sample


def _members(file: DataFile) -> Iterator[tuple[str, bytes]]:
    last = None
    with file.open() as stream:
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                while (info := archive.next()) is not None:
                    archive.members.clear()  # type: ignore[attr-defined]  # or a million members are a gigabyte
                    if info.isreg() and _is_sample(info.name):
                        content = archive.extractfile(info)
                        assert content is not None
                        yield info.name, content.read()
                        last = info.name
        except (tarfile.TarError, EOFError, zlib.error) as error:
            after = "" if last is None else f" after {last!r}"
            raise BadData(f"the archive is damaged{after}: {error}", file=file.url) from error


def _is_sample(name: str) -> bool:
    base = posixpath.basename(name)
    hidden = base.startswith((".", "__"))
    return "." in base and not hidden


def _split(name: str) -> tuple[str, str]:
    directory, base = posixpath.split(name)
    stem, _, column = base.partition(".")
    return posixpath.join(directory, stem), column


def _ending(column: str) -> str:
    return column.lower().removesuffix(".gz").rpartition(".")[2]


def _joined(a: FeatureType | None, b: FeatureType | None, either: FeatureType) -> FeatureType:
    if a is None or b is None:
        return either
    try:
        return dict(unify(Features({"x": a}), Features({"x": b})))["x"]
    except SchemaConflict:
        return Json()


def _unpacked(data: bytes) -> bytes:
    unpack = zlib.decompressobj(31)
    content = unpack.decompress(data, MOST_BYTES)
    if unpack.unconsumed_tail or not unpack.eof:
        raise ValueError("it is cut off, or unpacks to more than 1 GiB")
    return content


@functools.cache
def _media() -> Mapping[str, FeatureType]:
    kinds: list[tuple[tuple[str, ...], FeatureType]] = [
        (videofolder.EXTENSIONS, Video()),
        (meshfolder.EXTENSIONS, Mesh()),
        (audiofolder.EXTENSIONS, Audio()),
        (tuple(imagefolder.ImageFolderBuilder.extensions), Image()),
    ]
    return {extension[1:]: kind for extensions, kind in kinds for extension in extensions}


def _npy(data: bytes) -> Any:
    return np.load(io.BytesIO(data), allow_pickle=False)[()]


def _npz(data: bytes) -> Any:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name][()] for name in arrays.files}


def _cbor(data: bytes) -> Any:
    library = _package("cbor2", "CBOR")
    try:
        return library.loads(data)
    except library.CBORError as error:
        raise ValueError(str(error)) from error


def _msgpack(data: bytes) -> Any:
    return _package("msgpack", "msgpack").unpackb(data)


def _package(name: str, what: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependency.of(f"reading {what} in a WebDataset", name, "webdataset") from error


_DECODERS: Mapping[str, Callable[[bytes], Any]] = {
    **dict.fromkeys(("json", "jsn"), json.loads),
    **dict.fromkeys(("txt", "text", "transcript"), bytes.decode),
    **dict.fromkeys(("cls", "cls2", "id", "index", "inx"), int),
    "npy": _npy,
    "npz": _npz,
    **dict.fromkeys(("mp", "msg"), _msgpack),
    "cbor": _cbor,
}
_TYPES: Mapping[str, FeatureType] = {
    **dict.fromkeys(("txt", "text", "transcript"), Value("string")),
    **dict.fromkeys(("cls", "cls2", "id", "index", "inx"), Value("int64")),
}
