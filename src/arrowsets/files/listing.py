"""Directory trees, each directory listed once and remembered for all patterns that ask."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from arrowsets.files.datafile import DataFile
from arrowsets.files.urls import is_plain_path
from arrowsets.record import dataclass

__all__ = ["Directory", "LocalTree", "Stored", "Tree", "UrlTree", "data_files", "is_hidden_directory", "is_hidden_file",
           "listed", "local_etag", "under", "walk"]  # fmt: skip


HIDDEN = "."  # how names of files begin that a pattern's wildcard passes over
_POSIX = os.name == "posix"
# What was removed since it was listed, or is a link to itself, as good as one to nothing.
_NOWHERE = (errno.ENOENT, errno.ELOOP)
# From an opened directory the system finds each file by its name; else it goes through all directories above, for each.
_BY_DESCRIPTOR = os.scandir in os.supports_fd and hasattr(os, "O_DIRECTORY")


class Stored(NamedTuple):
    """What a listing says of a file."""

    size: int | None
    etag: str


@dataclass(frozen=True)
class Directory:
    """Files and subdirectories of a directory, by name."""

    files: Mapping[str, Stored]
    directories: tuple[str, ...]


class Tree(Protocol):
    """A file system, as far as patterns need it. Paths have `/` between directories."""

    def scan(self, path: str) -> Directory: ...
    def file(self, path: str) -> Stored | None: ...
    def prepare(self, path: str) -> None: ...
    def url(self, path: str) -> str: ...
    def data_file(self, path: str, stored: Stored) -> DataFile: ...


def under(path: str, name: str) -> str:
    """Return the path of an entry of a directory; the root of an archive is the empty path."""
    return f"{path.rstrip('/')}/{name}" if path else name


def is_hidden_file(name: str) -> bool:
    """Tell whether a pattern's wildcard passes a file over."""
    return name.startswith(HIDDEN)


def is_hidden_directory(name: str) -> bool:
    """Tell whether a pattern's wildcard passes a directory over: `.git`, `__pycache__`."""
    return name.startswith((".", "__"))


def local_etag(stat: os.stat_result) -> str:
    """Return what changes when a local file does."""
    if _POSIX:
        return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ino}"
    # Elsewhere the inode of a directory entry is 0 or changes with every mount.
    return f"{stat.st_size}-{stat.st_mtime_ns}"


class LocalTree:
    """The disk."""

    def __init__(self) -> None:
        self._seen: dict[str, Directory] = {}

    def scan(self, path: str) -> Directory:
        """List a directory; one that is absent or not readable is empty."""
        if (known := self._seen.get(path)) is None:
            known = self._seen[path] = self._list(path)
        return known

    def _list(self, path: str) -> Directory:
        try:
            if not _BY_DESCRIPTOR:
                with os.scandir(path) as entries:
                    return _directory(path, entries)
            opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                with os.scandir(opened) as entries:
                    return _directory(path, entries)
            finally:
                os.close(opened)
        except OSError as error:
            if error.errno in (*_NOWHERE, errno.ENOTDIR):
                return Directory({}, ())
            raise

    def file(self, path: str) -> Stored | None:
        """Return what is known of one file; None for what is no file."""
        directory, _, name = path.rpartition("/")
        if directory in self._seen:
            return self._seen[directory].files.get(name)
        target = Path(path)
        if not target.is_file():
            return None
        stat = target.stat()
        return Stored(stat.st_size, local_etag(stat))

    def prepare(self, path: str) -> None:
        """Do nothing: directories are listed as they are reached."""

    def url(self, path: str) -> str:
        """Return the path in this system's form."""
        return path if is_plain_path(path) else str(Path(path))

    def data_file(self, path: str, stored: Stored) -> DataFile:
        """Return a file that was found."""
        return DataFile(self.url(path), stored.size, stored.etag)


def _directory(path: str, entries: Iterable[os.DirEntry[str]]) -> Directory:
    files: dict[str, Stored] = {}
    directories: list[str] = []
    for entry in entries:
        try:
            if entry.is_file():
                stat = entry.stat() if _POSIX else Path(entry.path).stat()
                files[entry.name] = Stored(stat.st_size, local_etag(stat))
            elif entry.is_dir() and not (entry.is_symlink() and _is_loop(path, under(path, entry.name))):
                directories.append(entry.name)
        except OSError as error:
            if error.errno not in _NOWHERE:
                error.filename = under(path, entry.name)  # of an opened directory only the name is known
                raise
    return Directory(files, tuple(directories))


def _is_loop(directory: str, link: str) -> bool:
    real = os.path.realpath(directory)
    target = os.path.realpath(link)
    return real == target or real.startswith(target + os.sep)


class UrlTree:
    """An fsspec file system."""

    def __init__(self, fs: Any, options: Mapping[str, Any] | None = None) -> None:
        self._fs, self._options = fs, options
        # File systems remember listings for the life of the process; what was overwritten since would not be seen.
        fs.invalidate_cache()
        self._seen: dict[str, Directory] = {}
        self._prepared: list[str] = []

    def prepare(self, path: str) -> None:
        """List everything under a path at once: an object store answers that in a few pages."""
        if any(path == known or path.startswith(known + "/") for known in self._prepared):
            return
        listed: dict[str, dict[str, Any]] = self._fs.find(path, withdirs=False, detail=True)
        found: dict[str, tuple[dict[str, Stored], set[str]]] = {}
        for name, info in listed.items():
            parent, _, leaf = name.rpartition("/")
            found.setdefault(parent, ({}, set()))[0][leaf] = _stored(info)
            while len(parent) > len(path):
                above, _, leaf = parent.rpartition("/")
                found.setdefault(above, ({}, set()))[1].add(leaf)
                parent = above
        self._seen.update({name: Directory(files, tuple(sorted(dirs))) for name, (files, dirs) in found.items()})
        self._prepared.append(path)

    def scan(self, path: str) -> Directory:
        """List a directory; one that is absent is empty."""
        if (known := self._seen.get(path)) is None:
            known = self._seen[path] = self._list(path)
        return known

    def _list(self, path: str) -> Directory:
        if any(path == known or path.startswith(known + "/") for known in self._prepared):
            return Directory({}, ())
        files: dict[str, Stored] = {}
        directories: list[str] = []
        try:
            listed = self._fs.ls(path, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            listed = []
        for info in listed:
            name = info["name"].rstrip("/").rpartition("/")[2]
            if info["type"] == "directory":
                directories.append(name)
            elif info["name"].rstrip("/") != path.rstrip("/"):
                files[name] = _stored(info)
        return Directory(files, tuple(directories))

    def file(self, path: str) -> Stored | None:
        """Return what is known of one file; None for what is no file."""
        try:
            info = self._fs.info(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _stored(info) if info["type"] == "file" else None

    def url(self, path: str) -> str:
        """Return the full URL of a path."""
        return str(self._fs.unstrip_protocol(path))

    def data_file(self, path: str, stored: Stored) -> DataFile:
        """Return a file that was found."""
        return DataFile(self.url(path), stored.size, stored.etag, self._options)


# Names under which fsspec's file systems report what changes with the content.
_ETAGS = (
    *("ETag", "etag", "checksum", "md5Hash", "md5", "blob_id", "oid", "mtime"),
    *("LastModified", "last_modified", "updated", "created", "modified"),
)


def _stored(info: Mapping[str, Any]) -> Stored:
    size = info.get("size")
    stamp = next((str(info[key]) for key in _ETAGS if info.get(key)), "")
    return Stored(size if isinstance(size, int) else None, f"{stamp}-{size}" if stamp else "")


def data_files(tree: Tree, root: str, found: Iterable[tuple[str, Stored]]) -> list[DataFile]:
    """Return files that were found under a directory; the paths are whole."""
    if isinstance(tree, LocalTree) and is_plain_path(under(root, "_")):
        # Names of entries are no "." and have no "/", so that all paths are in this system's form already.
        return [DataFile(path, stored.size, stored.etag) for path, stored in found]
    return [tree.data_file(path, stored) for path, stored in found]


def walk(tree: Tree, root: str, *, in_order: bool = True) -> Iterator[tuple[str, Stored]]:
    """Yield all files under a directory that are not hidden, as paths relative to it, sorted or as they are found."""
    found = (item for files in _found(tree, root) for item in files.items())
    return iter(sorted(found, key=lambda item: item[0])) if in_order else found


def listed(tree: Tree, root: str) -> dict[str, Stored]:
    """Return what `walk` yields, in the order in which it is found."""
    files: dict[str, Stored] = {}
    for some in _found(tree, root):
        files.update(some)
    return files


def _found(tree: Tree, root: str) -> Iterator[dict[str, Stored]]:
    """Yield the files of each directory."""
    tree.prepare(root)
    pending = deque([("", root)])
    while pending:
        prefix, path = pending.popleft()
        directory = tree.scan(path)
        yield {prefix + name: stored for name, stored in directory.files.items() if name[0] != HIDDEN}
        pending += [
            (f"{prefix}{name}/", under(path, name)) for name in directory.directories if not is_hidden_directory(name)
        ]
