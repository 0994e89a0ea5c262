"""Reads the result of an SQL query: from SQLite by the standard library, from other databases by SQLAlchemy."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, MissingDependency, SchemaConflict, ShapeConflict, UnknownName
from arrowsets.features import Features, array_of
from arrowsets.files import DataFile
from arrowsets.record import dataclass

__all__ = ["SqlBuilder", "SqlOptions"]

_DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""Packages whose names are not those of their modules, or that have a form with all that they need."""
Batches = Generator[list[Any], None, None]
_TABLE = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?")


@dataclass(frozen=True)
class SqlOptions(BuilderOptions):
    """Options of the sql builder.

    Attributes:
        sql: A query, the name of a table, or a selectable of SQLAlchemy.
        con: A URI ("sqlite:///file.db", "postgresql://…"), or an open connection or engine.
        params: Values for the query's placeholders.
        columns: The columns of a table to read, for the name of a table.
        index_col, coerce_float, parse_dates: As in `pandas.read_sql`, which then reads.
        chunksize: Rows that are fetched at a time. None: all.
    """

    sql: Any = None
    con: Any = None
    params: Any = None
    columns: Sequence[str] | None = None
    index_col: Any = None
    coerce_float: bool = True
    parse_dates: Any = None
    chunksize: int | None = 10_000


class SqlBuilder(Builder[int]):
    """Reads one query as one shard."""

    name = "sql"
    options: ClassVar[type[BuilderOptions]] = SqlOptions

    @property
    def _options(self) -> SqlOptions:
        assert isinstance(self.config, SqlOptions)
        return self.config

    def shards(self, files: Sequence[DataFile]) -> Sequence[int]:
        """Return the one shard."""
        del files
        return (0,)

    def takes(self, given: Features, found: Sequence[str]) -> bool:
        """Some of the columns are enough: the others are left out."""
        return super().takes(given, found) or set(given) <= set(found)

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def read(self, shard: int, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the query's rows."""
        del shard
        options = self._options
        if options.sql is None or options.con is None:
            raise UnknownName("the sql builder needs sql=, a query or a table's name, and con=, a URI or a connection")
        features = None if schema is None else Features.from_arrow_schema(schema)
        if options.index_col is not None or options.parse_dates is not None or not options.coerce_float:
            yield from _with_pandas(options, features)
            return
        names, batches = _rows(options)
        with closing(batches):
            for rows in batches:
                columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
                yield _table(names, [list(column) for column in columns], features)


def _rows(options: SqlOptions) -> tuple[list[str], Batches]:
    if isinstance(options.con, sqlite3.Connection):
        cursor = options.con.cursor()
        return _fetched(cursor, options, closes=cursor)
    # A select of SQLAlchemy has its own parameters, in the form of its database.
    if isinstance(options.con, str) and options.con.startswith("sqlite:///") and isinstance(options.sql, str):
        path = options.con.removeprefix("sqlite:///")
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        return _fetched(connection.cursor(), options, closes=connection)
    return _with_sqlalchemy(options)


def _fetched(cursor: sqlite3.Cursor, options: SqlOptions, closes: Any) -> tuple[list[str], Batches]:
    with ExitStack() as ours:
        ours.enter_context(closing(closes))
        cursor.execute(_query(options, _quoted), options.params if options.params is not None else ())
        if cursor.description is None:
            raise BadData(f"{options.sql!r} is a statement without rows; a query is read")
        names = [column[0] for column in cursor.description]
        return names, _fetched_by(cursor, options.chunksize, ours.pop_all())


def _with_sqlalchemy(options: SqlOptions) -> tuple[list[str], Batches]:
    try:
        import sqlalchemy
    except ImportError as error:
        raise MissingDependency.of("reading from this database", "sqlalchemy", "sql") from error
    engine = _engine(options.con) if isinstance(options.con, str) else options.con
    with ExitStack() as ours:
        if isinstance(options.con, str):
            ours.callback(engine.dispose)
        connection: Any = engine.connect() if hasattr(engine, "connect") else engine
        if connection is not engine:
            ours.callback(connection.close)
        quoted = connection.dialect.identifier_preparer.quote
        query = sqlalchemy.text(_query(options, quoted)) if isinstance(options.sql, str) else options.sql
        result = connection.execution_options(stream_results=True).execute(query, options.params or {})
        ours.callback(result.close)
        if not result.returns_rows:
            raise BadData(f"{options.sql!r} is a statement without rows; a query is read")
        return list(result.keys()), _fetched_by(result, options.chunksize, ours.pop_all())


def _fetched_by(result: Any, size: int | None, ours: ExitStack) -> Batches:
    with ours:
        yield from _at_a_time(result, size)


def _engine(uri: str) -> Any:
    import sqlalchemy

    try:
        return sqlalchemy.create_engine(uri)
    except ModuleNotFoundError as error:  # the database's driver
        database = sqlalchemy.make_url(uri).get_backend_name()
        raise MissingDependency.of(
            f"reading from {database}", _DRIVERS.get(str(error.name), str(error.name))
        ) from error


def _at_a_time(cursor: Any, size: int | None) -> Iterator[list[Any]]:
    if size is None:
        yield [tuple(row) for row in cursor.fetchall()]
        return
    rows = [tuple(row) for row in cursor.fetchmany(size)]
    yield rows
    while len(rows) == size:
        rows = [tuple(row) for row in cursor.fetchmany(size)]
        if rows:
            yield rows


def _quoted(name: str) -> str:
    return f'"{name}"'


def _query(options: SqlOptions, quoted: Callable[[str], str]) -> str:
    text = str(options.sql)
    if not _TABLE.fullmatch(text):
        return text
    columns = ", ".join(map(quoted, options.columns)) if options.columns else "*"
    table = ".".join(map(quoted, text.split(".")))
    return f"SELECT {columns} FROM {table}"  # noqa: S608 - the user's own query; both are checked or quoted names


def _with_pandas(options: SqlOptions, features: Features | None) -> Iterator[pa.Table]:
    import pandas as pd

    frames: Any = pd.read_sql(
        options.sql,
        options.con,
        index_col=options.index_col,
        coerce_float=options.coerce_float,
        params=options.params,
        parse_dates=options.parse_dates,
        columns=list(options.columns) if options.columns else None,
        chunksize=options.chunksize,
    )
    for frame in [frames] if options.chunksize is None else frames:
        table = pa.Table.from_pandas(frame, preserve_index=options.index_col is not None or None)
        yield _table(table.column_names, list(table.columns), features)


def _table(names: Sequence[str], columns: Sequence[Any], features: Features | None) -> pa.Table:
    arrays, kinds = [], {}
    for name, count in Counter(names).items():
        if count > 1:
            raise ShapeConflict(f"the query has {count} columns named {name!r}; tell them apart with AS")
    found = dict(zip(names, columns, strict=True))
    num_rows = len(next(iter(found.values()), ()))
    for name in found if features is None else features:
        values = found.get(name, [None] * num_rows)
        feature = None if features is None else features[name]
        try:
            array, kinds[name] = array_of(values, feature, on_mixed="use_json", column=name)
        except SchemaConflict as error:
            if feature is not None:
                raise
            raise SchemaConflict(f"{error}; CAST it to text in the query", column=name) from error
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=Features(kinds).arrow_schema)
