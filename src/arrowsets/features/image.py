"""Images in cells: files, arrays and PIL images; handed out as PIL images."""

from __future__ import annotations

import io
import os
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from arrowsets.features.base import register
from arrowsets.features.media import STORAGE, Media, OnError, needed
from arrowsets.record import dataclass

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["Image"]


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
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "Image"
    dtype: ClassVar[str] = "PIL.Image.Image"
    mode: str | None = None
    decode: bool = True
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def __init__(
        self,
        mode: str | None = None,
        decode: bool = True,
        id: str | None = None,  # noqa: A002
        *,
        on_error: OnError = "raise",
    ) -> None:
        self._set(mode=mode, decode=decode, id=id, on_error=on_error)

    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return the PIL image, loaded, turned upright and in the wanted mode."""
        del name
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
        return pa.array(cells, STORAGE)


_ORIENTATION = 0x0112  # the Exif tag
_PNG_MODES = {"1", "L", "LA", "RGB", "RGBA", "P", "I;16"}


def _pil() -> Any:
    return needed("PIL.Image", "reading and writing images", "pillow", "image")


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
