"""Pruning: what is removed from a store, in which order, and what is spared.

Entries and drafts go least recently used first. What a living process reads or writes is spared, whoever
asks. A folder is renamed into the trash before it is deleted, so that an entry vanishes whole; a reader who
pinned it in that moment gets it back.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from arrowsets.record import dataclass
from arrowsets.store.disk import remove_file, remove_tree
from arrowsets.store.draft import sweep, tidy
from arrowsets.store.layout import JOURNAL, MANIFEST, TMP, USED, empty_trash, entry_path, folders, to_trash
from arrowsets.store.lease import living, pinned
from arrowsets.store.trust import scan

__all__ = ["Item", "PruneReport", "items", "prune", "remove", "set_aside"]


@dataclass(frozen=True)
class Item:
    """One folder of a store.

    Attributes:
        finished: It is an entry; otherwise a draft.
        num_bytes: Bytes of all files in it, leftovers too.
        last_used: Seconds since 1970; for a draft, when something was last written to it.
    """

    key: str
    path: Path
    finished: bool
    num_bytes: int
    last_used: float


@dataclass(frozen=True)
class PruneReport:
    """What a prune removed, or would remove.

    Attributes:
        removed: Least recently used first.
        spared: Keys that had to go, but a living process uses them, or the system refused; a later prune
            tries again.
        freed: Bytes, those of temporary files included.
        left: Bytes that the store still holds.
    """

    removed: tuple[Item, ...]
    spared: tuple[str, ...]
    freed: int
    left: int
    dry_run: bool = False


def items(root: Path) -> Iterator[Item]:
    """Go through all folders of a store, by key."""
    for shelf in folders(root / "entries"):
        for folder in folders(shelf):
            with suppress(FileNotFoundError):
                yield _item(folder)


def prune(
    root: Path,
    *,
    max_bytes: int | None,
    older_than: float | None,
    drafts_older_than: float,
    keep: Collection[str],
    dry_run: bool,
) -> PruneReport:
    """Remove what `Store.prune` says."""
    swept = 0 if dry_run else _sweep(root)
    present = sorted(items(root), key=lambda item: item.last_used)
    total = left = sum(item.num_bytes for item in present)
    now = time.time()
    held = pinned(root).union(keep)
    removed, spared = [], []
    for item in present:
        limit = older_than if item.finished else min(drafts_older_than, older_than or drafts_older_than)
        old = limit is not None and now - item.last_used > limit
        if not old and (max_bytes is None or left <= max_bytes):
            continue
        if item.key in held or not (dry_run or _remove(root, item)):
            spared.append(item.key)
            continue
        removed.append(item)
        left -= item.num_bytes
    return PruneReport(tuple(removed), tuple(spared), swept + total - left, left, dry_run)


def remove(root: Path, keys: Collection[str]) -> PruneReport:
    """Remove what `Store.remove` says."""
    chosen = [item for item in items(root) if item.key in keys]
    held = pinned(root)
    removed = [item for item in chosen if item.key not in held and _remove(root, item)]
    spared = tuple(item.key for item in chosen if item not in removed)
    left = sum(item.num_bytes for item in items(root))
    return PruneReport(tuple(removed), spared, sum(item.num_bytes for item in removed), left)


def set_aside(root: Path, key: str, seen: bytes) -> bool:
    """Take a damaged entry out of the store; tell whether it is out.

    Args:
        seen: The manifest that was found damaged. An entry that was made anew since has another, and stays.
    """
    folder = entry_path(root, key)
    trash = to_trash(root, folder)
    if trash is None:
        # Windows, and somebody reads a file in it: without its manifest it is no entry any more.
        return remove_file(folder / MANIFEST)
    with suppress(OSError):
        if (trash / MANIFEST).read_bytes() != seen:
            trash.rename(folder)
            return False
    remove_tree(trash)
    return True


def _remove(root: Path, item: Item) -> bool:
    trash = to_trash(root, item.path)
    if trash is None:
        return False
    # Looked at again after the rename: a pin taken before it is seen here, one taken after it finds no
    # manifest.
    if item.key in pinned(root):
        with suppress(OSError):
            trash.rename(item.path)
            return False
    remove_tree(trash)
    with suppress(OSError):
        item.path.parent.rmdir()
    return True


def _sweep(root: Path) -> int:
    """Remove what a process that died left in the trash, in entries and among temporary files."""
    empty_trash(root)
    for marker in (root / "labels").glob("*/*"):
        if not entry_path(root, marker.name).exists():
            remove_file(marker)
    freed = 0
    leases = living(root)
    for shelf in folders(root / "entries"):
        for folder in folders(shelf):
            finished = (folder / MANIFEST).exists()
            freed += tidy(root, folder.name) if finished else sweep(root, folder, leases)
    return freed


def _item(folder: Path) -> Item:
    stats = scan(folder)
    finished = MANIFEST in stats
    if finished:
        last_used = stats[USED if USED in stats else MANIFEST].st_mtime
    else:
        last_used = max(_time(folder / name) for name in (".", JOURNAL, TMP))
    return Item(folder.name, folder, finished, _size(folder), last_used)


def _size(folder: Path) -> int:
    size = 0
    with suppress(FileNotFoundError):
        size = sum(stat.st_size for stat in scan(folder).values())
        size += sum(_size(child) for child in folders(folder))
    return size


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
