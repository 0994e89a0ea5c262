"""Tables of databases."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy

from arrowsets import Dataset, Features, Json, List, Value

from .conftest import TABLES, both

ROWS = Dataset.from_dict({"a": [1, None, 3], "s": ["x", None, "z"]})


def _read(path: Path, query: str = "select * from t") -> list[tuple[object, ...]]:
    con = sqlite3.connect(path)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


@pytest.mark.parametrize("name", ["floats", "bools", "strings", "odd names", "large strings"])
def test_rows_and_types_are_those_of_the_reference(tmp_path: Path, name: str) -> None:
    ours, reference = both(TABLES[name])
    for ds, file in ((ours, "ours"), (reference, "theirs")):
        ds.to_sql("t", f"sqlite:///{tmp_path / file}")
    for query in ("select * from t", "select sql from sqlite_master"):
        assert _read(tmp_path / "ours", query) == _read(tmp_path / "theirs", query)


@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_all_ways_to_a_database_lead_there(tmp_path: Path, batch_size: int | None) -> None:
    url = f"sqlite:///{tmp_path / 'x'}"
    engine = sqlalchemy.create_engine(url)
    con = sqlite3.connect(tmp_path / "x")
    assert ROWS.to_sql("url", url, batch_size) == ROWS.to_sql("plain", con, batch_size) == 3
    assert ROWS.to_sql("engine", engine, batch_size) == 3
    with engine.begin() as connection:
        assert ROWS.to_sql("connection", connection, batch_size) == 3
    tables = [_read(tmp_path / "x", f"select * from {name}") for name in ("url", "plain", "engine", "connection")]
    assert tables == [[(1, "x"), (None, None), (3, "z")]] * 4
    con.close()
    engine.dispose()


def test_a_table_that_exists_is_refused_replaced_or_added_to(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x'}"
    ROWS.to_sql("t", url)
    with pytest.raises(ValueError, match="exists"):
        ROWS.to_sql("t", url)
    ROWS.to_sql("t", url, if_exists="append")
    assert _read(tmp_path / "x", "select count(*) from t") == [(6,)]
    ROWS.to_sql("t", url, if_exists="replace", index=True)
    assert _read(tmp_path / "x", 'select "index", a from t') == [(0, 1), (1, None), (2, 3)]


@pytest.mark.parametrize("by_url", [True, False])
def test_a_failure_leaves_no_table(tmp_path: Path, by_url: bool) -> None:
    con = sqlite3.connect(tmp_path / "x")
    # SQLite has no decimals; the second batch has one.
    bad = Dataset.from_arrow(pa.table({"n": pa.array([None, Decimal(1)], pa.decimal128(5, 2))}))
    with pytest.raises((pd.errors.DatabaseError, sqlalchemy.exc.DBAPIError)):
        bad.to_sql("t", f"sqlite:///{tmp_path / 'x'}" if by_url else con, batch_size=1)
    assert con.execute("select name from sqlite_master").fetchall() == []
    con.close()


def test_a_failure_adds_no_row(tmp_path: Path) -> None:
    con = sqlite3.connect(tmp_path / "x")
    con.execute("create table t (a integer primary key)")
    with pytest.raises(pd.errors.DatabaseError):
        Dataset.from_dict({"a": [1, 1]}).to_sql("t", f"sqlite:///{tmp_path / 'x'}", batch_size=1, if_exists="append")
    assert con.execute("select * from t").fetchall() == []
    con.close()


def test_nested_values_are_json(tmp_path: Path) -> None:
    features = Features({"l": List(Value("int8")), "s": {"x": Value("string")}, "j": Json()})
    ds = Dataset.from_dict({"l": [[1, 2], None], "s": [{"x": "é"}, None], "j": [[1], {"a": None}]}, features=features)
    ds.to_sql("t", f"sqlite:///{tmp_path / 'x'}")
    assert _read(tmp_path / "x") == [("[1,2]", '{"x":"é"}', "[1]"), (None, None, '{"a":null}')]


def test_no_rows_make_an_empty_table(tmp_path: Path) -> None:
    assert ROWS.select([]).to_sql("t", f"sqlite:///{tmp_path / 'x'}") == 0
    assert _read(tmp_path / "x") == []
