"""Opening Arrow files: lazily, in either IPC format, and errors that name the file."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc

from arrowsets.errors import BadData, StoreError
from arrowsets.table import ArrowFiles, FileRef, View

TABLE = pa.table({"x": [1, 2, 3], "y": ["a", None, "c"]})


def write_stream(path: Path, table: pa.Table = TABLE) -> str:
    with pa.OSFile(str(path), "wb") as sink, ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return str(path)


def test_nothing_is_opened_before_it_is_touched() -> None:
    files = ArrowFiles.open(
        [FileRef("/nowhere/a.arrow", (2, 1)), FileRef("/nowhere/b.arrow", (5,))], TABLE.schema
    )
    view = View.from_files(files).rename({"x": "z"}).select([7, 0])
    assert (files.num_rows, files.starts.tolist()) == (8, [0, 2, 3, 8])
    with pytest.raises(StoreError, match=r"/nowhere/b\.arrow"):
        view.read([0])


def test_the_schema_and_batches_come_from_the_files(write: Any) -> None:
    files = ArrowFiles.open([write(TABLE).path, write(TABLE).path])
    assert files.schema == TABLE.schema
    assert files.starts.tolist() == [0, 2, 3, 5, 6]


def test_stream_files_are_read(tmp_path: Path) -> None:
    files = ArrowFiles.open([write_stream(tmp_path / "a.arrow")])
    assert files.read(range(3)).equals(TABLE)


def test_files_of_the_reference_are_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset(TABLE).save_to_disk(tmp_path / "saved", num_shards=2)
    files = ArrowFiles.open(sorted((tmp_path / "saved").glob("*.arrow")))
    assert files.read(range(3)).equals(TABLE)


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_files_are_read(write: Any, compression: str) -> None:
    view = View.from_files([write(TABLE, compression=compression)])
    assert view.read([2, 0]).to_pydict() == {"x": [3, 1], "y": ["c", "a"]}
    assert view.read(range(3)).equals(TABLE)


def test_columns_are_found_by_name(write: Any) -> None:
    files = ArrowFiles.open([write(TABLE), write(TABLE.select(["y", "x"]))])
    assert files.read(range(3, 6)).equals(TABLE)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_an_open_file_holds_no_file_descriptor(write: Any) -> None:
    refs = [write(TABLE) for _ in range(5)]
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    files = ArrowFiles.open(refs)
    files.read(range(15))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_threads_may_share_files(write: Any) -> None:
    files = ArrowFiles.open([write(TABLE).path for _ in range(8)])
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: files.read(range(files.num_rows)).num_rows, range(16))
    assert set(found) == {24}


@pytest.mark.parametrize("keep", [0, 5, 200, -1])
@pytest.mark.parametrize("stream", [False, True])
def test_a_torn_file_is_named(write: Any, tmp_path: Path, keep: int, stream: bool) -> None:
    path = Path(write_stream(tmp_path / "s.arrow") if stream else write(TABLE).path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 300 if keep == -1 else keep])
    with pytest.raises(BadData, match=str(path)):
        ArrowFiles.open([str(path)]).read(range(3))


def test_text_is_not_an_arrow_file(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_text("x,y\n1,a\n" * 20)
    with pytest.raises(BadData, match=r"a\.arrow.*not a whole Arrow IPC file"):
        ArrowFiles.open([tmp_path / "a.arrow"])


def test_a_directory_is_not_an_arrow_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=str(tmp_path)):
        ArrowFiles.open([tmp_path])


@pytest.mark.parametrize("batches", [(3,), (1, 2)])
def test_a_file_that_is_not_what_was_written_is_named(write: Any, batches: tuple[int, ...]) -> None:
    path = write(TABLE).path
    with pytest.raises(BadData, match=path):
        ArrowFiles.open([FileRef(path, batches)], TABLE.schema).read(range(3))


def test_a_file_of_another_type_is_named(write: Any) -> None:
    refs = [write(TABLE), write(TABLE.set_column(0, "x", [["1", "2", "3"]]))]
    with pytest.raises(BadData, match=rf"{refs[1].path}.*column x.*string where int64"):
        ArrowFiles.open(refs).read(range(6))


def test_a_name_that_stands_twice_is_an_error() -> None:
    with pytest.raises(BadData, match="column x"):
        ArrowFiles.from_table(pa.Table.from_arrays([[1], [2]], names=["x", "x"]))


def test_many_small_chunks_become_few() -> None:
    table = pa.concat_tables([TABLE] * 1000)
    files = ArrowFiles.from_table(table)
    assert files.num_batches == 1
    assert files.read(range(3000)).equals(table)


def test_a_large_chunk_is_not_copied() -> None:
    table = pa.table({"x": range(200_000)})
    before = pa.total_allocated_bytes()
    assert ArrowFiles.from_table(table).num_batches == 1
    assert pa.total_allocated_bytes() == before


def test_files_pickle_as_paths(write: Any) -> None:
    table = pa.table({"x": range(10_000)})
    files = ArrowFiles.open([write(table, 10_000)]).slice(5, 9_000)
    data = pickle.dumps(files)
    assert len(data) < 2_000
    assert pickle.loads(data).read(range(2)).to_pydict() == {"x": [5, 6]}


def test_memory_pickles_only_what_is_shown() -> None:
    files = ArrowFiles.from_table(pa.table({"x": range(100_000), "y": ["long"] * 100_000}))
    data = pickle.dumps(files.slice(7, 9).project({"z": "x"}))
    assert len(data) < 2_000
    assert pickle.loads(data).read(range(2)).to_pydict() == {"z": [7, 8]}
