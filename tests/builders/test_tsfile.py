"""TsFiles are read as the reference reads them: a row for each device, from all files of a split."""

from __future__ import annotations

import datetime as dt
import gzip
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import Features, List, Value, load_dataset
from arrowsets.errors import BadData, MissingDependency, SchemaConflict, UnknownName

Columns = Sequence[tuple[str, str, str]]
FIRST: Columns = [
    ("Region", "STRING", "TAG"),
    ("dev", "STRING", "TAG"),
    ("v", "INT32", "FIELD"),
    ("w", "DOUBLE", "FIELD"),
    ("ok", "BOOLEAN", "FIELD"),
    ("s", "STRING", "FIELD"),
]
SECOND: Columns = [
    ("Region", "STRING", "TAG"),
    ("dev", "STRING", "TAG"),
    ("v", "INT64", "FIELD"),
    ("x", "FLOAT", "FIELD"),
    ("t", "TIMESTAMP", "FIELD"),
    ("day", "DATE", "FIELD"),
    ("raw", "BLOB", "FIELD"),
]


def write(path: Path, columns: Columns, rows: Sequence[tuple[int, tuple[Any, ...]]], table: str = "Cars") -> str:
    library = pytest.importorskip("tsfile")
    kinds = [library.TSDataType[kind] for _, kind, _ in columns]
    schema = [
        library.ColumnSchema(name, kind, library.ColumnCategory[category])
        for (name, _, category), kind in zip(columns, kinds, strict=True)
    ]
    with library.TsFileTableWriter(str(path), library.TableSchema(table, schema)) as writer:
        tablet = library.Tablet([name for name, _, _ in columns], kinds, len(rows))
        for at, (time, values) in enumerate(rows):
            tablet.add_timestamp(at, time)
            for (name, _, _), value in zip(columns, values, strict=True):
                if value is not None:
                    tablet.add_value_by_name(name, at, value)
        writer.write_table(tablet)
    return str(path)


@pytest.fixture
def a(tmp_path: Path) -> str:
    rows = [
        (
            time,
            (f"r{device % 2}", f"d{device}", time, time / 2 if time else None, time > 1, f"é{time}" if time else None),
        )
        for device in range(5)
        for time in range(4)
    ]
    return write(tmp_path / "a.tsfile", FIRST, rows)


@pytest.fixture
def b(tmp_path: Path) -> str:
    rows = [
        (time, (f"r{n % 2}", f"d{n}", time * 10**10, time / 4, time * 1000, dt.date(2024, 1, time), bytes([time])))
        for n in range(3, 7)
        for time in range(10, 13)
    ]
    return write(tmp_path / "b.tsfile", SECOND, rows)


@pytest.mark.parametrize("which", ["a", "b", "ab", "ba"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"columns": ["w", "V", "nope", "dev"]},
        {"start_time": 2, "end_time": 10},
        {"start_time": dt.datetime(1970, 1, 1, 0, 0, 0, 3000, dt.UTC), "timestamp_tz": "UTC"},
        {"end_time": "1970-01-01T01:00:00.010+01:00"},
        {"timestamp_unit": "us"},
        {"start_time": dt.date(1970, 1, 1), "end_time": pa.scalar(11, pa.timestamp("ms"))},
        {"table_name": "CARS", "output_batch_size": 2, "input_batch_size": 1},
    ],
    ids=str,
)
def test_types_and_rows_are_those_of_the_reference(
    which: str, options: dict[str, Any], a: str, b: str, tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    files = [{"a": a, "b": b}[name] for name in which]
    theirs = datasets.load_dataset(
        "tsfile", data_files=files, split="train", cache_dir=str(tmp_path / "theirs"), **options
    )
    ours = load_dataset("tsfile", data_files=files, split="train", **options)
    assert (ours.features.arrow_schema, list(ours)) == (theirs.features.arrow_schema, list(theirs))
    assert list(load_dataset("tsfile", data_files=files, split="train", streaming=True, **options)) == list(ours)


def test_a_path_alone_leads_to_the_reader_and_compressed_files_are_read(a: str, tmp_path: Path) -> None:
    assert load_dataset(a, split="train")["dev"][:] == ["d0", "d2", "d4", "d1", "d3"]
    packed = tmp_path / "c.tsfile.gz"
    packed.write_bytes(gzip.compress(Path(a).read_bytes()))
    assert load_dataset("tsfile", data_files=str(packed), split="train").num_rows == 5


def test_splits_have_the_types_of_both(a: str, b: str) -> None:
    splits = load_dataset("tsfile", data_files={"train": a, "test": b}, columns=["v"])
    assert [split.features["v"] for split in splits.values()] == [List(Value("int64"))] * 2


def test_features_of_a_few_columns_leave_the_others_out(a: str) -> None:
    features = Features({"v": List(Value("int64")), "dev": Value("string")})
    data = load_dataset("tsfile", data_files=a, split="train", features=features)
    assert (data.features, data[0]) == (features, {"v": [0, 1, 2, 3], "dev": "d0"})


def test_a_device_may_lack_a_tag(tmp_path: Path) -> None:
    columns: Columns = [("k", "STRING", "TAG"), ("l", "STRING", "TAG"), ("v", "INT32", "FIELD")]
    path = write(tmp_path / "a.tsfile", columns, [(1, ("x", None, 5)), (1, ("x", "y", 6)), (2, ("x", None, 7))])
    data = load_dataset("tsfile", data_files=path, split="train")
    assert sorted((row["k"], row["l"] or "", row["v"]) for row in data) == [("x", "", [5, 7]), ("x", "y", [6])]


def test_nothing_within_the_bounds_is_no_rows(a: str) -> None:
    data = load_dataset("tsfile", data_files=a, split="train", end_time=-5)
    assert (data.num_rows, data.column_names[:3]) == (0, ["region", "dev", "time"])


def test_two_rows_of_one_time_name_the_device(a: str, tmp_path: Path) -> None:
    other = write(tmp_path / "c.tsfile", FIRST, [(1, ("r0", "d0", 1, 1.0, True, "a"))])
    with pytest.raises(BadData, match="the device region='r0', dev='d0' has two rows at the time 1"):
        load_dataset("tsfile", data_files=[a, other])


def test_fields_without_a_common_type_are_named(a: str, tmp_path: Path) -> None:
    columns: Columns = [("Region", "STRING", "TAG"), ("dev", "STRING", "TAG"), ("v", "STRING", "FIELD")]
    other = write(tmp_path / "c.tsfile", columns, [(9, ("r0", "d0", "x"))])
    with pytest.raises(SchemaConflict, match="the field 'v' is string in .*c.tsfile and int32 in files before it"):
        load_dataset("tsfile", data_files=[a, other])


def test_what_is_none_or_damaged_is_named_and_can_be_left_out(a: str, tmp_path: Path) -> None:
    none, cut = tmp_path / "0.tsfile", tmp_path / "z.tsfile"
    none.write_bytes(b"something else")
    cut.write_bytes(Path(a).read_bytes()[:900])
    with pytest.raises(BadData, match=r"0\.tsfile: no TsFile"):
        load_dataset("tsfile", data_files=str(none))
    with pytest.raises(BadData, match=r"z\.tsfile: a damaged TsFile"):
        load_dataset("tsfile", data_files=str(cut))
    with pytest.raises(BadData, match="there is no table 'boats'; there are 'cars'"):
        load_dataset("tsfile", data_files=a, table_name="boats")
    assert load_dataset("tsfile", data_files=[a, str(none)], split="train", on_bad_files="warn").num_rows == 5
    data = load_dataset("tsfile", data_files=[str(none), a, str(cut)], split="train", on_bad_files="skip")
    assert data.num_rows == 5
    assert sorted(Path(file).name for file in {file for file, *_ in data.rejects}) == ["0.tsfile", "z.tsfile"]


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"timestamp_unit": "h"}, UnknownName, "'h'"),
        ({"columns": []}, ValueError, "names no field"),
        ({"input_batch_size": 0}, ValueError, "1 or more"),
        ({"start_time": True}, TypeError, "start_time=True"),
        ({"end_time": "soon"}, TypeError, "end_time='soon'"),
    ],
)
def test_wrong_options_say_what_is_right(options: dict[str, Any], error: type[Exception], told: str, a: str) -> None:
    with pytest.raises(error, match=told):
        load_dataset("tsfile", data_files=a, **options)


def test_the_missing_package_is_named(a: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tsfile", None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[tsfile\]'"):
        load_dataset("tsfile", data_files=a)
