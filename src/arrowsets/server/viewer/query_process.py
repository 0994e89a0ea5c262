"""The process that a query runs in: bounds itself, opens the rows, answers an Arrow stream, and ends.

Its parent sends a pickled order and reads the stream; a first line on stderr says what went wrong: "refused" or "memory".
"""

from __future__ import annotations

import importlib
import json
import pickle
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from arrowsets.server.viewer.bounds import bound
from arrowsets.server.viewer.children import READY
from arrowsets.server.viewer.database import connect, read_as
from arrowsets.table.parquet import parquet_paths

__all__ = ["main"]

_ROW_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "repeat_row"})
_REFUSED_FUNCTIONS = frozenset({"current_setting", "getvariable", "getenv", "current_catalog", "current_database"})
# They read no rows: they wait, or write where DuckDB logs.
_IDLE_FUNCTIONS = frozenset({"pg_sleep", "sleep", "sleep_ms", "write_log"})
_STREAMED_ROWS = 16_384


class _Refused(Exception):
    pass


def main() -> int:
    """Do what stdin says."""
    try:
        order = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the parent, which is the same program
    except EOFError:
        return 0  # nobody needed this process
    try:
        connection = connect(memory=order.memory // 2)
        bound(order.memory, sum(Path(path).stat().st_size for view in order.views.values() for path in view.paths))
        return _answer(connection, order)
    except MemoryError:
        return _told("memory", "")


def _answer(connection: Any, order: Any) -> int:
    import duckdb

    try:
        statements = duckdb.extract_statements(order.query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            return _told("refused", "Only one SELECT statement can be run.")
        tree = _checked(connection, order)
        for name, view in order.views.items():
            connection.register(name, _scanned(view, order.memory, _named(tree, view)))
        # What is shown and one row more, which tells that there is more.
        relation = connection.sql(f"SELECT * FROM ({_bare(order.query)}\n) LIMIT {order.rows + 1}")  # noqa: S608 - checked above
        reader = relation.to_arrow_reader(_STREAMED_ROWS)
        sink: Any = sys.stdout.buffer
        with ipc.new_stream(sink, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
    except (duckdb.OutOfMemoryException, MemoryError):
        return _told("memory", "")
    except (_Refused, duckdb.Error) as error:
        return _told("refused", str(error))
    return 0


def _bare(query: str) -> str:
    """Return a statement without the semicolons and comments after it, so that it can stand in brackets."""
    import duckdb

    text = query.encode()
    end = len(text)
    for start, kind in reversed(duckdb.tokenize(query)):  # where a token begins, in bytes
        if kind != duckdb.token_type.comment and text[start:end].strip() != b";":
            break
        end = start
    return text[:end].decode()


def _scanned(view: Any, memory: int, named: Collection[str]) -> Any:
    """Return rows as DuckDB scans them: mapped or decoded batch by batch, and only the columns that a query names."""
    files = parquet_paths(view)
    schema: Any = pa.schema([field.with_type(read_as(field.type)) for field in view.schema])
    if files is not None:
        import pyarrow.dataset as ds

        return ds.dataset(files, schema=schema, format="parquet")
    if not all(group.rows.is_contiguous for group in view.groups) and view.nbytes > memory // 4:
        raise _Refused(
            "These rows are a selection in another order, too large to be copied: flatten_indices() writes them."
        )
    # What DuckDB reads as another type is copied, so where nobody names it it is left out.
    converted = [field.name for field in view.schema if schema.field(field.name).type != field.type]
    chosen = view.select_columns([name for name in view.columns if name not in converted or name in named])
    table = chosen.read(range(view.num_rows))
    if (size := sum(table.column(name).nbytes for name in converted if name in named)) > memory // 8:
        raise _Refused(f"{', '.join(converted)}: {size:,} bytes are too large to be converted; name other columns.")
    return table.cast(pa.schema([schema.field(name) for name in table.column_names]))


def _named(tree: Any, view: Any) -> Collection[str]:
    """Return the columns that a query names; all, if it has a star, or means whole rows by the name of a table."""
    nodes = list(_nodes(tree))
    tables = {name.casefold() for node in nodes if "table_name" in node for name in (node["table_name"], node["alias"])}
    names: set[str] = set()
    for node in nodes:
        listed = [name.casefold() for name in (node.get("column_names") or node.get("using_columns") or ())]
        if (
            node.get("class") == "STAR"
            or node.get("ref_type") == "NATURAL"
            or (len(listed) == 1 and listed[0] in tables)
        ):
            return list(view.columns)
        names.update(listed)
    return [name for name in view.columns if name.casefold() in names]


def _checked(connection: Any, order: Any) -> Any:
    """Return DuckDB's own parse of the query, which may name our tables, its own ones, and functions that make rows."""
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [order.query]).fetchall()[0][0])
    if tree.get("error"):
        raise _Refused(tree.get("error_message") or "This kind of query cannot be run.")
    known = {name.casefold() for name in order.views} | {name.casefold() for name in _own_tables(tree)}
    for node in _nodes(tree):
        kind = node.get("type")
        if kind == "BASE_TABLE" and (node.get("schema_name") or node["table_name"].casefold() not in known):
            raise _Refused(f"There is no table {node['table_name']!r}; there are: {', '.join(order.views)}")
        if kind == "TABLE_FUNCTION" and node["function"].get("function_name") not in _ROW_FUNCTIONS:
            raise _Refused(f"The function {node['function'].get('function_name')!r} is not available here.")
        if node.get("function_name") in _IDLE_FUNCTIONS:
            raise _Refused(f"The function {node['function_name']!r} is not available here.")
        if kind == "SHOW_REF":
            raise _Refused("DESCRIBE, SHOW and SUMMARIZE cannot be run here; SELECT can.")
        if node.get("function_name") in _REFUSED_FUNCTIONS:
            raise _Refused("Settings cannot be asked for.")
    return tree


def _own_tables(tree: Any) -> Iterator[str]:
    for node in _nodes(tree):
        yield from (entry["key"] for entry in (node.get("cte_map") or {}).get("map", ()))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _told(kind: str, message: str) -> int:
    sys.stderr.write(f"{kind}\n{message}\n")
    return 1


if __name__ == "__main__":
    # Whoever waits for it need not wait for what is loaded anyway.
    importlib.import_module("duckdb")
    importlib.import_module("pyarrow.dataset")
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    sys.exit(main())
