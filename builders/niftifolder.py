"""Folders of NIfTI volumes (.nii, .nii.gz)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arrowsets.features import FeatureType, Nifti

from .folder import FolderBuilder

__all__ = ["NiftiFolderBuilder"]

EXTENSIONS = (".nii",)


class NiftiFolderBuilder(FolderBuilder):
    """Read a folder of NIfTI volumes."""

    name = "niftifolder"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {extension: {} for extension in EXTENSIONS}
    column = "nifti"

    @classmethod
    def media(cls) -> FeatureType:
        """Return Nifti."""
        return Nifti()
