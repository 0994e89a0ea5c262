"""The files of a commit: an immutable mapping from path to entry, with the ids that git would give.

Large files are entries whose git blob is an LFS pointer, as on every hub; so the ids of files, folders and commits here
are those of a git repository with the same content.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from arrowsets.server.hub.errors import HubError, bad_request

__all__ = [
    "Change",
    "Entry",
    "Tree",
    "blob_oid",
    "commit_oid",
    "is_pointer",
    "large_entry",
    "pointer",
    "small_entry",
    "upload_mode",
]

LFS_THRESHOLD = 1_000_000
# Data and media: never text that somebody wants a diff of. `push_to_hub` needs parquet and arrow to be among them.
_EXTENSIONS = (
    "7z aac arrow avi avro bin bmp br bz2 ckpt db duckdb feather flac flv ftz gguf gif gz h5 hdf5 ico idx jpeg jpg joblib",
    "jxl lance lz4 m4a mkv mlmodel model mov mp3 mp4 mpeg msgpack npy npz ogg onnx opus orc parquet pb pcm pdf pickle pkl",
    "png pt pth rar raw safetensors snappy sqlite sqlite3 tar tflite tgz tif tiff ttf wasm wav webm webp wma woff woff2",
    "xz zip zst",
)
BINARY = frozenset(" ".join(_EXTENSIONS).split())


@dataclass(frozen=True, slots=True)
class Entry:
    """A file.

    Attributes:
        oid: The id of its git blob; for a large file, that of its pointer.
    """

    oid: str
    size: int
    sha256: str
    lfs: bool

    @property
    def etag(self) -> str:
        """What clients name their cached copy by."""
        return self.sha256 if self.lfs else self.oid


@dataclass(frozen=True, slots=True)
class Change:
    """One operation of a commit: an entry put at a path; a file (None) or a folder (None, `folder`) removed."""

    path: str
    entry: Entry | None
    folder: bool = False


def upload_mode(path: str, size: int, sample: bytes) -> str:
    """Return "lfs" for large and binary files, "regular" for small text."""
    if size == 0:
        return "regular"
    extension = path.rpartition("/")[2].rpartition(".")[2].lower()
    return "lfs" if size >= LFS_THRESHOLD or extension in BINARY or b"\0" in sample else "regular"


def _object(kind: str, data: bytes) -> str:
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(data), data), usedforsecurity=False).hexdigest()


def blob_oid(data: bytes) -> str:
    """Return the git id of a file."""
    return _object("blob", data)


def is_pointer(data: bytes) -> bool:
    """Return whether a small file would be taken for a large one by git."""
    return data.startswith(b"version https://git-lfs.github.com/spec/")


def pointer(sha256: str, size: int) -> bytes:
    """Return the text that git keeps in place of a large file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def large_entry(sha256: str, size: int) -> Entry:
    """Return the entry of a large file."""
    return Entry(blob_oid(pointer(sha256, size)), size, sha256, lfs=True)


def small_entry(data: bytes) -> Entry:
    """Return the entry of a file whose content is at hand."""
    return Entry(blob_oid(data), len(data), hashlib.sha256(data).hexdigest(), lfs=False)


def commit_oid(tree: str, parent: str | None, author: str, date: int, message: str) -> str:
    """Return the git id of a commit."""
    who = f"{author} <{author}@hub> {date} +0000"
    lines = [
        f"tree {tree}",
        *([f"parent {parent}"] if parent else []),
        f"author {who}",
        f"committer {who}",
        "",
        message,
    ]
    return _object("commit", "\n".join(lines).encode())


@dataclass(frozen=True, slots=True)
class Folder:
    """The direct children of a folder: names of files, and ids of folders by name."""

    oid: str
    files: tuple[str, ...]
    folders: Mapping[str, str]


@dataclass(frozen=True)
class Tree:
    """The files of a commit."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    @cached_property
    def folders(self) -> Mapping[str, Folder]:
        """Every folder by path; the root is ""."""
        files: dict[str, list[str]] = {"": []}
        inner: dict[str, set[str]] = {"": set()}
        for path in self.entries:
            folder, _, name = path.rpartition("/")
            if folder not in files:
                _add_folder(folder, files, inner)
            files[folder].append(name)
        result: dict[str, Folder] = {}
        for path in sorted(files, key=lambda path: -path.count("/") if path else 1):
            result[path] = self._folder(path, files[path], sorted(inner[path]), result)
        return result

    def _folder(self, path: str, files: list[str], inner: list[str], done: Mapping[str, Folder]) -> Folder:
        prefix = f"{path}/" if path else ""
        folders = {name: done[prefix + name].oid for name in inner}
        clash = folders.keys() & set(files)
        if clash:
            raise bad_request(f"{prefix + min(clash)!r} would be a file and a folder")
        lines = [
            ((name + "/").encode(), b"40000 %s\0" % name.encode() + bytes.fromhex(oid)) for name, oid in folders.items()
        ]
        lines += [
            (name.encode(), b"100644 %s\0" % name.encode() + bytes.fromhex(self.entries[prefix + name].oid))
            for name in files
        ]
        lines.sort()
        return Folder(_object("tree", b"".join(line for _, line in lines)), tuple(sorted(files)), folders)

    @property
    def oid(self) -> str:
        """The git id of the root folder."""
        return self.folders[""].oid

    @cached_property
    def paths(self) -> list[str]:
        """All files and folders, sorted."""
        return sorted([*self.entries, *(path for path in self.folders if path)])

    def under(self, folder: str, after: str, limit: int) -> list[str]:
        """Return up to `limit` paths of all files and folders below a folder, from the first after `after` on."""
        prefix = f"{folder}/" if folder else ""
        start = bisect.bisect_right(self.paths, after) if after else bisect.bisect_left(self.paths, prefix)
        found = self.paths[start : start + limit]
        return [path for path in found if path.startswith(prefix)]

    def children(self, folder: str, after: str, limit: int) -> list[str]:
        """Return up to `limit` paths of the direct children of a folder, from the first after `after` on."""
        prefix = f"{folder}/" if folder else ""
        here = self.folders[folder]
        names = sorted(prefix + name for name in (*here.files, *here.folders))
        start = bisect.bisect_right(names, after) if after else 0
        return names[start : start + limit]

    def apply(self, changes: Iterable[Change]) -> Tree:
        """Return the tree after some operations, in their order."""
        entries = dict(self.entries)
        for change in changes:
            if change.entry is not None:
                entries[change.path] = change.entry
            elif change.folder:
                self._drop_folder(entries, change.path)
            elif entries.pop(change.path, None) is None:
                raise _absent(change.path)
        return Tree(entries)

    @staticmethod
    def _drop_folder(entries: dict[str, Entry], path: str) -> None:
        inside = [name for name in entries if name.startswith(f"{path}/")]
        if not inside:
            raise _absent(path)
        for name in inside:
            del entries[name]

    def changed(self, other: Tree) -> list[str]:
        """Return the paths of files that differ between two trees."""
        mine, theirs = self.entries, other.entries
        changed = {path for path, entry in mine.items() if theirs.get(path) != entry}
        return sorted(changed | (theirs.keys() - mine.keys()))


def _add_folder(folder: str, files: dict[str, list[str]], inner: dict[str, set[str]]) -> None:
    while folder not in files:
        files[folder] = []
        inner.setdefault(folder, set())
        folder, _, own = folder.rpartition("/")
        inner.setdefault(folder, set()).add(own)


def _absent(path: str) -> HubError:
    return HubError(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
