"""Cleaning up: removing the stored results that were made of a dataset's source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.dataset.core import DatasetCore
from arrowsets.errors import StoreError
from arrowsets.late import derive

if TYPE_CHECKING:
    from arrowsets.store import Entry

__all__ = ["CacheMethods"]


class CacheMethods(DatasetCore):
    """`Dataset.cleanup_cache_files`."""

    def cleanup_cache_files(self) -> int:
        """Remove stored results of the source that this dataset was made of, but for those in use; return how many.

        In use is what a dataset, in this process or any other, has its rows in. The source itself, as `load_dataset`
        stored it, and results of other sources stay: `arrowsets cache prune` looks at all.
        """
        store = self._store if self._store is not None else derive.default_store()
        own = set(self._lineage.roots)
        report = store.remove([entry.key for entry in store.entries() if own & _roots(entry)])
        return len(report.removed)


def _roots(entry: Entry) -> set[str]:
    try:
        return set(entry.manifest.extra.get("roots", ()))
    except StoreError:
        return set()
