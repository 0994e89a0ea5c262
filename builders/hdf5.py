"""HDF5 files: a row for each position along the first axis of all datasets, which are equally long.

Groups are structs; further axes are lists of fixed length (one) or arrays (two to five); complex numbers are structs of
`real` and `imag`, compounds structs of their fields; text of variable length is text, of fixed length bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, MissingDependency
from arrowsets.features import (
    Array2D,
    Array3D,
    Array4D,
    Array5D,
    Features,
    FeatureType,
    List,
    Value,
    array_of,
    as_feature,
)
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .rejecting import reject_file

__all__ = ["Hdf5Builder", "Hdf5Options", "Hdf5Shard"]

SHARD_BYTES = 64 << 20
TABLE_BYTES = 16 << 20
_DEPTH = 32  # a group may lie in itself
_VARIABLE = 64  # bytes that a value of variable length is taken for
_ARRAYS = {2: Array2D, 3: Array3D, 4: Array4D, 5: Array5D}


@dataclass(frozen=True)
class Hdf5Options(BuilderOptions):
    """How HDF5 files are read.

    Attributes:
        batch_size: Rows that are read at a time. None: about 16 MiB.
    """

    batch_size: int | None = None


@dataclass(frozen=True)
class Hdf5Shard:
    """Rows of a file."""

    file: DataFile
    start: int
    stop: int


class Hdf5Builder(Builder[Hdf5Shard]):
    """Read HDF5 files."""

    name = "hdf5"
    options = Hdf5Options
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".hdf5": {}, ".h5": {}}
    config: Hdf5Options

    def shards(self, files: Sequence[DataFile]) -> Sequence[Hdf5Shard]:
        """Cut files into runs of rows of about 64 MiB."""
        found = []
        for file in files:
            try:
                with _opened(file) as root:
                    rows, width = _length(root, file.url), _row_bytes(root)
            except BadData as error:
                reject_file(self, file.url, error)
                found.append(Hdf5Shard(file, 0, 0))  # reading it notes why it is left out
                continue
            step = max(1, SHARD_BYTES // max(1, width))
            found += [Hdf5Shard(file, start, min(start + step, rows)) for start in range(0, rows, step)]
        return tuple(found)

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return the types that stand in the files."""
        features = self.config.features
        if features is None:
            for file in files:
                try:
                    with _opened(file) as root:
                        own = Features(_features(root, file.url))
                except BadData as error:
                    reject_file(self, file.url, error)
                    continue
                features = own if features is None else self.unify(features, own)
        return features

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """Some of the columns are enough: the others are left out."""
        return super().takes(given, found) or set(given) <= set(found)

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def read(self, shard: Hdf5Shard, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield rows."""
        try:
            yield from self._rows(shard, schema)
        except BadData as error:
            reject_file(self, shard.file.url, error)

    def _rows(self, shard: Hdf5Shard, schema: pa.Schema | None) -> Iterator[pa.Table]:
        with _opened(shard.file) as root:
            _length(root, shard.file.url)
            own = Features(_features(root, shard.file.url))
            features = own if schema is None else Features.from_arrow_schema(schema)
            step = self.config.batch_size or max(1, TABLE_BYTES // max(1, _row_bytes(root)))
            for start in range(shard.start, shard.stop, step):
                rows = slice(start, min(start + step, shard.stop))
                arrays = [_column(root.get(name), own.get(name), kind, rows) for name, kind in features.items()]
                yield pa.Table.from_arrays(arrays, schema=features.arrow_schema)


@contextmanager
def _opened(file: DataFile) -> Iterator[Any]:
    try:
        library = import_module("h5py")
    except ImportError as error:
        raise MissingDependency.of("reading HDF5 files", "h5py", "hdf5") from error
    path = file.local_path()
    source: Any = str(path) if path is not None else file.open()
    try:
        with library.File(source, "r") as root:
            yield root
    except OSError as error:
        raise BadData(f"no HDF5 file, or a damaged one: {error}", file=file.url) from error
    finally:
        if path is None:
            source.close()


def _items(group: Any) -> Iterator[tuple[str, Any]]:
    """Yield what lies in a group and in this file: a file from elsewhere must not name others of this machine."""
    library = import_module("h5py")
    for name in group:
        place = f"{group.name.rstrip('/')}/{name}"
        if isinstance(group.get(name, getlink=True), library.ExternalLink):
            raise BadData(f"{place} is a link to another file, which is not followed", file=group.file.filename)
        item = group[name]
        if isinstance(item, library.Dataset) and (item.external or item.is_virtual):
            raise BadData(f"the data of {place} lie in another file, which is not read", file=group.file.filename)
        if place.count("/") > _DEPTH:
            raise BadData(f"groups lie more than {_DEPTH} deep in one another", file=group.file.filename)
        yield name, item


def _datasets(group: Any) -> Iterator[Any]:
    for _, item in _items(group):
        if hasattr(item, "shape"):
            yield item
        else:
            yield from _datasets(item)


def _length(root: Any, file: str) -> int:
    lengths = {item.name: item.shape[0] if item.shape else None for item in _datasets(root)}
    if len(set(lengths.values())) > 1 or None in lengths.values():
        shown = ", ".join(f"{name}: {'no axis' if n is None else n}" for name, n in list(lengths.items())[:10])
        raise BadData(f"the datasets must have equally many rows along their first axis, but have {shown}", file=file)
    return next(iter(lengths.values()), 0) or 0


def _row_bytes(root: Any) -> int:
    return sum(
        math.prod(item.shape[1:]) * (_VARIABLE if item.dtype.kind == "O" else item.dtype.itemsize)
        for item in _datasets(root)
    )


def _features(group: Any, file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in _items(group):
        if hasattr(item, "shape"):
            found[name] = _shaped(_leaf(item.dtype, f"{file}, dataset {item.name}"), item.shape[1:])
        elif inner := _features(item, file):
            found[name] = inner
    return found


def _leaf(dtype: Any, place: str) -> Any:
    if dtype.kind == "c":
        part = Value(f"float{dtype.itemsize * 4}")
        return {"real": part, "imag": part}
    if dtype.names:
        return {name: _field(dtype[name], place) for name in dtype.names}
    if dtype.kind == "O":
        return _variable(dtype, place)
    if dtype.kind == "S":
        return Value("binary")
    if dtype.kind in "biuf" and dtype.itemsize <= 8:
        return Value("bool" if dtype.kind == "b" else dtype.newbyteorder("=").name)
    raise BadData(f"{place}: no type holds {dtype}")


def _field(dtype: Any, place: str) -> Any:
    base, shape = dtype.subdtype or (dtype, ())
    return _shaped(_leaf(base, place), shape)


def _variable(dtype: Any, place: str) -> Any:
    library = import_module("h5py")
    text = library.check_string_dtype(dtype)
    if text is not None:
        return Value("string" if text.encoding == "utf-8" else "binary")
    inner = library.check_vlen_dtype(dtype)
    if inner is not None:
        return List(as_feature(_leaf(np.dtype(inner), place)))
    raise BadData(f"{place}: references to other parts of the file are not read")


def _shaped(leaf: Any, shape: tuple[int, ...]) -> Any:
    if not shape:
        return leaf
    plain = isinstance(leaf, Value) and leaf.dtype not in {"string", "binary"}
    if plain and len(shape) in _ARRAYS and 0 not in shape:
        return _ARRAYS[len(shape)](shape=shape, dtype=leaf.dtype)
    feature = leaf
    for length in reversed(shape):
        feature = List(as_feature(feature), length=length or -1)
    return feature


def _column(item: Any, own: Any, wanted: FeatureType, rows: slice) -> Any:
    if item is None:
        storage: Any = wanted.storage
        return pa.nulls(rows.stop - rows.start, storage)
    array, _ = array_of(_values(item, rows), as_feature(own))
    return array if as_feature(own) == wanted else wanted.cast(array)


def _values(item: Any, rows: slice) -> Any:
    """Return what `array_of` makes a column of: an array of numbers, or a list of Python values."""
    if not hasattr(item, "shape"):
        parts = {name: list(_values(inner, rows)) for name, inner in _items(item) if _has_data(inner)}
        return [dict(zip(parts, values, strict=True)) for values in zip(*parts.values(), strict=True)]
    text = import_module("h5py").check_string_dtype(item.dtype)
    utf8 = text is not None and text.length is None and text.encoding == "utf-8"
    data = item.asstr()[rows] if utf8 else item[rows]
    if data.dtype.kind in "biuf" and not data.dtype.names:
        return data if data.size else data.tolist()
    return _python(data)


def _has_data(item: Any) -> bool:
    return hasattr(item, "shape") or any(True for _ in _datasets(item))


def _python(data: Any) -> Any:
    if isinstance(data, np.ndarray):
        return [_python(value) for value in data]
    if isinstance(data, np.void) and data.dtype.names:
        return {name: _python(data[name]) for name in data.dtype.names}
    if isinstance(data, np.complexfloating):
        return {"real": data.real, "imag": data.imag}
    return data
