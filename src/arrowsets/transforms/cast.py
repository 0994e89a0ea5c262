"""Cast and encode: columns converted to other types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from arrowsets.errors import SchemaConflict
from arrowsets.features import Features, Value, cast_column
from arrowsets.lazy import pc
from arrowsets.record import dataclass
from arrowsets.table.distinct import comparable
from arrowsets.transforms.base import Batch, Outputs, Transform

__all__ = ["Cast", "Encode"]

BLOCK_ROWS = 1 << 16


@dataclass(frozen=True)
class Cast(Transform):
    """Convert columns to the types of `features`."""

    features: Features
    batch_size: int | None = 1
    by_row: bool = True
    block_rows: int = BLOCK_ROWS

    def apply(self, batch: Batch) -> Outputs:
        """Convert one batch."""
        schema = self.features.arrow_schema
        columns = [self._converted(name, batch) for name in self.features]
        return Outputs(pa.Table.from_arrays(columns, schema=schema), self.features)

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Convert each batch."""
        yield from map(self.apply, batches)

    def _converted(self, name: str, batch: Batch) -> pa.ChunkedArray[Any]:
        feature = self.features[name]
        try:
            return cast_column(batch.table.column(name), feature)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, SchemaConflict) as error:
            last = batch.offset + batch.table.num_rows - 1
            raise SchemaConflict(
                f"column {name!r}, rows {batch.offset} to {last}, cannot be cast to {feature}: {error}", column=name
            ) from error


@dataclass(frozen=True)
class Encode(Transform):
    """Number the values of a column by their place among `names`.

    Attributes:
        nulls: Null is the name "None".
        numbers: The numbers of the names, if they are not their places.
    """

    column: str
    names: tuple[str, ...]
    nulls: bool = False
    numbers: tuple[int, ...] | None = None
    batch_size: int | None = 1
    by_row: bool = True
    block_rows: int = BLOCK_ROWS

    def apply(self, batch: Batch) -> Outputs:
        """Number one batch."""
        values = batch.table.column(self.column)
        text: Any = _as_text(values)
        if self.nulls:
            text = text.fill_null("None")
        places = pc.index_in(text, value_set=pa.array(self.names, pa.string())).cast(pa.int64())
        if self.numbers is not None:
            places = pc.take(pa.array(self.numbers, pa.int64()), places)
        return Outputs(pa.table({self.column: places}), Features({self.column: Value("int64")}))

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Number each batch."""
        yield from map(self.apply, batches)


def _as_text(values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    """Write values as Python writes them: True, not true; 1.0, not 1."""
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_large_string(values.type) or pa.types.is_integer(values.type):
        return values.cast(pa.string())
    values = comparable(values)
    known = values.unique()
    texts: Any = pa.array([None if value is None else str(value) for value in known.to_pylist()], pa.string())
    taken: pa.ChunkedArray[Any] = pc.take(texts, pc.index_in(values, value_set=known))
    return taken
