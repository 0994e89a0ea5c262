"""Writing rows to a table of a database, in one transaction, by way of pandas and SQLAlchemy or sqlite3."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from arrowsets.errors import MissingDependency
from arrowsets.export.frames import check_options, flat, frame_of
from arrowsets.export.windows import bounded, window_rows
from arrowsets.progress import progress
from arrowsets.table import View

__all__ = ["write_sql"]

_OURS = frozenset({"name", "con"})


def write_sql(view: View, name: str, con: Any, batch_size: int | None, options: Mapping[str, Any]) -> int:
    """Write all rows and return how many they are; see `Dataset.to_sql`."""
    check_options("to_sql", options, _OURS)
    options = {"index": False, **options}
    bar = progress(view.num_rows, f"Writing table {name}")
    written = 0
    try:
        with _transaction(con, name) as connection:
            for table in _tables(view, batch_size):
                how = {"if_exists": "append"} if written else {}
                frame_of(flat(table), written).to_sql(name, connection, **{**options, **how})
                written += table.num_rows
                bar.update(table.num_rows)
    finally:
        bar.close()
    return written


def _tables(view: View, batch_size: int | None) -> Iterator[Any]:
    if not view.num_rows:
        yield view.read(range(0))
    yield from bounded(view, batch_size or window_rows(view))


@contextmanager
def _transaction(con: Any, name: str) -> Iterator[Any]:
    if isinstance(con, sqlite3.Connection):
        with _dropped_on_failure(con, name):
            yield con
        return
    try:
        import sqlalchemy
    except ImportError as error:
        raise MissingDependency.of("writing to a database by its URL", "sqlalchemy", "sql") from error
    if isinstance(con, sqlalchemy.engine.Connection):
        with con.begin_nested() if con.in_transaction() else con.begin():
            yield con
        return
    engine = sqlalchemy.create_engine(con) if isinstance(con, (str, sqlalchemy.engine.URL)) else con
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                # Its driver would leave the making of the table out of the transaction.
                connection.exec_driver_sql("BEGIN")
            yield connection
    finally:
        if engine is not con:
            engine.dispose()


@contextmanager
def _dropped_on_failure(con: sqlite3.Connection, name: str) -> Iterator[None]:
    """Drop a table that was made and not filled: pandas commits each batch on connections of this kind."""
    there = con.execute("select 1 from sqlite_master where type = 'table' and name = ?", (name,)).fetchone()
    try:
        yield
    except BaseException:
        con.rollback()
        if not there:
            quoted = name.replace('"', '""')
            con.execute(f'drop table if exists "{quoted}"')
            con.commit()
        raise
