"""Plain folders of datasets, `DIR/datasets/<namespace>/<name>/`, shown as repositories with one branch as they lie there.

The commit's name is made of paths, sizes and contents; contents are hashed once and remembered by size, time and inode. An
edit is seen at the next request. A file is served under a commit only while it is what it was then.
"""

from __future__ import annotations

import concurrent.futures
import os
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from arrowsets.server.hub.database import Database
from arrowsets.server.hub.errors import HubError, entry_not_found, revision_not_found
from arrowsets.server.hub.hashing import hash_file
from arrowsets.server.hub.history import MAIN, Commit
from arrowsets.server.hub.names import RESERVED, RepoId, check_path, is_name
from arrowsets.server.hub.tree import Entry, Tree, commit_oid

__all__ = ["LONGEST_README", "Folder", "Folders", "Snapshot"]

# Hidden files may hold secrets and rubbish; these two say something about the data.
_SHOWN_HIDDEN = frozenset({".huggingface.yaml", ".gitattributes"})
LONGEST_README = 1_000_000
_PATIENCE = 6.0
_REMEMBERED = 16
_AUTHOR = "folder"
_LONGEST_PAUSE = 2.0
_MANY = 1000
_SAVED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the system shows it."""

    real: str
    size: int
    mtime: int
    inode: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a folder held at some moment."""

    commit: Commit
    tree: Tree
    files: dict[str, Seen] = field(repr=False)


class Folder:
    """A plain folder as a repository."""

    def __init__(self, ident: RepoId, path: Path, root: str, db: Database) -> None:
        self.id, self.path = ident, path
        self._root, self._db = root, db
        self._snapshots: OrderedDict[str, Snapshot] = OrderedDict()
        self._newest: Snapshot | None = None
        self._checked, self._cost = 0.0, 0.0
        self._lock = threading.Lock()
        self._task: concurrent.futures.Future[Snapshot] | None = None

    def newest(self) -> Snapshot:
        """Return what the folder holds; hashes what is new."""
        with self._lock:
            # A folder of many files is not looked through more than a twentieth of the time.
            many = self._newest is not None and len(self._newest.files) > _MANY
            pause = min(_LONGEST_PAUSE, 20 * self._cost) if many else 0.0
            if self._newest is not None and time.monotonic() - self._checked < pause:
                return self._newest
            if self._task is None:
                self._task = concurrent.futures.Future()
                threading.Thread(target=self._look, args=(self._task,), daemon=True).start()
            task = self._task
        try:
            return task.result(_PATIENCE)
        except concurrent.futures.TimeoutError:
            text = f"{self.id} is being hashed for the first time, please retry"
            raise HubError(503, text, headers={"Retry-After": "5"}) from None

    def _look(self, task: concurrent.futures.Future[Snapshot]) -> None:
        try:
            begun = time.monotonic()
            files = dict(self._walk(str(self.path), "", frozenset()))
            cost = time.monotonic() - begun
            newest = self._newest
            if newest is None or newest.files != files:
                newest = self._snapshot(files)
            with self._lock:
                self._newest, self._cost, self._checked, self._task = newest, cost, time.monotonic(), None
                self._snapshots[newest.commit.oid] = newest
                self._snapshots.move_to_end(newest.commit.oid)
                while len(self._snapshots) > _REMEMBERED:
                    self._snapshots.popitem(last=False)
            task.set_result(newest)
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            with self._lock:
                self._task = None
            task.set_exception(error)

    def _walk(self, folder: str, prefix: str, above: frozenset[str]) -> Iterator[tuple[str, Seen]]:
        real = os.path.realpath(folder)
        if real in above or not _inside(real, self._root):
            return
        with os.scandir(folder) as found:
            for item in found:
                if not _shown(item.name, prefix + item.name):
                    continue
                target = os.path.realpath(item.path) if item.is_symlink() else item.path
                if item.is_symlink() and not _inside(target, self._root):
                    continue
                try:
                    status = os.stat(target)  # noqa: PTH116 - a string, many times
                except OSError:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    yield from self._walk(item.path, f"{prefix}{item.name}/", above | {real})
                elif stat.S_ISREG(status.st_mode):
                    yield prefix + item.name, Seen(target, status.st_size, status.st_mtime_ns, status.st_ino)

    def _snapshot(self, files: dict[str, Seen]) -> Snapshot:
        entries = self._remembered(files)
        missing = {path: seen for path, seen in files.items() if path not in entries}
        with concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            waiting: dict[str, Entry] = {}
            for path, entry in zip(missing, pool.map(_hashed, missing, missing.values()), strict=True):
                if entry is not None:
                    entries[path] = waiting[path] = entry
                if len(waiting) >= _SAVED_AT_ONCE:
                    self._remember(files, waiting)
            self._remember(files, waiting)
        tree = Tree(dict(sorted(entries.items())))
        date = max((seen.mtime for seen in files.values()), default=self.path.stat().st_mtime_ns) / 1e9
        oid = commit_oid(tree.oid, None, _AUTHOR, 0, str(self.id))
        return Snapshot(Commit(oid, 0, None, tree.oid, _AUTHOR, date, "The folder as it is", ""), tree, files)

    def _remembered(self, files: dict[str, Seen]) -> dict[str, Entry]:
        """Return the entries of files that were hashed before and are the same since."""
        found = "SELECT oid, sha256, lfs FROM scan WHERE path = ? AND size = ? AND mtime = ? AND inode = ?"
        entries = {}
        with self._db.snapshot() as db:
            for path, seen in files.items():
                row = db.execute(found, (seen.real, seen.size, seen.mtime, seen.inode)).fetchone()
                if row:
                    entries[path] = Entry(row["oid"], seen.size, row["sha256"], bool(row["lfs"]))
        return entries

    def _remember(self, files: dict[str, Seen], entries: dict[str, Entry]) -> None:
        now, rows = time.time(), []
        for path, entry in entries.items():
            seen = files[path]
            # A file written within the last moments may change again without a new time.
            if entry.size == seen.size and now - seen.mtime / 1e9 > _LONGEST_PAUSE:
                rows.append((seen.real, seen.size, seen.mtime, seen.inode, entry.oid, entry.sha256, int(entry.lfs)))
        entries.clear()
        if rows:
            with self._db.write() as db:
                db.executemany("INSERT OR REPLACE INTO scan VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def peek(self) -> tuple[str | None, float, float, str | None]:
        """Return the commit if it is known, times of change and birth, and the text of the README, without hashing."""
        newest = self._newest
        status = self.path.stat()
        modified = newest.commit.date if newest else status.st_mtime
        readme = self.path / "README.md"
        text = None
        if (
            readme.is_file()
            and _inside(os.path.realpath(readme), self._root)
            and readme.stat().st_size <= LONGEST_README
        ):
            text = readme.read_text("utf-8", "replace")
        return newest.commit.oid if newest else None, modified, status.st_ctime, text

    def at(self, revision: str) -> Snapshot:
        """Return what the folder held at a commit that was handed out, or holds now."""
        with self._lock:
            known = self._snapshots.get(revision)
        if known is not None:
            return known
        newest = self.newest()
        if revision not in ("main", MAIN, newest.commit.oid):
            raise revision_not_found(revision)
        return newest

    def open(self, snapshot: Snapshot, path: str) -> BinaryIO:
        """Open a file as it was at a commit; refused if it is another one now."""
        seen = snapshot.files[path]
        try:
            file = Path(seen.real).open("rb")  # noqa: SIM115 - the caller closes it
        except OSError as error:
            raise entry_not_found(path, snapshot.commit.oid) from error
        status = os.fstat(file.fileno())
        same = (status.st_size, status.st_mtime_ns, status.st_ino) == (seen.size, seen.mtime, seen.inode)
        if not same or not _inside(os.path.realpath(seen.real), self._root):
            file.close()
            raise HubError(
                404,
                f"{path!r} was changed since this revision",
                "EntryNotFound",
                {"X-Repo-Commit": snapshot.commit.oid},
            )
        return file


def _hashed(path: str, seen: Seen) -> Entry | None:
    """Return the entry of a file; None if it cannot be read."""
    try:
        return hash_file(Path(seen.real), path)
    except OSError:
        return None


class Folders:
    """All plain folders under `DIR/datasets`."""

    def __init__(self, directory: Path, db: Database) -> None:
        self._directory, self._db = directory / "datasets", db
        self._root = os.path.realpath(self._directory)
        self._known: dict[str, Folder] = {}
        self._lock = threading.Lock()

    def get(self, ident: RepoId) -> Folder | None:
        """Return a folder by its id; case matters only if two differ by nothing else."""
        path = self._directory / ident.namespace / ident.name
        if not path.is_dir() or not _inside(os.path.realpath(path), self._root):
            matches = [other for other in self.ids() if str(other).lower() == str(ident).lower()]
            if len(matches) != 1 or matches[0] == ident:
                return None
            ident = matches[0]
        with self._lock:
            return self._known.setdefault(
                str(ident), Folder(ident, self._directory / ident.namespace / ident.name, self._root, self._db)
            )

    def ids(self) -> list[RepoId]:
        """Return the ids of all folders."""
        return [
            RepoId(namespace, name)
            for namespace in _folders(self._root)
            for name in _folders(os.path.join(self._root, namespace))  # noqa: PTH118 - a string
            if name.lower() not in RESERVED
            and _inside(os.path.realpath(os.path.join(self._root, namespace, name)), self._root)  # noqa: PTH118
        ]

    def warm(self) -> None:
        """Hash what is new in all folders, in the background."""
        threading.Thread(target=self._warm, daemon=True).start()

    def _warm(self) -> None:
        for ident in self.ids():
            folder = self.get(ident)
            while folder is not None:
                try:
                    folder.newest()
                except HubError:
                    continue
                except Exception:  # noqa: BLE001 - told to whoever asks for it
                    break
                break


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as found:
            return sorted(item.name for item in found if is_name(item.name) and item.is_dir())
    except OSError:
        return []


def _inside(real: str, root: str) -> bool:
    return real == root or real.startswith(root + os.sep)


def _shown(name: str, path: str) -> bool:
    if name.startswith(".") and name not in _SHOWN_HIDDEN:
        return False
    try:
        check_path(path)
    except HubError:
        return False
    return True
