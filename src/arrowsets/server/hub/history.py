"""Commits, branches and tags of writable repositories.

A commit is one transaction: received files get their names, then the new folders, the commit and the branch appear together.
Killed before the end, nothing of it is there but files without an owner, which `hub gc` removes.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arrowsets.server.hub.blobs import BlobStore
from arrowsets.server.hub.database import Database
from arrowsets.server.hub.errors import bad_request, conflict, revision_not_found, stale
from arrowsets.server.hub.forest import Forest
from arrowsets.server.hub.names import check_ref, is_commit
from arrowsets.server.hub.tree import Change, Tree, commit_oid, large_entry

__all__ = ["MAIN", "Commit", "Draft", "History", "Large"]

MAIN = "refs/heads/main"
_KINDS = ("refs/heads/", "refs/tags/", "refs/")
_SHORTEST = 7


@dataclass(frozen=True, slots=True)
class Commit:
    """A state of a repository.

    Attributes:
        number: Grows with time within a repository.
    """

    oid: str
    number: int
    parent: str | None
    tree: str
    author: str
    date: float
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Large:
    """An operation that puts a large file, which was received before; its size may be unknown to the client."""

    path: str
    sha256: str
    size: int | None = None


@dataclass(slots=True)
class Draft:
    """A commit that is to be made.

    Attributes:
        parent: The commit that the branch must be at; None: any.
        seen: Where the branch was when the caller began to send.
        files: Received small files, with their sha256.
    """

    author: str
    title: str = ""
    message: str = ""
    parent: str | None = None
    seen: str | None = None
    changes: list[Change | Large] = field(default_factory=list)
    files: list[tuple[Path, str]] = field(default_factory=list)


class History:
    """Commits and refs of all writable repositories."""

    def __init__(self, db: Database, blobs: BlobStore) -> None:
        self._db, self._blobs = db, blobs
        self.forest = Forest(db)

    def resolve(self, repo: int, revision: str) -> Commit:
        """Return the commit that a branch, a tag, a ref or (the beginning of) a commit's name stands for."""
        with self._db.snapshot() as db:
            oid = self._ref(db, repo, revision) or revision
            if is_commit(oid):
                found = "SELECT * FROM commits WHERE repo = ? AND oid = ?"
                rows = db.execute(found, (repo, oid)).fetchall()
            elif len(oid) >= _SHORTEST and set(oid) <= set("0123456789abcdef"):
                found = "SELECT * FROM commits WHERE repo = ? AND oid >= ? AND oid < ? LIMIT 2"
                rows = db.execute(found, (repo, oid, oid + "g")).fetchall()
            else:
                rows = []
        if len(rows) != 1:
            raise revision_not_found(revision)
        return _commit(rows[0])

    def _ref(self, db: sqlite3.Connection, repo: int, revision: str) -> str | None:
        names = [revision] if revision.startswith("refs/") else [kind + revision for kind in _KINDS]
        for name in names:
            row = db.execute("SELECT oid FROM ref WHERE repo = ? AND name = ?", (repo, name)).fetchone()
            if row:
                oid: str = row["oid"]
                return oid
        return None

    def branch(self, repo: int, revision: str) -> str:
        """Return the full name of the branch or pull request that a commit may be made on."""
        name = revision if revision.startswith("refs/") else f"refs/heads/{revision}"
        if not name.startswith(("refs/heads/", "refs/pr/")):
            raise bad_request(f"{revision!r} is no branch: a commit cannot be made on it")
        if self._ref(self._db.read(), repo, name) is None:
            raise revision_not_found(revision)
        return name

    def tree(self, commit: Commit) -> Tree:
        """Return the files of a commit."""
        return self.forest.get(commit.tree)

    def refs(self, repo: int) -> dict[str, str]:
        """Return all refs by full name."""
        rows = self._db.read().execute("SELECT name, oid FROM ref WHERE repo = ? ORDER BY name", (repo,))
        return {row["name"]: row["oid"] for row in rows}

    def log(self, repo: int, oid: str, limit: int) -> list[Commit]:
        """Return a commit and those before it, newest first."""
        chain = """
            WITH RECURSIVE chain(oid, parent) AS (
                SELECT oid, parent FROM commits WHERE repo = :repo AND oid = :oid
                UNION ALL SELECT c.oid, c.parent FROM chain JOIN commits c ON c.repo = :repo AND c.oid = chain.parent
                LIMIT :limit)
            SELECT commits.* FROM chain JOIN commits ON commits.repo = :repo AND commits.oid = chain.oid
            ORDER BY number DESC"""
        rows = self._db.read().execute(chain, {"repo": repo, "oid": oid, "limit": limit})
        return [_commit(row) for row in rows]

    def last_changes(self, repo: int, commit: Commit, paths: Iterable[str], tree: Tree) -> dict[str, Commit]:
        """Return for each path the last commit that changed it, or something in it."""
        chain = {each.number: each for each in self.log(repo, commit.oid, -1)}
        found: dict[str, Commit] = {}
        for path in paths:
            last = path if path in tree.entries else f"{path}0"  # "0" follows "/", so that the range is the folder
            first = path if path in tree.entries else f"{path}/"
            numbers = self._db.read().execute(
                "SELECT DISTINCT number FROM change WHERE repo = ? AND path >= ? AND path <= ? ORDER BY number DESC",
                (repo, first, last),
            )
            found[path] = next((chain[row[0]] for row in numbers if row[0] in chain), commit)
        return found

    def begin(self, db: sqlite3.Connection, repo: int, author: str) -> None:
        """Give a new repository its first, empty commit."""
        self._append(db, repo, MAIN, None, Tree(), Draft(author, "initial commit"))

    def commit(self, repo: int, ref: str, draft: Draft, readable: Callable[[int], bool]) -> Commit:
        """Make a commit on a branch.

        Args:
            readable: Whether the author may read a repository, so that it may take a large file from there.
        """
        with self._db.write() as db:
            head = self._head(db, repo, ref)
            if draft.parent is not None and draft.parent != head.oid:
                return self._again(db, repo, head, draft, readable)
            changes = self._prepared(db, repo, draft, readable)
            before = self.forest.get(head.tree)
            after = before.apply(changes)
            if draft.seen not in (None, head.oid):
                self._refuse_overlap(repo, draft, changes, before)
            self._blobs.publish_all(draft.files)
            self.hold(db, repo, [(change.entry.sha256, change.entry.size) for change in changes if change.entry])
            if after.oid == head.tree:
                return head
            return self._append(db, repo, ref, head, after, draft)

    def _head(self, db: sqlite3.Connection, repo: int, ref: str) -> Commit:
        found = "SELECT commits.* FROM ref JOIN commits USING (repo, oid) WHERE repo = ? AND name = ?"
        row = db.execute(found, (repo, ref)).fetchone()
        if row is None:
            raise revision_not_found(ref)
        return _commit(row)

    def _again(
        self, db: sqlite3.Connection, repo: int, head: Commit, draft: Draft, readable: Callable[[int], bool]
    ) -> Commit:
        """Answer a commit whose parent is not the newest: fine if it is the newest itself, sent again; else stale."""
        assert draft.parent is not None
        if head.parent == draft.parent and (head.author, head.title) == (draft.author, draft.title):
            row = db.execute("SELECT tree FROM commits WHERE repo = ? AND oid = ?", (repo, draft.parent)).fetchone()
            after = self.forest.get(row["tree"]).apply(self._prepared(db, repo, draft, readable))
            if after.oid == head.tree:
                return head
        raise stale(draft.parent, head.oid)

    def _prepared(
        self, db: sqlite3.Connection, repo: int, draft: Draft, readable: Callable[[int], bool]
    ) -> list[Change]:
        changes: list[Change] = []
        for change in draft.changes:
            if isinstance(change, Change):
                changes.append(change)
                continue
            size = self.held(db, repo, change.sha256, readable)
            if size is None:
                raise bad_request(f"{change.path}: the large file {change.sha256} was not uploaded to this repository")
            if change.size not in (None, size):
                raise bad_request(f"{change.path}: {change.sha256} has {size} bytes and not {change.size}")
            changes.append(Change(change.path, large_entry(change.sha256, size)))
        return changes

    def held(self, db: sqlite3.Connection, repo: int, sha256: str, readable: Callable[[int], bool]) -> int | None:
        """Return the size of a large file that a repository was given, or another one that the caller may read."""
        row = db.execute("SELECT size FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            return None
        owners = {each["repo"] for each in db.execute("SELECT repo FROM holding WHERE sha256 = ?", (sha256,))}
        size: int = row["size"]
        return size if repo in owners or any(readable(owner) for owner in owners) else None

    def hold(self, db: sqlite3.Connection, repo: int, files: Iterable[tuple[str, int]]) -> None:
        """Remember that a repository was given files."""
        now, files = time.time(), list(files)
        db.executemany("INSERT OR IGNORE INTO blob VALUES (?, ?, ?)", [(sha256, size, now) for sha256, size in files])
        rows = [(repo, sha256, now) for sha256, _ in files]
        db.executemany("INSERT INTO holding VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET added = excluded.added", rows)

    def _refuse_overlap(self, repo: int, draft: Draft, changes: Sequence[Change], now: Tree) -> None:
        """Refuse to write over what somebody else changed while this commit was being sent."""
        assert draft.seen is not None
        others = set(self.tree(self.resolve(repo, draft.seen)).changed(now))
        for change in changes:
            mine = {
                path for path in others if path == change.path or (change.folder and path.startswith(change.path + "/"))
            }
            if any(now.entries.get(path) != change.entry for path in mine):
                raise conflict(
                    f"{min(mine)!r} was changed by another commit while this one was being sent; please retry"
                )

    def _append(
        self, db: sqlite3.Connection, repo: int, ref: str, head: Commit | None, tree: Tree, draft: Draft
    ) -> Commit:
        now = time.time()
        message = f"{draft.title}\n\n{draft.message}" if draft.message else draft.title
        number = db.execute("SELECT coalesce(max(number), 0) + 1 FROM commits WHERE repo = ?", (repo,)).fetchone()[0]
        parent = head.oid if head else None
        # The number makes the ids of equal commits on two branches, or of two equal first ones, different.
        oid = commit_oid(tree.oid, parent, draft.author, int(now), f"{message}\n\nhub: {repo}/{number}")
        commit = Commit(oid, number, parent, tree.oid, draft.author, now, draft.title, draft.message)
        self.forest.put(db, tree)
        row = (repo, oid, number, parent, tree.oid, draft.author, now, draft.title, draft.message)
        db.execute("INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        changed = tree.changed(self.forest.get(head.tree) if head else Tree())
        db.executemany("INSERT INTO change VALUES (?, ?, ?)", [(repo, path, number) for path in changed])
        db.execute("INSERT OR REPLACE INTO ref VALUES (?, ?, ?)", (repo, ref, oid))
        db.execute("UPDATE repo SET updated = ? WHERE id = ?", (now, repo))
        return commit

    def create_ref(self, repo: int, kind: str, name: str, revision: str) -> None:
        """Make a branch ("heads") or a tag ("tags")."""
        commit, full = self.resolve(repo, revision), f"refs/{kind}/{check_ref(name)}"
        with self._db.write() as db:
            for (other,) in db.execute("SELECT name FROM ref WHERE repo = ?", (repo,)):
                # To git, and in the caches of clients, one of them is a file and the other a directory.
                if other.startswith(f"{full}/") or full.startswith(f"{other}/"):
                    raise bad_request(f"{name!r} cannot be beside {other.removeprefix(f'refs/{kind}/')!r}")
            try:
                db.execute("INSERT INTO ref VALUES (?, ?, ?)", (repo, full, commit.oid))
            except sqlite3.IntegrityError as error:
                raise conflict(f"the reference {name!r} exists already") from error

    def delete_ref(self, repo: int, kind: str, name: str) -> None:
        """Remove a branch or a tag."""
        full = f"refs/{kind}/{name}"
        if full == MAIN:
            raise bad_request("the branch 'main' cannot be deleted")
        with self._db.write() as db:
            if db.execute("DELETE FROM ref WHERE repo = ? AND name = ?", (repo, full)).rowcount == 0:
                raise revision_not_found(name)

    def squash(self, repo: int, ref: str, draft: Draft) -> Commit:
        """Replace the history of a branch by one commit."""
        with self._db.write() as db:
            head = self._head(db, repo, ref)
            return self._append(db, repo, ref, None, self.forest.get(head.tree), draft)


def _commit(row: sqlite3.Row) -> Commit:
    return Commit(
        row["oid"], row["number"], row["parent"], row["tree"], row["author"], row["date"], row["title"], row["message"]
    )
