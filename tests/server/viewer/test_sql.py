"""Queries in SQL: one statement that reads, in a process that is bounded in memory and time."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import Dataset, DatasetDict

if TYPE_CHECKING:
    from tests.server.viewer.conftest import Client, Show

NEW = "/tmp/arrowsets-viewer-must-not-write-this"
SMALL = DatasetDict({"train": Dataset.from_dict({"x": [1, 2, 3]}), "test": Dataset.from_dict({"x": [10]})})


@pytest.fixture
def client(show: Show) -> Client:
    return show(SMALL, deadline=5.0, sql_memory=512 << 20)


def test_a_query_gives_columns_and_rows(client: Client) -> None:
    client.own("rows", split="test")
    answer = client.sql("SELECT count(*) AS n, sum(x) AS s, (SELECT max(x) FROM test) AS t FROM data").json()
    assert answer["rows"] == [[3, 6, 10]]
    assert [column["name"] for column in answer["columns"]] == ["n", "s", "t"]
    assert not answer["truncated"]


def test_nothing_in_the_directory_that_the_viewer_was_started_in_is_run(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    for name in ("duckdb.py", "json.py", "arrowsets.py"):
        (tmp_path / name).write_text(f"open({str(mark)!r}, 'w').close()")
    monkeypatch.chdir(tmp_path)
    assert show(SMALL).sql("SELECT sum(x) FROM data").json()["rows"] == [[6]]
    assert not mark.exists()


def test_more_rows_than_wanted_are_told_of(client: Client) -> None:
    answer = client.sql("FROM data", limit=2).json()
    assert (answer["rows"], answer["num_rows"], answer["truncated"]) == ([[1], [2]], 2, True)


def test_parquet_is_queried_where_it_lies(show: Show, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": range(10_000)}), tmp_path / "a.parquet", row_group_size=1000)
    pq.write_table(pa.table({"x": range(10_000, 10_010)}), tmp_path / "b.parquet")
    assert show(tmp_path).sql("SELECT sum(x), count(*) FROM data WHERE x >= 9999").json()["rows"] == [[110_044, 11]]


@pytest.fixture
def halves() -> pa.Table:
    """Types that DuckDB does not know, at all depths."""
    half = pa.array(np.array([1.5, 2.5], "f2"))
    return pa.table({
        "H": half, "i": [1, 2], "d": pa.array([Decimal("1.25"), None], pa.decimal256(50, 2)),
        "l": pa.ListArray.from_arrays([0, 1, 2], half), "s": pa.StructArray.from_arrays([half], ["x"]),
    })  # fmt: skip


@pytest.mark.parametrize("place", ["memory", "file"])
def test_types_that_duckdb_does_not_know_are_read_as_others(
    show: Show, halves: pa.Table, tmp_path: Path, place: str
) -> None:
    pq.write_table(halves, tmp_path / "a.parquet")
    client = show(Dataset(halves) if place == "memory" else tmp_path)
    answer = client.sql("SELECT count(*) OVER () AS n, * FROM data WHERE h > 1 AND l[1] > 1 AND s.x > 1 AND d = 1.25")
    assert answer.json().get("rows") == [[1, 1.5, 1, 1.25, [1.5], {"x": 1.5}]], answer.text


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT t FROM data t WHERE i = 1", [[{"H": 1.5, "i": 1, "d": 1.25, "l": [1.5], "s": {"x": 1.5}}]]),
        ("SELECT avg(i) AS n FROM data JOIN (SELECT 2.5 AS h) USING (h) ORDER BY n", [[2.0]]),
    ],
)
def test_columns_are_converted_for_all_ways_to_name_them(
    show: Show, halves: pa.Table, query: str, rows: list[Any]
) -> None:
    assert show(Dataset(halves)).sql(query).json().get("rows") == rows


def test_filters_and_orders_of_types_that_duckdb_does_not_know(show: Show, halves: pa.Table) -> None:
    client = show(Dataset(halves))
    assert client.numbers(filters=[{"column": "H", "op": ">", "value": 2}]) == [1]
    assert client.numbers(filters=[{"column": "d", "op": "=", "value": "1.25"}]) == [0]
    assert client.numbers(filters=[{"column": "s.x", "op": "<=", "value": 1.5}]) == [0]
    assert client.numbers(sort="H", descending="1") == [1, 0]
    assert [row["row_idx"] for row in client.get("/filter", where="l[1] = 2.5").json()["rows"]] == [1]


def test_columns_that_must_be_converted_and_are_not_named_cost_nothing(show: Show) -> None:
    wide = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(20 << 20, "f2")), 20 << 10)
    client = show(Dataset(pa.table({"x": range(1 << 10), "wide": wide})), sql_memory=256 << 20)
    assert client.sql("SELECT sum(x) FROM data").json()["rows"] == [[523_776]]
    refused = client.sql("SELECT wide FROM data")
    assert (refused.status_code, "wide" in refused.json()["error"]) == (422, True), refused.text


def test_rows_in_another_order_are_queried_as_they_are_shown(show: Show) -> None:
    client = show(Dataset.from_dict({"x": [3, 1, 2]}).sort("x").select([2, 0]))
    assert client.sql("FROM data").json()["rows"] == [[3], [1]]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; SELECT 2",
        f"COPY data TO '{NEW}'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM 'https://example.org/a.parquet'",
        f"ATTACH '{NEW}'",
        f"EXPORT DATABASE '{NEW}'",
        "SET memory_limit = '100GB'",
        "RESET lock_configuration",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW data",
        "INSERT INTO data VALUES (1)",
        "PRAGMA version",
        "CALL pragma_version()",
        "SELECT * FROM duckdb_settings()",
        "SELECT current_setting('threads')",
        "SELECT pg_sleep(1)",
        "SELECT write_log('a')",
        "SELECT getvariable('a')",
        "SELECT current_database()",
        "SELECT x FROM memory.main.data",
        "SELECT x FROM temp.data",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM order",
        "SELECT * FROM sys",
        "SELECT * FROM os",
        "SELECT 1) UNION ALL (SELECT 2",
        "nonsense",
    ],
)
def test_what_does_more_than_read_the_tables_is_refused(client: Client, query: str) -> None:
    answer = client.sql(query)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (422, "InvalidParameter"), answer.text
    assert "root:" not in answer.text
    assert not Path(NEW).exists()


def test_a_query_of_no_end_is_stopped(show: Show) -> None:
    answer = show(SMALL, deadline=0.5).sql(
        "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = 1"
    )
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (500, "QueryTimeout")


@pytest.mark.parametrize("query", ["SELECT repeat('x', 2000000000)", "SELECT list(range) FROM range(1000000000)"])
def test_a_query_of_too_much_memory_is_stopped(client: Client, query: str) -> None:
    answer = client.sql(query)
    assert answer.status_code in (413, 422), answer.text
    assert client.sql("SELECT 1").json()["rows"] == [[1]]


@pytest.mark.parametrize("query", ["SELECT ';' AS é; -- ü", "/* ; */ SELECT ';' ;;\n-- a\n/* ; */", "SELECT $$;$$;"])
def test_semicolons_and_comments_after_a_query_are_no_part_of_it(client: Client, query: str) -> None:
    assert client.sql(query).json()["rows"] == [[";"]]


def test_a_result_is_a_file(client: Client) -> None:
    query = {"query": "SELECT x, [x] AS l FROM data"}
    text = client.send("POST", "/api/x/sql/download", params={"format": "csv"}, json=query)
    assert text.text.splitlines()[:2] == ['"x","l"', '1,"[1]"']
    assert text.headers["Content-Disposition"] == 'attachment; filename="query.csv"'
    parquet = client.send("POST", "/api/x/sql/download", params={"format": "parquet"}, json=query)
    assert pq.read_table(io.BytesIO(parquet.content)).to_pydict() == {"x": [1, 2, 3], "l": [[1], [2], [3]]}


INTERVALS = "SELECT INTERVAL 36 HOUR AS plain, INTERVAL 14 MONTH + INTERVAL 1 DAY AS months, NULL::INTERVAL AS none"


def test_intervals_are_durations_that_all_can_read(client: Client) -> None:
    assert client.sql(INTERVALS).json()["rows"] == [["1 day, 12:00:00", "14 months, 1 day, 0:00:00", None]]
    sent = {kind: client.send("POST", "/api/x/sql/download", params={"format": kind}, json={"query": INTERVALS})
            for kind in ("csv", "parquet")}  # fmt: skip
    assert sent["csv"].text.splitlines()[1] == '"1 day, 12:00:00","14 months, 1 day, 0:00:00",'
    table = pq.read_table(io.BytesIO(sent["parquet"].content))
    assert table.column("plain").type == pa.duration("us")


def test_what_a_file_cannot_hold_is_told(client: Client) -> None:
    query = {"query": "SELECT [INTERVAL 1 DAY] AS l"}
    answer = client.send("POST", "/api/x/sql/download", params={"format": "parquet"}, json=query)
    assert answer.status_code == 422
    assert "cannot be written as parquet" in answer.json()["error"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"query": 1}', b'{"query": ""}', b'{"query": "SELECT 1", "limit": 0}', b"[" * 100_000]
)
def test_a_request_without_a_query_is_refused(client: Client, body: bytes) -> None:
    answer = client.send("POST", "/api/x/sql", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_sql_can_be_switched_off(show: Show) -> None:
    client = show(SMALL, sql=False)
    assert client.own("dataset")["sql"] is False
    assert client.sql("SELECT 1").status_code == 403


def test_values_are_json(client: Client) -> None:
    rows = client.sql(
        "SELECT 'NaN'::DOUBLE, 12345678901234567890::HUGEINT, DATE '2020-01-01', 1.50::DECIMAL(5,2), NULL"
    ).json()
    assert json.loads(json.dumps(rows["rows"])) == [["NaN", "12345678901234567890", "2020-01-01", "1.50", None]]
