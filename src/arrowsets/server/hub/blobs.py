"""Content-addressed files: `blobs/aa/<sha256>`, each appearing whole.

Bytes arrive in `incoming/`; they are flushed to the disk before they are renamed, so that a name never stands for content
that a power cut could take away. What is in `blobs/` without a row in the database is rubbish of a crash.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["BlobStore", "Incoming"]

_FLUSHERS = 16


class Incoming:
    """A file that is being received."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = path.open("xb")

    def write(self, data: bytes | bytearray) -> None:
        """Add bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def finish(self) -> str:
        """Flush it to the disk and return its sha256."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close it; it must be flushed before it is published."""
        self._file.close()

    def discard(self) -> None:
        """Close it and remove it."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class BlobStore:
    """The files of all repositories."""

    def __init__(self, root: Path) -> None:
        self.root = root / "blobs"
        self.arriving = root / "incoming"
        for folder in (self.root, self.arriving):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Return where a blob lies; the name was checked or made by us."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(f"{sha256!r} is no sha256")
        return self.root / sha256[:2] / sha256

    def receive(self, name: str | None = None) -> Incoming:
        """Begin a file."""
        return Incoming(self.arriving / (name or secrets.token_hex(16)))

    def flush(self, files: list[Path]) -> None:
        """Flush received files to the disk: together, because a disk does many at once nearly as fast as one."""
        with concurrent.futures.ThreadPoolExecutor(_FLUSHERS) as pool:
            for _ in pool.map(_flush, files):
                pass

    def publish(self, file: Path, sha256: str) -> None:
        """Give a received, flushed file its name."""
        self.publish_all([(file, sha256)])

    def publish_all(self, files: list[tuple[Path, str]]) -> None:
        """Give received, flushed files their names."""
        folders = set()
        for file, sha256 in files:
            target = self.path(sha256)
            target.parent.mkdir(exist_ok=True)
            try:
                file.replace(target)
            except PermissionError:
                # Windows does not replace a file that somebody reads; it has the same content.
                if not target.exists():
                    raise
                file.unlink()
            folders.add(target.parent)
        for folder in (*folders, self.root):
            _flush_folder(folder)

    def remove(self, sha256: str) -> int:
        """Remove a blob and return its size; 0 if somebody reads it where that keeps it from being removed."""
        path = self.path(sha256)
        try:
            size = path.stat().st_size
            path.unlink()
        except (FileNotFoundError, PermissionError):
            return 0
        return size

    def names(self) -> Iterator[tuple[str, float]]:
        """Yield the names of all blobs with their times."""
        for folder in self.root.iterdir():
            for file in folder.iterdir() if folder.is_dir() else ():
                with contextlib.suppress(FileNotFoundError):
                    yield file.name, file.stat().st_mtime

    def sweep_incoming(self, age: float) -> int:
        """Remove what was begun longer ago than an age and never finished; return its bytes."""
        total, now = 0, time.time()
        for file in self.arriving.iterdir():
            with contextlib.suppress(FileNotFoundError):
                found = file.stat()
                if now - found.st_mtime > age:
                    total += found.st_size
                    file.unlink()
        return total


def _flush(file: Path) -> None:
    with file.open("r+b") as opened:
        os.fsync(opened.fileno())


def _flush_folder(folder: Path) -> None:
    # The new name itself must survive a power cut. Windows has no handle of a folder to flush.
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
