"""To and from the streams of Hugging Face `datasets`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import pyarrow as pa

from arrowsets.dataset.conversion import hf_info, hf_library, info_of_hf
from arrowsets.dataset.create import stored_as
from arrowsets.dataset.exporting import stored_types
from arrowsets.features import Features
from arrowsets.formats import get_format
from arrowsets.iterable.create import CreateMethods

__all__ = ["ConversionMethods"]

_BATCH_ROWS = 1000


class ConversionMethods(CreateMethods):
    """Methods of `IterableDataset` that lead to the other library's streams, and back."""

    def to_hf(self) -> Any:
        """Return this stream as one of Hugging Face `datasets`; Arrow tables are handed over as they are read.

        Its shards are those of this stream, so that the other library's workers share them.

        Raises:
            MissingDependency: if the package `datasets` is not installed.
        """
        library = hf_library()
        plain: Any = self.with_format("arrow")  # type: ignore[attr-defined]
        count = self.num_shards
        shards = [(plain, count, index) for index in range(count)]
        tables = library.iterable_dataset.ArrowExamplesIterable(_tables, {"shards": shards})
        split = None if self._split is None else library.NamedSplit(str(self._split))
        made = library.IterableDataset(tables, info=hf_info(library, self.info), split=split)
        return made if self._format.type is None else made.with_format(self._format.type)

    @classmethod
    def from_hf(cls, dataset: Any) -> Self:
        """Stream the rows of a stream of Hugging Face `datasets`."""
        features = None if dataset.features is None else Features.from_dict(dataset.features.to_dict())
        given = {"source": dataset.with_format(None), "features": features}
        made = cls.from_generator(_rows, features, given, dataset.split)
        made._info = info_of_hf(dataset.info)
        shown = dataset._formatting
        return made if shown is None else made.with_format(shown.format_type)  # type: ignore[attr-defined]


def _tables(shards: list[tuple[Any, int, int]]) -> Iterator[tuple[tuple[int, int], pa.Table]]:
    for stream, count, index in shards:
        for number, table in enumerate(stream.shard(count, index).iter(_BATCH_ROWS)):
            yield (index, number), table


def _rows(source: Any, features: Features | None) -> Iterator[dict[str, Any]]:
    if features is None:
        yield from source
        return
    shown = get_format(None, stored_types(features))
    for table in source.with_format("arrow").iter(_BATCH_ROWS):
        yield from shown.rows(stored_as(table, features))
