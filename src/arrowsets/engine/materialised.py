"""A result that is made: where its rows lie, what its columns are, and how it is opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arrowsets.engine.parts import Layout
from arrowsets.record import dataclass
from arrowsets.store import Entry, Store
from arrowsets.table import ArrowFiles, FileRef

if TYPE_CHECKING:
    from arrowsets.transforms.base import Reject

__all__ = ["Destination", "Materialised", "opened"]


@dataclass(frozen=True)
class Materialised:
    """A result that can be read.

    Attributes:
        files: The written rows.
        layout: Their columns, and what became of the input's.
        rejects: What a reader left out.
        entry: Where they lie in the store; None in memory.
        hit: They were there already.
    """

    files: ArrowFiles
    layout: Layout
    entry: Entry | None = None
    hit: bool = False
    rejects: tuple[Reject, ...] = ()


def opened(entry: Entry) -> Materialised:
    """Open an entry of the store as the result that it is."""
    layout = Layout.from_json(entry.manifest.extra["layout"])
    refs = [FileRef(str(entry.path / shard.name), shard.batches) for shard in entry.manifest.shards]
    rejects = tuple((file, row, reason, text) for file, row, reason, text in entry.manifest.extra.get("rejects", ()))
    return Materialised(ArrowFiles.open(refs, layout.schema), layout, entry, hit=True, rejects=rejects)


@dataclass(frozen=True)
class Destination:
    """Where a result goes, and what is said of it there.

    Attributes:
        key: The hash of how it is made.
        fingerprint: How the key was made, for `explain`.
        extra: What the manifest is to say besides.
    """

    store: Store
    key: str
    fingerprint: dict[str, Any]
    extra: dict[str, Any]
