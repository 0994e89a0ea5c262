"""Statistics kept in the store, under the fingerprint of the rows: they are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from arrowsets.errors import StoreError
from arrowsets.lineage import Lineage
from arrowsets.store import Store

__all__ = ["read_kept", "write_kept"]

VERSION = 2


def _lineage(rows: Lineage) -> Lineage:
    return Lineage("statistics", (rows,), {"version": VERSION})


def read_kept(store: Store, rows: Lineage) -> list[dict[str, Any]] | None:
    """Return the statistics of rows as they were kept; None if they were not."""
    try:
        entry = store.get(_lineage(rows).digest)
        kept = None if entry is None else entry.manifest.extra.get("statistics")
    except StoreError:
        return None
    return kept if isinstance(kept, list) else None


def write_kept(store: Store, rows: Lineage, statistics: Sequence[dict[str, Any]]) -> None:
    """Keep the statistics of rows. A store that cannot be written to keeps nothing."""
    lineage = _lineage(rows)
    with suppress(StoreError, OSError), store.open(lineage.digest) as draft:
        facts = {"label": "statistics", "statistics": list(statistics), "roots": list(lineage.roots)}
        draft.commit([], lineage.fingerprint.to_json(), facts)
