"""Archives as trees of data files: listing them, matching in them, replacing them by their members."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from arrowsets.errors import BadData
from arrowsets.files.compression import without_codec
from arrowsets.files.datafile import DataFile, Files
from arrowsets.files.download import cache_root, digest, fetch, write_atomically
from arrowsets.files.listing import Directory, Stored, is_hidden_directory, is_hidden_file
from arrowsets.files.patterns import METADATA_NAMES
from arrowsets.files.urls import link, local_part
from arrowsets.late import archive, repack

__all__ = ["ArchiveTree", "expand", "has_archives", "kind_of", "open_archive"]

REPACKED = ("7z", "rar")  # made tar files before they are read
_KINDS = {f".{kind}": kind for kind in ("zip", "tar", *REPACKED)}


def kind_of(file: DataFile) -> str | None:
    """Return "zip", "tar", "7z" or "rar" for an archive, by its name."""
    extension = file.extension  # known already for most files
    return _KINDS.get(extension) if extension else archive.archive_kind(without_codec(file.name))


def has_archives(files: Sequence[DataFile]) -> bool:
    """Tell whether an archive may be among files, without looking at each."""
    found = Files.of(files).extensions
    return "" in found or not found.isdisjoint(_KINDS)


class ArchiveTree:
    """The members of an archive as a tree."""

    def __init__(self, outer: DataFile, kind: str, path: str, limits: archive.Limits) -> None:
        self._outer, self._kind, self._path = outer, kind, path
        self._members = archive.members(kind, path, outer.url)
        _check_limits(self._path, outer, [member.size for member in self._members.values()], limits)
        self._directories: dict[str, tuple[dict[str, Stored], dict[str, None]]] | None = None

    def file(self, path: str) -> Stored | None:
        """Return what is known of a member; None if there is none."""
        member = self._members.get(path)
        return None if member is None else Stored(member.size, f"{self._outer.etag}:{member.stamp}")

    def scan(self, path: str) -> Directory:
        """List a directory of the archive."""
        if self._directories is None:
            self._directories = self._tree()
        files, directories = self._directories.get(path, ({}, {}))
        return Directory(files, tuple(directories))

    def prepare(self, path: str) -> None:
        """Do nothing: all is known."""

    def url(self, path: str) -> str:
        """Return the URL of a member."""
        return link(self._kind, path, self._outer.url)

    def names(self) -> Iterable[str]:
        """Return the paths of all members, in the archive's order."""
        return self._members

    def data_file(self, path: str, stored: Stored | None = None) -> DataFile:
        """Return a member as a data file."""
        stored = stored or self.file(path)
        assert stored is not None
        local = None if self._path == local_part(self._outer.url) else self._path
        return DataFile(self.url(path), stored.size, stored.etag, self._outer.storage_options, local)

    def _tree(self) -> dict[str, tuple[dict[str, Stored], dict[str, None]]]:
        found: dict[str, tuple[dict[str, Stored], dict[str, None]]] = {}
        for path in self._members:
            parent, _, name = path.rpartition("/")
            stored = self.file(path)
            assert stored is not None
            found.setdefault(parent, ({}, {}))[0][name] = stored
            while parent:
                above, _, name = parent.rpartition("/")
                found.setdefault(above, ({}, {}))[1][name] = None
                parent = above
        return found


def _check_limits(path: str, outer: DataFile, sizes: list[int], limits: archive.Limits) -> None:
    most = limits.allowed(Path(path).stat().st_size)
    if (total := sum(sizes)) > most:
        raise BadData(f"unpacks to {total:,} bytes, more than the {most:,} allowed: it may be a bomb", file=outer.url)
    if len(sizes) > limits.members:
        raise BadData(f"has {len(sizes):,} members, more than the {limits.members:,} allowed", file=outer.url)


def open_archive(
    outer: DataFile, kind: str, cache_dir: str | os.PathLike[str] | None = None, limits: archive.Limits | None = None
) -> ArchiveTree:
    """List an archive.

    One that is on a server, compressed as a whole or in another archive is copied to `cache_dir` once; 7z and rar become
    tar there.
    """
    limits = limits or archive.Limits()
    fetched = fetch(outer, cache_dir)
    path = fetched.local_path()
    if path is None:
        path = cache_root(cache_dir) / f"{digest(outer.url, outer.etag)}.{kind}"
        if not path.exists():
            stored = outer.size if outer.size is not None else 0
            with fetched.open() as stream:
                write_atomically(path, stream, outer, most=limits.allowed(stored))
    path = Path(path)
    if kind in REPACKED:
        tar = cache_root(cache_dir) / f"{digest(outer.url, outer.etag)}.repacked.tar"
        if not tar.exists():
            repack.repack(kind, path, tar, outer.url, limits)
        kind, path = "tar", tar
    return ArchiveTree(outer, kind, str(path), limits)


def expand(
    files: Iterable[DataFile],
    cache_dir: str | os.PathLike[str] | None = None,
    *,
    keep: Callable[[DataFile], bool] | None = None,
    limits: archive.Limits | None = None,
) -> list[DataFile]:
    """Replace archives by their members, in the archives' order by path; hidden files and metadata are left out.

    Args:
        keep: Tells which archives are data themselves (tar files of WebDataset) and stay.
    """
    return [member for file in files for member in _expanded(file, cache_dir, keep, limits, 0)]


def _expanded(
    file: DataFile,
    cache_dir: str | os.PathLike[str] | None,
    keep: Callable[[DataFile], bool] | None,
    limits: archive.Limits | None,
    depth: int,
) -> list[DataFile]:
    kind = kind_of(file)
    if kind is None or (keep is not None and keep(file)):
        return [file]
    limits = limits or archive.Limits()
    if depth >= limits.depth:
        raise BadData(f"archives inside archives, more than {limits.depth} deep", file=file.url)
    tree = open_archive(file, kind, cache_dir, limits)
    found = [tree.data_file(name) for name in sorted(tree.names()) if _is_data(name)]
    return [inner for member in found for inner in _expanded(member, cache_dir, keep, limits, depth + 1)]


def _is_data(path: str) -> bool:
    *directories, name = path.split("/")
    return not (
        is_hidden_file(name) or name in METADATA_NAMES or any(is_hidden_directory(part) for part in directories)
    )
