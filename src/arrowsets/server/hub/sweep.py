"""Garbage collection: what no branch, tag or pull request leads to any more.

Rows go first, in one transaction; files after, each under the write lock, so that an upload that comes meanwhile either
finds the row gone and brings the bytes again, or is seen here.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from arrowsets.server.hub.hub import Hub

__all__ = ["Sweep", "sweep"]

_REACHED = """
CREATE TEMP TABLE reached_commit AS
    WITH RECURSIVE chain(repo, oid) AS (
        SELECT repo, oid FROM ref
        UNION SELECT pull.repo, pull.start FROM pull
        UNION SELECT c.repo, c.parent FROM chain JOIN commits c ON c.repo = chain.repo AND c.oid = chain.oid
            WHERE c.parent IS NOT NULL)
    SELECT repo, oid FROM chain
"""
_TREES = """
CREATE TEMP TABLE reached_tree AS
    WITH RECURSIVE inside(repo, oid) AS (
        SELECT repo, tree FROM commits
        UNION SELECT inside.repo, e.oid FROM inside JOIN tree t ON t.oid = inside.oid
            JOIN entry e ON e.tree = t.id AND e.sha256 IS NULL)
    SELECT repo, oid FROM inside
"""
_FILES = """
CREATE TEMP TABLE reached_file AS
    SELECT DISTINCT r.repo, e.sha256 FROM reached_tree r JOIN tree t ON t.oid = r.oid
        JOIN entry e ON e.tree = t.id WHERE e.sha256 IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What was removed, or would be."""

    commits: int
    files: int
    num_bytes: int


def sweep(hub: Hub, *, grace: float = 86400.0, dry_run: bool = False) -> Sweep:
    """Remove what nothing leads to.

    Args:
        grace: Seconds for which what was uploaded, and commits that lost their branch, are kept nevertheless.
    """
    before = time.time() - grace
    if dry_run:
        with hub.db.write() as db:
            found = _rows(db, before)
            db.execute("ROLLBACK")
        return found
    with hub.db.write() as db:
        found = _rows(db, before)
    _forget_scans(hub)
    files, total = _files(hub, before)
    return Sweep(found.commits, files, total + hub.blobs.sweep_incoming(max(grace, 2 * 86400)))


def _rows(db: sqlite3.Connection, before: float) -> Sweep:
    for table in ("reached_commit", "reached_tree", "reached_file"):
        db.execute(f"DROP TABLE IF EXISTS temp.{table}")
    db.execute(_REACHED)
    commits = db.execute(
        "DELETE FROM commits WHERE date < ? AND (repo, oid) NOT IN (SELECT repo, oid FROM reached_commit)", (before,)
    ).rowcount
    db.execute("DELETE FROM change WHERE (repo, number) NOT IN (SELECT repo, number FROM commits)")
    db.execute(_TREES)
    db.execute(_FILES)
    db.execute("DELETE FROM tree WHERE oid NOT IN (SELECT oid FROM reached_tree)")
    db.execute(
        "DELETE FROM holding WHERE added < ? AND (repo, sha256) NOT IN (SELECT repo, sha256 FROM reached_file)",
        (before,),
    )
    unheld = "added < ? AND sha256 NOT IN (SELECT sha256 FROM holding)"
    dead = db.execute(f"SELECT size FROM blob WHERE {unheld}", (before,)).fetchall()  # noqa: S608 - ours
    db.execute(f"DELETE FROM blob WHERE {unheld}", (before,))  # noqa: S608 - ours
    return Sweep(commits, len(dead), sum(row["size"] for row in dead))


def _files(hub: Hub, before: float) -> tuple[int, int]:
    count, total = 0, 0
    for name, changed in list(hub.blobs.names()):
        known = "SELECT 1 FROM blob WHERE sha256 = ?"
        if changed >= before or hub.db.read().execute(known, (name,)).fetchone():
            continue
        with hub.db.write() as db:
            if db.execute(known, (name,)).fetchone() is None:
                total += hub.blobs.remove(name)
                count += 1
    return count, total


def _forget_scans(hub: Hub) -> None:
    """Forget the hashes of files in plain folders that are gone."""
    gone = [row[0] for row in hub.db.read().execute("SELECT path FROM scan").fetchall() if not Path(row[0]).exists()]
    with hub.db.write() as db:
        db.executemany("DELETE FROM scan WHERE path = ?", [(path,) for path in gone])
