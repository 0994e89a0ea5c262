"""Conditions and orders that callers write in SQL: what DuckDB's own parser makes of them must be on a list.

The text is parsed by DuckDB as the condition of a query on one table, and every node of the tree that comes out must be of
a class, a function and a type that is allowed, and every name a column. Then columns get names of ours, and DuckDB writes
the tree out again: what the caller wrote is never run. Comments and semicolons in values are thus what they look like, and
what closes a bracket to open another query is a tree of another shape.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from arrowsets.features import Features
from arrowsets.server.viewer.database import connect
from arrowsets.server.viewer.errors import ViewerError, invalid

__all__ = ["ROW", "Condition", "SortKey", "always", "both", "internal", "order_of", "where_of"]

ROW = "row_of_the_split"
DEEPEST = 60
LONGEST = 4096

_CLASSES = frozenset(
    {"CONJUNCTION", "COMPARISON", "BETWEEN", "OPERATOR", "CONSTANT", "COLUMN_REF", "FUNCTION", "CAST", "TYPE"}
)
_OPERATORS = frozenset(
    {
        "COMPARE_IN",
        "COMPARE_NOT_IN",
        "OPERATOR_NOT",
        "OPERATOR_IS_NULL",
        "OPERATOR_IS_NOT_NULL",
        "OPERATOR_COALESCE",
        "OPERATOR_CAST",
        "ARRAY_EXTRACT",
        "STRUCT_EXTRACT",
        "ARRAY_SLICE",
    }
)
_FUNCTIONS = frozenset(
    """
    ~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape ilike_escape not_ilike_escape regexp_full_match regexp_matches
    lower upper length len strlen contains starts_with prefix suffix ends_with trim ltrim rtrim strip_accents
    + - * / // % abs round floor ceil ceiling isnan isfinite isinf
    list_contains list_has array_contains array_length array_extract struct_extract list_extract list_value
    year month day hour minute second date_part date_trunc coalesce
    """.split()  # noqa: SIM905 - more than a hundred lines else
)
_TYPES = frozenset(
    """
    boolean bool tinyint smallint integer int bigint hugeint utinyint usmallint uinteger ubigint float real double
    varchar text string char bpchar date time timestamp datetime timestamptz interval
    int1 int2 int4 int8 float4 float8
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows: SQL over columns by their names of ours, with values that are bound.

    Attributes:
        columns: Those that it reads.
    """

    sql: str
    values: tuple[Any, ...]
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class SortKey:
    """What rows are ordered by: an expression over columns by their names of ours."""

    sql: str
    columns: frozenset[str]
    descending: bool = False
    nulls_first: bool = False


always = Condition("TRUE", (), frozenset())


def both(*conditions: Condition) -> Condition:
    """Return the condition that all of these hold."""
    real = [each for each in conditions if each != always]
    if not real:
        return always
    values = tuple(value for each in real for value in each.values)
    columns = frozenset(name for each in real for name in each.columns)
    return Condition(" AND ".join(f"({each.sql})" for each in real), values, columns)


def internal(features: Mapping[str, Any]) -> dict[str, str]:
    """Return our names of columns; theirs may differ in case only, which to SQL is the same name."""
    return {name: f"c{index}" for index, name in enumerate(features)}


def where_of(text: str, features: Features) -> Condition:
    """Read a condition.

    Raises:
        ViewerError: for what is no condition on these columns.
    """
    tree = _parsed(f"SELECT 1 FROM data WHERE {_checked_length(text, 'where')}", "where")  # noqa: S608 - parsed, not run
    node = tree["statements"][0]["node"]
    _check_shape(node, "where", modifiers=False)
    walk = _Walk("where", features)
    walk.check(node["where_clause"], 0)
    written = _written(tree)
    return Condition(written.partition(" WHERE ")[2].rstrip(";"), (), frozenset(walk.used))


def order_of(text: str, features: Features) -> list[SortKey]:
    """Read an order, such as `"a" DESC, b`.

    Raises:
        ViewerError: for what is no order of these columns.
    """
    tree = _parsed(f"SELECT 1 FROM data ORDER BY {_checked_length(text, 'orderby')}", "orderby")  # noqa: S608 - parsed, not run
    node = tree["statements"][0]["node"]
    _check_shape(node, "orderby", modifiers=True)
    keys = []
    for order in node["modifiers"][0]["orders"]:
        walk = _Walk("orderby", features)
        walk.check(order["expression"], 0)
        if not walk.used:
            raise invalid("Parameter 'orderby' must name columns")
        sql = _written(_selecting(tree, order["expression"])).removeprefix("SELECT ").rpartition(" FROM ")[0]
        nulls_first = order["null_order"] == "NULLS FIRST"
        keys.append(SortKey(sql, frozenset(walk.used), order["type"] == "DESCENDING", nulls_first))
    return keys


def _checked_length(text: str, what: str) -> str:
    if len(text) > LONGEST or "\0" in text:
        raise invalid(f"Parameter '{what}' must be a text of at most {LONGEST} characters")
    return text


def _check_shape(node: Mapping[str, Any], what: str, *, modifiers: bool) -> None:
    """Refuse a query with any other clause than the one that was asked for."""
    found = [modifier["type"] for modifier in node.get("modifiers", [])]
    plain = (
        node["type"] == "SELECT_NODE"
        and found == (["ORDER_MODIFIER"] if modifiers else [])
        and node.get("from_table", {}).get("type") == "BASE_TABLE"
        and node["from_table"].get("sample") is None
        and (node.get("where_clause") is None) == modifiers
        and not any(node.get(clause) for clause in ("group_expressions", "group_sets", "having", "sample", "qualify"))
        and not node.get("cte_map", {}).get("map")
        and node.get("aggregate_handling", "STANDARD_HANDLING") == "STANDARD_HANDLING"
        and len(node["select_list"]) == 1
    )
    if not plain:
        raise invalid(f"Parameter '{what}' must be one {'order' if modifiers else 'condition'} and nothing else")


@dataclass
class _Walk:
    """Checks a tree, collects the columns that it reads, and gives them their names of ours."""

    what: str
    features: Features

    def __post_init__(self) -> None:
        self.used: set[str] = set()
        self._names = internal(self.features)
        self._folded: dict[str, list[str]] = {}
        for name in self.features:
            self._folded.setdefault(name.casefold(), []).append(name)

    def check(self, node: Any, depth: int) -> None:
        if depth > DEEPEST:
            raise invalid(f"Parameter '{self.what}' is nested too deeply")
        if isinstance(node, list):
            for item in node:
                self.check(item, depth + 1)
            return
        if not isinstance(node, dict):
            return
        kind = node.get("class")
        if kind is not None:
            self._check_class(node, kind)
        elif str(node.get("type", "")).endswith("_NODE"):
            raise self._refused("a query within a condition")
        for key, value in node.items():
            if key not in ("qualified_name", "column_names", "literal", "value"):
                self.check(value, depth + 1)

    def _check_class(self, node: dict[str, Any], kind: str) -> None:
        if kind not in _CLASSES:
            raise self._refused(kind.lower().replace("_", " "))
        if node.get("alias"):
            raise self._refused("an alias")
        if kind == "OPERATOR" and node["type"] not in _OPERATORS:
            raise self._refused(str(node["type"]).lower())
        if kind == "FUNCTION":
            self._check_function(node)
        elif kind == "TYPE" and (str(node.get("type_name", "")).lower() not in _TYPES or node.get("schema")):
            raise self._refused(f"the type {node.get('type_name')!r}")
        elif kind == "COLUMN_REF":
            self._rename(node)

    def _check_function(self, node: Mapping[str, Any]) -> None:
        name = node.get("function_name", "")
        if name not in _FUNCTIONS or node.get("schema") or node.get("catalog"):
            raise self._refused(f"the function {name!r}")
        if node.get("filter") is not None or node.get("distinct") or (node.get("order_bys") or {}).get("orders"):
            raise self._refused("an aggregate")

    def _rename(self, node: dict[str, Any]) -> None:
        given = node["column_names"]
        name = given[0]
        if name not in self.features:
            alike = self._folded.get(name.casefold(), [])
            if len(alike) != 1:
                known = ", ".join(repr(each) for each in list(self.features)[:20])
                raise invalid(f"Parameter '{self.what}' names no column {name!r}; there are {known}")
            name = alike[0]
        self.used.add(name)
        node["column_names"] = [self._names[name], *given[1:]]

    def _refused(self, what: str) -> ViewerError:
        return invalid(
            f"Parameter '{self.what}' must not have {what}",
            'Compare columns with values, such as: "age" >= 18 AND "name" ILIKE \'%a%\'',
        )


def _parsed(query: str, what: str) -> dict[str, Any]:
    row = _ask("SELECT json_serialize_sql(?::VARCHAR)", query)
    tree: dict[str, Any] = json.loads(row)
    if tree.get("error"):
        raise invalid(f"Parameter '{what}' is not valid SQL: {tree.get('error_message', '')}")
    if len(tree["statements"]) != 1:
        raise invalid(f"Parameter '{what}' must be one expression, not several statements")
    return tree


def _selecting(tree: Mapping[str, Any], expression: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(tree))
    node = copy["statements"][0]["node"]
    node["modifiers"], node["select_list"] = [], [expression]
    return copy


def _written(tree: Mapping[str, Any]) -> str:
    return _ask("SELECT json_deserialize_sql(?::JSON)", json.dumps(tree))


def _ask(query: str, value: str) -> str:
    try:
        cursor = _parser().cursor()
        row: Sequence[Any] = cursor.execute(query, [value]).fetchall()[0]
    except Exception as error:
        raise invalid(f"not valid SQL: {str(error).splitlines()[0]}") from error
    return str(row[0])


@lru_cache(maxsize=1)
def _parser() -> Any:
    return connect(threads=1)
