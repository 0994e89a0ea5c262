"""Data files: finding them, sorting them into splits, and reading their bytes."""

from arrowsets.files.archive import Limits
from arrowsets.files.datafile import DataFile, Files
from arrowsets.files.download import download
from arrowsets.files.find import find
from arrowsets.files.unpack import expand

__all__ = ["DataFile", "Files", "Limits", "download", "expand", "find"]
