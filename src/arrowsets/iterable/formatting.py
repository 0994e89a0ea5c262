"""Choosing how the rows of a stream are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from arrowsets.dataset.reading import FormatSpec
from arrowsets.formats import format_name, get_format
from arrowsets.iterable.core import IterableCore

__all__ = ["FormatMethods"]


class FormatMethods(IterableCore):
    """Methods of `IterableDataset` about formats; they mean what those of `Dataset` mean."""

    @property
    def format(self) -> dict[str, Any]:
        """The format: its type, its options, the columns it is for, and whether others are shown too."""
        spec = self._format
        return {
            "type": spec.type,
            "format_kwargs": dict(spec.options),
            "columns": list(spec.columns) if spec.columns is not None else self.column_names,
            "output_all_columns": spec.others_too,
        }

    @property
    def _formatting(self) -> FormatSpec | None:
        # Read by libraries that know no other way to a stream's format.
        return None if self._format.type is None else self._format

    def with_format(
        self,
        type: str | None = None,  # noqa: A002 - the reference's name
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> Self:
        """Return the stream showing its rows in a format; see `Dataset.with_format`."""
        format_kwargs.update(format_kwargs.pop("format_kwargs", {}))
        shown = [columns] if isinstance(columns, str) else columns
        self._check_columns(shown or ())
        name = format_name(type)
        get_format(name, self._features, **format_kwargs)  # an unknown name or a missing package is told here
        spec = FormatSpec(name, None if shown is None else tuple(shown), output_all_columns, format_kwargs)
        return self._then("format", None, features=self._features, format=spec)

    def with_transform(
        self,
        transform: Callable[[dict[str, Any]], Any] | None,
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
    ) -> Self:
        """Return the stream showing each batch as a function makes it; see `Dataset.with_transform`."""
        if transform is None:
            return self.with_format(None, columns, output_all_columns)
        return self.with_format("custom", columns, output_all_columns, transform=transform)

    def set_format(
        self,
        type: str | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> None:
        """Show this stream's rows in a format."""
        self._format = self.with_format(type, columns, output_all_columns, **format_kwargs)._format

    def set_transform(
        self,
        transform: Callable[[dict[str, Any]], Any] | None,
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
    ) -> None:
        """Show each batch of this stream as a function makes it."""
        self._format = self.with_transform(transform, columns, output_all_columns)._format

    def reset_format(self) -> None:
        """Show this stream's rows as Python again."""
        self._format = FormatSpec()

    @contextmanager
    def formatted_as(
        self,
        type: str | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> Iterator[None]:
        """Show rows in a format inside of a `with` block."""
        before = self._format
        try:
            self.set_format(type, columns, output_all_columns, **format_kwargs)
            yield
        finally:
            self._format = before
