"""Folders of PDF documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arrowsets.features import FeatureType, Pdf

from .folder import FolderBuilder

__all__ = ["PdfFolderBuilder"]

EXTENSIONS = (".pdf",)


class PdfFolderBuilder(FolderBuilder):
    """Read a folder of PDF documents."""

    name = "pdffolder"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {extension: {} for extension in EXTENSIONS}
    column = "pdf"

    @classmethod
    def media(cls) -> FeatureType:
        """Return Pdf."""
        return Pdf()
