"""Rows of JSON as Python values: the exact and slow way, for values of mixed kinds and for errors that name a row."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from arrowsets.errors import BadData

__all__ = ["build", "decode", "infer"]

Arr: TypeAlias = Any  # an Arrow array whose kind is known from its type
Mixed = Callable[[str, pa.DataType, pa.DataType], pa.DataType]

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPED = re.compile("[\udc80-\udcff]")
_INT64 = (-(2**63), 2**63 - 1)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d(?::?\d\d(?::?\d\d)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)


def decode(
    block: bytes, file: str, before: Callable[[], int], reject: Callable[[int, str, str], None] | None
) -> list[Any]:
    """Return the values that follow one another in a block.

    Args:
        before: Answers the number of the first, when an error needs it.
        reject: Called with row, reason and text for a line that is no JSON, or no UTF-8; None: that is an error.
    """
    # Bytes that are no UTF-8 become what no UTF-8 can be, so that their lines are known.
    text = _text(block, file, before) if reject is None else block.decode(errors="surrogateescape")
    whole = reject is None or _ESCAPED.search(text) is None
    values: list[Any] = []
    place = _SPACE.match(text, 0).end()  # type: ignore[union-attr]
    line = 0
    while place < len(text):
        try:
            value, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", str(error))
            stop = text.find("\n", place) % (len(text) + 1)  # -1, for none, becomes the end
            if reject is None:
                shown = text[place : min(stop, place + 100)]
                raise BadData(f"no valid JSON ({reason}): {shown!r}", file=file, row=before() + line) from error
            reject(before() + line, f"no valid JSON ({reason})", _shown(text[place:stop]))
            end = stop
        else:
            if reject is not None and not whole and _ESCAPED.search(text, place, end):
                reject(before() + line, "bytes that are no UTF-8", _shown(text[place:end]))
            else:
                values.append(value)
        place = _SPACE.match(text, end).end()  # type: ignore[union-attr]
        line += 1
    return values


def _shown(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _text(block: bytes, file: str, before: Callable[[], int]) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        row = before() + block.count(b"\n", 0, error.start)
        reason = f"byte {block[error.start]:#04x} is no UTF-8 ({error.reason}); give encoding= or encoding_errors="
        raise BadData(reason, file=file, row=row) from error


def infer(values: Sequence[Any], mixed: Mixed, path: str = "") -> pa.DataType:
    """Return the narrowest type that holds values as JSON has them."""
    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return pa.null()
    if kinds == {dict}:
        keys = dict.fromkeys(key for value in values if value is not None for key in value)
        return pa.struct([pa.field(key, _member(values, key, mixed, path)) for key in keys])
    if kinds == {list}:
        return pa.list_(infer([item for value in values if value for item in value], mixed, f"{path}[]"))
    if len(kinds) == 1 or kinds == {int, float}:
        return _scalar(values, kinds)
    names = [_kind(kind, values) for kind in sorted(kinds, key=lambda kind: kind.__name__)]
    return mixed(path, names[0], names[1])


def _member(values: Sequence[Any], key: str, mixed: Mixed, path: str) -> pa.DataType:
    return infer([value.get(key) for value in values if value is not None], mixed, f"{path}.{key}" if path else key)


def _scalar(values: Sequence[Any], kinds: set[type]) -> pa.DataType:
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        fits = all(_INT64[0] <= value <= _INT64[1] for value in values if value is not None)
        return pa.int64() if fits else pa.float64()
    if kinds == {str}:
        return pa.timestamp("s") if all(_instant(value) for value in values if value is not None) else pa.string()
    return pa.float64()


def _kind(kind: type, values: Sequence[Any]) -> pa.DataType:
    if kind is dict:
        return pa.struct([])
    if kind is list:
        return pa.list_(pa.null())
    return _scalar([value for value in values if type(value) is kind], {kind})


def _instant(text: str) -> dt.datetime | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is None else instant.astimezone(dt.UTC).replace(tzinfo=None)


def build(values: Sequence[Any], dtype: Any) -> Arr:
    """Return values as an array of a type; raises what pyarrow raises where one does not fit."""
    if isinstance(dtype, pa.JsonType):
        texts = [None if value is None else _dumps(value) for value in values]
        return pa.ExtensionArray.from_storage(dtype, pa.array(texts, dtype.storage_type))
    if pa.types.is_struct(dtype):
        return _struct(values, dtype)
    if pa.types.is_list(dtype) or pa.types.is_large_list(dtype):
        return _list(values, dtype)
    if pa.types.is_string(dtype) or pa.types.is_large_string(dtype):
        texts = [value if value is None or isinstance(value, str) else _dumps(value) for value in values]
        return pa.array(texts, dtype)
    if pa.types.is_timestamp(dtype):
        instants = [_instant(value) or value if isinstance(value, str) else value for value in values]
        return pa.array(instants, dtype)
    if pa.types.is_integer(dtype) and any(type(value) is float and not value.is_integer() for value in values):
        fraction = next(value for value in values if type(value) is float and not value.is_integer())
        raise pa.ArrowInvalid(f"{fraction!r} is no integer")
    if pa.types.is_floating(dtype):
        return pa.array([float(value) if type(value) is int else value for value in values], dtype)
    return pa.array(values, dtype)


def _struct(values: Sequence[Any], dtype: Any) -> Arr:
    for value in values:
        if value is not None and not isinstance(value, dict):
            raise pa.ArrowInvalid(f"{value!r} is no object")
    fields = list(dtype)
    if not fields:
        return pa.array(values, dtype)
    columns = [
        build([None if value is None else value.get(field.name) for value in values], field.type) for field in fields
    ]
    mask = pa.array([value is None for value in values]) if None in values else None
    return pa.StructArray.from_arrays(columns, fields=fields, mask=mask)


def _list(values: Sequence[Any], dtype: Any) -> Arr:
    offsets: list[int | None] = []
    items: list[Any] = []
    for value in values:
        if value is not None and not isinstance(value, list):
            raise pa.ArrowInvalid(f"{value!r} is no list")
        offsets.append(None if value is None else len(items))
        items.extend(value or ())
    offsets.append(len(items))
    kind: Any = pa.LargeListArray if pa.types.is_large_list(dtype) else pa.ListArray
    width = pa.int64() if pa.types.is_large_list(dtype) else pa.int32()
    return kind.from_arrays(pa.array(offsets, width), build(items, dtype.value_type), type=dtype)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
