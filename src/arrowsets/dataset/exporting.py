"""Leaving Arrow: data frames, Python values, and files of other formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from arrowsets.dataset.core import DatasetCore
from arrowsets.features import Features
from arrowsets.formats import get_format

__all__ = ["ExportMethods"]

BATCH_ROWS = 10_000


class ExportMethods(DatasetCore):
    """Methods of `Dataset` that convert or write all rows."""

    def to_arrow(self) -> pa.Table:
        """Return all rows as an Arrow table; what is mapped from files stays so."""
        return self._view.read(range(self.num_rows))

    def to_pandas(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """Return all rows as a pandas data frame.

        Args:
            batch_size: Rows of each frame when batched.
            batched: Return an iterator of frames instead.
        """
        return self._tables("pandas", batch_size, batched=batched)

    def to_polars(
        self,
        batch_size: int | None = None,
        batched: bool = False,
        schema_overrides: Mapping[str, Any] | None = None,
        rechunk: bool = True,
    ) -> Any:
        """Return all rows as a polars data frame; see `to_pandas`."""
        del rechunk
        frames = self._tables("polars", batch_size, batched=batched)
        if not schema_overrides:
            return frames
        if batched:
            return (frame.cast(schema_overrides) for frame in frames)
        return frames.cast(schema_overrides)

    def to_dict(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """Return all rows as a dict of lists of stored values; images and their like are not decoded.

        Args:
            batch_size: Rows of each dict when batched.
            batched: Return an iterator of dicts instead.
        """
        if batched:
            return (table.to_pydict() for table in self._view.batches(batch_size or BATCH_ROWS))
        return self.to_arrow().to_pydict()

    def to_list(self) -> list[dict[str, Any]]:
        """Return all rows as a list of dicts of stored values."""
        rows: list[dict[str, Any]] = []
        plain = get_format(None, None)
        for table in self._view.batches(BATCH_ROWS):
            rows.extend(plain.rows(table))
        return rows

    def _tables(self, name: str, batch_size: int | None, *, batched: bool) -> Any:
        shown = get_format(name, Features({}))
        if batched:
            frames: Iterator[Any] = map(shown.batch, self._view.batches(batch_size or BATCH_ROWS))
            return frames
        return shown.batch(self.to_arrow())
