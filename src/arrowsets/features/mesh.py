"""Three-dimensional meshes in cells, handed out as those of trimesh."""

from __future__ import annotations

import io
from dataclasses import field
from pathlib import PurePath
from typing import Any, ClassVar

from arrowsets.features.base import register
from arrowsets.features.media import Media, OnError, needed
from arrowsets.record import dataclass

__all__ = ["Mesh"]


@register
@dataclass(frozen=True, init=False, repr=False)
class Mesh(Media):
    """A mesh or scene (.glb, .gltf, .ply, .stl): encoded from a path, bytes or an object of trimesh.

    >>> Mesh().encode("chair.glb")
    {'bytes': None, 'path': 'chair.glb'}

    Args:
        decode: False hands out {"bytes": ..., "path": ...}.
        on_error: What a cell becomes that cannot be decoded: "raise" an error, or "null".
    """

    type_name: ClassVar[str] = "Mesh"
    dtype: ClassVar[str] = "trimesh.Trimesh"
    decode: bool = True
    id: str | None = field(default=None)
    on_error: OnError = "raise"

    def open(self, file: io.BytesIO | str, name: str | None) -> Any:
        """Return what trimesh makes of the file."""
        trimesh = needed("trimesh", "reading meshes", "trimesh", "mesh")
        kind = None if isinstance(file, str) else _kind(file.getvalue()[:84], name)
        mesh = trimesh.load(file, file_type=kind)
        if not getattr(mesh, "geometry", True):  # trimesh takes any text for an STL file without triangles
            raise ValueError("it holds no geometry")
        return mesh

    def encode_object(self, value: Any) -> dict[str, Any]:
        """Return the cell of a mesh or scene, as GLB."""
        if not hasattr(value, "export"):
            return super().encode_object(value)
        return {"bytes": value.export(file_type="glb"), "path": None}


def _kind(head: bytes, name: str | None) -> str:
    """Return the format of a file: what its first bytes say, else its name's extension."""
    if head.startswith(b"glTF"):
        return "glb"
    if head.startswith(b"ply"):
        return "ply"
    if head.lstrip().startswith(b"{"):
        return "gltf"
    return PurePath(name or "").suffix.lstrip(".").lower() or "stl"
