"""CSV texts of Arrow columns, made column by column with Arrow's kernels, as pandas spells them.

Numbers, strings, booleans and nulls are the same bytes as pandas writes (but a lone carriage return is quoted, for
pandas itself would read it as the end of a line). Moments always have all digits of their type. Nested values are
JSON, where pandas writes what NumPy prints, which leaves out values and cannot be read back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from arrowsets.export.json import JsonStyle, json_texts, whole
from arrowsets.export.numbers import either, flag_pieces, float_pieces, float_texts, integer_pieces
from arrowsets.export.scan import holding
from arrowsets.export.temporal import is_temporal, iso_texts
from arrowsets.export.weave import woven
from arrowsets.lazy import pc
from arrowsets.record import dataclass

__all__ = ["CsvStyle", "csv_header", "rows_as_csv"]

_NESTED = JsonStyle(ascii=False)


@dataclass(frozen=True)
class CsvStyle:
    """How rows are spelled; the names are those of `pandas.DataFrame.to_csv`."""

    sep: str = ","
    na_rep: str = ""
    quotechar: str = '"'
    lineterminator: str = "\n"


def csv_header(names: Sequence[str], style: CsvStyle) -> bytes:
    """Return the first line."""
    line = io.StringIO()
    csv.writer(line, delimiter=style.sep, quotechar=style.quotechar, lineterminator=style.lineterminator).writerow(
        names
    )
    return line.getvalue().encode()


def rows_as_csv(table: pa.Table, style: CsvStyle) -> Any:
    """Return a line of each row."""
    if not table.num_columns or not table.num_rows:
        return pa.array([style.lineterminator] * table.num_rows, pa.string())
    if table.num_columns == 1:
        return _single(whole(table.column(0)), style)
    pieces: list[Any] = []
    for column in table.columns:
        pieces += [*_pieces(whole(column), style), style.sep]
    pieces[-1] = style.lineterminator
    return woven(pieces, style.na_rep)


def _single(array: Any, style: CsvStyle) -> Any:
    """Return the lines of a table's only column: one that is blank would be skipped when it is read."""
    blank = style.quotechar * 2
    texts = woven(_pieces(array, style), style.na_rep)
    empty = pc.equal(texts, pa.scalar("", texts.type))
    return woven([pc.if_else(empty, blank, texts), style.lineterminator])


def _pieces(array: Any, style: CsvStyle) -> list[Any]:
    """Return what, joined, is the text of each value, quoted where it must be; null where the value is null."""
    dtype, types = array.type, pa.types
    if isinstance(array, pa.ExtensionArray):
        return _pieces(array.storage, style)
    if types.is_dictionary(dtype):
        return _pieces(array.dictionary_decode(), style)
    if types.is_run_end_encoded(dtype):
        return _pieces(pc.call_function("run_end_decode", [array]), style)
    if types.is_integer(dtype):
        return integer_pieces(array)
    if types.is_decimal(dtype):
        return [array.cast(pa.string())]
    if types.is_floating(dtype):
        return float_pieces(array, partial(float_texts, as_python=True))
    if types.is_boolean(dtype):
        return flag_pieces(array, "True", "False")
    if types.is_null(dtype):
        return [pa.nulls(len(array), pa.string())]
    if is_temporal(dtype):
        return _quoted(iso_texts(array), style)
    return _quoted(json_texts(array, _NESTED) if types.is_nested(dtype) else _strings(array), style)


def _strings(array: Any) -> Any:
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return array
    if pa.types.is_string_view(array.type):
        return array.cast(pa.large_string())
    return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.large_string())


def _quoted(texts: Any, style: CsvStyle) -> list[Any]:
    marks = tuple(mark.encode() for mark in (style.sep, style.quotechar, "\n", "\r"))
    mask, found = holding(texts, marks)
    if not found:
        return [texts]
    quote = style.quotechar
    inner = pc.replace_substring(texts, quote, quote * 2) if quote.encode() in found else texts
    around = either(mask, quote)
    return [around, inner, around]
