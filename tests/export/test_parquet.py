"""Parquet files: types, row groups, several files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets import Array2D, ClassLabel, Dataset, Features, Image, Json, List, Value

from .conftest import NESTED, TABLES, TEMPORAL, both

TYPED = Dataset.from_dict(
    {"l": [0, 1], "j": [{"a": 1}, None], "m": [[[1, 2]], [[3, 4]]], "v": [[1], []]},
    features=Features(
        {"l": ClassLabel(names=["n", "y"]), "j": Json(), "m": Array2D((1, 2), "int32"), "v": List(Value("int16"))}
    ),
)


def _written(ds: Dataset, **options: Any) -> pq.ParquetFile:
    buffer = io.BytesIO()
    ds.to_parquet(buffer, **options)
    return pq.ParquetFile(buffer)


def _chunking(file: pq.ParquetFile) -> bytes:
    return dict(file.metadata.metadata or {})[b"content_defined_chunking"]


@pytest.mark.parametrize("table", [*TABLES.values(), NESTED, TEMPORAL], ids=[*TABLES, "nested", "temporal"])
def test_columns_are_those_of_the_reference(table: pa.Table) -> None:
    ours, reference = both(table)
    buffer = io.BytesIO()
    reference.to_parquet(buffer)
    expected = pq.ParquetFile(buffer)
    found = _written(ours)
    assert found.read().equals(expected.read())
    assert found.schema_arrow.metadata == expected.schema_arrow.metadata
    assert _chunking(found) == _chunking(expected)


def test_the_reference_reads_the_types(tmp_path: Path) -> None:
    TYPED.to_parquet(tmp_path / "a.parquet")
    found = datasets.Dataset.from_parquet(str(tmp_path / "a.parquet"), cache_dir=str(tmp_path / "cache"))
    assert json.dumps(found.features.to_dict()) == json.dumps(TYPED.features.to_dict())
    assert found["l"][:] == [0, 1]
    assert found["j"][:] == [{"a": 1}, None]


def test_row_groups_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrowsets.config.MAX_ROW_GROUP_SIZE", 8000)
    monkeypatch.setattr("arrowsets.export.parquet.PIECE_BYTES", 2000)
    found = _written(Dataset.from_dict({"a": np.arange(5000)}))
    assert [found.metadata.row_group(at).num_rows for at in range(5)] == [1000] * 5


def test_the_batch_size_is_that_of_row_groups() -> None:
    found = _written(Dataset.from_dict({"a": [1, 2, 3]}), batch_size=2)
    assert [found.metadata.row_group(at).num_rows for at in range(2)] == [2, 1]


@pytest.mark.parametrize("ds", [Dataset.from_dict({}), Dataset.from_dict({"a": []})], ids=["no columns", "no rows"])
def test_nothing_is_written_as_nothing(ds: Dataset) -> None:
    assert _written(ds).read().shape == ds.shape


def test_options_go_to_the_writer() -> None:
    column = _written(Dataset.from_dict({"a": [1]}), compression="zstd").metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"


def test_images_are_not_compressed_again() -> None:
    ds = Dataset.from_dict({"i": [b"png"], "n": [1]}, features=Features({"i": Image(), "n": Value("int64")}))
    group = _written(ds).metadata.row_group(0)
    assert {group.column(at).path_in_schema: group.column(at).compression for at in range(3)} == {
        "i.bytes": "UNCOMPRESSED",
        "i.path": "UNCOMPRESSED",
        "n": "SNAPPY",
    }


@pytest.mark.parametrize("num_proc", [None, 2])
def test_several_files_are_named_for_their_split(tmp_path: Path, num_proc: int | None) -> None:
    written = Dataset.from_dict({"a": range(5)}).to_parquet(str(tmp_path / "d"), num_shards=2, num_proc=num_proc)
    files = sorted((tmp_path / "d").iterdir())
    assert [file.name for file in files] == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    assert [pq.read_table(file)["a"].to_pylist() for file in files] == [[0, 1, 2], [3, 4]]
    assert written == sum(file.stat().st_size for file in files)


def test_names_may_have_the_index(tmp_path: Path) -> None:
    Dataset.from_dict({"a": range(5)}).to_parquet(str(tmp_path / "p-{index}-{num_shards}.parquet"), num_shards=2)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["p-0-2.parquet", "p-1-2.parquet"]


def test_several_files_go_to_a_url() -> None:
    Dataset.from_dict({"a": range(5)}).to_parquet("memory://shards/x", max_shard_size=20)
    import fsspec

    assert len(fsspec.filesystem("memory").ls("/shards/x")) == 2


def test_several_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"names one file.*index"):
        Dataset.from_dict({"a": range(5)}).to_parquet(tmp_path / "a.parquet", num_shards=2)


def test_files_of_another_export_are_not_mixed_with(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"a": range(5)})
    ds.to_parquet(str(tmp_path), num_shards=3)
    with pytest.raises(ValueError, match=r"'train-00000-of-00003.parquet'.*another directory"):
        ds.to_parquet(str(tmp_path), num_shards=2)
    ds.to_parquet(str(tmp_path), num_shards=3)


def test_a_shard_that_fails_takes_the_others_with_it(tmp_path: Path) -> None:
    with pytest.raises(pa.ArrowException, match="nothing"):
        Dataset.from_dict({"a": range(5)}).to_parquet(str(tmp_path / "d"), num_shards=2, compression="nothing")
    assert list((tmp_path / "d").glob("*")) == []


ROWS = st.lists(
    st.fixed_dictionaries(
        {"i": st.none() | st.integers(-(2**63), 2**63 - 1), "f": st.none() | st.floats(allow_nan=False),
         "s": st.none() | st.text(st.characters(exclude_categories=["Cs"])), "l": st.lists(st.binary())}
    )
)  # fmt: skip


@given(ROWS, st.data())
def test_any_selection_reads_back(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    fields: list[Any] = [("i", pa.int64()), ("f", pa.float64()), ("s", pa.string()), ("l", pa.list_(pa.binary()))]
    order = data.draw(st.lists(st.integers(0, len(rows) - 1))) if rows else []
    ds = Dataset.from_arrow(pa.Table.from_pylist(rows, pa.schema(fields))).select(order)
    assert _written(ds).read().to_pylist() == [rows[at] for at in order]
