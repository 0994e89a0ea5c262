"""Folders of mmCIF files: structures of molecules, decoded by biopython.

A row is a file; labels come from directories, and further columns from metadata files, as with imagefolder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arrowsets.features import BioStructure, FeatureType

from .folder import FolderBuilder

__all__ = ["MmcifBuilder"]


class MmcifBuilder(FolderBuilder):
    """Read a folder of mmCIF files."""

    name = "mmcif"
    column = "structure"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".cif": {}, ".mmcif": {}}

    @classmethod
    def media(cls) -> FeatureType:
        """Return the type of a file."""
        return BioStructure("mmcif")
