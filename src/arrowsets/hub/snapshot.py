"""A dataset on a hub as it was at one commit: which files it has, and their bytes.

Finding that out takes one request for the commit and one for the list of all files; what a commit has never changes, so
the list is kept, and a revision that is a commit takes no request at all the second time.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from arrowsets.config import settings
from arrowsets.errors import BadData, HubError, OfflineError, RevisionNotFound
from arrowsets.files import DataFile
from arrowsets.files.listing import Directory, Stored
from arrowsets.hub.access import Access
from arrowsets.hub.cache import HubCache, StoredFile, canonical, is_safe, note_canonical
from arrowsets.hub.ids import DEFAULT_REVISION, HubId, hub_url, is_commit, is_hub_id
from arrowsets.hub.origin import HubOrigin
from arrowsets.hub.refusals import Unreachable
from arrowsets.record import dataclass

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo

__all__ = ["Snapshot", "SnapshotTree", "ask_snapshot", "open_snapshot"]

T = TypeVar("T")
logger = logging.getLogger("arrowsets")

# Who has a copy waits no longer than this for a hub that is silent.
PATIENCE: Final = 1.5
SILENCE: Final = 10.0


@dataclass(frozen=True)
class Snapshot:
    """The files of a dataset at a commit; a tree of files, as patterns need it.

    Attributes:
        name: The id that the hub knows it by now.
        commit: The commit.
        files: All files by their paths.
    """

    name: str
    commit: str
    files: Mapping[str, StoredFile]
    access: Access
    cache: HubCache

    @property
    def url(self) -> str:
        """The URL of its root."""
        return hub_url(self.name, self.commit)

    def origin(self, path: str) -> HubOrigin:
        """Return who gives the bytes of a file."""
        return HubOrigin(self.access, self.cache, self.commit, path, self.files[path])

    def read_text(self, path: str) -> str | None:
        """Return the text of a file, which is then cached; None if there is none.

        Raises:
            BadData: if it is not UTF-8.
        """
        if path not in self.files:
            return None
        try:
            # Not `read_text`, which would make one newline of all kinds: a card is written back as it was.
            return Path(self.origin(path).fetch()).read_bytes().decode()
        except UnicodeDecodeError as error:
            raise BadData(f"not UTF-8: {error}", file=f"{self.url}/{path}") from error

    @property
    def tree(self) -> SnapshotTree:
        """The files as patterns look for them."""
        return SnapshotTree(self)


class SnapshotTree:
    """The files of a snapshot by directory; paths are URLs without their scheme."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.root = snapshot.url.removeprefix("hf://")
        self._directories: dict[str, tuple[dict[str, Stored], dict[str, None]]] = {self.root: ({}, {})}
        for path, file in snapshot.files.items():
            self._add(f"{self.root}/{path}", Stored(file.size, file.etag))

    def _add(self, path: str, stored: Stored) -> None:
        parent, _, name = path.rpartition("/")
        self._directories.setdefault(parent, ({}, {}))[0][name] = stored
        while parent != self.root:
            above, _, name = parent.rpartition("/")
            self._directories.setdefault(above, ({}, {}))[1][name] = None
            parent = above

    def scan(self, path: str) -> Directory:
        """List a directory; one that is absent is empty."""
        files, directories = self._directories.get(path.rstrip("/"), ({}, {}))
        return Directory(files, tuple(directories))

    def file(self, path: str) -> Stored | None:
        """Return what is known of one file; None for what is no file."""
        parent, _, name = path.rpartition("/")
        return self._directories.get(parent, ({}, {}))[0].get(name)

    def prepare(self, path: str) -> None:
        """Do nothing: all is known."""

    def url(self, path: str) -> str:
        """Return the full URL of a path."""
        return f"hf://{path}"

    def data_file(self, path: str, stored: Stored) -> DataFile:
        """Return a file that was found."""
        inner = path.removeprefix(f"{self.root}/")
        return DataFile(self.url(path), stored.size, stored.etag, origin=self._snapshot.origin(inner))


def open_snapshot(given: HubId, access: Access) -> Snapshot:
    """Find out what an id means now.

    If the hub does not answer, what it said the last time serves, with a warning. A refusal is never passed over: a
    token that ended, or a dataset that was made private, is an error though there may be a copy.

    Raises:
        OfflineError: in offline mode, if it was never asked for before.
        RepositoryNotFound, GatedRepository, BadToken, RevisionNotFound: what the hub refuses.
    """
    revision = given.revision or DEFAULT_REVISION
    if not is_safe(revision):
        raise RevisionNotFound(f"{revision!r} is no name of a branch, tag or commit")
    cache = _cache(canonical(_aliases(access), given.name))
    known = revision if is_commit(revision) else cache.commit(revision)
    if is_commit(revision) and (files := cache.tree(revision)) is not None:
        return Snapshot(cache.name, revision, files, access, cache)
    if settings().offline:
        return _cached(given, revision, known, cache, access)
    try:
        has_copy = known is not None and _files(cache, known) is not None
        return ask_snapshot(given.name, revision, access, has_copy=has_copy)
    except Unreachable as error:
        files = None if known is None else _files(cache, known)
        if known is None or files is None:
            raise
        logger.warning("%s; using the copy of commit %s that was fetched earlier", error, known[:8])
        return Snapshot(cache.name, known, files, access, cache)


def ask_snapshot(name: str, revision: str | None, access: Access, *, has_copy: bool = False) -> Snapshot:
    """Ask the hub what a revision is now.

    Args:
        has_copy: There is something to fall back on: it is asked once, and not for long.
    """
    revision = revision or DEFAULT_REVISION
    info = (_soon if has_copy else _info)(access, name, revision)
    commit, found = info.sha or "", info.id or name
    # Both become names of files here.
    if not is_commit(commit) or not is_hub_id(found) or "@" in found:
        raise HubError(f"{access.endpoint} answered for {name!r} with a commit {commit!r} of {found!r}, which is none")
    cache = _cache(found)
    if cache.name != name:
        note_canonical(_aliases(access), name, cache.name)
    files = cache.tree(commit)
    if files is None:
        # Not under the revision: a branch may have moved on since.
        request = partial(_understood, access, name, partial(_listed, access, cache.name, commit))
        entries = access.ask(cache.name, request, revision=revision)
        cache.note_tree(commit, entries)
        files = cache.tree(commit) or {}
    if not is_commit(revision):
        cache.note_commit(revision, commit)
    return Snapshot(cache.name, commit, files, access, cache)


def _info(access: Access, name: str, revision: str, wait: float = SILENCE, attempts: int | None = None) -> DatasetInfo:
    request = partial(
        _understood, access, name, partial(access.api.dataset_info, name, revision=revision, timeout=wait)
    )
    return access.ask(name, request, revision=revision, attempts=attempts)


def _understood(access: Access, name: str, request: Callable[[], T]) -> T:
    """Send a request whose answer may be of something else than a hub: a page to log in to a network, say."""
    try:
        return request()
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable(
            f"{access.endpoint} did not answer as a hub does when asked for {name!r} ({type(error).__name__}: {error}); "
            "if that is no hub, correct HF_ENDPOINT"
        ) from error


def _soon(access: Access, name: str, revision: str) -> DatasetInfo:
    """Ask once, in a thread: no timeout of a client ends a name that is looked up, or an answer that comes in drops."""
    begun = time.monotonic()
    # Importing the client takes of the time, but may not take all of it.
    _ = access.api
    wait = max(PATIENCE - (time.monotonic() - begun), PATIENCE / 2)
    answer: Future[DatasetInfo] = Future()
    request = partial(_info, access, name, revision, wait, attempts=1)
    threading.Thread(target=_fulfil, args=(answer, request), name="arrowsets-hub", daemon=True).start()
    try:
        return answer.result(wait)
    except TimeoutError as error:
        raise Unreachable(f"{access.endpoint} did not answer within {wait:.1f} s when asked for {name!r}") from error


def _fulfil(promise: Future[Any], request: Callable[[], Any]) -> None:
    try:
        promise.set_result(request())
    except BaseException as error:  # noqa: BLE001 - raised where the result is waited for
        promise.set_exception(error)


def _listed(access: Access, name: str, commit: str) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for item in access.api.list_repo_tree(name, recursive=True, revision=commit, repo_type="dataset"):
        blob = getattr(item, "blob_id", None)
        if blob is None:
            continue
        if not is_safe(item.path):
            raise HubError(f"{access.endpoint} lists a file {item.path!r} in {name!r}, which is no path in a dataset")
        entry: dict[str, Any] = {"size": getattr(item, "size", None), "blob_id": blob}
        if (lfs := getattr(item, "lfs", None)) is not None:
            entry |= {"lfs_sha256": lfs.sha256, "lfs_size": lfs.size}
        if xet := getattr(item, "xet_hash", None):
            entry["xet_hash"] = xet
        entries[item.path] = entry
    return entries


def _cached(given: HubId, revision: str, commit: str | None, cache: HubCache, access: Access) -> Snapshot:
    files = None if commit is None else _files(cache, commit)
    if commit is None or files is None:
        raise OfflineError(
            f"{given.name!r} at {revision!r} was never fetched to {str(cache.folder)!r}, and offline mode is on "
            "(HF_HUB_OFFLINE)"
        )
    return Snapshot(cache.name, commit, files, access, cache)


def _files(cache: HubCache, commit: str) -> dict[str, StoredFile] | None:
    """Return the files of a commit, as they were listed or as some library fetched them."""
    listed = cache.tree(commit)
    return listed if listed is not None else cache.found(commit) or None


def _cache(name: str) -> HubCache:
    return HubCache(settings().hub_cache, name)


def _aliases(access: Access) -> Path:
    place = access.endpoint.partition("://")[2].replace("/", "_").replace(":", "_")
    return settings().cache_dir / "hub" / "ids" / place
