"""One data file: where it is, what identifies its content, and its bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

from arrowsets.errors import DataFilesNotFound
from arrowsets.files.compression import codec_of_bytes, codec_of_name, decompress, without_codec
from arrowsets.files.urls import is_http, is_local, is_plain_path, local_part, name_part, split_chain
from arrowsets.late import archive, remote
from arrowsets.lazy import pattern

__all__ = ["DataFile", "Files", "Origin"]

_PINNED: Final = pattern(r"(?<=hf://)(datasets/[^/@]+(?:/[^/@]+)?)@[0-9a-f]{40}/")


class Origin(Protocol):
    """Where the bytes of a file come from, if its URL alone does not say. Pickles with the file."""

    def open(self) -> BinaryIO:
        """Open the bytes as they are stored, over the network if need be."""

    def here(self) -> str | None:
        """Return the path of the bytes if they are on this machine already."""

    def fetch(self) -> str:
        """Bring the bytes to this machine and return their path."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file to read data from.

    >>> DataFile("/data/train.csv.gz").extension
    '.csv'

    Attributes:
        url: An absolute path, a URL, or a member of an archive: `zip://member.csv::/data/x.zip`.
        size: Bytes as they are stored (of an archive's member: of its content). None: not known.
        etag: Changes whenever the content changes. Empty: nothing is known of the content.
        storage_options: What fsspec or requests need to reach the URL. No part of what the file is.
        local: Where the bytes (of a member: those of its archive) lie on this machine, if elsewhere than `url` says.
        origin: Who gives the bytes, if neither `url` nor `local` does.
    """

    url: str
    size: int | None = None
    etag: str = ""
    storage_options: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    local: str | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)

    @property
    def identity(self) -> tuple[str, int | None, str]:
        """What decides the content: URL, size and ETag, and not the commit of a file that commits share.

        >>> DataFile("hf://datasets/user/name@" + 40 * "a" + "/x.csv", 3, "e").identity
        ('hf://datasets/user/name/x.csv', 3, 'e')
        """
        pinned = self.etag and "hf://" in self.url
        return _PINNED.sub(r"\1/", self.url) if pinned else self.url, self.size, self.etag

    @property
    def path(self) -> str:
        """The part of the URL that names the file, with `/`: for a member, its path in the archive."""
        return _parts(self.url)[0]

    @property
    def name(self) -> str:
        """The file's name without its directories."""
        return _parts(self.url)[1]

    @property
    def compression(self) -> str | None:
        """The codec that the name announces: "gzip", "bz2", "xz", "lzma", "zstd", "lz4" or None."""
        return codec_of_name(self.name)

    @property
    def extension(self) -> str:
        """The extension of the content in lower case, with its dot: ".csv" for "x.CSV.gz"; "" where there is none."""
        return _parts(self.url)[2]

    @property
    def is_remote(self) -> bool:
        """Whether the bytes must come over a network."""
        if self.local is not None or is_plain_path(self.url):
            return False
        chain = split_chain(self.url)
        return not is_local(chain[2] if chain else self.url)

    def __str__(self) -> str:
        return self.url

    def open(self) -> BinaryIO:
        """Open the decompressed content.

        Raises:
            BadData: from a read, when the stream is broken or cut off.
        """
        return decompress(self.open_raw(), self.url, self.name)

    def open_raw(self) -> BinaryIO:
        """Open the bytes as they are stored, compressed or not."""
        if chain := split_chain(self.url):
            kind, member, container = chain
            return archive.open_member(kind, self.local or local_part(container), member, self.url)
        if (path := self._stored()) is not None:
            try:
                return path.open("rb")
            except FileNotFoundError as error:
                raise DataFilesNotFound(f"{self.url!r} is not there (any more)") from error
        if self.origin is not None:
            return self.origin.open()
        options = self.storage_options or {}
        if is_http(self.url):
            stream = remote.HttpStream(self.url, options, size=self.size, etag=self.etag)
            return cast(BinaryIO, io.BufferedReader(stream, remote.CHUNK))
        return remote.open_url(self.url, options)

    def local_path(self) -> Path | None:
        """Return a path whose bytes are the content itself, fit for a memory map; None if there is none."""
        path = None if split_chain(self.url) else self._stored()
        if path is None or self.compression is not None:
            return None
        with self.open_raw() as raw:
            return None if codec_of_bytes(raw.read(16)) else path

    def _stored(self) -> Path | None:
        if self.local is not None:
            return Path(self.local)
        if self.origin is not None:
            here = self.origin.here()
            return None if here is None else Path(here)
        return Path(local_part(self.url)) if is_local(self.url) else None


class Files(tuple[DataFile, ...]):  # noqa: SLOT001 - what was found out is kept in its dict
    """Files in their order, and what is asked of all of them again and again, which is found out once.

    >>> Files([DataFile("/data/a.csv"), DataFile("/data/b.csv.gz")]).extensions
    frozenset({'.csv'})
    """

    @classmethod
    def of(cls, files: Iterable[DataFile]) -> Files:
        """Return the files as they are, if they are this already."""
        return files if isinstance(files, Files) else cls(files)

    @cached_property
    def extensions(self) -> frozenset[str]:
        """The extensions of the files."""
        if not self.are_paths:
            return frozenset([file.extension for file in self])
        urls = self.urls()
        endings = {url[url.rfind(".") :] for url in urls}
        plain = {ending for ending in endings if ending[0] == "." and "/" not in ending and len(ending) > 1}
        # Of what has a codec the name before decides, and ".csv" is a name without an ending.
        hidden = tuple([f"/{ending}" for ending in plain])
        if any(codec_of_name(f"_{ending}") for ending in plain) or [url for url in urls if url.endswith(hidden)]:
            return frozenset([file.extension for file in self])
        return frozenset([ending.lower() for ending in plain] + ([""] if plain < endings else []))

    @cached_property
    def are_paths(self) -> bool:
        """Whether the URL of each is nothing but an absolute path of this machine, where its bytes lie."""
        urls = self.urls()
        elsewhere = [file for file in self if file.local or "::" in file.url]
        if elsewhere or any(url.endswith(_NO_NAMES) for url in urls):
            return False
        parents = {url[: url.rfind("/")] for url in urls}
        return "" not in parents and all(map(_is_plain_parent, parents))

    def urls(self) -> list[str]:
        """Return the URL of each."""
        return [file.url for file in self]

    def directories(self) -> list[str]:
        """Return the path of each without its name."""
        paths = self.urls() if self.are_paths else [file.path for file in self]
        return [path.rpartition("/")[0] for path in paths]

    def __reduce__(self) -> tuple[object, ...]:
        return Files, (tuple(self),)


# A folder has many files, and each is asked several times.
@lru_cache(maxsize=1 << 16)
def _parts(url: str) -> tuple[str, str, str]:
    """Return the path, the name and the extension of what a URL means."""
    parent, slash, name = url.rpartition("/")
    if not slash or name in {"", "."} or not _is_plain_parent(parent):
        path = name_part(url)
        name = path.rstrip("/").rpartition("/")[2]
    else:
        path = url
    # As `Path.suffix` says, at a tenth of its time.
    stem, _, ending = name.rpartition(".")
    if not stem or not ending:
        return path, name, ""
    extension = _extension(ending)
    return path, name, _inner_extension(name) if extension is None else extension


_NO_NAMES: Final = ("/", "/.")  # how no plain path ends


# A file is looked at as one of its directory, and as one of those with its ending: of both there are few.
@lru_cache(maxsize=1024)
def _is_plain_parent(parent: str) -> bool:
    return is_plain_path(f"{parent}/_")


@lru_cache(maxsize=1024)
def _extension(ending: str) -> str | None:
    """Return the extension of names with this ending; None if it is that of a codec."""
    return None if codec_of_name(f"_.{ending}") else f".{ending.lower()}"


def _inner_extension(name: str) -> str:
    content = without_codec(name)
    dot = content.rfind(".")
    return content[dot:].lower() if 0 < dot < len(content) - 1 else ""
