"""Queries and tables of a database, compared with the reference where it is right."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import sqlite3.dbapi2
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from arrowsets import Dataset, Features, Value, load_dataset
from arrowsets.errors import ShapeConflict

ROWS = [(7, "ä", 0.5, "2024-01-01", None), (3, None, None, "2024-01-02", b"\0"), (12, "c", -1.0, "2024-01-03", b"x")]


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "a.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER, name TEXT, v REAL, day TEXT, raw BLOB)")
        connection.executemany("INSERT INTO things VALUES (?, ?, ?, ?, ?)", ROWS)
        connection.execute('CREATE TABLE "order" (a INTEGER, b TEXT)')
        connection.commit()
    return f"sqlite:///{path}"


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Any:
    # Read once, when it is imported; it must not stay, for we honour it too.
    with monkeypatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    return datasets


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        ("SELECT * FROM things", {}),
        ("SELECT * FROM things", {"chunksize": 2}),
        ("SELECT * FROM things", {"chunksize": None}),
        ("things", {}),
        ("things", {"columns": ["v", "id"]}),
        ("SELECT id, name FROM things WHERE id > 5 ORDER BY id", {}),
        ("SELECT * FROM things", {"index_col": "id"}),
        ("SELECT * FROM things", {"index_col": ["id", "name"]}),
        ("things", {"index_col": "id", "chunksize": None}),
        ("SELECT id, day FROM things", {"parse_dates": ["day"]}),
        ("SELECT count(*) AS n, max(v) AS most FROM things", {}),
    ],
)
def test_rows_are_those_of_the_reference(
    sql: str, given: dict[str, Any], database: str, theirs: Any, tmp_path: Path
) -> None:
    ours = Dataset.from_sql(sql, database, **given)
    wanted = theirs.Dataset.from_sql(sql, database, cache_dir=str(tmp_path / "theirs"), **given)
    assert (ours.column_names, list(ours)) == (wanted.column_names, list(wanted))


def test_a_column_of_the_index_stays_whatever_its_values(database: str) -> None:
    query = "SELECT 10 AS id, 'a' AS x UNION ALL SELECT 20, 'b' UNION ALL SELECT 30, 'c'"
    assert Dataset.from_sql(query, database, index_col="id").to_dict() == {"x": ["a", "b", "c"], "id": [10, 20, 30]}


@pytest.mark.parametrize("sql", ["order", 'SELECT * FROM "order"'])
@pytest.mark.parametrize("given", [{}, {"chunksize": None}, {"coerce_float": False}])
def test_no_rows_have_columns(sql: str, given: dict[str, Any], database: str) -> None:
    data = Dataset.from_sql(sql, database, **given)
    assert (data.num_rows, data.column_names) == (0, ["a", "b"])
    features = Features({"a": Value("int32"), "b": Value("string")})
    assert Dataset.from_sql(sql, database, features=features, **given).features == features


def test_connections_parameters_and_selects_are_taken(database: str) -> None:
    query = "SELECT id FROM things WHERE id > ?"
    with contextlib.closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        assert Dataset.from_sql(query, connection, params=(5,))["id"][:] == [7, 12]
    things = sqlalchemy.table("things", sqlalchemy.column("id"), sqlalchemy.column("name"))
    chosen = sqlalchemy.select(things.c.id).where(things.c.name == "ä")
    assert Dataset.from_sql(chosen, database)["id"][:] == [7]
    engine = sqlalchemy.create_engine(database)
    try:
        assert Dataset.from_sql("SELECT id FROM things", engine)["id"][:] == [7, 3, 12]
        named = Dataset.from_sql("SELECT id FROM things WHERE id > :least", engine, params={"least": 10})
        assert named["id"][:] == [12]
    finally:
        engine.dispose()


def test_a_change_of_the_table_is_seen(database: str) -> None:
    query: dict[str, Any] = {"sql": "SELECT id FROM things", "con": database}
    assert load_dataset("sql", split="train", **query)["id"][:] == [7, 3, 12]
    with contextlib.closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        connection.execute("DELETE FROM things WHERE id = 3")
        connection.commit()
    again = load_dataset("sql", split="train", download_mode="force_redownload", **query)
    assert again["id"][:] == [7, 12]


def test_dates_that_were_parsed_are_dates(database: str) -> None:
    data = Dataset.from_sql("things", database, parse_dates={"day": "%Y-%m-%d"})
    assert data["day"][0] == dt.datetime(2024, 1, 1)  # noqa: DTZ001 - it has none


def test_two_columns_of_a_name_are_an_error(database: str) -> None:
    with pytest.raises(ShapeConflict, match="2 columns named 'a'; tell them apart with AS"):
        Dataset.from_sql("SELECT 1 AS a, 2 AS a", database)


@pytest.mark.parametrize("uri", ["sqlite:///{}", "sqlite+pysqlite:///{}"])
@pytest.mark.parametrize("sql", ["SELECT * FROM nowhere", "CREATE TEMPORARY TABLE t (a int)"])
def test_a_connection_is_closed_where_there_is_nothing_to_read(
    uri: str, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembered(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remembered)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", remembered)
    connect(tmp_path / "a.db").close()
    with pytest.raises(Exception, match="nowhere|is a statement without rows"):
        Dataset.from_sql(sql, uri.format(tmp_path / "a.db"))
    assert opened
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
