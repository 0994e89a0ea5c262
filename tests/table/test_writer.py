"""What the writer of shards writes, and what it refuses."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xxhash
from pyarrow import ipc

from arrowsets.errors import SchemaConflict, StoreError
from arrowsets.table import ShardWriter

TABLE = pa.table({"x": [1, 2, 3], "y": ["a", None, "c"]})


def test_what_was_written_is_told(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.arrow", TABLE.schema, max_rows=2) as writer:
        writer.write(TABLE)
    written = writer.close()
    data = (tmp_path / "a.arrow").read_bytes()
    assert (written.num_rows, written.batches) == (3, (2, 1))
    assert (written.num_bytes, written.checksum) == (len(data), xxhash.xxh3_128_hexdigest(data))


def test_any_reader_of_arrow_files_reads_it(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.arrow", TABLE.schema, metadata={"k": "v"}) as writer:
        writer.write(TABLE)
    found = ipc.open_file(str(tmp_path / "a.arrow")).read_all()
    assert found.equals(TABLE)
    assert found.schema.metadata == {b"k": b"v"}


def test_nothing_written_is_a_file_without_rows(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.arrow", TABLE.schema) as writer:
        writer.write(TABLE.slice(0, 0))
    assert writer.close().batches == ()
    assert ipc.open_file(str(tmp_path / "a.arrow")).read_all().equals(TABLE.slice(0, 0))


@pytest.mark.parametrize("dtype", [pa.string(), pa.large_binary(), pa.string_view(), pa.json_()], ids=str)
def test_batches_are_bounded_by_bytes(tmp_path: Path, dtype: pa.DataType) -> None:
    storage = getattr(dtype, "storage_type", dtype)
    values = pa.array(["x" * 96] * 30, storage)
    column = values if storage is dtype else pa.ExtensionArray.from_storage(dtype, values)  # type: ignore[arg-type]
    with ShardWriter(tmp_path / "a.arrow", pa.schema([pa.field("x", dtype)]), max_bytes=1200) as writer:
        writer.write(pa.table({"x": column}))
    batches = writer.close().batches
    assert sum(batches) == 30
    assert set(batches[:-1]) <= {10, 11, 12}


def test_a_slice_counts_only_what_it_shows(tmp_path: Path) -> None:
    wide = pa.table({"x": [["y" * 10_000], ["a"], ["b"], ["z" * 10_000]]}).slice(1, 2)
    with ShardWriter(tmp_path / "a.arrow", wide.schema, max_bytes=1000) as writer:
        writer.write(wide)
    assert writer.close().batches == (2,)
    assert writer.close().num_bytes < 5_000


def test_a_row_larger_than_a_batch_stands_alone(tmp_path: Path) -> None:
    table = pa.table({"x": ["a", "b" * 1000, "c"]})
    with ShardWriter(tmp_path / "a.arrow", table.schema, max_bytes=100) as writer:
        writer.write(table)
    assert writer.close().batches == (1, 1, 1)


def test_columns_in_another_order_are_put_right(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.arrow", TABLE.schema) as writer:
        writer.write(TABLE.select(["y", "x"]))
    assert ipc.open_file(str(tmp_path / "a.arrow")).read_all().equals(TABLE)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"x": [1]}), r"columns \['x'\] for a shard of columns \['x', 'y'\]"),
        (pa.table({"x": [1], "y": ["a"], "z": [0]}), r"'z'\] for a shard"),
        (pa.table({"x": [1], "y": pa.nulls(1)}), "'y' is null in a shard of string; cast it first"),
        (pa.table({"x": [1.5], "y": ["a"]}), "'x' is double in a shard of int64"),
    ],
)
def test_another_schema_is_refused(tmp_path: Path, table: pa.Table, message: str) -> None:
    with (
        pytest.raises(SchemaConflict, match=message),
        ShardWriter(tmp_path / "a.arrow", TABLE.schema) as writer,
    ):
        writer.write(table)
    assert not list(tmp_path.iterdir())


def test_a_failed_block_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError), ShardWriter(tmp_path / "a.arrow", TABLE.schema, max_rows=1) as writer:
        writer.write(TABLE.select(["z"]))
    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        ShardWriter(tmp_path / "nowhere" / "a.arrow", TABLE.schema)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").symlink_to("/dev/full")
    with (
        pytest.raises(StoreError, match=r"a\.arrow") as caught,
        ShardWriter(tmp_path / "a.arrow", TABLE.schema) as writer,
    ):
        writer.write(TABLE)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.errno == errno.ENOSPC
    assert not (tmp_path / "a.arrow").is_symlink()


@pytest.mark.parametrize("kind", ["batch", "table"])
def test_batches_and_tables_are_taken(tmp_path: Path, kind: str) -> None:
    given: Any = TABLE if kind == "table" else TABLE.to_batches()[0]
    with ShardWriter(tmp_path / "a.arrow", TABLE.schema) as writer:
        writer.write(given)
    assert writer.close().num_rows == 3


def test_rows_without_columns_are_counted(tmp_path: Path) -> None:
    rows = TABLE.select([])
    with ShardWriter(tmp_path / "a.arrow", rows.schema) as writer:
        writer.write(rows)
    assert writer.close().num_rows == 3


def test_large_batches_may_be_written_as_they_come(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.arrow", TABLE.schema, max_rows=4, as_given=True) as writer:
        for rows in (TABLE.slice(0, 1), TABLE, TABLE.slice(0, 2), TABLE.slice(0, 0)):
            writer.write(rows)
    assert writer.close().batches == (1, 3, 2)
    found = ipc.open_file(str(tmp_path / "a.arrow")).read_all()
    assert found["x"].to_pylist() == [1, 1, 2, 3, 1, 2]
