"""Opening files wherever they are, and telling URLs from paths, under their other path."""

from __future__ import annotations

import io
import os
from typing import IO, Any

from arrowsets.compat.downloads import DownloadConfig, DownloadManager
from arrowsets.files import DataFile
from arrowsets.files.urls import is_local

__all__ = ["cached_path", "is_local_path", "is_remote_url", "xopen"]


def is_remote_url(url_or_filename: str) -> bool:
    """Tell whether a text is the URL of something elsewhere."""
    return not is_local(url_or_filename)


def is_local_path(url_or_filename: str) -> bool:
    """Tell whether a text is a path on this machine."""
    return is_local(url_or_filename)


def cached_path(url_or_filename: str, download_config: DownloadConfig | None = None, **_: Any) -> str:
    """Return the path of a local file, or of the local copy of a URL's."""
    path: str = DownloadManager(download_config=download_config).download(os.fspath(url_or_filename))
    return path


def xopen(
    file: str, mode: str = "r", *args: Any, download_config: DownloadConfig | None = None, **kwargs: Any
) -> IO[Any]:
    """Open a path or URL to read it, as `open` does."""
    del args
    if set(mode) - set("rbt"):
        raise ValueError(f"mode={mode!r}: URLs are opened to be read only, with 'r', 'rt' or 'rb'")
    options = download_config.storage_options if download_config is not None else None
    stream = DataFile(os.fspath(file), storage_options=options or None).open_raw()
    return stream if "b" in mode else io.TextIOWrapper(stream, **{"encoding": "utf-8", **kwargs})
