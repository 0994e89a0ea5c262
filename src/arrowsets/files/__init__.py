"""Data files: finding them, sorting them into splits, and reading their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.files.archive import Limits
    from arrowsets.files.datafile import DataFile, Files
    from arrowsets.files.unpack import expand

__all__ = ["DataFile", "Files", "Limits", "expand"]

__getattr__ = lazily(
    __name__,
    {
        "DataFile": "arrowsets.files.datafile",
        "Files": "arrowsets.files.datafile",
        "Limits": "arrowsets.files.archive",
        "expand": "arrowsets.files.unpack",
    },
)
