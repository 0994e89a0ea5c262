"""Files in cells: images now; other media are further subclasses of `Media`.

A cell is a struct of `bytes` and `path`. The bytes win; a path is opened on this machine's file system only,
and is there because `encode` or a builder put a local file's name into the cell. A URL is never fetched.
"""

from __future__ import annotations

import io
import os
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from arrowsets.errors import BadData, MissingDependency, SchemaConflict
from arrowsets.features.base import FeatureType, Frozen, register
from arrowsets.features.casting import cast_storage, is_text, storage_of, struct_fields
from arrowsets.features.scalar import Value

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["Image", "Media"]

_STORAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


class Media(Frozen):
    """A file in a cell. Subclasses say how an object becomes bytes and bytes become an object.

    Their dataclass fields must hold `decodes`, which is False where cells are handed out as the dict.
    """

    dtype: ClassVar[str]
    decodes: bool
    id: str | None

    @abstractmethod
    def open(self, file: io.BytesIO | str) -> Any:
        """Return the object that a file holds."""

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of an object of the medium's own libraries."""
        raise TypeError(f"{type(self).__name__} takes a path, bytes or a dict of 'path' and 'bytes', got {value!r}")

    @property
    def storage(self) -> pa.DataType:
        """A struct of bytes and path."""
        return _STORAGE

    @property
    def needs_encode(self) -> bool:
        """Whether Arrow cannot build this type from Python values without `encode`."""
        return True

    @property
    def needs_decode(self) -> bool:
        """Whether `decode` changes values."""
        return self.decodes

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

    def decode(self, value: Any) -> Any:
        """Return the object in a cell, or the cell where decoding is off."""
        if not self.decodes:
            return value
        data, path = value.get("bytes"), value.get("path")
        if data is not None:
            return self.open(io.BytesIO(data))
        return self.open(_local(path))

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return paths (strings), bytes or structs with either as cells."""
        array = storage_of(array)
        if pa.types.is_null(array.type):
            return pa.nulls(len(array), _STORAGE)
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

    def embed_storage(self, storage: pa.Array[Any], token_per_repo_id: Any = None) -> pa.Array[Any]:
        """Embed local files; the reference's name for `embed`."""
        del token_per_repo_id
        return self.embed(storage)

    def flatten(self) -> FeatureType | dict[str, FeatureType]:
        """Return bytes and path where decoding is off, else the type itself: an object has no fields."""
        return self if self.decodes else {"bytes": Value("binary"), "path": Value("string")}

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, in which `decodes` is called "decode" as in the constructor."""
        data = super().to_json()
        return {("decode" if name == "decodes" else name): value for name, value in data.items()}


def _cells(data: pa.Array[Any], paths: pa.Array[Any], mask: pa.Array[Any] | None) -> pa.Array[Any]:
    columns = [cast_storage(data, pa.binary(), "bytes"), cast_storage(paths, pa.string(), "path")]
    return pa.StructArray.from_arrays(columns, fields=list(_STORAGE), mask=mask)


def _local(path: Any) -> str:
    if path is None:
        raise BadData("the cell has neither bytes nor a path")
    if "://" in path:
        raise BadData(f"a cell's path is opened on this machine only, never fetched, got {path!r}: download it first")
    return str(path)


@register
@dataclass(frozen=True, init=False, repr=False)
class Image(Media):
    """An image: encoded from a path, bytes, a PIL image or an array; decoded to a PIL image.

    PIL images and arrays are stored without loss: PNG where it can, TIFF else.

    >>> Image().encode("cat.png")
    {'bytes': None, 'path': 'cat.png'}

    Args:
        mode: Convert decoded images to this PIL mode, such as "RGB".
        decode: False hands out {"bytes": ..., "path": ...}.
    """

    type_name: ClassVar[str] = "Image"
    dtype: ClassVar[str] = "PIL.Image.Image"
    mode: str | None = None
    decodes: bool = True
    id: str | None = field(default=None)

    def __init__(self, mode: str | None = None, decode: bool = True, id: str | None = None) -> None:  # noqa: A002
        object.__setattr__(self, "mode", mode)
        object.__setattr__(self, "decodes", decode)
        object.__setattr__(self, "id", id)

    def __repr__(self) -> str:
        return f"Image(mode={self.mode!r}, decode={self.decodes})"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FeatureType:
        """Build from the JSON form."""
        return cls(mode=data.get("mode"), decode=data.get("decode", True), id=data.get("id"))

    def open(self, file: io.BytesIO | str) -> Any:
        """Return the PIL image, loaded, turned upright and in the wanted mode."""
        pil = _pil()
        image = pil.open(file)
        image.load()  # closes the file: lazily opened images would use up file handles
        if image.getexif().get(_ORIENTATION) is not None:
            from PIL import ImageOps

            image = ImageOps.exif_transpose(image)
        return image.convert(self.mode) if self.mode and self.mode != image.mode else image

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of a PIL image or a NumPy array."""
        pil = _pil()
        if isinstance(value, pil.Image):
            return _of_image(value)
        if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
            return {"bytes": _image_bytes(_image_of_array(np.asarray(value))), "path": None}
        return super().encode_object(value)

    def _cast_other(self, array: pa.Array[Any]) -> pa.Array[Any]:
        if not pa.types.is_list(array.type) and not pa.types.is_large_list(array.type):
            return super()._cast_other(array)
        cells = [None if row is None else self.encode(np.asarray(row, dtype=np.uint8)) for row in array.to_pylist()]
        return pa.array(cells, _STORAGE)


_ORIENTATION = 0x0112  # the Exif tag
_PNG_MODES = {"1", "L", "LA", "RGB", "RGBA", "P", "I;16"}


def _pil() -> Any:
    try:
        import PIL.Image
    except ImportError as error:
        raise MissingDependency.of("reading and writing images", "pillow", "image") from error
    return PIL.Image


def _of_image(image: PIL.Image.Image) -> dict[str, Any]:
    # A file that was opened and never loaded cannot have been edited: its name is enough.
    if getattr(image, "filename", "") and getattr(image, "tile", None):
        return {"bytes": None, "path": os.fspath(image.filename)}  # type: ignore[attr-defined]
    return {"bytes": _image_bytes(image), "path": None}


def _image_bytes(image: PIL.Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG" if image.mode in _PNG_MODES else "TIFF")
    return buffer.getvalue()


def _image_of_array(array: np.ndarray[Any, Any]) -> PIL.Image.Image:
    pil = _pil()
    if (array.dtype.kind in "iu" and array.dtype.itemsize > 2) or array.dtype == np.int8:
        narrow = array.astype(np.int32) if array.ndim == 2 else array.astype(np.uint8)
        if not np.array_equal(narrow, array):
            raise ValueError(f"an image cannot hold these values of dtype {array.dtype}")
        array = narrow
    elif array.dtype.kind == "f":
        array = array.astype(np.float32)
    try:
        image: PIL.Image.Image = pil.fromarray(np.ascontiguousarray(array))
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f"no image mode holds an array of shape {array.shape} and dtype {array.dtype}") from error
    return image
