"""Members of zip and tar archives on this machine, read in place.

Nothing is unpacked onto the disk, so no name in an archive can become a path; names that leave the root are refused
all the same, because they are shown and joined later. An archive is listed once per process, and a member is then one
seek away.
"""

from __future__ import annotations

import functools
import io
import os
import posixpath
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from arrowsets.errors import BadData, DataFilesNotFound
from arrowsets.files.compression import checked
from arrowsets.lazy import pattern
from arrowsets.record import dataclass

if TYPE_CHECKING:
    import tarfile
    import zipfile

__all__ = ["Limits", "Member", "archive_kind", "members", "open_member"]

_LOCAL_HEADER: Final = struct.Struct("<4s5H3L2H")
_DRIVE: Final = pattern(r"[A-Za-z]:")


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to, before it is taken for a bomb.

    Attributes:
        ratio: Times its own size,
        floor: but at least this many bytes.
        members: Members of one archive.
        depth: Archives inside archives.
    """

    ratio: float = 300
    floor: int = 1 << 30
    members: int = 20_000_000
    depth: int = 3

    def allowed(self, stored: int) -> int:
        """Return the bytes that an archive of `stored` bytes may unpack to."""
        return max(self.floor, int(stored * self.ratio))


@dataclass(frozen=True)
class Member:
    """A regular file in an archive. `stamp` changes with its content; `info` is what opens it."""

    name: str
    size: int
    stamp: str
    info: zipfile.ZipInfo | tuple[int, int]


def archive_kind(name: str) -> str | None:
    """Return "zip" or "tar" for a file name without its compression, else None."""
    lower = name.lower()
    return "zip" if lower.endswith(".zip") else "tar" if lower.endswith(".tar") else None


def members(kind: str, path: str, url: str) -> Mapping[str, Member]:
    """List an archive's regular files, in its own order.

    Raises:
        BadData: for what is no archive, and for names that leave its root.
    """
    try:
        stat = Path(path).stat()
    except FileNotFoundError as error:
        raise DataFilesNotFound(f"the archive {path!r} of {url!r} is not there (any more)") from error
    return _listed(kind, path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=32)
def _listed(kind: str, path: str, size: int, mtime: int) -> Mapping[str, Member]:
    import tarfile
    import zipfile

    del size, mtime  # parts of the cache's key: an archive that was replaced is listed again
    try:
        return _zip_members(path) if kind == "zip" else _tar_members(path)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, struct.error, UnicodeDecodeError) as error:
        raise BadData(f"not a readable {kind} archive: {error}", file=path) from error


def safe_name(name: str, archive: str) -> str:
    """Return a member's name in its normal form.

    Raises:
        BadData: when it leaves the archive's root.
    """
    plain = name.replace("\\", "/")
    parts = plain.split("/")
    if plain.startswith("/") or ".." in parts or _DRIVE.match(plain) or "\0" in plain:
        raise BadData(f"the archive holds {name!r}, a name outside its own root", file=archive)
    return "/".join(part for part in parts if part not in ("", "."))


def _zip_members(path: str) -> dict[str, Member]:
    import zipfile

    found: dict[str, Member] = {}
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            mode = info.external_attr >> 16
            if info.is_dir() or (mode and (mode & 0o170000) == 0o120000):
                continue
            name = safe_name(info.filename, path)
            found[name] = Member(name, info.file_size, f"{info.CRC:08x}", info)
    return found


def _tar_members(path: str) -> dict[str, Member]:
    import tarfile

    found: dict[str, Member] = {}
    links: list[tuple[str, str]] = []
    with tarfile.open(path, "r:") as file:
        while (info := file.next()) is not None:
            file.members.clear()  # type: ignore[attr-defined]  # or a million members are a gigabyte
            if info.isdir():
                continue
            name = safe_name(info.name, path)
            if info.issparse():
                raise BadData(f"{name!r} is a sparse file, which is not supported", file=path)
            if info.isreg():
                found[name] = Member(name, info.size, f"{info.offset_data}-{info.mtime}", (info.offset_data, info.size))
            elif info.issym() or info.islnk():
                links.append((name, _link_target(info, path)))
    for name, target in links:
        if target in found:
            source = found[target]
            found[name] = Member(name, source.size, source.stamp, source.info)
    return found


def _link_target(info: tarfile.TarInfo, path: str) -> str:
    base = posixpath.dirname(info.name) if info.issym() else ""
    target = posixpath.normpath(posixpath.join(base, info.linkname))
    if posixpath.isabs(target) or target.split("/")[0] == "..":
        raise BadData(f"{info.name!r} is a link to {info.linkname!r}, outside the archive", file=path)
    return target


class _Span(io.RawIOBase):
    """A range of bytes of an open file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0
        file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        self._file.seek(self._start + self._at)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")[: max(0, self._size - self._at)]
        data = self._file.read(len(view))
        if len(data) < len(view):
            raise EOFError(f"the archive ends {len(view) - len(data)} bytes too early")
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._file.close()


def open_member(kind: str, path: str, name: str, url: str) -> BinaryIO:
    """Open a member's bytes; failing reads are `BadData`."""
    import zipfile

    member = members(kind, path, url).get(name)
    if member is None:
        raise DataFilesNotFound(f"the archive {path!r} has no member {name!r}")
    file = Path(path).open("rb")  # noqa: SIM115 - closed by the stream over it
    if isinstance(member.info, tuple):
        return cast(BinaryIO, io.BufferedReader(_Span(file, *member.info), 1 << 20))
    try:
        return checked(_zip_stream(file, member.info), url, "zip member")
    except (zipfile.BadZipFile, NotImplementedError, struct.error) as error:
        file.close()
        raise BadData(f"cannot read the zip member: {error}", file=url) from error


def _zip_stream(file: BinaryIO, info: zipfile.ZipInfo) -> BinaryIO:
    import zipfile

    # ZipFile.open would list the whole archive again, for each member of each worker.
    if info.flag_bits & 1:
        raise NotImplementedError("it is encrypted")
    file.seek(info.header_offset)
    magic, *_, name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if magic != b"PK\x03\x04":
        raise zipfile.BadZipFile("no member where the directory says")
    file.seek(name + extra, os.SEEK_CUR)
    return cast(BinaryIO, zipfile.ZipExtFile(cast(io.BufferedReader, file), "r", info, close_fileobj=True))
