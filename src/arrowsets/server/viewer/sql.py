"""The box for SQL: `POST /api/x/sql` and the download of what a query gives."""

from __future__ import annotations

import datetime as dt
import io
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
from starlette.responses import Response

from arrowsets.features.media import needed
from arrowsets.server.viewer.call import Call, Target, as_json
from arrowsets.server.viewer.cells import CUT_CHARACTERS, CellWriter
from arrowsets.server.viewer.database import microseconds
from arrowsets.server.viewer.errors import ViewerError, invalid
from arrowsets.server.viewer.queries import Result
from arrowsets.table import View

__all__ = ["download", "query"]

DEFAULT_ROWS = 1000
DOWNLOADED_ROWS = 1_000_000
_PRIVATE = {"Cache-Control": "no-store"}


def query(call: Call) -> Response:
    """Run a query and return its first rows."""
    begun = time.perf_counter()
    given = _given(call)
    most = call.settings.sql_rows
    limit = given.get("limit", DEFAULT_ROWS)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 0 < limit <= most:
        raise invalid(f"'limit' must be a number from 1 to {most}")
    result = _run(call, given, limit)
    writer = CellWriter(lambda *_: "", (), exact=True, cut=CUT_CHARACTERS)
    table = result.table
    columns = [[_shown(writer, value) for value in column.to_pylist()] for column in table.columns]
    answer = {
        "columns": [{"name": field.name, "type": str(field.type)} for field in table.schema],
        "rows": [list(row) for row in zip(*columns, strict=True)],
        "num_rows": table.num_rows,
        "truncated": result.truncated,
        "seconds": round(time.perf_counter() - begun, 4),
    }
    return as_json(answer, headers=_PRIVATE, limit=4 * call.settings.answer_bytes)


def _shown(writer: CellWriter, value: Any) -> Any:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value) if value.as_tuple().exponent == 0 else value  # what sums of integers are
    cell = writer.plain(value)
    return cell[:CUT_CHARACTERS] if isinstance(cell, str) else cell


def download(call: Call) -> Response:
    """Run a query and return what it gives as a file."""
    given = _given(call)
    kind = call.text("format") or "csv"
    if kind not in ("csv", "parquet"):
        raise invalid(f"unknown format {kind!r}; there are: csv, parquet")
    result = _run(call, given, DOWNLOADED_ROWS)
    sink = io.BytesIO()
    try:
        if kind == "parquet":
            needed("pyarrow.parquet", "writing Parquet", "pyarrow", "server").write_table(result.table, sink)
        else:
            needed("pyarrow.csv", "writing CSV", "pyarrow", "server").write_csv(_flat(result), sink)
    except pa.ArrowException as error:
        raise invalid(f"The result cannot be written as {kind}: {error}") from error
    headers = {**_PRIVATE, "Content-Disposition": f'attachment; filename="query.{kind}"'}
    media_type = "text/csv; charset=utf-8" if kind == "csv" else "application/vnd.apache.parquet"
    return Response(sink.getvalue(), media_type=media_type, headers=headers)


def _flat(result: Result) -> Any:
    """Return a table of plain columns: what CSV cannot hold is JSON in it."""
    writer = CellWriter(lambda *_: "", ())
    columns: list[Any] = []
    for column in result.table.columns:
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or _is_written_otherwise(column.type):
            columns.append(pa.array([_text(writer.plain(value)) for value in column.to_pylist()], pa.string()))
        else:
            columns.append(column)
    return pa.table(columns, names=result.table.column_names)


def _is_written_otherwise(dtype: pa.DataType) -> bool:
    return pa.types.is_dictionary(dtype) or pa.types.is_duration(dtype)


def _text(cell: Any) -> str | None:
    return cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _given(call: Call) -> Mapping[str, Any]:
    if not call.settings.sql:
        raise ViewerError(403, "SqlDisabled", "Queries in SQL are switched off on this viewer.")
    if call.request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ViewerError(415, "InvalidParameter", "The request must be application/json.")
    try:
        given = json.loads(call.body)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The request is not JSON: {error}") from error
    if not isinstance(given, dict) or not isinstance(given.get("query"), str) or not given["query"].strip():
        raise invalid("The request must have a 'query'.")
    return given


def _run(call: Call, given: Mapping[str, Any], limit: int) -> Result:
    names = {name: given.get(name) for name in ("dataset", "config", "split")}
    if any(value is not None and not isinstance(value, str) for value in names.values()):
        raise invalid("dataset, config and split are texts")
    source = call.catalogue.source(names["dataset"] or None)
    config = source.config(names["config"] or None)
    target = Target(source, config, config.split(names["split"] or None))
    views: dict[str, View] = {}
    for name, split in config.splits.items():
        if split is target.split or split.is_ready:
            views[name] = split.whole(5.0).view
    views["data"] = views[target.split.name]
    result = call.work.queries.run(given["query"], views, limit)
    return replace(result, table=_without_intervals(result.table))


def _without_intervals(table: pa.Table) -> pa.Table:
    """Return a table in which intervals, which few can read, are durations, or texts where they have months."""
    for at, column in enumerate(table.columns):
        if pa.types.is_interval(column.type):
            table = table.set_column(at, table.field(at).name, _durations(column))
    return table


def _durations(column: Any) -> Any:
    values: list[Any] = column.to_pylist()
    if not any(value is not None and value.months for value in values):
        return microseconds(column).cast(pa.duration("us"))
    return pa.chunked_array([[None if value is None else _interval(value) for value in values]], pa.string())


def _interval(value: Any) -> str:
    rest = dt.timedelta(days=value.days, microseconds=value.nanoseconds // 1000)
    return f"{value.months} months, {rest}" if rest else f"{value.months} months"
