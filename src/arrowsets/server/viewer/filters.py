"""Conditions that the page asks for: filters as values, and search in texts of any script. Values are bound, never SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features
from arrowsets.features.label import ClassLabel
from arrowsets.server.viewer.errors import ViewerError, invalid
from arrowsets.server.viewer.where import Condition, SortKey, both, internal
from arrowsets.statistics import FORMATS

__all__ = ["filters_of", "is_searchable", "search_of", "sort_of"]

MOST = 100
_COMPARED = {"=": "=", "!=": "IS DISTINCT FROM", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def filters_of(filters: Sequence[Any], features: Features) -> Condition:
    """Return the condition that all filters hold.

    Raises:
        ViewerError: for a filter that makes no sense; says which and why.
    """
    if len(filters) > MOST:
        raise invalid(f"there are {len(filters)} filters; {MOST} may be given")
    return both(*(_Filter(each, features).condition() for each in filters))


def sort_of(column: str, descending: bool, features: Features) -> list[SortKey]:
    """Return the order by one column, or by a field of one."""
    name, sql, _ = _reached(column, features)
    return [SortKey(sql, frozenset([name]), descending)]


def search_of(query: str, features: Features) -> Condition:
    """Return the condition that every word of a query stands somewhere in the texts of a row.

    A word may be part of another, because not all scripts put spaces between words. Case and accents make no difference.
    Words in double quotes are one.
    """
    names = internal(features)
    searched = [name for name, feature in features.items() if is_searchable(feature)]
    if not searched:
        raise ViewerError(501, "NotSupportedError", "There is no column with text to search in.")
    words = _words(query)
    texts = [_texts(names[name], features[name].storage) for name in searched]
    parts = [" OR ".join(f"contains({_folded(text)}, {_folded('?')})" for text in texts) for _ in words]
    values = tuple(word for word in words for _ in texts)
    return Condition(" AND ".join(f"({part})" for part in parts) or "TRUE", values, frozenset(searched))


def _texts(sql: str, dtype: Any, depth: int = 0) -> str:
    """Return SQL for all texts in a column, one after the other; names of fields are none."""
    if _is_text(dtype):
        return sql
    if pa.types.is_struct(dtype):
        fields = [dtype.field(at) for at in range(dtype.num_fields)]
        held = [
            _texts(f"struct_extract({sql}, {_quoted(field.name)})", field.type, depth)
            for field in fields
            if _has_text(field.type)
        ]
        return f"concat_ws(chr(10), {', '.join(held)})"
    if pa.types.is_map(dtype):
        held = [
            _texts(f"map_{part}({sql})", pa.list_(each), depth)
            for part, each in (("keys", dtype.key_type), ("values", dtype.item_type))
            if _has_text(each)
        ]
        return f"concat_ws(chr(10), {', '.join(held)})"
    item = f"x{depth}"
    listed = f"CAST({sql} AS VARCHAR[])" if pa.types.is_fixed_size_list(dtype) and _is_text(dtype.value_type) else sql
    return f"array_to_string([{_texts(item, dtype.value_type, depth + 1)} FOR {item} IN {listed}], chr(10))"


def _has_text(dtype: pa.DataType) -> bool:
    if not pa.types.is_nested(dtype):
        return _is_text(dtype)
    return any(_has_text(dtype.field(at).type) for at in range(dtype.num_fields))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def is_searchable(feature: Any) -> bool:
    """Return whether a column holds text, at any depth."""
    if _is_text(feature.storage):
        return True
    if feature.type_name in ("Image", "Audio", "Video", "Pdf", "Nifti", "Mesh"):
        return False
    return any(is_searchable(child) for child in feature.children().values())


def _words(query: str) -> list[str]:
    pieces = query.split('"')
    words = [word for at, piece in enumerate(pieces) for word in ([piece] if at % 2 else piece.split())]
    return [word for word in words if word.strip()][:MOST]


def _folded(text: str) -> str:
    return f"lower(strip_accents({text}::VARCHAR))"


def _is_text(dtype: pa.DataType) -> bool:
    return pa.types.is_string(dtype) or pa.types.is_large_string(dtype) or pa.types.is_string_view(dtype)


def _reached(column: Any, features: Features) -> tuple[str, str, Any]:
    """Return the column, the SQL and the Arrow type of a column or of a field of one (`a.b`)."""
    if not isinstance(column, str):
        raise invalid(f"a filter needs the name of a column, got {column!r}")
    name, rest = column, ""
    while name not in features:
        name, dot, last = name.rpartition(".")
        if not dot:
            raise invalid(str(ColumnNotFound.of(column, features)))
        rest = f"{last}.{rest}" if rest else last
    sql, dtype = internal(features)[name], features[name].storage
    for step in rest.split(".") if rest else ():
        if not pa.types.is_struct(dtype) or dtype.get_field_index(step) < 0:
            raise invalid(f"{column!r} is no field of column {name!r}")
        sql, dtype = f"struct_extract({sql}, {_quoted(step)})", dtype.field(step).type
    return name, sql, dtype


class _Filter:
    """One filter: a column, an operation and a value."""

    def __init__(self, given: Any, features: Features) -> None:
        if not isinstance(given, dict):
            raise invalid(f"a filter is an object of column, op and value, got {given!r}")
        self.given, self.op, self.value = given, given.get("op"), given.get("value")
        self.name, self.sql, self.dtype = _reached(given.get("column"), features)
        self.feature = features[self.name]

    def condition(self) -> Condition:
        """Return what it says."""
        op = self.op
        if op in ("is_null", "not_null"):
            empty = f"{self.sql} IS NULL" + (f" OR isnan({self.sql})" if pa.types.is_floating(self.dtype) else "")
            return self._made(empty if op == "is_null" else f"NOT ({empty})")
        if op == "in":
            values = self._several(self.value, 1, 1000)
            return self._made(f"{self.sql} IN ({', '.join(self._slot() for _ in values)})", *map(self._bound, values))
        if op == "between":
            return self._between(*self._measured())
        if op == "length_between":
            return self._between(self._length(), float, "?")
        if op == "contains":
            return self._contains()
        if op in _COMPARED:
            sql = f"{self.sql} {_COMPARED[op]} {self._slot()}"
            if pa.types.is_floating(self.dtype) and op in (">", ">="):
                sql += f" AND NOT isnan({self.sql})"  # to DuckDB it is the largest number
            return self._made(sql, self._bound(self.value))
        raise invalid(f"unknown op {op!r}; there are: {', '.join(_COMPARED)}, in, between, contains, length_between, "
                      "is_null, not_null")  # fmt: skip

    def _made(self, sql: str, *values: Any) -> Condition:
        return Condition(sql, values, frozenset([self.name]))

    def _between(self, sql: str, bound: Any, slot: str) -> Condition:
        value = self._several(self.value, 2, 3)
        closed = bool(value[2]) if len(value) == 3 else True
        ends = {f"{sql} >= {slot}": value[0], f"{sql} {'<=' if closed else '<'} {slot}": value[1]}
        held = {part: end for part, end in ends.items() if end is not None}
        try:
            bounds = [bound(end) for end in held.values()]
        except (TypeError, ValueError) as error:
            raise invalid(f"{self.op} needs two numbers or dates, got {value!r}") from error
        if not bounds:
            raise invalid(f"{self.op} needs at least one end, got {value!r}")
        numbers = [f"NOT isnan({sql})"] if pa.types.is_floating(self.dtype) and value[1] is None else []
        return self._made(" AND ".join([*held, *numbers]), *bounds)

    def _measured(self) -> tuple[str, Any, str]:
        """Return what a range is about, how its ends are bound, and the place of one."""
        way = self.given.get("format")
        if way is None:
            return self.sql, self._bound, self._slot()
        if not _is_text(self.dtype) or way not in FORMATS:
            raise invalid(f"column {self.name!r} is not read as dates of the format {way!r}")
        if not way.endswith("%z"):
            return f"try_strptime({self.sql}, '{way}')", str, "CAST(? AS TIMESTAMP)"
        return f"try_strptime(regexp_replace({self.sql}, 'Z$', '+00'), '{way}')", str, "CAST(? AS TIMESTAMPTZ)"

    def _length(self) -> str:
        if _is_text(self.dtype):
            return f"length({self.sql})"
        if (
            pa.types.is_list(self.dtype)
            or pa.types.is_large_list(self.dtype)
            or pa.types.is_fixed_size_list(self.dtype)
        ):
            return f"len({self.sql})"
        raise invalid(f"column {self.name!r} has no length to filter by")

    def _contains(self) -> Condition:
        if _is_text(self.dtype):
            return self._made(f"contains({_folded(self.sql)}, {_folded('?')})", str(self.value))
        if isinstance(self.value, (list, dict)):
            raise invalid(f"contains needs one value, got {self.value!r}")
        if pa.types.is_list(self.dtype) or pa.types.is_large_list(self.dtype):
            return self._made(f"list_contains({self.sql}, ?)", self.value)
        raise invalid(f"column {self.name!r} is {self.dtype}, which contains nothing")

    def _several(self, value: Any, low: int, high: int) -> list[Any]:
        if not isinstance(value, list) or not low <= len(value) <= high:
            raise invalid(f"{self.op} needs a list of {low} to {high} values, got {value!r}")
        return value

    def _slot(self) -> str:
        """Return the place of a value, converted where JSON has no such type."""
        dtype = self.dtype
        for is_such, name in (
            (pa.types.is_timestamp, "TIMESTAMPTZ" if getattr(dtype, "tz", None) else "TIMESTAMP"),
            (pa.types.is_date, "DATE"),
            (pa.types.is_time, "TIME"),
        ):
            if is_such(dtype):
                return f"CAST(? AS {name})"
        if pa.types.is_decimal(dtype):
            return f"CAST(? AS {f'DECIMAL({dtype.precision},{dtype.scale})' if dtype.precision <= 38 else 'DOUBLE'})"
        return "?"

    def _bound(self, value: Any) -> Any:
        """Return a value as it is bound."""
        dtype = self.dtype
        try:
            if isinstance(self.feature, ClassLabel) and isinstance(value, str):
                return self.feature.str2int(value)  # names may be numerals: "1" may be class 0
            if pa.types.is_boolean(dtype):
                return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
            if pa.types.is_integer(dtype):
                return float(value) if isinstance(value, float) and not value.is_integer() else int(value)
            if pa.types.is_floating(dtype):
                return float(value)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise invalid(f"{value!r} cannot be compared with column {self.name!r} of {dtype}") from error
        if _is_text(dtype) or pa.types.is_temporal(dtype) or pa.types.is_decimal(dtype):
            return str(value)
        raise invalid(f"column {self.name!r} is {dtype}, which cannot be compared with a value")
