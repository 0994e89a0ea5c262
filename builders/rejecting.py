"""What a builder does with a file that cannot be read, by `on_bad_files`: "error" raises, else it is left out."""

from __future__ import annotations

from typing import Any

from arrowsets.builder import Builder
from arrowsets.errors import BadData

__all__ = ["reject_file", "reject_row"]


def reject_file(builder: Builder[Any], file: str, error: BadData) -> None:
    """Raise the error, or note that the file, or the rest of it, is left out."""
    if builder.config.on_bad_files == "error":
        raise error
    builder.rejects.files.append((file, error.message))


def reject_row(builder: Builder[Any], file: str, row: int, error: BadData) -> None:
    """Raise the error, or note that the row is left out."""
    if builder.config.on_bad_rows == "error":
        raise error
    builder.rejects.rows.append((file, row, error.message, ""))
