"""Parquet and Arrow files: types stand in the files, and are unified over all of them."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
from arrowsets.builders.arrow import ArrowBuilder
from arrowsets.builders.parquet import ParquetBuilder

from arrowsets.errors import BadData, ColumnNotFound
from arrowsets.features import ClassLabel, Features, Value
from arrowsets.files import DataFile

TABLE = pa.table(
    {
        "n": [1, None, 3],
        "s": [{"x": 1, "y": "q"}, None, {"x": 2, "y": None}],
        "l": [[1], [], None],
        "d": pa.array(["u", "v", "u"]).dictionary_encode(),
        "m": [decimal.Decimal("1.5"), None, decimal.Decimal("2.5")],
        "t": pa.array([dt.datetime(2024, 1, 2, tzinfo=dt.UTC)] * 3, pa.timestamp("us", "UTC")),
    }
)


def parquet(path: Path, table: pa.Table, **options: Any) -> DataFile:
    pq.write_table(table, path, **options)
    return DataFile(str(path))


def arrow_file(path: Path, table: pa.Table) -> DataFile:
    with ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return DataFile(str(path))


def arrow_stream(path: Path, table: pa.Table) -> DataFile:
    with ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return DataFile(str(path))


WAYS = [(ParquetBuilder, parquet), (ArrowBuilder, arrow_file), (ArrowBuilder, arrow_stream)]


def rows(builder: Any, files: Any, schema: Any = None) -> Any:
    tables = [table for shard in builder.shards(files) for table in builder.read(shard, schema)]
    return pa.concat_tables(tables).to_pylist()


@pytest.mark.parametrize(("cls", "save"), WAYS)
def test_rows_come_back(cls: Any, save: Any, tmp_path: Any) -> None:
    assert rows(cls(), [save(tmp_path / "f", TABLE)]) == TABLE.to_pylist()


@pytest.mark.parametrize(("cls", "save"), WAYS)
def test_no_rows_have_types(cls: Any, save: Any, tmp_path: Any) -> None:
    builder = cls()
    files = [save(tmp_path / "f", TABLE.slice(0, 0))]
    (table,) = [table for shard in builder.shards(files) for table in builder.read(shard)]
    assert (table.num_rows, table.column_names) == (0, TABLE.column_names)


@pytest.mark.parametrize(("cls", "save"), WAYS)
def test_types_are_those_of_all_files(cls: Any, save: Any, tmp_path: Any) -> None:
    first = save(tmp_path / "1", pa.table({"a": pa.array([1], pa.int32()), "b": ["x"]}))
    second = save(tmp_path / "2", pa.table({"c": [True], "a": [1.5]}))
    builder = cls()
    features = builder.schema([first, second])
    assert features == {"a": Value("float64"), "b": Value("string"), "c": Value("bool")}
    assert rows(builder, [first, second], features.arrow_schema) == [
        {"a": 1.0, "b": "x", "c": None},
        {"a": 1.5, "b": None, "c": True},
    ]


@pytest.mark.parametrize(("cls", "save"), WAYS)
def test_features_are_read_from_the_metadata(cls: Any, save: Any, tmp_path: Any) -> None:
    features = Features({"y": ClassLabel(names=["no", "yes"])})
    file = save(tmp_path / "f", pa.table({"y": [0, 1]}, schema=features.arrow_schema))
    assert cls().schema([file]) == features


@pytest.mark.parametrize("cls", [ParquetBuilder, ArrowBuilder])
@pytest.mark.parametrize("content", [b"", b"no such thing", b"ARROW1"])
def test_other_content_is_named(cls: Any, content: Any, tmp_path: Any) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(BadData, match=str(tmp_path / "f")):
        rows(cls(), [DataFile(str(tmp_path / "f"))])


@pytest.mark.parametrize(("cls", "save"), WAYS)
def test_a_file_that_is_cut_off_is_named(cls: Any, save: Any, tmp_path: Any) -> None:
    file = save(tmp_path / "f", TABLE)
    (tmp_path / "f").write_bytes((tmp_path / "f").read_bytes()[:-40])
    with pytest.raises(BadData, match=str(tmp_path / "f")):
        rows(cls(), [file])


@pytest.mark.parametrize("mode", ["skip", "warn"])
def test_bad_parquet_files_can_be_left_out_and_are_told(mode: Any, tmp_path: Any) -> None:
    good = parquet(tmp_path / "1", pa.table({"a": [1]}))
    (tmp_path / "2").write_bytes(b"bad")
    builder = ParquetBuilder.from_keywords({"on_bad_files": mode})
    assert rows(builder, [good, DataFile(str(tmp_path / "2"))]) == [{"a": 1}]
    assert [url for url, _ in builder.rejects.files] == [str(tmp_path / "2")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"columns": ["n"]}, [{"n": 1}, {"n": None}, {"n": 3}]),
        ({"columns": ["s.x"]}, [{"s": {"x": 1}}, {"s": None}, {"s": {"x": 2}}]),
        ({"columns": ["n"], "filters": [("n", ">", 1)]}, [{"n": 3}]),
        ({"columns": ["d"], "filters": [("n", ">", 1)]}, [{"d": "u"}]),
        ({"columns": ["n"], "batch_size": 1}, [{"n": 1}, {"n": None}, {"n": 3}]),
        ({"columns": ["n"], "filters": [("n", ">", 100)]}, []),
    ],
)
def test_parquet_options(options: Any, expected: Any, tmp_path: Any) -> None:
    file = parquet(tmp_path / "f", TABLE, row_group_size=2)
    assert rows(ParquetBuilder.from_keywords(options), [file]) == expected


def test_an_unknown_column_is_told(tmp_path: Any) -> None:
    file = parquet(tmp_path / "f", TABLE)
    with pytest.raises(ColumnNotFound, match="no column 'nn'; the columns are 'n', 's'"):
        rows(ParquetBuilder.from_keywords({"columns": ["nn"]}), [file])


def test_tables_are_bounded(tmp_path: Any) -> None:
    file = parquet(tmp_path / "f", pa.table({"t": ["x" * 1000] * 60_000}), compression="zstd", use_dictionary=False)
    builder = ParquetBuilder()
    sizes = [table.nbytes for shard in builder.shards([file]) for table in builder.read(shard)]
    assert len(sizes) > 1
    assert max(sizes) < 33 << 20


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (None, {"a.b": 1, "a": {"b": 2, "c": 3}}),
        (["a.b"], {"a.b": 1}),
    ],
)
def test_names_may_have_dots(columns: Any, row: dict[str, Any], tmp_path: Path) -> None:
    file = parquet(tmp_path / "f", pa.table({"a.b": [1], "a": [{"b": 2, "c": 3}]}))
    assert rows(ParquetBuilder.from_keywords({"columns": columns}), [file]) == [row]


@pytest.mark.parametrize(("cls", "save"), WAYS)
def test_a_name_that_stands_there_twice_is_refused(cls: Any, save: Any, tmp_path: Path) -> None:
    file = save(tmp_path / "f", pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))
    with pytest.raises(BadData, match="column a: .*twice"):
        cls().schema([file])
