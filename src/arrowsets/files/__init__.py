"""Data files: finding them, sorting them into splits, and reading their bytes."""

from arrowsets.files.datafile import DataFile

__all__ = ["DataFile"]
