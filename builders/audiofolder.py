"""Folders of sound files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arrowsets.features import Audio, FeatureType

from .folder import FolderBuilder

__all__ = ["AudioFolderBuilder"]

EXTENSIONS = (
    ".aiff", ".au", ".avr", ".caf", ".flac", ".htk", ".svx", ".mat4", ".mat5", ".mpc2k", ".ogg", ".paf", ".pvf",
    ".raw", ".rf64", ".sd2", ".sds", ".ircam", ".voc", ".w64", ".wav", ".nist", ".wavex", ".wve", ".xi", ".mp3",
    ".opus", ".3gp", ".3g2", ".asf", ".flv", ".m4v", ".webm", ".f4v", ".wmv", ".wma", ".ogm", ".mxf", ".nut", ".mpg",
)  # fmt: skip


class AudioFolderBuilder(FolderBuilder):
    """Read a folder of sound files."""

    name = "audiofolder"
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {extension: {} for extension in EXTENSIONS}
    column = "audio"

    @classmethod
    def media(cls) -> FeatureType:
        """Return Audio."""
        return Audio()
