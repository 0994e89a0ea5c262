"""What a store holds, as rows of plain data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from arrowsets.errors import StoreError
from arrowsets.record import dataclass
from arrowsets.store.entry import Entry
from arrowsets.store.layout import JOURNAL
from arrowsets.store.lease import pinned
from arrowsets.store.prune import Item, items
from arrowsets.store.store import Store

__all__ = ["Row", "Usage", "du", "ls"]


@dataclass(frozen=True)
class Row:
    """One entry or draft.

    Attributes:
        label: From its manifest's extra; "" for a draft.
        num_rows: None for a draft.
        shards: Finished units of a draft.
        num_bytes: On the disk, leftovers too.
        created, last_used: Seconds since 1970.
        in_use: A living process reads or writes it.
    """

    key: str
    path: str
    finished: bool
    label: str
    num_rows: int | None
    shards: int
    num_bytes: int
    created: float
    last_used: float
    in_use: bool


@dataclass(frozen=True)
class Usage:
    """What a store takes of its disk."""

    entries: int
    drafts: int
    entry_bytes: int
    draft_bytes: int


def ls(store: Store) -> Iterator[Row]:
    """Go through a store's entries and drafts, by key."""
    used = pinned(store.root)
    for item in items(store.root):
        yield _row(store.root, item, in_use=item.key in used)


def du(store: Store) -> Usage:
    """Add up what a store holds."""
    found = list(items(store.root))
    entries = [item.num_bytes for item in found if item.finished]
    drafts = [item.num_bytes for item in found if not item.finished]
    return Usage(len(entries), len(drafts), sum(entries), sum(drafts))


def _row(root: Path, item: Item, *, in_use: bool) -> Row:
    label, rows, shards, created = "", None, 0, item.last_used
    if item.finished:
        try:
            manifest = Entry(root, item.key).manifest
        except StoreError:
            label = "(damaged)"
        else:
            label, rows = str(manifest.extra.get("label", "")), manifest.num_rows
            shards, created = len(manifest.shards), manifest.created
    else:
        journal = item.path / JOURNAL
        shards = sum(1 for _ in journal.glob("*.json")) if journal.is_dir() else 0
    return Row(
        key=item.key,
        path=str(item.path),
        finished=item.finished,
        label=label,
        num_rows=rows,
        shards=shards,
        num_bytes=item.num_bytes,
        created=created,
        last_used=item.last_used,
        in_use=in_use,
    )
