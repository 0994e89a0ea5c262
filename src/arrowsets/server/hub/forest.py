"""Trees in the database: one row per file or folder of a folder, shared by all commits that have the same folder."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict

from arrowsets.errors import CorruptEntry
from arrowsets.server.hub.database import Database
from arrowsets.server.hub.tree import Entry, Tree

__all__ = ["Forest"]

_CACHED_FILES = 300_000


class Forest:
    """The trees of all commits, the last used in memory."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._cache: OrderedDict[str, Tree] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, oid: str) -> Tree:
        """Return the tree of that root folder."""
        with self._lock:
            if oid in self._cache:
                self._cache.move_to_end(oid)
                return self._cache[oid]
        entries: dict[str, Entry] = {}
        self._load(self._db.read(), oid, "", entries)
        tree = Tree(entries)
        if tree.oid != oid:
            raise CorruptEntry(f"the folder {oid} in the hub's database is not what was written")
        self._keep(oid, tree)
        return tree

    def _load(self, db: sqlite3.Connection, oid: str, prefix: str, entries: dict[str, Entry]) -> None:
        rows = db.execute(
            "SELECT e.name, e.oid, e.size, e.sha256, e.lfs FROM tree t JOIN entry e ON e.tree = t.id WHERE t.oid = ?",
            (oid,),
        )
        for row in rows.fetchall():
            path = prefix + row["name"]
            if row["sha256"] is None:
                self._load(db, row["oid"], f"{path}/", entries)
            else:
                entries[path] = Entry(row["oid"], row["size"], row["sha256"], bool(row["lfs"]))

    def root_entry(self, oid: str, name: str) -> Entry | None:
        """Return a file of a root folder, without loading the rest."""
        found = "SELECT e.oid, e.size, e.sha256, e.lfs FROM tree t JOIN entry e ON e.tree = t.id WHERE t.oid = ? AND e.name = ?"
        row = self._db.read().execute(found, (oid, name)).fetchone()
        return Entry(row["oid"], row["size"], row["sha256"], bool(row["lfs"])) if row and row["sha256"] else None

    def put(self, db: sqlite3.Connection, tree: Tree) -> None:
        """Write the folders of a tree that are not there."""
        for path, folder in tree.folders.items():
            added = db.execute("INSERT OR IGNORE INTO tree(oid) VALUES (?)", (folder.oid,))
            if added.rowcount != 1:
                continue
            prefix = f"{path}/" if path else ""
            files = [(name, tree.entries[prefix + name]) for name in folder.files]
            rows: list[tuple[object, ...]] = [
                (added.lastrowid, name, each.oid, each.size, each.sha256, int(each.lfs)) for name, each in files
            ]
            rows += [(added.lastrowid, name, oid, None, None, None) for name, oid in folder.folders.items()]
            db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
        # Right even if the transaction fails: the id is that of the content.
        self._keep(tree.oid, tree)

    def _keep(self, oid: str, tree: Tree) -> None:
        with self._lock:
            self._cache[oid] = tree
            total = sum(len(each.entries) + 1 for each in self._cache.values())
            while total > _CACHED_FILES and len(self._cache) > 1:
                total -= len(self._cache.popitem(last=False)[1].entries) + 1
