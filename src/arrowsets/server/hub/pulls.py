"""Pull requests: a ref `refs/pr/N` that begins at a branch, and is merged into it file by file."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from arrowsets.server.hub.database import Database
from arrowsets.server.hub.errors import HubError, bad_request, conflict
from arrowsets.server.hub.history import Commit, Draft, History
from arrowsets.server.hub.tree import Change

__all__ = ["Event", "Pull", "Pulls"]


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request.

    Attributes:
        status: "draft", "open", "closed" or "merged".
        base: The full name of the branch that it wants to change.
        start: The commit at which it began.
        merged: The commit that merged it.
    """

    number: int
    title: str
    author: str
    status: str
    created: float
    base: str
    start: str
    merged: str | None

    @property
    def ref(self) -> str:
        """The ref that holds its commits."""
        return f"refs/pr/{self.number}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a pull request: a comment, or a change of its status or title (JSON of both titles)."""

    id: int
    kind: str
    author: str
    date: float
    text: str

    @property
    def shown(self) -> str:
        """What people read."""
        return f"renamed to {json.loads(self.text)['to']!r}" if self.kind == "title-change" else self.text


class Pulls:
    """The pull requests of all repositories."""

    def __init__(self, db: Database, history: History) -> None:
        self._db, self._history = db, history

    def create(
        self, repo: int, author: str, title: str, text: str, *, start: str = "main", draft: bool = False
    ) -> Pull:
        """Open a pull request."""
        base = self._history.branch(repo, start)
        commit = self._history.resolve(repo, base)
        with self._db.write() as db:
            number = 1 + db.execute("SELECT coalesce(max(number), 0) FROM pull WHERE repo = ?", (repo,)).fetchone()[0]
            pull = Pull(number, title, author, "draft" if draft else "open", time.time(), base, commit.oid, None)
            row = (repo, number, title, author, pull.status, pull.created, base, commit.oid, None)
            db.execute("INSERT INTO pull VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            db.execute("INSERT INTO ref VALUES (?, ?, ?)", (repo, pull.ref, commit.oid))
            self._add_event(db, repo, number, "comment", author, text)
        return pull

    def withdraw(self, repo: int, ref: str) -> None:
        """Undo the opening of a pull request whose first commit was refused."""
        number = int(ref.removeprefix("refs/pr/"))
        with self._db.write() as db:
            db.execute("DELETE FROM ref WHERE repo = ? AND name = ?", (repo, ref))
            db.execute("DELETE FROM event WHERE repo = ? AND number = ?", (repo, number))
            db.execute("DELETE FROM pull WHERE repo = ? AND number = ?", (repo, number))

    def get(self, repo: int, number: int) -> Pull:
        """Return a pull request."""
        row = self._db.read().execute("SELECT * FROM pull WHERE repo = ? AND number = ?", (repo, number)).fetchone()
        if row is None:
            raise HubError(404, f"there is no pull request {number}")
        return _pull(row)

    def all(self, repo: int) -> list[Pull]:
        """Return all pull requests, newest first."""
        rows = self._db.read().execute("SELECT * FROM pull WHERE repo = ? ORDER BY number DESC", (repo,))
        return [_pull(row) for row in rows]

    def events(self, repo: int, number: int) -> list[Event]:
        """Return what happened to a pull request."""
        found = "SELECT id, kind, author, date, text FROM event WHERE repo = ? AND number = ? ORDER BY id"
        return [Event(*row) for row in self._db.read().execute(found, (repo, number))]

    def comment(self, repo: int, number: int, author: str, text: str) -> Event:
        """Add a comment."""
        self.get(repo, number)
        with self._db.write() as db:
            return self._add_event(db, repo, number, "comment", author, text)

    def rename(self, repo: int, number: int, author: str, title: str) -> Event:
        """Give a pull request another title."""
        change = json.dumps({"from": self.get(repo, number).title, "to": title})
        with self._db.write() as db:
            db.execute("UPDATE pull SET title = ? WHERE repo = ? AND number = ?", (title, repo, number))
            return self._add_event(db, repo, number, "title-change", author, change)

    def set_status(self, repo: int, number: int, author: str, status: str) -> Event:
        """Close a pull request, or open it again."""
        pull = self.get(repo, number)
        if status not in ("open", "closed") or pull.status == "merged":
            raise bad_request(f"a pull request that is {pull.status} cannot become {status!r}")
        with self._db.write() as db:
            db.execute("UPDATE pull SET status = ? WHERE repo = ? AND number = ?", (status, repo, number))
            return self._add_event(db, repo, number, "status-change", author, status)

    def conflicts(self, repo: int, pull: Pull) -> list[str]:
        """Return the files that the pull request changes and somebody else changed since it began."""
        start, base, head = (
            self._history.tree(self._history.resolve(repo, ref)) for ref in (pull.start, pull.base, pull.ref)
        )
        ours, theirs = set(start.changed(head)), set(start.changed(base))
        return sorted(path for path in ours & theirs if head.entries.get(path) != base.entries.get(path))

    def merge(self, repo: int, number: int, author: str, readable: Callable[[int], bool]) -> Commit:
        """Apply what a pull request changed to its branch, as one commit."""
        pull = self.get(repo, number)
        if pull.status not in ("open", "draft"):
            raise bad_request(f"pull request {number} is {pull.status} already")
        if files := self.conflicts(repo, pull):
            raise conflict(f"pull request {number} conflicts with {pull.base} in {', '.join(files[:5])}")
        base = self._history.resolve(repo, pull.base)
        start, now, head = (
            self._history.tree(commit)
            for commit in (self._history.resolve(repo, pull.start), base, self._history.resolve(repo, pull.ref))
        )
        paths = [path for path in start.changed(head) if head.entries.get(path) != now.entries.get(path)]
        changes = [Change(path, head.entries.get(path)) for path in paths]
        draft = Draft(author, f"{pull.title} (#{number})", parent=base.oid, changes=list(changes))
        commit = self._history.commit(repo, pull.base, draft, readable)
        with self._db.write() as db:
            update = "UPDATE pull SET status = 'merged', merged = ? WHERE repo = ? AND number = ?"
            db.execute(update, (commit.oid, repo, number))
            self._add_event(db, repo, number, "status-change", author, "merged")
        return commit

    @staticmethod
    def _add_event(db: sqlite3.Connection, repo: int, number: int, kind: str, author: str, text: str) -> Event:
        count = db.execute("SELECT count(*) FROM event WHERE repo = ? AND number = ?", (repo, number)).fetchone()[0]
        event = Event(count + 1, kind, author, time.time(), text)
        db.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", (repo, number, event.id, kind, author, event.date, text)
        )
        return event


def _pull(row: sqlite3.Row) -> Pull:
    return Pull(
        row["number"],
        row["title"],
        row["author"],
        row["status"],
        row["created"],
        row["base"],
        row["start"],
        row["merged"],
    )
