"""The CSV options that only pandas knows: pandas splits the rows, and the types are found by our own rules.

It is slower and reads a file from end to end, so it is used only when such an option is set.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from arrowsets.builder import Rejects
from arrowsets.errors import BadData, UnknownName
from arrowsets.features import Features, FeatureType
from arrowsets.files import DataFile

from .csv_options import CsvOptions
from .csv_parse import forced_types, typed_column
from .csv_types import narrow

__all__ = ["pandas_blocks"]

_OURS = {
    "features", "on_bad_rows", "on_bad_files", "sep", "delimiter", "names", "column_names", "dtype", "chunksize",
    "encoding", "encoding_errors", "true_values", "false_values", "decimal", "thousands", "verbose", "prefix",
    "index_col", "mangle_dupe_cols", "error_bad_lines", "warn_bad_lines", "memory_map", "low_memory",
    "float_precision", "on_bad_lines",
}  # fmt: skip


def pandas_blocks(config: CsvOptions, file: DataFile, schema: pa.Schema | None, rejects: Rejects) -> Iterator[pa.Table]:
    """Yield a file's tables as pandas splits it."""
    import pandas as pd

    del rejects  # pandas leaves out rows without telling which
    row = 0
    with file.open() as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for frame in _frames(config, stream):
                yield _table(config, frame, schema, file.url, row)
                row += len(frame)
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as error:
            raise BadData(str(error).strip(), file=file.url) from error


def _frames(config: CsvOptions, stream: Any) -> Iterator[Any]:
    import pandas as pd

    whole = config.skipfooter != 0
    frames = pd.read_csv(
        stream,
        sep=config.separator,
        names=config.given_names,
        dtype=str,
        chunksize=None if whole else config.chunksize,
        encoding=config.encoding or "utf-8",
        encoding_errors=config.encoding_errors or "strict",
        on_bad_lines=_on_bad_lines(config),
        **_keywords(config),
    )
    if whole:
        yield frames
    else:
        with frames:
            yield from frames


def _on_bad_lines(config: CsvOptions) -> Any:
    if callable(config.on_bad_lines):
        return config.on_bad_lines
    return "error" if config.bad_rows == "error" else "skip"


def _keywords(config: CsvOptions) -> dict[str, Any]:
    values = {field.name: (getattr(config, field.name), field.default) for field in dataclasses.fields(config)}
    chosen = {name: value for name, (value, default) in values.items() if name not in _OURS and value != default}
    if config.index_col is False:
        chosen["index_col"] = False
    if callable(config.on_bad_lines) or config.skipfooter or config.separator is None:
        chosen["engine"] = "python"
    return chosen


def _table(config: CsvOptions, frame: Any, schema: pa.Schema | None, file: str, row: int) -> pa.Table:
    columns = _columns(config, frame)
    made = {str(name) for name in config.converters or {}}  # what a function answers is not text to be read
    if schema is None:
        forced = forced_types(config.dtype, tuple(columns))
        words = config.words()
        for name, array in columns.items():
            if name in forced:
                columns[name] = typed_column(array, pa.field(name, forced[name]), words, file, row)
            elif pa.types.is_string(array.type) and name not in made:
                columns[name] = narrow(array, words)
        return pa.table(columns)
    features = Features.from_arrow_schema(schema)
    arrays = [
        _typed(config, columns[field.name], field, file, row, features[field.name])
        if field.name in columns
        else pa.nulls(len(frame), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _columns(config: CsvOptions, frame: Any) -> dict[str, Any]:
    """Return a frame's columns as arrays, those of its index last."""
    import pandas as pd

    columns = {str(name): _array(frame.iloc[:, i]) for i, name in enumerate(frame.columns)}
    if not isinstance(frame.index, pd.RangeIndex):
        columns["__index_level_0__"] = _array(frame.index.astype(str).to_series())
    index = config.index_col
    if index is None or isinstance(index, bool):
        return columns
    names = list(columns)
    for level in [index] if isinstance(index, int | str) else index:
        name = names[level] if isinstance(level, int) else level
        if name not in columns:
            raise UnknownName.of("column in index_col", name, names)
        columns[name] = columns.pop(name)
    return columns


def _typed(config: CsvOptions, array: Any, wanted: pa.Field[Any], file: str, row: int, feature: FeatureType) -> Any:
    if pa.types.is_string(array.type):
        return typed_column(array, wanted, config.words(), file, row, feature)
    return feature.cast(array)


def _array(series: Any) -> Any:
    array = pa.array(series, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array
