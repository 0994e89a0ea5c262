"""From a dataset to other ways to go through its rows: streams, loaders, objects."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, TypeVar

from arrowsets.dataset.core import DatasetCore
from arrowsets.late import typed

if TYPE_CHECKING:
    from arrowsets.iterable import IterableDataset
    from arrowsets.loader import Loader

__all__ = ["StreamMethods"]

T = TypeVar("T")


class StreamMethods(DatasetCore):
    """Methods of `Dataset` that lead to streams, loaders and objects."""

    def to_iterable_dataset(self, num_shards: int = 1) -> IterableDataset:
        """Return a stream of the rows, whose transforms run while one iterates.

        Args:
            num_shards: In how many runs of rows a shuffle may take them; any number of workers gets equal shares.

        >>> from arrowsets import Dataset
        >>> next(iter(Dataset.from_dict({"x": [1, 2]}).to_iterable_dataset().skip(1)))
        {'x': 2}
        """
        # Streams stand above datasets; like the package's own names, they are imported when they are first used.
        made: IterableDataset = importlib.import_module("arrowsets.iterable").IterableDataset.from_dataset(
            self, num_shards
        )
        return made

    def as_rows(self, cls: type[T]) -> typed.TypedRows[T]:
        """Show the rows as objects of a class that type checkers know: a dataclass, a named tuple or a TypedDict.

        The fields of the class are looked up among the columns at once, those of its plain Python types with their types;
        fields with a default may be missing, and other columns are not read. Structs become objects where a field's type
        is such a class. Null is None whatever the class says.

        Returns:
            A sequence, sliced without a copy, that a `DataLoader` takes with a `collate_fn`.

        Raises:
            ColumnNotFound: for a field without a default that is no column.
            SchemaConflict: for a field of another type than its column.

        >>> from dataclasses import dataclass
        >>> from arrowsets import Dataset
        >>> @dataclass
        ... class Film:
        ...     title: str
        ...     stars: int = 0
        >>> films = Dataset.from_dict({"title": ["Alien", "Cube"], "stars": [5, 4]}).as_rows(Film)
        >>> films[0].stars, [film.title for film in films[1:]]
        (5, ['Cube'])
        """
        return typed.TypedRows(self, cls)

    def loader(self, batch_size: int, **options: Any) -> Loader:
        """Return batches of the rows in random order, for one rank of a training run; see `arrowsets.loader.Loader`.

        The order is a function of the seed and the number of samples seen, which is the whole state: it can be loaded on any
        other number of ranks and workers.

        Args:
            batch_size: Rows of a batch of all ranks together.
            options: `rank`, `world_size`, `seed`, `epochs`, `drop_last`, `shuffle`, `workers`, `pack`, `sequence_length` …

        >>> from arrowsets import Dataset
        >>> loader = Dataset.from_dict({"x": range(5)}).loader(2, seed=1)
        >>> sorted(x for batch in loader for x in batch["x"])
        [0, 1, 2, 3, 4]
        """
        made: Loader = importlib.import_module("arrowsets.loader").Loader(self, batch_size, **options)
        return made
