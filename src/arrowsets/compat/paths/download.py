"""Downloads under their other path."""

from __future__ import annotations

from arrowsets.compat.downloads import DownloadConfig, DownloadManager, DownloadMode, StreamingDownloadManager

__all__ = ["DownloadConfig", "DownloadManager", "DownloadMode", "StreamingDownloadManager"]
