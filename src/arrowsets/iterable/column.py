"""A column of a stream, to iterate over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arrowsets.iterable.core import IterableCore

__all__ = ["IterableColumn"]


class IterableColumn:
    """The values of a column, or of a field within it, in the order of the rows."""

    def __init__(self, stream: IterableCore, name: str, path: tuple[str, ...] = ()) -> None:
        self._stream, self._name, self._path = stream, name, path

    def __iter__(self) -> Iterator[Any]:
        rows = self._stream.select_columns([self._name])  # type: ignore[attr-defined]
        for row in rows:
            value = row[self._name]
            for name in self._path:
                value = None if value is None else value[name]
            yield value

    def __getitem__(self, key: object) -> IterableColumn:
        """Return a field of the column's values."""
        if not isinstance(key, str):
            raise TypeError(
                f"a column of a stream has no values by number, so {key!r} does not index it; iterate over it"
            )
        return IterableColumn(self._stream, self._name, (*self._path, key))

    def __repr__(self) -> str:
        return f"IterableColumn({'.'.join((self._name, *self._path))!r})"
