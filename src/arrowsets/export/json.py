"""JSON texts of Arrow columns, made column by column with Arrow's kernels; no row becomes a Python object.

Values are those that Hugging Face datasets writes, except where it loses some: floats have all their digits, and
moments are ISO 8601 texts with theirs (`date_format="epoch"` gives numbers). Characters above 127 are escaped
unless asked otherwise; slashes are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.errors import BadData
from arrowsets.export.numbers import either, flag_pieces, float_pieces, float_texts, integer_pieces
from arrowsets.export.scan import scan
from arrowsets.export.temporal import epoch_numbers, is_temporal, iso_texts
from arrowsets.export.weave import Piece, woven
from arrowsets.features.buffers import is_valid
from arrowsets.lazy import pc
from arrowsets.record import dataclass

__all__ = ["JsonStyle", "json_texts", "rows_as_json", "whole"]

_ESCAPES = ((b"\\", "\\", "\\\\"), (b'"', '"', '\\"'))
_CONTROLS = ((b"\n", "\n", "\\n"), (b"\r", "\r", "\\r"), (b"\t", "\t", "\\t"))
_WANTED = tuple(byte for byte, _, _ in (*_ESCAPES, *_CONTROLS))
_LARGE = 1 << 26


@dataclass(frozen=True)
class JsonStyle:
    """How values are spelled.

    Attributes:
        ascii: Escape all characters above 127.
        epoch: Write moments and dates as numbers of this unit instead of ISO texts.
    """

    ascii: bool = True
    epoch: str | None = None


def rows_as_json(table: pa.Table, style: JsonStyle, *, before: str = "", after: str = "") -> Any:
    """Return a JSON object for each row, with what stands before and after it."""
    if not table.num_columns or not table.num_rows:
        return pa.array([f"{before}{{}}{after}"] * table.num_rows, pa.string())
    fields = zip(table.column_names, (whole(column) for column in table.columns), strict=True)
    return woven(_object(fields, style, before, after))


def _object(
    fields: Iterable[tuple[str, Any]], style: JsonStyle, before: str, after: str, column: str | None = None
) -> list[Any]:
    pieces: list[Any] = []
    opening = before + "{"
    for name, array in fields:
        pieces += [f"{opening}{_quoted(style)(name)}:", *_pieces(array, style, column or name)]
        opening = ","
    return [*pieces, "}" + after]


def _pieces(array: Any, style: JsonStyle, column: str | None) -> list[Piece]:
    """Return what, joined, is the JSON text of each value; strings are not copied once more to be quoted."""
    dtype, types = array.type, pa.types
    if types.is_string(dtype) or types.is_large_string(dtype):
        quote = either(is_valid(array), '"') if array.null_count else '"'
        return [quote, escaped(array, style), quote]
    if types.is_integer(dtype):
        return integer_pieces(array)
    if types.is_floating(dtype):
        return float_pieces(array, _floats)
    if types.is_boolean(dtype):
        return flag_pieces(array, "true", "false")
    return [json_texts(array, style, column)]


def json_texts(array: Any, style: JsonStyle, column: str | None = None) -> Any:
    """Return the JSON text of each value; null where the value is null."""
    dtype, types = array.type, pa.types
    if isinstance(array, pa.ExtensionArray):
        return _extension(array, style, column)
    if types.is_string(dtype) or types.is_large_string(dtype):
        return _strings(array, style)
    if types.is_integer(dtype) or types.is_floating(dtype) or types.is_boolean(dtype):
        return woven(_pieces(array, style, column), None)
    if types.is_null(dtype):
        return pa.nulls(len(array), pa.string())
    if is_temporal(dtype):
        return _moments(array, style)
    if types.is_nested(dtype):
        return _nested(array, style, column)
    return _others(array, style, column)


def whole(column: pa.ChunkedArray[Any]) -> Any:
    """Return a column of one window as one array."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _quoted(style: JsonStyle) -> Callable[[str], str]:
    return encode_basestring_ascii if style.ascii else encode_basestring


def _strings(array: Any, style: JsonStyle) -> Any:
    return woven(['"', escaped(array, style), '"'], None)


def escaped(array: Any, style: JsonStyle) -> Any:
    """Return strings as they stand between quotes in JSON."""
    seen = scan(array, _WANTED, control=True)
    texts = array.cast(pa.large_string()) if array.nbytes > _LARGE else array
    for byte, plain, replacement in _ESCAPES + _CONTROLS:
        if byte in seen.found:
            texts = pc.replace_substring(texts, plain, replacement)
    odd = _odd(texts, seen.control, style.ascii and not seen.ascii)
    if odd is None:
        return texts
    spell = _quoted(style)
    respelled = [spell(value)[1:-1] for value in array.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(respelled, texts.type))


def _odd(texts: Any, control: bool, beyond: bool) -> Any:
    """Return a mask of the texts that need Python's escaping: control characters, and those above 127."""
    odd = None
    if control:
        odd = pc.match_substring_regex(texts, "[\\x00-\\x1f]")
    if beyond:
        high = pc.invert(pc.string_is_ascii(texts))
        odd = high if odd is None else pc.or_(odd, high)
    if odd is None:
        return None
    odd = pc.fill_null(odd, False)
    return odd if pc.any(odd).as_py() else None


def _floats(array: Any) -> Any:
    texts = float_texts(array, as_python=False)
    finite = pc.is_finite(array)
    if pc.all(finite).as_py() in (True, None):
        return texts
    return pc.if_else(finite, texts, pa.scalar(None, pa.string()))


def _moments(array: Any, style: JsonStyle) -> Any:
    if style.epoch is not None and not pa.types.is_time(array.type):
        return epoch_numbers(array, style.epoch).cast(pa.string())
    return woven(['"', iso_texts(array, "T"), '"'], None)


def _structs(array: Any, style: JsonStyle, column: str | None) -> Any:
    if not array.type.num_fields:
        return _masked(pa.array(["{}"] * len(array), pa.string()), array)
    fields = ((inner.name, array.field(at)) for at, inner in enumerate(array.type))
    return _masked(woven(_object(fields, style, "", "", column)), array)


def _masked(texts: Any, array: Any) -> Any:
    return pc.if_else(array.is_valid(), texts, pa.scalar(None, texts.type)) if array.null_count else texts


def _nested(array: Any, style: JsonStyle, column: str | None) -> Any:
    if pa.types.is_struct(array.type):
        return _structs(array, style, column)
    return _maps(array, style, column) if pa.types.is_map(array.type) else _lists(array, style, column)


def _lists(array: Any, style: JsonStyle, column: str | None) -> Any:
    dtype = array.type
    if not (pa.types.is_list(dtype) or pa.types.is_large_list(dtype)):
        array = array.cast(pa.large_list(dtype.value_field))
    return _in_brackets(array, lambda values: json_texts(values, style, column), array.values)


def _maps(array: Any, style: JsonStyle, column: str | None) -> Any:
    """Spell a map as the list of its pairs, which is the type it has here."""
    entries = pa.StructArray.from_arrays([array.keys, array.items], names=["key", "value"])
    return _in_brackets(array, lambda values: _structs(values, style, column), entries)


def _in_brackets(array: Any, spell: Callable[[Any], Any], values: Any) -> Any:
    offsets = array.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
    low, high = int(offsets[0]), int(offsets[-1])
    texts = pc.fill_null(spell(values.slice(low, high - low)), "null")
    mask = array.is_null() if array.null_count else None
    lists: Any = pa.LargeListArray.from_arrays(pa.array(offsets - low), texts, mask=mask)
    return woven(["[", pc.binary_join(lists, pa.scalar(",", texts.type)), "]"], None)


def _extension(array: Any, style: JsonStyle, column: str | None) -> Any:
    if not isinstance(array.type, pa.JsonType):
        return json_texts(array.storage, style, column)
    texts = array.storage.cast(pa.string())
    # Between its values JSON may have line breaks, which would end a line; inside of strings they are escaped.
    return pc.replace_substring_regex(texts, "[\\r\\n]+", " ")


def _others(array: Any, style: JsonStyle, column: str | None) -> Any:
    dtype, types = array.type, pa.types
    if types.is_dictionary(dtype):
        return json_texts(array.dictionary_decode(), style, column)
    if types.is_run_end_encoded(dtype):
        return json_texts(pc.call_function("run_end_decode", [array]), style, column)
    if types.is_decimal(dtype):
        return woven(['"', array.cast(pa.string()), '"'], None)
    if types.is_fixed_size_binary(dtype):
        array = array.cast(pa.binary())
    try:
        return _strings(array.cast(pa.large_string()), style)
    except pa.ArrowInvalid as error:
        raise BadData(
            "bytes that are no UTF-8 text cannot be written as JSON; remove the column, or write Parquet", column=column
        ) from error
