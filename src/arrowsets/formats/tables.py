"""The formats whose batches are tables themselves: Arrow, pandas and polars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from arrowsets.features import Features, FeatureType
from arrowsets.features.array import ArrayType
from arrowsets.formats.base import AnyArray, AnyTable, Format, Placed, require

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["ArrowFormat", "PandasFormat", "PolarsFormat"]


class ArrowFormat(Format):
    """Shows what is stored, without a copy: rows and batches are Arrow tables, columns are chunked arrays."""

    name = "arrow"
    tabular = True

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> pa.ChunkedArray[Any]:
        del feature
        return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])

    def batch(self, table: AnyTable) -> pa.Table:
        return table if isinstance(table, pa.Table) else pa.Table.from_batches([table])

    def rows(self, table: AnyTable) -> Iterator[pa.Table]:
        whole = self.batch(table)
        return (whole.slice(index, 1) for index in range(whole.num_rows))


class PandasFormat(Format):
    """Shows data frames and series; options go to `pyarrow.Table.to_pandas`. Arrays of n dimensions are NumPy's."""

    name = "pandas"
    allowed = None
    tabular = True

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        super().__init__(features, **options)
        require("pandas")

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> pd.Series[Any]:
        import pandas as pd

        if isinstance(feature, ArrayType):
            chunks = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
            cells = [cell for chunk in chunks for cell in feature.to_numpy(chunk)]
            return pd.Series(cells, dtype=object)
        decode = None if feature is None else feature.decoder()
        if decode is None:
            series: pd.Series[Any] = _plain_column(array).to_pandas(**self.options)
            return series
        return pd.Series([decode(value) for value in array.to_pylist()], dtype=object)

    def column_of(self, table: AnyTable, column: str) -> pd.Series[Any]:
        with Placed(column):
            return self.column(table.column(column), self.feature_of(column)).rename(column)

    def batch(self, table: AnyTable) -> pd.DataFrame:
        # The metadata of a frame that a file was made from would turn columns into an index again.
        frame: pd.DataFrame = _plain(table).to_pandas(**{"ignore_metadata": True, **self.options})
        for column in table.schema.names:
            if column in self.decoders or isinstance(self.feature_of(column), ArrayType):
                frame[column] = self.column_of(table, column)
        return frame

    def rows(self, table: AnyTable) -> Iterator[pd.DataFrame]:
        return (self.batch(table.slice(index, 1)) for index in range(table.num_rows))


class PolarsFormat(Format):
    """Shows polars data frames and series, mostly without a copy; options go to `polars.from_arrow`."""

    name = "polars"
    allowed = None
    tabular = True

    def __init__(self, features: Features | None = None, **options: Any) -> None:
        super().__init__(features, **options)
        require("polars", extra="polars")

    def column(self, array: AnyArray, feature: FeatureType | None = None) -> pl.Series:
        import polars as pl

        decode = None if feature is None else feature.decoder()
        if decode is None:
            series = pl.from_arrow(_plain_column(array), **self.options)
            assert isinstance(series, pl.Series)
            return series
        return pl.Series(values=[decode(value) for value in array.to_pylist()], dtype=pl.Object)

    def column_of(self, table: AnyTable, column: str) -> pl.Series:
        with Placed(column):
            return self.column(table.column(column), self.feature_of(column)).alias(column)

    def batch(self, table: AnyTable) -> pl.DataFrame:
        import polars as pl

        names = table.schema.names
        stored = [column for column in names if column not in self.decoders]
        frame = pl.from_arrow(_plain(table.select(stored)), **self.options)
        assert isinstance(frame, pl.DataFrame)
        if len(stored) == len(names):
            return frame
        decoded = {column: self.column_of(table, column) for column in names if column in self.decoders}
        return pl.DataFrame([decoded[column] if column in decoded else frame[column] for column in names])

    def rows(self, table: AnyTable) -> Iterator[pl.DataFrame]:
        frame = self.batch(table)
        return (frame[index : index + 1] for index in range(frame.height))


def _plain(table: AnyTable) -> pa.Table:
    """Replace columns whose types other libraries do not know by the same values in types that they know."""
    whole = table if isinstance(table, pa.Table) else pa.Table.from_batches([table])
    for position, field in enumerate(whole.schema):
        known = _known(field.type)
        if known != field.type:
            whole = whole.set_column(position, field.name, whole.column(position).cast(known))
    return whole


def _plain_column(array: AnyArray) -> AnyArray:
    known = _known(array.type)
    if known == array.type:
        return array
    stored: AnyArray = array.cast(known)
    return stored


def _known(dtype: pa.DataType) -> pa.DataType:
    """Return the type that pandas and polars know: no extension, and no views within lists, which pandas cannot read."""
    if isinstance(dtype, pa.BaseExtensionType):
        return dtype.storage_type
    types = pa.types
    if types.is_list(dtype) and (inner := _without_views(dtype.value_type)) != dtype.value_type:
        return pa.list_(dtype.value_field.with_type(inner))
    if types.is_large_list(dtype) and (inner := _without_views(dtype.value_type)) != dtype.value_type:
        return pa.large_list(dtype.value_field.with_type(inner))
    return dtype


def _without_views(dtype: pa.DataType) -> pa.DataType:
    if pa.types.is_string_view(dtype):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary_view(dtype) else _known(dtype)
