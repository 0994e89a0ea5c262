"""The cache of hub files that all Hugging Face libraries share, so that no file is fetched twice.

    datasets--user--name/refs/main                  the commit that "main" was when it was last asked for
    datasets--user--name/trees/<commit>.json        the files of a commit
    datasets--user--name/blobs/<etag>               contents
    datasets--user--name/snapshots/<commit>/<path>  a link to each content, under the name it has in that commit

Everything appears whole, by a rename. Which id another one leads to (no namespace, renamed) is noted in our own cache.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from arrowsets.record import dataclass

__all__ = ["HubCache", "StoredFile", "canonical", "is_safe", "note_canonical"]

_FORMAT: Final = 1
# Git's SHA-1, or SHA-256: what a hub calls contents otherwise is no name for a file here.
_CONTENT: Final = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
_SAFE: Final = re.compile(r"(?![A-Za-z]:)(?!.*(?:^|/)\.{0,2}(?:/|$))[^\\\0]+", re.DOTALL)


@dataclass(frozen=True)
class StoredFile:
    """A file of a commit: its size and what its content is called (SHA-256, or Git's SHA-1 of small files)."""

    size: int | None
    etag: str


@dataclass(frozen=True)
class HubCache:
    """What is cached of one dataset."""

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        """The directory of the dataset."""
        return self.root / f"datasets--{self.name.replace('/', '--')}"

    def commit(self, revision: str) -> str | None:
        """Return the commit that a revision was when it was last asked for."""
        try:
            return (self.folder / "refs" / revision).read_text("utf-8").strip() or None
        except OSError:
            return None

    def note_commit(self, revision: str, commit: str) -> None:
        """Remember which commit a revision is, unless there is no place: branches that are gone had theirs here too."""
        if self.commit(revision) != commit:
            # "dev" is a file and "dev/new" needs a directory, or the other way round.
            with (
                suppress(FileExistsError, NotADirectoryError, IsADirectoryError),
                whole(self.folder / "refs" / revision) as path,
            ):
                path.write_text(commit, "utf-8")

    def tree(self, commit: str) -> dict[str, StoredFile] | None:
        """Return the files of a commit; None if they were never listed."""
        try:
            listed = json.loads((self.folder / "trees" / f"{commit}.json").read_text("utf-8"))
            if listed["format_version"] != _FORMAT:
                return None
            return {path: _file(entry) for path, entry in listed["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def note_tree(self, commit: str, entries: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember the files of a commit, in the form that huggingface_hub uses."""
        with whole(self.folder / "trees" / f"{commit}.json") as path:
            path.write_text(json.dumps({"format_version": _FORMAT, "files": entries}, indent=1), "utf-8")

    def found(self, commit: str) -> dict[str, StoredFile]:
        """Return the files of a commit that are here, whoever fetched them."""
        folder = self.folder / "snapshots" / commit
        found = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                blob = path.resolve()
                etag = (
                    blob.name
                    if blob.parent == (self.folder / "blobs").resolve()
                    else f"local-{blob.stat().st_mtime_ns}"
                )
                found[path.relative_to(folder).as_posix()] = StoredFile(blob.stat().st_size, etag)
        return found

    def path(self, commit: str, name: str, file: StoredFile) -> Path | None:
        """Return where a file lies; None if it is not here, or not whole."""
        here = self.folder / "snapshots" / commit / name
        if _is_whole(here, file):
            return here
        blob = self.blob(file)
        return self.link(commit, name, blob) if blob is not None and _is_whole(blob, file) else None

    def blob(self, file: StoredFile) -> Path | None:
        """Return where a content lies or would lie; None if it has no name."""
        return self.folder / "blobs" / file.etag if _CONTENT.fullmatch(file.etag) else None

    def link(self, commit: str, name: str, blob: Path) -> Path:
        """Give a content the name that it has in a commit."""
        here = self.folder / "snapshots" / commit / name
        with whole(here) as path:
            try:
                path.symlink_to(os.path.relpath(blob, here.parent))
            except OSError:
                # Windows lets few users make links.
                shutil.copyfile(blob, path)
        return here


def is_safe(path: str) -> bool:
    """Tell whether a path that a server named stays in the directory that it is relative to.

    >>> is_safe("data/a.csv"), is_safe("../a.csv"), is_safe("/a.csv"), is_safe("a//b")
    (True, False, False, False)
    """
    return _SAFE.fullmatch(path) is not None


def canonical(root: Path, name: str) -> str:
    """Return the id that an id was found to lead to; itself, if nothing is known."""
    try:
        return (root / name).read_text("utf-8").strip() or name
    except OSError:
        return name


def note_canonical(root: Path, name: str, found: str) -> None:
    """Remember the id that an id leads to."""
    if canonical(root, name) != found:
        with whole(root / name) as path:
            path.write_text(found, "utf-8")


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Give a temporary path to a block that writes it; then it takes its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:80]}.{uuid.uuid4().hex}.part")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _file(entry: Mapping[str, Any]) -> StoredFile:
    sha256 = entry.get("lfs_sha256")
    size = entry.get("lfs_size") if sha256 else entry.get("size")
    return StoredFile(size, str(sha256 or entry["blob_id"]))


def _is_whole(path: Path, file: StoredFile) -> bool:
    try:
        return path.is_file() and (file.size is None or path.stat().st_size == file.size)
    except OSError:
        return False
