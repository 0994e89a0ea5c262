"""Folders of videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arrowsets.features import FeatureType, Video

from .folder import FolderBuilder

__all__ = ["VideoFolderBuilder"]

EXTENSIONS = (".mpeg", ".avi", ".mp4", ".mov", ".mkv")


class VideoFolderBuilder(FolderBuilder):
    """Read a folder of videos."""

    name = "videofolder"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {extension: {} for extension in EXTENSIONS}
    column = "video"

    @classmethod
    def media(cls) -> FeatureType:
        """Return Video."""
        return Video()
