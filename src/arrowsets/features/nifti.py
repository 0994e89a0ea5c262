"""NIfTI volumes in cells, handed out as images of nibabel."""

from __future__ import annotations

import gzip
import io
from dataclasses import field
from typing import Any, ClassVar

import numpy as np

from arrowsets.features.base import register
from arrowsets.features.media import Media, OnError, needed
from arrowsets.record import dataclass

__all__ = ["Nifti"]


@register
@dataclass(frozen=True, init=False, repr=False)
class Nifti(Media):
    """A NIfTI volume: encoded from a path, bytes or an image of nibabel, which it is decoded to.

    >>> Nifti().encode("brain.nii.gz")
    {'bytes': None, 'path': 'brain.nii.gz'}

    Args:
        decode: False hands out {"bytes": ..., "path": ...}.
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "Nifti"
    dtype: ClassVar[str] = "nibabel.nifti1.Nifti1Image"
    decode: bool = True
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return the image; its data are read when they are looked at."""
        del name
        nibabel = needed("nibabel", "reading NIfTI volumes", "nibabel", "nifti")
        if isinstance(file, str):
            return nibabel.load(file)
        data = file.getvalue()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        version = nibabel.Nifti2Image if int.from_bytes(data[:4], "little") in _SECOND else nibabel.Nifti1Image
        return version.from_bytes(data)

    def check(self, decoded: Any) -> None:
        """Read all values."""
        np.asanyarray(decoded.dataobj)

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of an image of nibabel: its file where it has one, else its bytes."""
        if not hasattr(value, "to_bytes") or not hasattr(value, "get_filename"):
            return super().encode_object(value)
        path = value.get_filename()
        if path is not None and not value.in_memory:
            return {"bytes": None, "path": str(path)}
        return {"bytes": value.to_bytes(), "path": None}


_SECOND = {540, int.from_bytes((540).to_bytes(4, "big"), "little")}  # the header's size tells the version
