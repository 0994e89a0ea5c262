"""The hub's SQLite database: repositories, refs, commits, trees, tokens. Its schema carries a version.

Readers see the last committed state; a writer takes the one write lock first, so that what it checks still holds when it
commits. Other processes (`arrowsets hub token`) may open it at the same time.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from arrowsets.errors import StoreError
from arrowsets.server.hub.errors import HubError

__all__ = ["Database"]

VERSION = 1
_APPLICATION = 0x41525348
_BUSY_SECONDS = 15.0
_SCHEMA = """
CREATE TABLE setting(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE token(
    id TEXT PRIMARY KEY, user TEXT NOT NULL COLLATE NOCASE, role TEXT NOT NULL CHECK(role IN ('read', 'write')),
    hash BLOB NOT NULL, created REAL NOT NULL, expires REAL, label TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE member(
    namespace TEXT NOT NULL COLLATE NOCASE, user TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY(user, namespace)) WITHOUT ROWID;
CREATE TABLE repo(
    id INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
    private INTEGER NOT NULL, gated TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, UNIQUE(namespace, name));
CREATE INDEX repo_name ON repo(name);
CREATE TABLE redirect(
    namespace TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, PRIMARY KEY(namespace, name)) WITHOUT ROWID;
CREATE TABLE blob(sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, added REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE holding(
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, sha256 TEXT NOT NULL, added REAL NOT NULL,
    PRIMARY KEY(sha256, repo)) WITHOUT ROWID;
CREATE INDEX holding_repo ON holding(repo);
CREATE TABLE tree(id INTEGER PRIMARY KEY, oid TEXT NOT NULL UNIQUE);
CREATE TABLE entry(
    tree INTEGER NOT NULL REFERENCES tree(id) ON DELETE CASCADE, name TEXT NOT NULL, oid TEXT NOT NULL,
    size INTEGER, sha256 TEXT, lfs INTEGER, PRIMARY KEY(tree, name)) WITHOUT ROWID;
CREATE TABLE commits(
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, oid TEXT NOT NULL, number INTEGER NOT NULL, parent TEXT,
    tree TEXT NOT NULL, author TEXT NOT NULL, date REAL NOT NULL, title TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY(repo, oid)) WITHOUT ROWID;
CREATE TABLE change(
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, path TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY(repo, path, number)) WITHOUT ROWID;
CREATE TABLE ref(
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, name TEXT NOT NULL, oid TEXT NOT NULL,
    PRIMARY KEY(repo, name)) WITHOUT ROWID;
CREATE TABLE pull(
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, number INTEGER NOT NULL, title TEXT NOT NULL,
    author TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL, base TEXT NOT NULL, start TEXT NOT NULL, merged TEXT,
    PRIMARY KEY(repo, number)) WITHOUT ROWID;
CREATE TABLE event(
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, number INTEGER NOT NULL, id INTEGER NOT NULL,
    kind TEXT NOT NULL, author TEXT NOT NULL, date REAL NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY(repo, number, id)) WITHOUT ROWID;
CREATE TABLE access(
    repo INTEGER NOT NULL REFERENCES repo(id) ON DELETE CASCADE, user TEXT NOT NULL COLLATE NOCASE, status TEXT NOT NULL,
    added REAL NOT NULL, PRIMARY KEY(repo, user)) WITHOUT ROWID;
CREATE TABLE scan(
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL, inode INTEGER NOT NULL, oid TEXT NOT NULL,
    sha256 TEXT NOT NULL, lfs INTEGER NOT NULL) WITHOUT ROWID;
"""
# Statements that bring a database from one version to the next: _MIGRATIONS[1] from 1 to 2.
_MIGRATIONS: dict[int, str] = {}


class _Connection:
    """A connection that is closed with the thread that it belongs to."""

    def __init__(self, path: Path) -> None:
        # It is used by one thread only, but closed by whichever closes the hub.
        self.db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            self.db.execute(f"PRAGMA {setting}")

    def __del__(self) -> None:
        self.db.close()


class Database:
    """Connections to the database, one per thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[_Connection] = weakref.WeakSet()
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":
            path.touch(mode=0o600)
        self._migrate()

    def _migrate(self) -> None:
        if self.read().execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return
        with self.write() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StoreError(
                    f"{self.path} was written by a newer arrowsets (schema {version}, known: {VERSION}): upgrade"
                )
            if version == 0:
                self._run(db, _SCHEMA)
                db.execute("INSERT INTO setting VALUES ('key', ?)", (os.urandom(32),))
                db.execute("INSERT INTO setting VALUES ('created', ?)", (str(time.time()),))
                db.execute(f"PRAGMA application_id = {_APPLICATION}")
            for known in range(max(version, 1), VERSION):
                self._run(db, _MIGRATIONS[known])
            db.execute(f"PRAGMA user_version = {VERSION}")

    @staticmethod
    def _run(db: sqlite3.Connection, script: str) -> None:
        # executescript() would commit the transaction that we are in.
        for statement in script.split(";"):
            if statement.strip():
                db.execute(statement)

    def read(self) -> sqlite3.Connection:
        """Return this thread's connection; each statement sees the newest committed state."""
        held: _Connection | None = getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = _Connection(self.path)
            with self._lock:
                self._open.add(held)
        return held.db

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Read several things of one state."""
        db = self.read()
        if db.in_transaction:
            yield db
            return
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("ROLLBACK")

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Take the write lock; what is written appears whole at the end, or not at all."""
        db = self.read()
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise HubError(503, "the hub is busy, please retry", headers={"Retry-After": "2"}) from error
        try:
            yield db
            if db.in_transaction:
                db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def setting(self, name: str) -> bytes:
        """Return a value that was made with the database."""
        value: bytes = self.read().execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()[0]
        return value

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for held in list(self._open):
                held.db.close()
        self._local = threading.local()
