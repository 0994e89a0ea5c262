"""Files of URLs brought to this machine, under a name made of URL and ETag.

A download is written under a name of its own and renamed when its size is right, so two processes may fetch one file at
once and nobody sees half of it. Beside each file lies a note of what the server said, for work without a network.
"""

from __future__ import annotations

import dataclasses
import json
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import xxhash

from arrowsets.config import settings
from arrowsets.errors import BadData, OfflineError
from arrowsets.files.datafile import DataFile, Files
from arrowsets.files.urls import is_local, is_plain_path, split_chain
from arrowsets.late import remote

__all__ = ["cache_root", "digest", "download", "fetch", "known_stat", "must_fetch", "to_fetch", "write_atomically"]


def cache_root(cache_dir: str | os.PathLike[str] | None) -> Path:
    """Return the directory for downloads: the given one, or that of the settings."""
    return Path(cache_dir) if cache_dir is not None else settings().downloads


def digest(*parts: str) -> str:
    """Return a file name for a content."""
    return xxhash.xxh3_128_hexdigest("\0".join(parts).encode())


def known_stat(url: str, options: Mapping[str, Any], cache_dir: str | os.PathLike[str] | None) -> remote.Stat:
    """Ask a server for size and ETag; offline, what it said when the file was downloaded."""
    if not settings().offline:
        return remote.http_stat(url, options)
    note = cache_root(cache_dir) / f"{digest(url)}.json"
    try:
        known = json.loads(note.read_text("utf-8"))
    except FileNotFoundError as error:
        raise OfflineError(f"{url!r} was never downloaded to {str(note.parent)!r}, and offline mode is on") from error
    return remote.Stat(known["size"], known["etag"])


def download(
    files: Iterable[DataFile], cache_dir: str | os.PathLike[str] | None = None, *, threads: int = 16
) -> list[DataFile]:
    """Return the files with their bytes on this machine; local files and members of archives as they are."""
    files = list(files)
    if not (missing := to_fetch(files)):
        return files
    with ThreadPoolExecutor(min(threads, len(missing))) as pool:
        fetched = dict(zip(missing, pool.map(lambda file: fetch(file, cache_dir), missing), strict=True))
    return [fetched.get(file, file) for file in files]


def to_fetch(files: Sequence[DataFile]) -> list[DataFile]:
    """Return those of files whose bytes have to be brought to this machine."""
    return [] if Files.of(files).are_paths else [file for file in files if must_fetch(file)]


def must_fetch(file: DataFile) -> bool:
    """Tell whether a file's bytes have to be brought to this machine."""
    return (
        file.local is None and not is_plain_path(file.url) and not is_local(file.url) and split_chain(file.url) is None
    )


def fetch(file: DataFile, cache_dir: str | os.PathLike[str] | None = None) -> DataFile:
    """Download one file, unless it is there."""
    if not must_fetch(file):
        return file
    if file.origin is not None:
        return dataclasses.replace(file, local=file.origin.fetch())
    root = cache_root(cache_dir)
    target = root / digest(file.url, file.etag)
    if not (file.etag and target.exists() and (file.size is None or target.stat().st_size == file.size)):
        with file.open_raw() as stream:
            write_atomically(target, stream, file)
        note = json.dumps({"url": file.url, "etag": file.etag, "size": target.stat().st_size})
        _replace(root / f"{digest(file.url)}.json", note.encode())
    return dataclasses.replace(file, local=str(target))


def write_atomically(target: Path, stream: BinaryIO, file: DataFile, most: int | None = None) -> None:
    """Copy a stream to a file that appears whole.

    Raises:
        BadData: when the stream is not `file.size` long, or longer than `most` bytes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    try:
        written = 0
        with temporary.open("wb") as out:
            for data in remote.chunks(stream):
                written += len(data)
                if most is not None and written > most:
                    raise BadData(f"unpacks to more than {most:,} bytes: it may be a bomb", file=file.url)
                out.write(data)
        if most is None and file.size is not None and written != file.size:
            raise BadData(f"{written} bytes came instead of {file.size}", file=file.url)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    temporary.write_bytes(content)
    temporary.replace(target)
