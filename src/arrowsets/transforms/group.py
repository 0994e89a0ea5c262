"""Group: neighbouring rows folded into one row of lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.features import Features, List
from arrowsets.lazy import pc
from arrowsets.record import dataclass
from arrowsets.transforms.base import Batch, Outputs, Transform

__all__ = ["Group"]


@dataclass(frozen=True)
class Group(Transform):
    """Fold rows into lists: so many at a time, or those that follow each other with equal keys.

    Attributes:
        features: Types of the rows.
        size: Rows of a group.
        keys: Columns whose equal values make a group, instead. Nulls are equal to each other.
    """

    features: Features
    size: int | None
    keys: tuple[str, ...] | None = None

    @property
    def batch_size(self) -> int | None:  # type: ignore[override]
        """Rows that must come together: those of a group; all, where only the values tell."""
        return self.size

    @property
    def output_features(self) -> Features:
        """Lists of each type."""
        return Features({name: List(item) for name, item in self.features.items()})

    def apply(self, batch: Batch) -> Outputs:
        """Fold one batch."""
        table = batch.table.combine_chunks()
        starts = self._starts(table)
        columns: Mapping[str, Any] = {
            name: self._folded(name, table.column(name), starts) for name in table.column_names
        }
        features = self.output_features
        return Outputs(pa.Table.from_pydict(dict(columns), schema=features.arrow_schema), features, whole=True)

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Fold each batch."""
        yield from map(self.apply, batches)

    def _starts(self, table: pa.Table) -> np.ndarray[Any, Any]:
        if self.keys is None:
            assert self.size is not None
            return np.arange(0, table.num_rows, self.size)
        changed = np.zeros(table.num_rows, dtype=np.bool_)
        changed[:1] = True
        for name in self.keys:
            values = table.column(name).combine_chunks()
            differs = pc.not_equal(values.slice(1), values.slice(0, max(len(values) - 1, 0)))
            nulls = values.is_null().to_numpy(zero_copy_only=False)
            known = differs.fill_null(False).to_numpy(zero_copy_only=False)
            changed[1:] |= known | (nulls[1:] != nulls[:-1])
        return np.flatnonzero(changed)

    def _folded(self, name: str, column: pa.ChunkedArray[Any], starts: np.ndarray[Any, Any]) -> pa.Array[Any]:
        values: Any = column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
        offsets = pa.array(np.append(starts, len(values)), pa.int32())
        storage: Any = self.output_features.arrow_schema.field(name).type
        return pa.ListArray.from_arrays(offsets, values, type=storage)
