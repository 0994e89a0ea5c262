"""Downloads of a builder's code: URLs and archives become local files, in whatever dicts and lists they come."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

from arrowsets.config import settings
from arrowsets.errors import DataFilesNotFound
from arrowsets.files import DataFile
from arrowsets.files.download import digest, download, write_atomically
from arrowsets.files.find import find
from arrowsets.files.unpack import kind_of, open_archive

__all__ = ["DownloadConfig", "DownloadManager", "DownloadMode", "StreamingDownloadManager", "VerificationMode"]


class DownloadMode(Enum):
    """What of an earlier run is used again."""

    REUSE_DATASET_IF_EXISTS = "reuse_dataset_if_exists"
    REUSE_CACHE_IF_EXISTS = "reuse_cache_if_exists"
    FORCE_REDOWNLOAD = "force_redownload"


class VerificationMode(Enum):
    """Whether the numbers of rows that a source declares are compared with those that were read."""

    ALL_CHECKS = "all_checks"
    BASIC_CHECKS = "basic_checks"
    NO_CHECKS = "no_checks"


@dataclass
class DownloadConfig:
    """How files are fetched. `cache_dir`, `token` and `storage_options` are used, the others are taken for compatibility."""

    cache_dir: str | Path | None = None
    force_download: bool = False
    resume_download: bool = False
    local_files_only: bool = False
    proxies: dict[str, Any] | None = None
    user_agent: str | None = None
    extract_compressed_file: bool = False
    force_extract: bool = False
    delete_extracted: bool = False
    extract_on_the_fly: bool = False
    use_etag: bool = True
    num_proc: int | None = None
    max_retries: int = 1
    token: str | bool | None = None
    storage_options: dict[str, Any] = field(default_factory=dict)
    download_desc: str | None = None
    disable_tqdm: bool = False

    def copy(self) -> DownloadConfig:
        """Return an independent copy."""
        return copy.deepcopy(self)


class DownloadManager:
    """Fetches and unpacks what a builder's code names.

    Each method takes one path or URL, or dicts and lists of them, and answers in the same shape.

    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = file.write_text("text")
    >>> DownloadManager().download({"train": str(file)}) == {"train": str(file)}
    True
    """

    is_streaming = False

    def __init__(
        self,
        dataset_name: str | None = None,
        data_dir: str | None = None,
        download_config: DownloadConfig | None = None,
        base_path: str | None = None,
        record_checksums: bool = False,
    ) -> None:
        del record_checksums
        self.dataset_name, self._data_dir, self._base_path = dataset_name, data_dir, base_path
        self.download_config = download_config if download_config is not None else DownloadConfig()

    @property
    def manual_dir(self) -> str | None:
        """The directory that the user gave as `data_dir`."""
        return self._data_dir

    @property
    def _cache(self) -> Path:
        given = self.download_config.cache_dir
        return Path(given) if given is not None else settings().downloads

    @property
    def _extracted(self) -> Path:
        given = self.download_config.cache_dir
        return Path(given) / "extracted" if given is not None else settings().extracted

    def download(self, url_or_urls: Any) -> Any:
        """Fetch files; return their local paths."""
        return _mapped(self._fetched, url_or_urls)

    def extract(self, path_or_paths: Any) -> Any:
        """Unpack archives into directories and compressed files into files; return their paths."""
        return _mapped(self._unpacked, path_or_paths)

    def download_and_extract(self, url_or_urls: Any) -> Any:
        """Fetch and unpack."""
        return self.extract(self.download(url_or_urls))

    def iter_archive(self, path_or_buf: str) -> Iterator[tuple[str, BinaryIO]]:
        """Yield the path and the open content of each member of an archive."""
        outer = self._file(path_or_buf)
        tree = open_archive(outer, kind_of(outer) or "zip", self._cache)
        for name in tree.names():
            with tree.data_file(name).open() as content:
                yield name, content

    def iter_files(self, paths: str | list[str]) -> Iterator[str]:
        """Yield the paths of files, those in directories too, in order; hidden ones are left out."""
        for path in map(Path, [paths] if isinstance(paths, (str, os.PathLike)) else paths):
            if not path.is_dir():
                yield str(path)
                continue
            for found in sorted(path.rglob("*")):
                parts = found.relative_to(path).parts
                if found.is_file() and not any(part.startswith((".", "__")) for part in parts):
                    yield str(found)

    def _file(self, url: Any) -> DataFile:
        text = os.fspath(url)
        files = find(
            [text],
            None,
            self._base_path or ".",
            storage_options=self.download_config.storage_options or None,
            cache_dir=str(self._cache),
        )
        found = [file for listed in files.values() for file in listed]
        if len(found) != 1:
            raise DataFilesNotFound(f"{text!r} names {len(found)} files; name one")
        return found[0]

    def _fetched(self, url: Any) -> str:
        file = self._file(url)
        return download([file], self._cache)[0].local or file.url

    def _unpacked(self, path: Any) -> str:
        file = self._file(path)
        kind = kind_of(file)
        target = self._extracted / digest(file.url, file.etag)
        if kind is not None:
            tree = open_archive(file, kind, self._cache)
            for name in tree.names():
                _written(tree.data_file(name), target / name)
            return str(target)
        return str(_written(file, target)) if file.compression else str(path)


class StreamingDownloadManager(DownloadManager):
    """The same where rows are streamed: what a builder's code opens by itself must lie on this machine."""

    is_streaming = True


def _written(file: DataFile, target: Path) -> Path:
    if not target.exists():
        with file.open() as content:
            write_atomically(target, content, DataFile(file.url))
    return target


def _mapped(function: Callable[[Any], str], given: Any) -> Any:
    if isinstance(given, Mapping):
        return {key: _mapped(function, value) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return type(given)(_mapped(function, value) for value in given)
    return function(given)
