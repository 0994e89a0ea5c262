"""To and from the datasets of other libraries."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from typing import Any, Self

import numpy as np
import pyarrow as pa

from arrowsets.dataset.core import DatasetCore
from arrowsets.dataset.create import stored_as
from arrowsets.errors import MissingDependency
from arrowsets.features import Features
from arrowsets.info import DatasetInfo
from arrowsets.lineage import Lineage
from arrowsets.table import View
from arrowsets.table.selection import Selection

__all__ = ["ConversionMethods", "hf_info", "hf_library", "info_of_hf"]


class ConversionMethods(DatasetCore):
    """Methods of `Dataset` that lead to other libraries' datasets, and back."""

    def to_hf(self) -> Any:
        """Return this dataset as one of Hugging Face `datasets`, for a library that insists on its class.

        No row is copied: both show the same memory-mapped buffers, and rows in another order become the other library's
        indices. Only columns that are shown in different orders, as after a shuffle and an `add_column`, are gathered.
        Types, split, format and fingerprint are carried over.

        Raises:
            MissingDependency: if the package `datasets` is not installed.
        """
        library = hf_library()
        table, rows = _shared(self._view)
        indices = None if rows is None else pa.table({"indices": pa.array(rows, pa.uint64())})
        info = hf_info(library, self.info)
        made = library.Dataset(
            _with_types(table, info.features.arrow_schema, library),
            info=info,
            split=None if self._split is None else str(self._split),
            indices_table=indices,
            fingerprint=self._fingerprint,
        )
        spec = self._format
        if spec.type is not None or spec.columns is not None:
            columns = None if spec.columns is None else list(spec.columns)
            made.set_format(spec.type, columns, spec.others_too, **spec.options)
        return made

    @classmethod
    def from_hf(cls, dataset: Any) -> Self:
        """Make a dataset of one of Hugging Face `datasets`, without copying rows.

        Types, split, format and fingerprint are carried over.
        """
        features = Features.from_dict(dataset.features.to_dict())
        view = View.from_table(stored_as(dataset.data.table, features))
        if dataset._indices is not None:
            view = view.select(dataset._indices.column(0).to_numpy().astype(np.int64))
        lineage = Lineage.of_digest("from_hf", dataset._fingerprint)
        made = cls._make(view, features, lineage, info_of_hf(dataset.info), dataset.split and str(dataset.split))
        shown = dataset.format
        columns = None if set(shown["columns"]) == set(features) else shown["columns"]
        if shown["type"] is not None or columns is not None:
            made.set_format(shown["type"], columns, shown["output_all_columns"], **shown["format_kwargs"])  # type: ignore[attr-defined]
        return made


def hf_library() -> Any:
    """Import Hugging Face `datasets`, or say what to install."""
    try:
        return import_module("datasets")
    except ImportError as error:
        raise MissingDependency.of("converting to Hugging Face datasets", "datasets") from error


def hf_info(library: Any, info: DatasetInfo) -> Any:
    """Return what is known of a dataset as the other library's object."""
    features = info.features
    made = library.DatasetInfo.from_dict(dataclasses.replace(info, features=None, splits=None).to_dict())
    made.features = None if features is None else library.Features.from_dict(features.to_dict())
    return made


def info_of_hf(info: Any) -> DatasetInfo:
    """Return what the other library knows of a dataset, but for the types, as ours."""
    return DatasetInfo.from_dict(dataclasses.asdict(dataclasses.replace(info, features=None)))


def _shared(view: View) -> tuple[pa.Table, np.ndarray[Any, Any] | None]:
    """Return a table that shares the files' memory, and the rows of it that are shown; None for all of them."""
    groups = view.groups
    rows = groups[0].rows.rows if groups else range(view.num_rows)
    alike = len({group.files.num_rows for group in groups}) == 1 and all(
        group.rows.rows is rows or (isinstance(rows, range) and group.rows.rows == rows) for group in groups[1:]
    )
    if not groups or not alike or (isinstance(rows, range) and rows.step == 1):
        return view.read(range(view.num_rows)), None
    total = groups[0].files.num_rows
    whole = View.of([dataclasses.replace(group, rows=Selection(range(total))) for group in groups], view.columns, total)
    return whole.read(range(total)), np.asarray(rows, np.uint64)


def _with_types(table: pa.Table, schema: pa.Schema, library: Any) -> pa.Table:
    """Return the columns with the other library's types, which are its own extensions for arrays of fixed dimensions."""
    columns = [
        column if column.type == field.type else library.table.array_cast(column, field.type)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema) if columns else table.replace_schema_metadata(None)
