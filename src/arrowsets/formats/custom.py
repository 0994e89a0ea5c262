"""The custom format: what a user's function makes of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from arrowsets.features import Features, FeatureType
from arrowsets.formats.base import AnyArray, AnyTable, Format
from arrowsets.formats.python import PythonFormat

__all__ = ["CustomFormat"]


class CustomFormat(Format):
    """Shows what a function returns for a batch in the default format.

    Args:
        features: The types of the columns.
        transform: Called with a dict of lists; returns a dict of sequences. A single row is a batch of one.

    >>> import pyarrow as pa
    >>> doubled = CustomFormat(transform=lambda batch: {"b": [2 * a for a in batch["a"]]})
    >>> list(doubled.rows(pa.table({"a": [1, 2]})))
    [{'b': 2}, {'b': 4}]
    """

    name = "custom"
    allowed = frozenset({"transform"})
    columnwise = False

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        super().__init__(features, **options)
        transform = options.get("transform")
        if not callable(transform):
            raise TypeError(f"the custom format needs transform= to be a function of a batch, got {transform!r}")
        self._transform: Callable[[dict[str, Any]], Any] = transform
        self._python = PythonFormat(features)

    def batch(self, table: AnyTable) -> Any:
        return self._transform(self._python.batch(table))

    def column_of(self, table: AnyTable, column: str) -> Any:
        shown = self.batch(table)
        if not isinstance(shown, Mapping) or column not in shown:
            made = list(shown) if isinstance(shown, Mapping) else shown
            raise KeyError(f"the transform returned no column {column!r}, it returned {made!r}")
        return shown[column]

    def values(self, table: AnyTable, column: str) -> Iterator[Any]:
        # The function may need other columns than the one that is asked for.
        return iter(self.column_of(table, column))

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> Any:
        # A part of a column, such as a field of a struct, is not what the function was written for.
        return self._python.column(array, feature)

    def rows(self, table: AnyTable) -> Iterator[dict[str, Any]]:
        # Each row is a batch of its own, so that reading row by row and reading one row show the same.
        return (_first_row(self.batch(table.slice(index, 1))) for index in range(table.num_rows))


def _first_row(shown: Any) -> dict[str, Any]:
    try:
        return {name: values[0] for name, values in shown.items()}
    except (AttributeError, TypeError, IndexError, KeyError) as error:
        raise TypeError(
            f"a transform must return a dict of sequences with one entry per row, got {shown!r} for one row"
        ) from error
