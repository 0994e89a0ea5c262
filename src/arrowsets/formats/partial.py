"""Formats that apply to some columns while the others are shown as Python objects
(`output_all_columns=True`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from arrowsets.features import FeatureType
from arrowsets.formats.base import AnyArray, AnyTable, Format
from arrowsets.formats.python import PythonFormat

__all__ = ["PartialFormat"]


class PartialFormat(Format):
    """Shows some columns in one format and the rest as Python objects.

    Args:
        inner: The format of the chosen columns.
        columns: The chosen columns.
    """

    def __init__(self, inner: Format, columns: Sequence[str]) -> None:
        if inner.tabular:
            raise TypeError(
                f"output_all_columns=True needs a format that shows dicts, and {inner.name!r} shows tables; "
                "leave columns= out instead"
            )
        super().__init__(inner.features)
        self.inner = inner
        self.columnwise = inner.columnwise
        self.columns = tuple(columns)
        self._python = PythonFormat(inner.features)

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> Any:
        return self.inner.column(array, feature)

    def column_of(self, table: AnyTable, column: str) -> Any:
        if column in self.columns:
            return self.inner.column_of(self._parts(table)[0], column)
        return self._python.column_of(table, column)

    def values(self, table: AnyTable, column: str) -> Iterator[Any]:
        if column in self.columns:
            return self.inner.values(self._parts(table)[0], column)
        return self._python.values(table, column)

    def batch(self, table: AnyTable) -> dict[str, Any]:
        chosen, rest = self._parts(table)
        return {**self.inner.batch(chosen), **self._python.batch(rest)}

    def rows(self, table: AnyTable) -> Iterator[dict[str, Any]]:
        chosen, rest = self._parts(table)
        pairs = zip(self.inner.rows(chosen), self._python.rows(rest), strict=True)
        return ({**shown, **others} for shown, others in pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PartialFormat):
            return NotImplemented
        return self.inner == other.inner and self.columns == other.columns

    __hash__ = None

    def __reduce__(self) -> tuple[Any, ...]:
        return PartialFormat, (self.inner, self.columns)

    def _parts(self, table: AnyTable) -> tuple[AnyTable, AnyTable]:
        names = table.schema.names
        rest = [name for name in names if name not in self.columns]
        return table.select([name for name in self.columns if name in names]), table.select(rest)
