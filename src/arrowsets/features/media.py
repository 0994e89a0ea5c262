"""Files in cells: what all media have in common.

A cell is a struct of `bytes` and `path`. The bytes win; a path is opened on this machine's file system only,
and is there because `encode` or a builder put a local file's name into the cell. A URL is never fetched.

What a cell becomes that cannot be decoded (its file is damaged, missing, or no such medium) is `on_error`, an option of all
media: "raise" an error, or hand out "null", which is None. The cell itself stays as it is stored, in either case. Rows
cannot be left out while they are read, for a dataset knows how many it has: `filter` does that.

>>> from arrowsets import Dataset, Features, Image
>>> images = Dataset.from_dict({"image": [b"no image"]}, features=Features({"image": Image(on_error="null")}))
>>> images[0], len(images.filter(lambda row: row["image"] is not None))
({'image': None}, 0)
"""

from __future__ import annotations

import dataclasses
import io
import os
from abc import abstractmethod
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import pyarrow as pa

from arrowsets.errors import (
    ArrowsetsError,
    BadData,
    BadMedia,
    DataFilesNotFound,
    MissingDependency,
    SchemaConflict,
    UnknownName,
)
from arrowsets.features import damaged
from arrowsets.features.base import FeatureType, Frozen
from arrowsets.features.casting import cast_storage, is_text, storage_of, struct_fields
from arrowsets.features.scalar import Value
from arrowsets.lazy import pattern, pc

__all__ = ["STORAGE", "Media", "OnError", "content_of", "has_media", "needed"]

OnError = Literal["raise", "null"]

_ADDRESS = pattern(r"<_io\.BytesIO object at 0x[0-9a-f]+>")
STORAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


class Media(Frozen):
    """A file in a cell. Subclasses say how an object becomes bytes and bytes become an object.

    They are dataclasses whose fields are the parameters of their constructor. `decode` is False where cells are handed out
    as the dict.
    """

    dtype: ClassVar[str]
    decode: bool
    id: str | None
    on_error: OnError

    def __init__(
        self,
        decode: bool = True,
        id: str | None = None,  # noqa: A002 - the reference's word
        *,
        on_error: OnError = "raise",
    ) -> None:
        self._set(decode=decode, id=id, on_error=on_error)

    @abstractmethod
    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return the object that a file holds; any exception means that it cannot be decoded.

        Args:
            file: The content, or a path.
            name: What the cell calls it, for formats that are told by their extension.
        """

    def check(self, decoded: Any) -> None:
        """Read what `open` left to be read later, as far as it tells of damage; any exception means that there is some.

        Only where damage is not an error: who uses the object would find it otherwise.
        """

    def _set(self, **values: Any) -> None:
        if values["on_error"] not in get_args(OnError):
            raise UnknownName.of("on_error", values["on_error"], get_args(OnError))
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def parameters(cls) -> list[str]:
        """Return the names of the constructor's parameters."""
        return [field.name for field in dataclasses.fields(cls) if field.init]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON form."""
        return cls(**{name: data[name] for name in cls.parameters() if name in data})

    def __repr__(self) -> str:
        hidden = {"id", "on_error"} if self.on_error == "raise" else {"id"}
        names = [name for name in self.parameters() if name not in hidden]
        shown = [f"{name}={getattr(self, name)!r}" for name in names]
        return f"{type(self).__name__}({', '.join(shown)})"

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of an object of the medium's own libraries."""
        raise TypeError(f"{type(self).__name__} takes a path, bytes or a dict of 'path' and 'bytes', got {value!r}")

    @property
    def storage(self) -> pa.DataType:
        """A struct of bytes and path."""
        return STORAGE

    @property
    def needs_encode(self) -> bool:
        """Whether Arrow cannot build this type from Python values without `encode`."""
        return True

    @property
    def needs_decode(self) -> bool:
        """Whether `decode` changes values."""
        return self.decode

    def encode(self, value: Any) -> dict[str, Any]:
        """Return the cell of a local path, bytes, a dict with "path" or "bytes", or an object."""
        if isinstance(value, (str, os.PathLike)):
            return {"bytes": None, "path": os.fspath(value)}
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {"bytes": bytes(value), "path": None}
        if not isinstance(value, Mapping):
            return self.encode_object(value)
        if value.get("bytes") is None and value.get("path") is None:
            raise ValueError(f"{type(self).__name__} needs 'bytes' or 'path', got the keys {list(value)!r}")
        path = value.get("path")
        return {"bytes": value.get("bytes"), "path": None if path is None else os.fspath(path)}

    @property
    def holds_files(self) -> bool:
        """True."""
        return True

    def decode_value(self, value: Any) -> Any:
        """Return the object in a cell, or the cell where decoding is off.

        Raises:
            BadMedia: for what is no such medium, or is damaged.
            DataFilesNotFound: for the name of a file that is not there.
        """
        if not self.decode:
            return value
        if self.on_error == "raise":
            return self._opened(value)
        try:
            return self._opened(value)
        except (BadData, DataFilesNotFound) as error:
            if damaged.is_of_machine(error):
                raise
            damaged.cells(self.type_name).add(error)
            return None

    def _opened(self, value: Any) -> Any:
        data, path = value.get("bytes"), value.get("path")
        try:
            decoded = self.open(io.BytesIO(data) if data is not None else _local(path), path)
            if self.on_error != "raise":
                self.check(decoded)
        except (ArrowsetsError, MemoryError):
            raise
        except Exception as error:  # what libraries raise at damaged files is beyond any list
            if data is None and not Path(path).exists():
                raise DataFilesNotFound(f"the file {path!r} that the cell names is not there (any more)") from error
            raise self.bad(error, data, path) from error
        return decoded

    def bad(self, why: object, data: bytes | None, path: str | None) -> BadMedia:
        """Return the error for a file that cannot be decoded."""
        size = "" if data is None else f" of {len(data):,} bytes"
        told = _ADDRESS.sub("it", str(why))
        return BadMedia(f"no {type(self).__name__} can be decoded from the file{size}: {told}", file=path)

    @classmethod
    def of_object(cls, value: Any) -> Media:
        """Return the type of a column that holds an object of the medium's libraries."""
        del value
        return cls()

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return paths (strings), bytes or structs with either as cells."""
        array = storage_of(array)
        if pa.types.is_null(array.type):
            return pa.nulls(len(array), STORAGE)
        if pa.types.is_struct(array.type):
            return self._cast_struct(array)
        mask = array.is_null() if array.null_count else None
        missing = pa.nulls(len(array))
        if is_text(array.type):
            return _cells(missing, array, mask)
        if (
            pa.types.is_binary(array.type)
            or pa.types.is_large_binary(array.type)
            or pa.types.is_binary_view(array.type)
        ):
            return _cells(array, missing, mask)
        return self._cast_other(array)

    def _cast_other(self, array: pa.Array[Any]) -> pa.Array[Any]:
        raise SchemaConflict(f"{array.type} cannot be cast to {self!r}: paths, bytes or structs of them can")

    def _cast_struct(self, array: Any) -> pa.Array[Any]:
        have = struct_fields(array)
        if not have.keys() & {"bytes", "path"}:
            raise SchemaConflict(f"{array.type} cannot be cast to {self!r}: it has neither 'bytes' nor 'path'")
        missing = pa.nulls(len(array))
        parts = [have.get(name, missing) for name in ("bytes", "path")]
        return _cells(parts[0], parts[1], array.is_null() if array.null_count else None)

    def embed(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return cells with the bytes of the local files they named, and of the path only the file's name."""
        cells: Any = self.cast(array)
        data, paths = cells.field("bytes"), cells.field("path")
        names = paths.to_pylist()
        contents = data
        if pc.any(pc.and_(data.is_null(), paths.is_valid())).as_py():
            contents = pa.array(
                [
                    Path(_local(path)).read_bytes() if cell is None and path is not None else cell
                    for cell, path in zip(data.to_pylist(), names, strict=True)
                ],
                pa.binary(),
            )
        short = pa.array([None if name is None else Path(name).name for name in names], pa.string())
        return _cells(contents, short, cells.is_null() if cells.null_count else None)

    def embed_storage(
        self,
        storage: pa.Array[Any],
        token_per_repo_id: Any = None,
        local_files: bool = True,
        remote_files: bool = True,
    ) -> pa.Array[Any]:
        """Embed local files; the reference's name for `embed`. Those of other machines are left as they are."""
        del token_per_repo_id, remote_files
        return self.embed(storage) if local_files else storage

    def flatten(self) -> FeatureType | dict[str, FeatureType]:
        """Return bytes and path where decoding is off, else the type itself: an object has no fields."""
        return self if self.decode else {"bytes": Value("binary"), "path": Value("string")}


def _cells(data: pa.Array[Any], paths: pa.Array[Any], mask: pa.Array[Any] | None) -> pa.Array[Any]:
    columns = [cast_storage(data, pa.binary(), "bytes"), cast_storage(paths, pa.string(), "path")]
    return pa.StructArray.from_arrays(columns, fields=list(STORAGE), mask=mask)


def has_media(feature: FeatureType) -> bool:
    """Tell whether there are files in cells, at any depth."""
    return feature.holds_files


def needed(module: str, what: str, package: str, extra: str) -> Any:
    """Import an optional package, or say what to install for `what`."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependency.of(what, package, extra) from error


def content_of(stream: Any) -> dict[str, Any]:
    """Return the cell of an open file: its name if it has one, else its bytes."""
    name = getattr(stream, "name", None)
    if isinstance(name, str):
        return {"bytes": None, "path": name}
    place = stream.tell()
    stream.seek(0)
    data = stream.read()
    stream.seek(place)
    return {"bytes": data, "path": None}


def _local(path: Any) -> str:
    if path is None:
        raise BadData("the cell has neither bytes nor a path")
    if "://" in path:
        raise BadData(f"a cell's path is opened on this machine only, never fetched, got {path!r}: download it first")
    return str(path)
