"""Reads single rows of a record batch straight from its buffers, with no Arrow object made per row.

A `RowGetter` is compiled for the kinds of a batch's columns: each kind has one expression over typed
memoryviews of the column's buffers. A memoryview holds the Arrow buffer that it looks at, and so the memory
map beneath; a getter is therefore safe to keep after its batch is gone. What has no simple layout is read
through one Arrow scalar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import calcsize
from typing import Any

import pyarrow as pa

from arrowsets.formats.compiled import compile_expression

__all__ = ["RowGetter"]

Decoder = Callable[[Any], Any]

# Without float16, of which a memoryview makes no numbers before Python 3.12.
_NUMBERS: dict[pa.DataType, str] = {
    pa.int8(): "b",
    pa.uint8(): "B",
    pa.int16(): "h",
    pa.uint16(): "H",
    pa.int32(): "i",
    pa.uint32(): "I",
    pa.int64(): "q",
    pa.uint64(): "Q",
    pa.float32(): "f",
    pa.float64(): "d",
}
_OFFSETS: dict[pa.DataType, str] = {
    pa.string(): "i",
    pa.binary(): "i",
    pa.large_string(): "q",
    pa.large_binary(): "q",
}
_LISTS = {pa.list_(pa.int8()).id: "i", pa.large_list(pa.int8()).id: "q"}
# The expression of each kind, for column {c} at row i. The letters: v values, o offsets, m validity, s the
# place of the first row among the bits, d decoder.
_EXPRESSIONS = {
    "null": "None",
    "number": "v{c}[i]",
    "bool": "(v{c}[(i + s{c}) >> 3] >> ((i + s{c}) & 7)) & 1 == 1",
    "text": "str(v{c}[o{c}[i]:o{c}[i + 1]], 'utf-8')",
    "list": "v{c}[o{c}[i]:o{c}[i + 1]].tolist()",
    "bytes": "v{c}[o{c}[i]:o{c}[i + 1]].tobytes()",
    "scalar": "v{c}[i].as_py()",
}
_DECODED = "d{c}({value})"
_NULLABLE = "({value} if (m{c}[(i + s{c}) >> 3] >> ((i + s{c}) & 7)) & 1 else None)"

Kind = tuple[str, bool, bool]
"""Of one column: the expression's name, whether nulls must be looked for, whether a decoder follows."""


def _kind(array: pa.Array[Any], decoder: Decoder | None) -> Kind:
    kind = array.type
    decoded = decoder is not None
    if pa.types.is_null(kind):
        return "null", False, decoded
    if kind in _NUMBERS:
        return "number", array.null_count > 0, decoded
    if pa.types.is_boolean(kind):
        return "bool", array.null_count > 0, decoded
    if kind in _OFFSETS:
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        return "text" if text else "bytes", array.null_count > 0, decoded
    if _is_number_list(array):
        return "list", array.null_count > 0, decoded
    # A scalar knows of null by itself, a decoder does not.
    return "scalar", decoded and array.null_count > 0, decoded


def _is_number_list(array: pa.Array[Any]) -> bool:
    """Tell whether an array holds lists of numbers with no null in any of them."""
    lists: Any = array
    if array.type.id not in _LISTS or lists.type.value_type not in _NUMBERS:
        return False
    return not lists.values.null_count


def _view(buffer: pa.Buffer | None, code: Any) -> memoryview:
    """Look at a buffer as numbers of a `struct` code; a buffer may be padded beyond a multiple of their
    size."""
    view = memoryview(b"" if buffer is None else buffer).cast("B")
    size = calcsize(code)
    numbers: memoryview = view[: view.nbytes // size * size].cast(code)
    return numbers


def _number_views(array: pa.Array[Any]) -> memoryview:
    values = _view(array.buffers()[1], _NUMBERS[array.type])
    return values[array.offset : array.offset + len(array)]


def _offset_views(array: pa.Array[Any]) -> tuple[memoryview, memoryview]:
    return _starts(array, _OFFSETS[array.type]), _view(array.buffers()[2], "B")


def _starts(array: pa.Array[Any], code: str) -> memoryview:
    return _view(array.buffers()[1], code)[array.offset : array.offset + len(array) + 1]


def _arguments(array: pa.Array[Any], kind: Kind, decoder: Decoder | None) -> list[Any]:
    """The values of m, s, o, v and d for one column, in the order of `_parameters`."""
    name, nullable, _ = kind
    validity = _view(array.buffers()[0], "B") if nullable else None
    offsets: memoryview | None = None
    values: object = None
    if name == "number":
        values = _number_views(array)
    elif name == "bool":
        values = _view(array.buffers()[1], "B")
    elif name in ("text", "bytes"):
        offsets, values = _offset_views(array)
    elif name == "list":
        lists: Any = array
        offsets, values = _starts(array, _LISTS[array.type.id]), _number_views(lists.values)
    elif name == "scalar":
        values = array
    return [validity, array.offset, offsets, values, decoder]


def _parameters(width: int) -> list[str]:
    return [f"{letter}{c}" for c in range(width) for letter in "msovd"]


def _expression(column: int, kind: Kind) -> str:
    name, nullable, decoded = kind
    value = _EXPRESSIONS[name].format(c=column)
    if decoded:
        value = _DECODED.format(c=column, value=value)
    return _NULLABLE.format(c=column, value=value) if nullable else value


@lru_cache(maxsize=256)
def _factory(kinds: tuple[Kind, ...]) -> Callable[..., Callable[[int], dict[str, Any]]]:
    """Compile a function from column names and buffers to a function from a row's position to its dict."""
    display = ", ".join(f"n{c}: {_expression(c, kind)}" for c, kind in enumerate(kinds))
    names = [f"n{c}" for c in range(len(kinds))]
    return compile_expression([*names, *_parameters(len(kinds))], f"lambda i: {{{display}}}")


class RowGetter:
    """Reads rows of one record batch as dicts.

    Args:
        columns: The columns to read, in this order. None: all.
        decoders: What to apply to a column's values, by name. Values that are null are not decoded.

    >>> RowGetter(pa.record_batch({"a": [1, None], "b": ["x", "y"]})).get(1)
    {'a': None, 'b': 'y'}
    """

    __slots__ = ("get", "num_rows")

    def __init__(
        self,
        batch: pa.RecordBatch,
        columns: Sequence[str] | None = None,
        decoders: dict[str, Decoder] | None = None,
    ) -> None:
        names = list(batch.schema.names) if columns is None else list(columns)
        arrays = [batch.column(name) for name in names]
        chosen = [(decoders or {}).get(name) for name in names]
        kinds = tuple(_kind(array, decoder) for array, decoder in zip(arrays, chosen, strict=True))
        arguments = [
            value
            for array, kind, decoder in zip(arrays, kinds, chosen, strict=True)
            for value in _arguments(array, kind, decoder)
        ]
        self.num_rows: int = batch.num_rows
        # An instance attribute and not a method: a call of it costs no second Python frame.
        self.get: Callable[[int], dict[str, Any]] = _factory(kinds)(*names, *arguments)
