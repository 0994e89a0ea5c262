"""The entry of a file on disk: its ids, computed in pieces."""

from __future__ import annotations

import hashlib
from pathlib import Path

from arrowsets.server.hub.tree import LFS_THRESHOLD, Entry, large_entry, small_entry, upload_mode

__all__ = ["hash_file"]

_PIECE = 1 << 20
_SAMPLE = 512


def hash_file(file: Path, path: str) -> Entry:
    """Return the entry that a file has at a path of a repository."""
    with file.open("rb") as opened:
        head = opened.read(LFS_THRESHOLD)
        rest = opened.read(1)
        if not rest and upload_mode(path, len(head), head[:_SAMPLE]) == "regular":
            return small_entry(head)
        digest = hashlib.sha256(head + rest)
        size = len(head) + len(rest)
        while piece := opened.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return large_entry(digest.hexdigest(), size)
