"""Unfinished entries: a journal of units, each of which is there whole or not at all.

A unit is written under a temporary name, renamed into the entry's folder, and then recorded in `journal/`.
The file's name holds its checksum, so two processes that make the same unit never write different bytes
under one name; the record, written second, decides which file is the unit. The first record stands.
"""

from __future__ import annotations

import itertools
import os
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

from arrowsets.errors import StoreError
from arrowsets.store.disk import checksum as checksum_of
from arrowsets.store.disk import create, explained, remove_file, remove_tree, replace, write_whole
from arrowsets.store.entry import Entry
from arrowsets.store.layout import (
    CLAIMS,
    JOURNAL,
    MANIFEST,
    TMP,
    TRUSTED,
    USED,
    check_name,
    entry_path,
    label_path,
    to_trash,
)
from arrowsets.store.lease import Pin, current, living, pinned
from arrowsets.store.manifest import Manifest, RecordError, ShardRecord, decode, encode
from arrowsets.store.trust import differs, scan, trust

__all__ = ["Draft", "StoreWarning", "tidy"]

_SHOWN = 16  # hex digits of the checksum in a file's name
_RETRIES = 5
_serial = itertools.count()

T = TypeVar("T")


class StoreWarning(UserWarning):
    """A stored file was not what was written, and has been set aside."""


class Draft:
    """An entry being made, by any number of processes at once; `Store.open` returns it.

    It pickles as a path: a copy in a worker process writes units, and knows only those that it wrote or
    looked up.

    Attributes:
        key: The hash of how the entry is made.
        path: Its folder.
    """

    def __init__(self, root: Path, key: str) -> None:
        self.root, self.key = root, key
        self.path = entry_path(root, key)
        self._finished: dict[str, ShardRecord] = {}
        self._folder: _Folder | None = None

    @property
    def finished(self) -> Mapping[str, ShardRecord]:
        """The units that are there already, by name: found by `refresh`, and published here."""
        return MappingProxyType(self._finished)

    def refresh(self) -> Mapping[str, ShardRecord]:
        """Look for units that were finished since, by anybody; a damaged one is removed, with a warning."""
        with explained(self.path, "read"):
            found = [path for path in _listed(self.path / JOURNAL) if path.stem not in self._finished]
            if not found:
                return self.finished
            with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
                for path, (record, problem) in zip(found, threads.map(self._examine, found), strict=True):
                    if record is not None and not problem:
                        self._finished[path.stem] = record
                    elif problem and not (self.path / MANIFEST).exists():
                        self._drop(path, record, problem)
        return self.finished

    def temporary(self, name: str) -> Path:
        """Return a new path to write a unit to, in a folder that only this process writes to."""
        check_name(name)
        with explained(self.path, "write to"):
            return self._own_folder() / f"{next(_serial)}-{name}"

    @contextmanager
    def writing(self, name: str, needed: int | None = None) -> Iterator[Path]:
        """Give a temporary path to a block that writes it; if the block fails the file is removed.

        A full disk, a missing permission and their like come out as `StoreError`.

        Args:
            needed: Bytes that will be written, where that is known; for the message.
        """
        path = self.temporary(name)
        try:
            with explained(path, "write", needed):
                yield path
        except BaseException:
            remove_file(path)
            raise

    def publish(
        self,
        name: str,
        path: Path,
        *,
        num_rows: int,
        extra: Mapping[str, Any] | None = None,
        batches: Sequence[int] = (),
        checksum: str | None = None,
    ) -> ShardRecord:
        """Make a written file a unit, and return its record: that of another process, if one was faster.

        Args:
            path: From `temporary`. It is gone afterwards.
            checksum: xxh3_128 of the file, if the writer took it along the way.
        """
        check_name(name)
        if standing := self.find(name):
            remove_file(path)
            return standing
        with explained(path, "publish"):
            size = path.stat().st_size
            digest = checksum if checksum is not None else checksum_of(path)
            record = ShardRecord(_file_name(name, digest), num_rows, size, digest, tuple(batches), dict(extra or {}))
            # As JSON gives it back, so that it is the same to those who find it later.
            data = encode(record.to_json())
            record = ShardRecord.from_json(decode(data))
            self._place(path, record)
            return self._record(name, record, data)

    def find(self, name: str) -> ShardRecord | None:
        """Return the record of a unit if it is finished, by this process or another."""
        record = self._standing(name)
        if record is None:
            self._finished.pop(name, None)
        else:
            self._finished[name] = record
        return record

    def claim(self, name: str) -> bool:
        """Ask to make a unit; False while a living process other than this one does.

        Claims spare work and nothing depends on them: a unit made twice is kept once.
        """
        claim = self.path / CLAIMS / check_name(name)
        with suppress(OSError):
            lease = current(self.root)
            claim.parent.mkdir(parents=True, exist_ok=True)
            try:
                with claim.open("x", encoding="ascii") as file:
                    file.write(lease.id)
            except FileExistsError:
                holder = claim.read_text(encoding="ascii")
                if holder != lease.id and holder in living(self.root):
                    return False
                claim.write_text(lease.id, encoding="ascii")
        return True

    def committed(self) -> Entry | None:
        """Return the entry if another process has finished it; its units may then be gone."""
        return Entry(self.root, self.key) if (self.path / MANIFEST).exists() else None

    def commit(
        self,
        shards: Sequence[ShardRecord],
        fingerprint: Mapping[str, Any],
        extra: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Finish the entry with these shards; what is not among them is removed.

        If another process finished it first, its entry is returned and these shards are dropped.

        Raises:
            StoreError: if a shard is missing.
        """
        data = Manifest(self.key, tuple(shards), dict(fingerprint), dict(extra or {})).to_bytes()
        manifest = Manifest.from_bytes(data)
        ours = self.committed() is None and self._complete(manifest) and self._stand(data)
        self.close()
        if ours:
            trust(self.path, manifest)
            self._label(manifest)
        tidy(self.root, self.key)
        return Entry(self.root, self.key, manifest if ours else None)

    def close(self) -> None:
        """Remove what this process has not finished; units stay, for the next that opens the draft."""
        if self._folder and self._folder.pid == os.getpid():
            self._folder.remove()
        self._folder = None

    def discard(self) -> None:
        """Drop the draft and its units, unless others work on it or it is finished."""
        self.close()
        self._finished.clear()
        if not (self.path / MANIFEST).exists() and self.key not in pinned(self.root):
            trash = to_trash(self.root, self.path)
            remove_tree(trash or self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Draft({str(self.path)!r}, {len(self._finished)} units)"

    def __reduce__(self) -> tuple[object, ...]:
        return Draft, (self.root, self.key)

    def join(self) -> None:
        """Show the others that this process works on the draft."""
        with explained(self.path, "write to"):
            self._own_folder()

    def _own_folder(self) -> Path:
        """Return a folder for this object alone: another thread may close its own draft at any time."""
        if self._folder is None or self._folder.pid != os.getpid():
            self._folder = _Folder(self.root, self.key)
        return _made(self._folder.path)

    def _journal(self, name: str) -> Path:
        return self.path / JOURNAL / f"{name}.json"

    def _standing(self, name: str) -> ShardRecord | None:
        try:
            record = ShardRecord.from_json(decode(self._journal(name).read_bytes()))
            size = (self.path / record.name).stat().st_size
        except (OSError, RecordError):
            return None
        return record if size == record.num_bytes else None

    def _examine(self, path: Path) -> tuple[ShardRecord | None, str]:
        """Return a journal's record and what is wrong with it or its file; (None, "") if it is gone."""
        try:
            record = ShardRecord.from_json(decode(path.read_bytes()))
        except FileNotFoundError:
            return None, ""
        except RecordError as error:
            return None, f"{str(path)!r} cannot be read: {error}"
        return record, differs(self.path, record)

    def _drop(self, journal: Path, record: ShardRecord | None, problem: str) -> None:
        remove_file(journal)
        if record is not None:
            remove_file(self.path / record.name)
        warnings.warn(f"{problem}; it is made again", StoreWarning, stacklevel=4)

    def _place(self, path: Path, record: ShardRecord) -> None:
        """Give a written file its name; what stands there has the same bytes, or is torn: replace it."""
        target = self.path / record.name
        try:
            replace(path, target)
        except PermissionError:
            # Windows, and somebody reads it: then it is whole if it is what it should be.
            if differs(self.path, record):
                raise
            remove_file(path)

    def _record(self, name: str, record: ShardRecord, data: bytes) -> ShardRecord:
        journal = self._journal(name)
        while not self._create(journal, data):
            if standing := self._standing(name):
                if standing.name != record.name:
                    remove_file(self.path / record.name)
                record = standing
                break
            # What stands there is torn, or another process has finished the entry and removes its journal meanwhile.
            with suppress(FileNotFoundError):
                write_whole(journal, data)
                break
        remove_file(self.path / CLAIMS / name)
        self._finished[name] = record
        return record

    def _create(self, target: Path, data: bytes) -> bool:
        """Write a small file unless it is there; tell whether it was not."""
        text = self._own_folder() / f"{next(_serial)}-text"
        try:
            return _persistently(lambda: self._link(text, data, target))
        finally:
            remove_file(text)

    def _link(self, text: Path, data: bytes, target: Path) -> bool:
        text.write_bytes(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        return create(text, target)

    def _complete(self, manifest: Manifest) -> bool:
        """Tell whether all shards are there; False if somebody else committed and removed them."""
        with explained(self.path, "read"):
            stats = scan(self.path)
        for shard in manifest.shards:
            stat = stats.get(shard.name)
            if stat is None or stat.st_size != shard.num_bytes:
                if (self.path / MANIFEST).exists():
                    return False
                raise StoreError(f"cannot commit {str(self.path)!r}: {differs(self.path, shard)}; publish it again")
        return True

    def _stand(self, data: bytes) -> bool:
        with explained(self.path / MANIFEST, "write", len(data)):
            return self._create(self.path / MANIFEST, data)

    def _label(self, manifest: Manifest) -> None:
        label = manifest.extra.get("label")
        if isinstance(label, str):
            # Only a help to find earlier work: never a reason to fail.
            with suppress(OSError):
                folder = label_path(self.root, label)
                folder.mkdir(parents=True, exist_ok=True)
                (folder / self.key).touch()


class _Folder:
    """Where one draft object writes, gone with it; as long as it is there, the draft is pinned."""

    def __init__(self, root: Path, key: str) -> None:
        self.pid = os.getpid()
        self.path = entry_path(root, key) / TMP / f"{current(root).id}.{next(_serial)}"
        self._pin = Pin(root, key)
        self._remove = weakref.finalize(self, _remove_folder, self.path, self.pid)

    def remove(self) -> None:
        self._remove()
        self._pin.release()


def _remove_folder(path: Path, pid: int) -> None:
    # A forked child has a copy of the object, and must not clean up for the parent.
    if pid == os.getpid():
        remove_tree(path)
        with suppress(OSError):
            path.parent.rmdir()


def tidy(root: Path, key: str) -> int:
    """Remove what a finished entry does not name, sparing living writers; return the bytes freed."""
    folder = entry_path(root, key)
    try:
        manifest = Manifest.from_bytes((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return 0
    kept = {shard.name for shard in manifest.shards} | {MANIFEST, TRUSTED, USED}
    freed = 0
    for name, stat in scan(folder).items():
        if name not in kept and remove_file(folder / name):
            freed += stat.st_size
    for name in (JOURNAL, CLAIMS):
        remove_tree(folder / name)
    return freed + sweep(root, folder)


def sweep(root: Path, folder: Path, leases: Mapping[str, object] | None = None) -> int:
    """Remove the temporary files of dead writers; return the bytes freed."""
    try:
        writers = list((folder / TMP).iterdir())
    except OSError:
        return 0
    alive = living(root) if leases is None else leases
    freed = 0
    for writer in writers:
        if _holder(writer.name) not in alive:
            freed += sum(stat.st_size for stat in scan(writer).values())
            remove_tree(writer)
    with suppress(OSError):
        (folder / TMP).rmdir()
    return freed


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return []


def _made(folder: Path) -> Path:
    _persistently(lambda: folder.mkdir(parents=True, exist_ok=True))
    return folder


def _persistently(attempt: Callable[[], T]) -> T:
    """Do what needs folders that others, who finish the entry, may be removing at this moment."""
    for _ in range(_RETRIES):
        # mkdir says that a folder exists which is gone when it looks.
        with suppress(FileNotFoundError, FileExistsError):
            return attempt()
    return attempt()


def _holder(writer: str) -> str:
    return writer.partition(".")[0]


def _file_name(name: str, digest: str) -> str:
    path = Path(name)
    return f"{path.stem}-{digest[:_SHOWN]}{path.suffix}"
