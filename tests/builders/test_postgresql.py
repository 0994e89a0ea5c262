"""The sql builder and `to_sql` with a PostgreSQL server, which is started for these tests alone."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from arrowsets import Dataset, Features, IterableDataset, List, Value, load_dataset
from arrowsets.errors import MissingDependency, SchemaConflict

pytest.importorskip("psycopg", reason="pip install 'psycopg[binary]'")

TABLE = """
    CREATE SCHEMA other;
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE "order" (
        "Größe" int2, large int8, exact numeric(10, 2), digits numeric, real float4, double float8, flag bool, text text,
        fixed char(4), moment timestamp, zoned timestamptz, day date, clock time, span interval, raw bytea, id uuid,
        tree jsonb, items int[], words text[], grid int[][], mood mood);
    INSERT INTO "order" VALUES (
        1, 9007199254740993, 12.30, 1.23456789012345678901, 1.5, 2.5, true, 'äöü 😀', 'ab', '2020-01-02 03:04:05.000006',
        '2020-01-02 03:04:05+02', '2020-01-02', '03:04:05', '1 day 2 hours', '\\x00ff',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"b": [1, null]}', '{1,null}', '{a,"b,c"}', '{{1,2},{3,4}}', 'ok');
    INSERT INTO "order" DEFAULT VALUES;
    CREATE TABLE other.places (host inet);
    INSERT INTO other.places VALUES ('10.0.0.1/24');
"""
EXPECTED: dict[str, tuple[Any, Any]] = {
    "Größe": (Value("int64"), 1),
    "large": (Value("int64"), 9007199254740993),
    "exact": (Value("decimal128(4, 2)"), Decimal("12.30")),
    "digits": (Value("decimal128(21, 20)"), Decimal("1.23456789012345678901")),
    "real": (Value("float64"), 1.5),
    "double": (Value("float64"), 2.5),
    "flag": (Value("bool"), True),
    "text": (Value("string"), "äöü 😀"),
    "fixed": (Value("string"), "ab  "),
    "moment": (Value("timestamp[us]"), dt.datetime.fromisoformat("2020-01-02T03:04:05.000006")),
    "zoned": (Value("timestamp[us, tz=UTC]"), dt.datetime(2020, 1, 2, 1, 4, 5, tzinfo=dt.UTC)),
    "day": (Value("date32"), dt.date(2020, 1, 2)),
    "clock": (Value("time64[us]"), dt.time(3, 4, 5)),
    "span": (Value("duration[us]"), dt.timedelta(days=1, hours=2)),
    "raw": (Value("binary"), b"\0\xff"),
    "id": (Value("string"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "tree": (Features({"b": List(Value("int64"))}), {"b": [1, None]}),
    "items": (List(Value("int64")), [1, None]),
    "words": (List(Value("string")), ["a", "b,c"]),
    "grid": (List(List(Value("int64"))), [[1, 2], [3, 4]]),
    "mood": (Value("string"), "ok"),
}


def program(name: str) -> str:
    """Return the path of one of the server's programs, which Debian keeps out of PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name!r} on this machine: apt-get install postgresql")
    return found


def somebody() -> dict[str, Any]:
    """Return how to run a program as another user than root, which the server refuses to be."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    import pwd

    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("the server does not run as root, and there is no user 'nobody': run the tests as another user")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URI of a server that listens on a socket in a directory of its own."""
    initdb, postgres, who = program("initdb"), program("postgres"), somebody()
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # not pytest's, which others cannot enter; short, as sockets' names are
    if who:
        shutil.chown(home, who["user"], who["group"])
    given = ["-D", str(home / "data")]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home, **who}
    try:
        try:
            subprocess.run(
                [initdb, *given, "-U", "reader", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
                check=True,
                **quiet,
            )
        except PermissionError:
            pytest.skip("the server does not run as root, and these tests may not become another user")
        settings = [part for name in ("listen_addresses=", "timezone=UTC", "fsync=off") for part in ("-c", name)]
        running = subprocess.Popen([postgres, *given, "-k", str(home), *settings], **quiet)
        try:
            uri = f"postgresql+psycopg://reader@/postgres?host={home}"
            _fill(uri, running)
            yield uri
        finally:
            running.send_signal(signal.SIGINT)  # which does not wait for clients
            running.wait()
    finally:
        shutil.rmtree(home)


def _fill(uri: str, running: subprocess.Popen[bytes]) -> None:
    engine = sqlalchemy.create_engine(uri)
    for _ in range(3000):  # a minute
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(TABLE)
        except sqlalchemy.exc.OperationalError:
            assert running.poll() is None, "the server ended"
            time.sleep(0.02)  # it starts
        else:
            engine.dispose()
            return
    raise AssertionError("the server does not answer")


@pytest.mark.parametrize("sql", ["order", 'SELECT * FROM "order"'])
def test_each_type_is_one_that_holds_it(server: str, sql: str) -> None:
    ds = Dataset.from_sql(sql, server)
    assert ds.features == Features({name: kind for name, (kind, _) in EXPECTED.items()})
    assert ds[0] == {name: value for name, (_, value) in EXPECTED.items()}
    assert ds[1] == dict.fromkeys(EXPECTED)


def test_streams_read_the_same(server: str) -> None:
    stream = load_dataset("sql", sql="order", con=server, split="train", streaming=True)
    assert isinstance(stream, IterableDataset)
    assert list(stream) == Dataset.from_sql("order", server).to_list()


def test_rows_are_fetched_a_portion_at_a_time(server: str) -> None:
    query = "SELECT x, CASE WHEN x < 200 THEN 1.5 ELSE 12345.678 END AS y FROM generate_series(1, 250) AS x"
    ds = Dataset.from_sql(query, server, chunksize=100)
    assert ds.features == Features({"x": Value("int64"), "y": Value("decimal128(8, 3)")})
    assert ds["x"] == list(range(1, 251))


def test_engines_connections_and_parameters_are_taken(server: str) -> None:
    engine = sqlalchemy.create_engine(server)
    query = 'SELECT text FROM "order" WHERE "Größe" = :size'
    for con in (server, engine):
        assert Dataset.from_sql(query, con, params={"size": 1})["text"] == ["äöü 😀"]
    with engine.connect() as connection:
        assert Dataset.from_sql(sqlalchemy.text(query), connection, params={"size": 1})["text"] == ["äöü 😀"]
    engine.dispose()


def test_a_value_that_arrow_does_not_hold_is_an_error_that_says_what_to_do(server: str) -> None:
    with pytest.raises(SchemaConflict, match=r"^column 'host', row 0: .* CAST it to text in the query"):
        Dataset.from_sql("other.places", server)
    assert Dataset.from_sql("SELECT host::text FROM other.places", server)["host"] == ["10.0.0.1/24"]


def test_what_is_written_is_read_back(server: str) -> None:
    ds = Dataset.from_dict({"x": [1, None], "text": ["a", "😀"], "when": [dt.date(2020, 1, 1), None]})
    assert ds.to_sql("written", server) == 2
    assert Dataset.from_sql("written", server)[:] == ds[:]


def test_a_driver_that_is_not_installed_is_named(server: str) -> None:
    with pytest.raises(MissingDependency, match=r"reading from postgresql needs .* pip install pg8000"):
        Dataset.from_sql("order", server.replace("psycopg", "pg8000"))


def test_errors_of_the_database_come_out(server: str) -> None:
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match='relation "nowhere" does not exist'):
        Dataset.from_sql("nowhere", server)
