"""A content-addressed store of files: entries that appear whole, drafts that survive a crash.

`Store.get` finds what was made; `Store.open` begins, or goes on with, what was not. The store knows names,
sizes, checksums and JSON, and nothing of Arrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.store.disk import explained
    from arrowsets.store.draft import Draft, StoreWarning
    from arrowsets.store.entry import Entry
    from arrowsets.store.lease import Pin
    from arrowsets.store.listing import Row, Usage, du, ls
    from arrowsets.store.manifest import Manifest, ShardRecord
    from arrowsets.store.prune import Item, PruneReport
    from arrowsets.store.store import Store

__all__ = [
    "Draft",
    "Entry",
    "Item",
    "Manifest",
    "Pin",
    "PruneReport",
    "Row",
    "ShardRecord",
    "Store",
    "StoreWarning",
    "Usage",
    "du",
    "explained",
    "ls",
]

__getattr__ = lazily(
    __name__,
    {
        "Draft": "arrowsets.store.draft",
        "Entry": "arrowsets.store.entry",
        "Item": "arrowsets.store.prune",
        "Manifest": "arrowsets.store.manifest",
        "Pin": "arrowsets.store.lease",
        "PruneReport": "arrowsets.store.prune",
        "Row": "arrowsets.store.listing",
        "ShardRecord": "arrowsets.store.manifest",
        "Store": "arrowsets.store.store",
        "StoreWarning": "arrowsets.store.draft",
        "Usage": "arrowsets.store.listing",
        "du": "arrowsets.store.listing",
        "explained": "arrowsets.store.disk",
        "ls": "arrowsets.store.listing",
    },
)
