"""Text by way of pandas: what options ask for that only it can do. Slower, and the same rows."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

import pyarrow as pa

from arrowsets.errors import UnknownName
from arrowsets.export.json import JsonStyle, json_texts, whole
from arrowsets.record import dataclass

__all__ = ["CsvFrames", "JsonFrames", "check_options", "flat", "frame_of"]


def frame_of(table: pa.Table, first: int = 0) -> Any:
    """Return rows as a data frame of stored values, numbered from `first`; those that JSON is in are parsed."""
    parsed = {}
    for position, column in enumerate(table.schema):
        if _holds_json(column.type):
            parsed[column.name] = _parsed(table.column(position))
            table = table.set_column(position, column.name, pa.nulls(table.num_rows))
        elif isinstance(column.type, pa.BaseExtensionType):
            table = table.set_column(position, column.name, table.column(position).cast(column.type.storage_type))
    frame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    for name, values in parsed.items():
        frame[name] = values
    if first:
        frame.index += first
    return frame


def flat(table: pa.Table) -> pa.Table:
    """Spell nested values as JSON, for CSV and databases have no cell for them: pandas would write what NumPy prints."""
    for position, column in enumerate(table.schema):
        dtype = column.type.storage_type if isinstance(column.type, pa.BaseExtensionType) else column.type
        if pa.types.is_nested(dtype) or isinstance(column.type, pa.JsonType):
            texts = json_texts(whole(table.column(position)), JsonStyle(ascii=False), column.name)
            table = table.set_column(position, column.name, texts)
    return table


def _holds_json(dtype: Any) -> bool:
    if isinstance(dtype, pa.JsonType):
        return True
    if isinstance(dtype, pa.BaseExtensionType):
        return _holds_json(dtype.storage_type)
    return any(_holds_json(dtype.field(at).type) for at in range(dtype.num_fields))


def _parsed(column: pa.ChunkedArray[Any]) -> Any:
    import pandas as pd

    texts = [text for chunk in column.chunks for text in json_texts(chunk, JsonStyle()).to_pylist()]
    return pd.Series([None if text is None else json.loads(text) for text in texts], dtype=object)


@dataclass(frozen=True)
class CsvFrames:
    """Encodes rows by `pandas.DataFrame.to_csv`."""

    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, table: pa.Table, first: int) -> bytes:
        header = self.options.get("header", True) if first == 0 else False
        text: str = frame_of(flat(table), first).to_csv(None, **{"index": False, **self.options, "header": header})
        return text.encode(self.options.get("encoding") or "utf-8", self.options.get("errors") or "strict")


@dataclass(frozen=True)
class JsonFrames:
    """Encodes rows by `pandas.DataFrame.to_json`."""

    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, table: pa.Table, first: int) -> bytes:
        text: str = frame_of(table, first).to_json(None, **self.options)
        return (text if text.endswith("\n") else text + "\n").encode()


def check_options(writer: str, options: Mapping[str, Any], refused: frozenset[str]) -> None:
    """Refuse options that the writer of pandas of that name does not have.

    Raises:
        UnknownName: lists those that it has.
    """
    if not options:
        return
    import pandas as pd

    allowed = set(inspect.signature(getattr(pd.DataFrame, writer)).parameters) - refused - {"self"}
    for name in options:
        if name not in allowed:
            raise UnknownName.of("option", name, sorted(allowed))
