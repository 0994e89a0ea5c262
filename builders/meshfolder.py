"""Folders of meshes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arrowsets.features import FeatureType, Mesh

from .folder import FolderBuilder

__all__ = ["MeshFolderBuilder"]

EXTENSIONS = (".glb", ".gltf", ".ply", ".stl")


class MeshFolderBuilder(FolderBuilder):
    """Read a folder of meshes."""

    name = "meshfolder"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {extension: {} for extension in EXTENSIONS}
    column = "mesh"

    @classmethod
    def media(cls) -> FeatureType:
        """Return Mesh."""
        return Mesh()
