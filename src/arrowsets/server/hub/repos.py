"""The table of writable repositories: ids, visibility, redirects of renamed ones, who was let into gated ones."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from arrowsets.server.hub.database import Database
from arrowsets.server.hub.errors import conflict
from arrowsets.server.hub.names import RepoId

__all__ = ["Access", "Record", "Repositories"]

_COLUMNS = "id, namespace, name, private, gated, created, updated"


@dataclass(frozen=True, slots=True)
class Record:
    """A writable repository.

    Attributes:
        key: Never used again for another one.
        gated: "", "auto" or "manual".
    """

    key: int
    id: RepoId
    private: bool
    gated: str
    created: float
    updated: float

    @classmethod
    def of(cls, row: sqlite3.Row) -> Record:
        """Read a row of the table."""
        ident = RepoId(row["namespace"], row["name"])
        return cls(row["id"], ident, bool(row["private"]), row["gated"], row["created"], row["updated"])


@dataclass(frozen=True, slots=True)
class Access:
    """A request to see what is in a gated repository."""

    user: str
    status: str
    added: float


class Repositories:
    """The table of writable repositories."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def _one(self, where: str, *values: object) -> Record | None:
        row = self._db.read().execute(f"SELECT {_COLUMNS} FROM repo WHERE {where}", values).fetchone()  # noqa: S608 - ours
        return Record.of(row) if row else None

    def get(self, ident: RepoId) -> Record | None:
        """Return a repository by its id; case does not matter."""
        return self._one("namespace = ? AND name = ?", ident.namespace, ident.name)

    def by_key(self, key: int) -> Record | None:
        """Return a repository by its key."""
        return self._one("id = ?", key)

    def redirected(self, ident: RepoId) -> Record | None:
        """Return the repository that once had an id."""
        found = "SELECT repo FROM redirect WHERE namespace = ? AND name = ?"
        row = self._db.read().execute(found, (ident.namespace, ident.name)).fetchone()
        return self.by_key(row["repo"]) if row else None

    def named(self, name: str) -> list[Record]:
        """Return the repositories of that name in any namespace, with those that once had it."""
        db = self._db.read()
        now = db.execute(f"SELECT {_COLUMNS} FROM repo WHERE name = ?", (name,))  # noqa: S608 - ours
        found = {row["id"]: Record.of(row) for row in now}
        for row in db.execute("SELECT repo FROM redirect WHERE name = ?", (name,)):
            record = self.by_key(row["repo"])
            if record is not None and not any(each.id.name.lower() == name.lower() for each in found.values()):
                found[record.key] = record
        return list(found.values())

    def all(self) -> list[Record]:
        """Return all repositories, the last changed first."""
        rows = self._db.read().execute(f"SELECT {_COLUMNS} FROM repo ORDER BY updated DESC")  # noqa: S608 - ours
        return [Record.of(row) for row in rows]

    def insert(self, db: sqlite3.Connection, ident: RepoId, *, private: bool) -> Record:
        """Add a repository; a redirect from its id ends."""
        now = time.time()
        db.execute("DELETE FROM redirect WHERE namespace = ? AND name = ?", (ident.namespace, ident.name))
        try:
            row = (ident.namespace, ident.name, int(private), "", now, now)
            key = db.execute(
                "INSERT INTO repo(namespace, name, private, gated, created, updated) VALUES (?, ?, ?, ?, ?, ?)", row
            ).lastrowid
        except sqlite3.IntegrityError as error:
            raise conflict(f"You already created this dataset repo: {ident}") from error
        assert key is not None
        return Record(key, ident, private, "", now, now)

    def delete(self, key: int) -> None:
        """Remove a repository with its history; `hub gc` frees its files."""
        with self._db.write() as db:
            db.execute("DELETE FROM repo WHERE id = ?", (key,))

    def move(self, record: Record, target: RepoId) -> None:
        """Give a repository another id; the old one leads to it."""
        with self._db.write() as db:
            old = (record.id.namespace, record.id.name)
            new = (target.namespace, target.name)
            db.execute("DELETE FROM redirect WHERE namespace = ? AND name = ?", new)
            try:
                db.execute(
                    "UPDATE repo SET namespace = ?, name = ?, updated = ? WHERE id = ?", (*new, time.time(), record.key)
                )
            except sqlite3.IntegrityError as error:
                raise conflict(f"{target} exists already") from error
            if str(record.id).lower() != str(target).lower():
                db.execute("INSERT OR REPLACE INTO redirect VALUES (?, ?, ?)", (*old, record.key))

    def settings(self, key: int, *, private: bool | None = None, gated: str | None = None) -> None:
        """Change who may see a repository."""
        with self._db.write() as db:
            if private is not None:
                db.execute("UPDATE repo SET private = ? WHERE id = ?", (int(private), key))
            if gated is not None:
                db.execute("UPDATE repo SET gated = ? WHERE id = ?", (gated, key))

    def access(self, key: int, user: str) -> str:
        """Return whether a user was let in: "accepted", "pending", "rejected", or "" if it never asked."""
        found = "SELECT status FROM access WHERE repo = ? AND user = ?"
        row = self._db.read().execute(found, (key, user)).fetchone()
        return row["status"] if row else ""

    def set_access(self, key: int, user: str, status: str) -> None:
        """Let a user in, or not."""
        with self._db.write() as db:
            db.execute("INSERT OR REPLACE INTO access VALUES (?, ?, ?, ?)", (key, user, status, time.time()))

    def requests(self, key: int, status: str) -> Iterable[Access]:
        """Return those who asked to be let in."""
        found = "SELECT user, status, added FROM access WHERE repo = ? AND status = ? ORDER BY added"
        return [Access(*row) for row in self._db.read().execute(found, (key, status))]

    def holders(self, sha256: str) -> list[Record]:
        """Return the repositories that were given a file."""
        rows = self._db.read().execute(
            f"SELECT {_COLUMNS} FROM repo WHERE id IN (SELECT repo FROM holding WHERE sha256 = ?)",  # noqa: S608 - ours
            (sha256,),
        )
        return [Record.of(row) for row in rows]
