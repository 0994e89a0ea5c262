"""The format: how a table of stored values becomes the objects that a user sees.

A format is a view, the last step of reading. It is pure (tables in, objects out), made once for a dataset
from its features and kept, so that what must be decoded is decided once. For every format `row`, `column`,
`batch` and `rows` show the same values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar, TypeAlias

import pyarrow as pa

from arrowsets.errors import BadData, MissingDependency, UnknownName
from arrowsets.features import Features, FeatureType
from arrowsets.late import lazy_rows

__all__ = ["AnyArray", "AnyTable", "Decoder", "Format", "Placed", "require"]

AnyTable: TypeAlias = "pa.Table | pa.RecordBatch"
AnyArray: TypeAlias = "pa.ChunkedArray[Any] | pa.Array[Any]"
Decoder = Callable[[Any], Any]


class Format(ABC):
    """How rows, columns and batches look.

    Args:
        features: The types of the columns. None: values are shown as stored.
        options: What the format's libraries take, such as `dtype` or `device`.
    """

    name: ClassVar[str | None] = None
    """What users call the format; None is the default one."""
    allowed: ClassVar[frozenset[str] | None] = frozenset()
    """The options that the format knows; None where another library decides."""
    tabular: ClassVar[bool] = False
    """Whether rows and batches are tables and data frames, not dicts."""
    columnwise: bool = True
    """Whether each column is shown the same without the others."""

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        if self.allowed is not None:
            for option in options:
                if option not in self.allowed:
                    raise UnknownName.of(f"option of the format {self.name!r}", option, sorted(self.allowed))
        self.features = features
        self.options: Mapping[str, Any] = options
        self.decoders: dict[str, Decoder] = {}
        for column, feature in (features or {}).items():
            decoder = feature.decoder()
            if decoder is not None:
                self.decoders[column] = PlacedDecoder(decoder, column) if feature.holds_files else decoder

    @abstractmethod
    def column(self, array: AnyArray, feature: FeatureType | None = None) -> Any:
        """Show some values of one column, whose type is `feature` where it is known."""

    @abstractmethod
    def rows(self, table: AnyTable) -> Iterator[Any]:
        """Show the rows of a table one by one; the table is converted once."""

    def row(self, table: AnyTable, index: int = 0) -> Any:
        """Show one row of a table."""
        return next(self.rows(table.slice(index, 1)))

    def batch(self, table: AnyTable) -> Any:
        """Show a table as a dict of columns."""
        return {column: self.column_of(table, column) for column in table.schema.names}

    def sliceable(self, table: AnyTable) -> Any | None:
        """Show a table as a dict of columns of which parts can be taken; None where parts would be shown otherwise."""
        del table
        return None

    def column_of(self, table: AnyTable, column: str) -> Any:
        """Show a column of a table by its name."""
        with Placed(column):
            return self.column(table.column(column), self.feature_of(column))

    def values(self, table: AnyTable, column: str) -> Iterator[Any]:
        """Show the values of a column one by one, as its rows show them."""
        if self.tabular:
            return iter(self.column_of(table, column))
        return (row[column] for row in self.rows(table.select([column])))

    def getter(self, batch: pa.RecordBatch, columns: Sequence[str] | None = None) -> Callable[[int], Any] | None:
        """Return the fastest function from a row's position in a record batch to the row; None: use `row`."""
        del batch, columns
        return None

    def lazy(self, table: AnyTable) -> lazy_rows.LazyColumns:
        """Return the columns of a table, each to be converted when a row over them is asked for it."""
        return lazy_rows.LazyColumns(table, values=self.values, format=self)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.features == other.features and self.options == other.options

    __hash__ = None  # type: ignore[assignment]  # options are arbitrary values

    def __repr__(self) -> str:
        options = "".join(f", {key}={value!r}" for key, value in self.options.items())
        return f"{type(self).__name__}({list(self.features or ())!r}{options})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.features, dict(self.options))

    def feature_of(self, column: str) -> FeatureType | None:
        """Return the type of a column, where it is known."""
        return None if self.features is None else self.features.get(column)


class Placed:
    """Name the column in an error about a file in a cell that is raised inside."""

    __slots__ = ("column",)

    def __init__(self, column: str) -> None:
        self.column = column

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BadData) and error.column is None:
            raise error.at(column=self.column)


class PlacedDecoder:
    """Decodes the cells of a column, whose name stands in the errors about them."""

    __slots__ = ("_column", "_decode")

    def __init__(self, decode: Decoder, column: str) -> None:
        self._decode, self._column = decode, column

    def __call__(self, value: Any) -> Any:
        try:
            return self._decode(value)
        except BadData as error:
            raise error.at(column=self._column) from error.__cause__


def _rebuild(kind: type[Format], features: Features | None, options: dict[str, Any]) -> Format:
    return kind(features, **options)


def require(package: str, extra: str | None = None) -> None:
    """Check that the package that a format shows its values with is installed."""
    try:
        import_module(package)
    except ImportError as error:
        raise MissingDependency.of(f"the format {package!r}", package, extra) from error
