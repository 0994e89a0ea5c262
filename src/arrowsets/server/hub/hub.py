"""The hub itself, without HTTP: what ids stand for, and who may see them.

DIR/datasets/<namespace>/<name>/…   plain folders, read-only
DIR/.hub/hub.sqlite                 writable repositories
DIR/.hub/blobs/aa/<sha256>          their files
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from arrowsets.server.hub.auth import Accounts, Identity
from arrowsets.server.hub.blobs import BlobStore
from arrowsets.server.hub.database import Database
from arrowsets.server.hub.errors import conflict, forbidden, gated, repo_not_found
from arrowsets.server.hub.history import MAIN, Commit, History
from arrowsets.server.hub.names import RepoId, is_name
from arrowsets.server.hub.pulls import Pulls
from arrowsets.server.hub.readonly import LONGEST_README, Folder, Folders, Snapshot
from arrowsets.server.hub.repos import Record, Repositories
from arrowsets.server.hub.tree import Entry, Tree

__all__ = ["FolderRepository", "Hub", "Moved", "Repository", "State", "StoredRepository"]


class State(Protocol):
    """A commit with its files."""

    @property
    def commit(self) -> Commit:
        """The commit."""

    @property
    def tree(self) -> Tree:
        """Its files."""

    def open(self, path: str) -> BinaryIO:
        """Open a file that is in the tree."""


class Repository(Protocol):
    """A repository of either kind, as far as reading goes."""

    id: RepoId
    private: bool
    gated: str
    writable: bool

    def at(self, revision: str) -> State:
        """Return a commit."""

    def refs(self) -> dict[str, str]:
        """Return commits by full name of refs."""

    def log(self, oid: str, limit: int) -> list[Commit]:
        """Return a commit and those before it."""

    def last_changes(self, state: State, paths: Sequence[str]) -> dict[str, Commit]:
        """Return the last commit that changed each path."""

    def glance(self) -> Glance:
        """Return what is cheap to know."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a list of repositories shows of one.

    Attributes:
        sha: None for a plain folder that was not hashed yet.
    """

    sha: str | None
    modified: float
    created: float
    readme: str | None


@dataclass(frozen=True, slots=True)
class FolderState:
    """A plain folder at some moment."""

    folder: Folder
    snapshot: Snapshot

    @property
    def commit(self) -> Commit:
        """The commit."""
        return self.snapshot.commit

    @property
    def tree(self) -> Tree:
        """Its files."""
        return self.snapshot.tree

    def open(self, path: str) -> BinaryIO:
        """Open a file that is in the tree."""
        return self.folder.open(self.snapshot, path)


class FolderRepository:
    """A plain folder: public, read-only."""

    private, gated, writable = False, "", False

    def __init__(self, folder: Folder) -> None:
        self.id, self._folder = folder.id, folder

    def at(self, revision: str) -> State:
        """Return a commit."""
        return FolderState(self._folder, self._folder.at(revision))

    def refs(self) -> dict[str, str]:
        """Return commits by full name of refs."""
        return {MAIN: self._folder.newest().commit.oid}

    def log(self, oid: str, limit: int) -> list[Commit]:  # noqa: ARG002 - there is only one
        """Return a commit and those before it."""
        return [self._folder.at(oid).commit]

    def last_changes(self, state: State, paths: Sequence[str]) -> dict[str, Commit]:
        """Return the last commit that changed each path."""
        return dict.fromkeys(paths, state.commit)

    def glance(self) -> Glance:
        """Return what is cheap to know."""
        return Glance(*self._folder.peek())


@dataclass(frozen=True, slots=True)
class StoredState:
    """A commit of a writable repository."""

    commit: Commit
    tree: Tree
    blobs: BlobStore

    def open(self, path: str) -> BinaryIO:
        """Open a file that is in the tree."""
        entry: Entry = self.tree.entries[path]
        return self.blobs.path(entry.sha256).open("rb")


class StoredRepository:
    """A writable repository."""

    writable = True

    def __init__(self, record: Record, history: History, blobs: BlobStore) -> None:
        self.record, self.id, self.private, self.gated = record, record.id, record.private, record.gated
        self.key = record.key
        self._history, self._blobs = history, blobs

    def at(self, revision: str) -> State:
        """Return a commit."""
        commit = self._history.resolve(self.key, revision)
        return StoredState(commit, self._history.tree(commit), self._blobs)

    def refs(self) -> dict[str, str]:
        """Return commits by full name of refs."""
        return self._history.refs(self.key)

    def log(self, oid: str, limit: int) -> list[Commit]:
        """Return a commit and those before it."""
        return self._history.log(self.key, oid, limit)

    def last_changes(self, state: State, paths: Sequence[str]) -> dict[str, Commit]:
        """Return the last commit that changed each path."""
        return self._history.last_changes(self.key, state.commit, paths, state.tree)

    def glance(self) -> Glance:
        """Return what is cheap to know."""
        commit = self._history.resolve(self.key, MAIN)
        entry = self._history.forest.root_entry(commit.tree, "README.md")
        readme = None
        if entry is not None and entry.size <= LONGEST_README:
            readme = self._blobs.path(entry.sha256).read_text("utf-8", "replace")
        return Glance(commit.oid, self.record.updated, self.record.created, readme)


class Moved(Exception):
    """The repository has another id than the one that was asked for."""

    def __init__(self, target: RepoId) -> None:
        super().__init__(str(target))
        self.target = target


class Hub:
    """Everything under a directory."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        state = self.directory / ".hub"
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.db = Database(state / "hub.sqlite")
        self.blobs = BlobStore(state)
        self.accounts = Accounts(self.db)
        self.repos = Repositories(self.db)
        self.history = History(self.db, self.blobs)
        self.pulls = Pulls(self.db, self.history)
        self.folders = Folders(self.directory, self.db)

    def find(self, text: str, caller: Identity) -> Repository:
        """Return the repository of an id that the caller may know of.

        Raises:
            Moved: It was renamed, or a bare name stands for it.
            HubError: There is none, or the caller may not know; the answer is the same.
        """
        namespace, slash, name = text.partition("/")
        if not slash:
            raise Moved(self._bare(text, caller))
        if not is_name(namespace) or not is_name(name):
            raise repo_not_found(caller.anonymous)
        ident = RepoId(namespace, name)
        record = self.repos.get(ident) or self.repos.redirected(ident)
        if record is not None:
            if not self.sees(record, caller):
                raise repo_not_found(caller.anonymous)
            return self._exact(StoredRepository(record, self.history, self.blobs), ident)
        folder = self.folders.get(ident)
        if folder is None:
            raise repo_not_found(caller.anonymous)
        return self._exact(FolderRepository(folder), ident)

    @staticmethod
    def _exact(repo: Repository, asked: RepoId) -> Repository:
        if repo.id != asked:
            raise Moved(repo.id)
        return repo

    def _bare(self, name: str, caller: Identity) -> RepoId:
        """Return what a name without a namespace stands for: the caller's own, else the only one that it may see."""
        if not is_name(name):
            raise repo_not_found(caller.anonymous)
        found = [record.id for record in self.repos.named(name) if self.sees(record, caller)]
        found += [ident for ident in self.folders.ids() if ident.name.lower() == name.lower() and ident not in found]
        own = [ident for ident in found if ident.namespace.lower() == caller.user.lower()]
        if len(own) == 1 or len(found) == 1:
            return (own or found)[0]
        raise repo_not_found(caller.anonymous)

    def sees(self, record: Record, caller: Identity) -> bool:
        """Return whether a caller may know of a repository."""
        return not record.private or caller.owns(record.id.namespace)

    def reads(self, record: Record, caller: Identity) -> bool:
        """Return whether a caller may have the content of a repository."""
        if not self.sees(record, caller):
            return False
        if not record.gated or caller.owns(record.id.namespace):
            return True
        return not caller.anonymous and self.repos.access(record.key, caller.user) == "accepted"

    def content(self, text: str, caller: Identity) -> Repository:
        """Return the repository of an id whose content the caller may have."""
        repo = self.find(text, caller)
        if isinstance(repo, StoredRepository) and not self.reads(repo.record, caller):
            raise gated(caller.anonymous, str(repo.id))
        return repo

    def writable(self, text: str, caller: Identity) -> StoredRepository:
        """Return the repository of an id that the caller may change."""
        repo = self.find(text, caller)
        if not isinstance(repo, StoredRepository):
            raise forbidden(f"{repo.id} is a plain folder, served read-only: change its files where they lie")
        if caller.anonymous:
            raise repo_not_found(anonymous=True)
        if not caller.writes(repo.id.namespace):
            raise forbidden(_refusal(caller, repo.id.namespace))
        return repo

    def proposable(self, text: str, caller: Identity) -> StoredRepository:
        """Return the repository of an id that the caller may open a pull request in."""
        repo = self.content(text, caller)
        if not isinstance(repo, StoredRepository):
            raise forbidden(f"{repo.id} is a plain folder, served read-only: change its files where they lie")
        if caller.anonymous:
            raise repo_not_found(anonymous=True)
        if caller.role != "write":
            raise forbidden(_refusal(caller, repo.id.namespace))
        return repo

    def readable_key(self, key: int, caller: Identity) -> bool:
        """Return whether a caller may have the content of the repository with a key."""
        record = self.repos.by_key(key)
        return record is not None and self.reads(record, caller)

    def create(self, ident: RepoId, caller: Identity, *, private: bool) -> Record:
        """Make a repository."""
        self.may_use(ident.namespace, caller)
        if self.folders.get(ident) is not None:
            raise conflict(f"{ident} exists already, as a plain folder")
        with self.db.write() as db:
            record = self.repos.insert(db, ident, private=private)
            self.history.begin(db, record.key, caller.user)
        return record

    def move(self, source: StoredRepository, target: RepoId, caller: Identity) -> None:
        """Give a repository another id."""
        self.may_use(target.namespace, caller)
        if self.folders.get(target) is not None:
            raise conflict(f"{target} exists already, as a plain folder")
        self.repos.move(source.record, target)

    def may_use(self, namespace: str, caller: Identity) -> None:
        """Refuse a caller that may not make repositories in a namespace."""
        if caller.anonymous:
            raise repo_not_found(anonymous=True)
        if not caller.writes(namespace):
            raise forbidden(_refusal(caller, namespace))

    def visible(self, caller: Identity) -> list[Repository]:
        """Return all repositories that a caller may know of, the last changed first; then the folders."""
        records = [record for record in self.repos.all() if self.sees(record, caller)]
        stored: list[Repository] = [StoredRepository(record, self.history, self.blobs) for record in records]
        taken = {str(repo.id).lower() for repo in stored}
        folders = (self.folders.get(ident) for ident in self.folders.ids() if str(ident).lower() not in taken)
        return stored + [FolderRepository(folder) for folder in folders if folder is not None]

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refusal(caller: Identity, namespace: str) -> str:
    if caller.role != "write":
        return "this token can only read: make one with `arrowsets hub token create --role write`"
    return f"{caller.user} does not belong to the namespace {namespace!r} and cannot write there"
