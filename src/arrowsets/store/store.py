"""A content-addressed store: folders named by a hash of how their content is made.

An entry appears whole or not at all: it exists once its manifest stands in its folder. Until then the
folder is a draft, to which any number of processes add units; work cut off by a crash goes on with the
units that are there. No step needs a lock: files appear by rename, and of two that race for one name the
first stays.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from arrowsets.errors import CorruptEntry, StoreError
from arrowsets.late import pruning
from arrowsets.record import dataclass
from arrowsets.store.disk import explained, remove_file
from arrowsets.store.draft import Draft, StoreWarning, sweep
from arrowsets.store.entry import Entry
from arrowsets.store.layout import MANIFEST, entry_path, label_path
from arrowsets.store.manifest import Manifest, RecordError, VersionError
from arrowsets.store.trust import check

__all__ = ["Store"]

_LOOKED_AT = 200
DRAFT_GRACE = 3 * 86400.0


@dataclass(frozen=True)
class Store:
    """Entries and drafts under one folder, which is made when something is first written.

    >>> import tempfile
    >>> store = Store(Path(tempfile.mkdtemp()))
    >>> with store.open("0a1b") as draft:
    ...     with draft.writing("rows-0-2.txt") as path:
    ...         _ = path.write_text("one two")
    ...     shard = draft.publish("rows-0-2.txt", path, num_rows=2)
    ...     entry = draft.commit([shard], fingerprint={}, extra={"label": "example"})
    >>> store.get("0a1b").files[0].read_text()
    'one two'
    """

    root: Path

    def __post_init__(self) -> None:
        # One spelling for one folder: leases and what is known of files are kept by path.
        object.__setattr__(self, "root", Path(self.root).expanduser().absolute())

    def get(self, key: str) -> Entry | None:
        """Return a finished entry, or None if there is none.

        An entry whose files are not what its manifest says is removed, with a warning that names the file;
        what is compared, and when, is said in `arrowsets.store.trust`.
        """
        try:
            manifest = self._inspect(key)
        except VersionError as error:
            warnings.warn(f"the entry {key!r} is not used: {error}", StoreWarning, stacklevel=2)
            return None
        if manifest is None:
            return None
        entry = Entry(self.root, key, manifest)
        entry.touch()
        return entry

    def begun(self, key: str) -> bool:
        """Tell whether there is an entry or a draft of a key, without looking into it."""
        return entry_path(self.root, key).exists()

    def open(self, key: str) -> Draft:
        """Return the draft of an entry, with the units that are finished in `finished`.

        Each unit's file is read once, to compare its checksum; a damaged one is removed, with a warning.
        """
        try:
            self._inspect(key)  # a damaged entry would keep the draft from ever being finished
        except VersionError as error:
            raise StoreError(
                f"the entry {key!r} cannot be made again: {error}; upgrade arrowsets or set ARROWSETS_CACHE"
            ) from error
        draft = Draft(self.root, key)
        draft.join()
        sweep(self.root, draft.path)
        draft.refresh()
        return draft

    def entries(self) -> Iterator[Entry]:
        """Go through the finished entries, by key."""
        return (Entry(self.root, item.key) for item in pruning.items(self.root) if item.finished)

    def drafts(self) -> Iterator[Draft]:
        """Go through the unfinished entries, by key; `refresh` reads and checks the units of one."""
        return (Draft(self.root, item.key) for item in pruning.items(self.root) if not item.finished)

    def recent(self, label: str, limit: int = 20) -> list[Manifest]:
        """Return manifests whose extra has this "label", newest first; at most 200 are looked at."""
        folder = label_path(self.root, label)
        try:
            dated = sorted(((path.stat().st_mtime_ns, path) for path in folder.iterdir()), reverse=True)
        except OSError:
            return []
        found: list[Manifest] = []
        for _, path in dated[:_LOOKED_AT]:
            if len(found) >= limit:
                break
            entry = Entry(self.root, path.name)
            try:
                found.append(entry.manifest)
            except StoreError:
                if not entry.path.exists():
                    remove_file(path)  # the entry was pruned
        return found

    def prune(
        self,
        *,
        max_bytes: int | None = None,
        older_than: float | None = None,
        drafts_older_than: float = DRAFT_GRACE,
        keep: Collection[str] = (),
        dry_run: bool = False,
    ) -> pruning.PruneReport:
        """Remove what is not needed: leftovers of dead processes in any case, then the least recently used.

        Args:
            max_bytes: What the store may hold; entries and idle drafts go until it holds no more.
            older_than: Seconds; entries not used for longer go.
            drafts_older_than: Seconds; drafts that nobody wrote to for longer go.
            keep: Keys that stay.
            dry_run: Only report what would go.
        """
        with explained(self.root, "prune"):
            return pruning.prune(
                self.root,
                max_bytes=max_bytes,
                older_than=older_than,
                drafts_older_than=drafts_older_than,
                keep=keep,
                dry_run=dry_run,
            )

    def make_room(self, max_bytes: int | None, keep: Collection[str] = ()) -> pruning.PruneReport | None:
        """Prune to a size if one is set: what a writer calls after it added an entry."""
        return None if max_bytes is None else self.prune(max_bytes=max_bytes, keep=keep)

    def remove(self, keys: Iterable[str]) -> pruning.PruneReport:
        """Remove entries and drafts by key, unless a living process uses them."""
        with explained(self.root, "prune"):
            return pruning.remove(self.root, set(keys))

    def verify(self, keys: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
        """Read entries whole; yield each key with what is wrong with it, "" for nothing."""
        chosen = self.entries() if keys is None else (Entry(self.root, key) for key in keys)
        for entry in chosen:
            problem = ""
            try:
                entry.verify()
            except StoreError as error:
                problem = str(error)
            yield entry.key, problem

    def _inspect(self, key: str) -> Manifest | None:
        """Return the manifest of a whole entry; a damaged one is removed, with a warning."""
        path = entry_path(self.root, key) / MANIFEST
        with explained(path, "read"):
            data = _content(path)
            if data is None:
                return None
            try:
                manifest = Manifest.from_bytes(data)
                check(path.parent, manifest)
            except FileNotFoundError:
                return None  # pruned while we looked
            except (RecordError, CorruptEntry) as error:
                # Not if it was pruned, and its files vanished, while we looked.
                if _content(path) == data:
                    pruning.set_aside(self.root, key, data)
                    what = error if isinstance(error, CorruptEntry) else f"{str(path)!r} cannot be read: {error}"
                    warnings.warn(f"{what}; the entry is removed and made again", StoreWarning, stacklevel=4)
                return None
        return manifest


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
