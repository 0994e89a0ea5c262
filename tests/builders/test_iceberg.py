"""Tables of Iceberg are read as the reference reads them, and again when they have changed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import Features, Value, load_dataset

sql = pytest.importorskip("pyiceberg.catalog.sql")
pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = pa.table(
    {
        "a": pa.array([1, 2, 3], pa.int64()),
        "s": ["x", "y", None],
        "l": [[1], [2, 3], []],
        "o": [{"u": 1.5}, None, {"u": 2.0}],
        "d": pa.array([1, 2, 3], pa.date32()),
        "t": pa.array([1, 2, 3], pa.timestamp("us", "UTC")),
        "n": pa.array([1, 2, 3], pa.decimal128(10, 2)),
        "b": pa.array([b"x", b"y", b""]),
        "f": pa.array([1, 2, 3], pa.float32()),
    }
)


@pytest.fixture
def catalog(tmp_path: Path) -> Any:
    """A catalog with the tables db.t (two data files) and db.u."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = sql.SqlCatalog("c", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}/w")
        made.create_namespace("db")
        made.create_table("db.t", schema=ROWS.schema).append(ROWS)
        made.load_table("db.t").append(ROWS.slice(0, 1))
        made.create_table("db.u", schema=ROWS.schema).append(ROWS.slice(1, 1))
        yield made
        made.close()


def by_key(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row.get("a")))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"columns": ["s", "a"]},
        {"filters": "a > 1 AND s == 'y'"},
        {"batch_size": 2},
    ],
    ids=str,
)
def test_types_and_rows_are_those_of_the_reference(
    catalog: Any, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.txt").touch()
    monkeypatch.chdir(tmp_path / "here")  # the reference looks through the working directory first
    given = {"catalog": catalog, "table": "db.t", "split": "train", **options}
    theirs = datasets.load_dataset("iceberg", cache_dir=str(tmp_path / "theirs"), **given)
    ours = load_dataset("iceberg", **given)
    assert ours.features.to_dict() == theirs.features.to_dict()
    assert by_key(ours.to_list()) == by_key(theirs.to_list())
    streamed = load_dataset("iceberg", streaming=True, **given)
    assert streamed.features == ours.features
    assert list(streamed) == ours.to_list()


def test_several_tables_are_splits(catalog: Any) -> None:
    found = load_dataset("iceberg", catalog=catalog, table={"train": "db.t", "test": "db.u"}, columns=["a"])
    assert {name: sorted(split["a"]) for name, split in found.items()} == {"train": [1, 1, 2, 3], "test": [2]}


def test_a_snapshot_is_read_as_it_was_and_a_changed_table_again(catalog: Any) -> None:
    table = catalog.load_table("db.u")
    before = table.current_snapshot().snapshot_id
    given = {"catalog": catalog, "table": "db.u", "split": "train", "columns": ["a"]}
    assert load_dataset("iceberg", **given)["a"][:] == [2]
    table.append(ROWS.slice(2, 1))
    assert sorted(load_dataset("iceberg", **given)["a"]) == [2, 3]
    assert load_dataset("iceberg", snapshot_id=before, **given)["a"][:] == [2]
    with pytest.raises(ValueError, match="Snapshot not found"):
        load_dataset("iceberg", snapshot_id=1, **given)


def test_workers_read_without_the_catalog(catalog: Any) -> None:
    found = load_dataset("iceberg", catalog=catalog, table="db.t", split="train", num_proc=2)
    assert sorted(found["a"]) == [1, 1, 2, 3]


def test_no_row_has_types_too(catalog: Any) -> None:
    found = load_dataset("iceberg", catalog=catalog, table="db.t", split="train", filters="a > 100", columns=["a"])
    assert (found.features, len(found)) == (Features({"a": Value("int64")}), 0)


def test_types_may_be_given(catalog: Any) -> None:
    features = Features({"a": Value("string")})
    found = load_dataset("iceberg", catalog=catalog, table="db.u", split="train", columns=["a"], features=features)
    assert found.to_list() == [{"a": "2"}]


def test_what_is_missing_is_named(catalog: Any) -> None:
    with pytest.raises(ValueError, match="catalog= must be a catalog of pyiceberg.*pip install 'arrowsets"):
        load_dataset("iceberg", table="db.t")
    with pytest.raises(ValueError, match="table= must be the name of a table"):
        load_dataset("iceberg", catalog=catalog)
    with pytest.raises(Exception, match=r"Table does not exist: db\.no"):
        load_dataset("iceberg", catalog=catalog, table="db.no")
    with pytest.raises(ValueError, match="Could not find column: 'no'"):
        load_dataset("iceberg", catalog=catalog, table="db.t", columns=["no"])
