"""Choosing how rows are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from arrowsets.dataset.core import DatasetCore
from arrowsets.dataset.reading import FormatSpec
from arrowsets.formats import format_name, get_format

__all__ = ["FormatMethods"]


class FormatMethods(DatasetCore):
    """Methods of `Dataset` about formats: the last step of reading, never stored with the rows."""

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
    def _format_kwargs(self) -> dict[str, Any]:
        # Read by libraries that set a format like the one there was.
        return dict(self._format.options)

    @property
    def _format_type(self) -> str | None:
        return self._format.type

    @property
    def _format_columns(self) -> list[str] | None:
        return None if self._format.columns is None else list(self._format.columns)

    @property
    def _output_all_columns(self) -> bool:
        return self._format.others_too

    def with_format(
        self,
        type: str | None = None,  # noqa: A002 - the reference's name
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> Self:
        """Return the dataset showing its rows in a format.

        Args:
            type: None (Python), "numpy", "torch", "pandas", "polars", "arrow", "jax", "tensorflow" or "custom".
            columns: Show only these.
            output_all_columns: Show the other columns too, as Python.
            format_kwargs: Passed to the format: `dtype`, `device` …

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2]}).with_format("numpy")[:]["x"]
        array([1, 2])
        """
        dataset = self._copy()
        dataset.set_format(type, columns, output_all_columns, **format_kwargs)
        return dataset

    def set_format(
        self,
        type: str | None = None,  # noqa: A002
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> None:
        """Show this dataset's rows in a format; see `with_format`."""
        format_kwargs.update(format_kwargs.pop("format_kwargs", {}))
        if columns is not None:
            columns = [columns] if isinstance(columns, str) else list(columns)
            self._check_columns(columns)
        name = format_name(type)
        get_format(name, self._features, **format_kwargs)  # an unknown name or a missing package is told here
        shown = None if columns is None else tuple(columns)
        self._format, self._reader = FormatSpec(name, shown, output_all_columns, format_kwargs), None

    def reset_format(self) -> None:
        """Show this dataset's rows as Python again."""
        self.set_format()

    def with_transform(
        self,
        transform: Callable[[dict[str, Any]], Any] | None,
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
    ) -> Self:
        """Return the dataset showing each batch that is read as a function makes it.

        Args:
            transform: Gets a batch, a dict of lists, and returns one. A row is shown as the one row of its batch.
            columns: Pass only these.
            output_all_columns: Show the other columns besides.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1]}).with_transform(lambda batch: {"y": [v + 1 for v in batch["x"]]})[0]
        {'y': 2}
        """
        dataset = self._copy()
        dataset.set_transform(transform, columns, output_all_columns)
        return dataset

    def set_transform(
        self,
        transform: Callable[[dict[str, Any]], Any] | None,
        columns: Sequence[str] | None = None,
        output_all_columns: bool = False,
    ) -> None:
        """Show each batch that is read from this dataset as a function makes it; see `with_transform`."""
        if transform is None:
            self.set_format(None, columns, output_all_columns)
            return
        self.set_format("custom", columns, output_all_columns, transform=transform)

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
            self._format, self._reader = before, None

    def _copy(self) -> Self:
        made = self._derive("format", lineage=self._lineage)
        # The rows are the same, so their indexes hold.
        if indexes := getattr(self, "_indexes", None):
            made._indexes = indexes  # type: ignore[attr-defined]
        return made
