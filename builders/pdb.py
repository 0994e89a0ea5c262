"""Folders of PDB files: structures of molecules, decoded by biopython.

A row is a file; labels come from directories, and further columns from metadata files, as with imagefolder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arrowsets.features import BioStructure, FeatureType

from .folder import FolderBuilder

__all__ = ["PdbBuilder"]


class PdbBuilder(FolderBuilder):
    """Read a folder of PDB files."""

    name = "pdb"
    column = "structure"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {".pdb": {}, ".ent": {}}

    @classmethod
    def media(cls) -> FeatureType:
        """Return the type of a file."""
        return BioStructure("pdb")
