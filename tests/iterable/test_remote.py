"""Streams over a network: nothing is downloaded first, broken connections go on, the last error is told."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from arrowsets import IterableDataset, load_dataset
from arrowsets.engine.stages_ahead import ahead
from arrowsets.errors import RemoteError
from arrowsets.files import remote

LINES = "".join(f'{{"x": {x}}}\n' for x in range(40_000)).encode()


def parquet(rows: int = 1000) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": range(rows)}), sink, row_group_size=100)
    return sink.getvalue()


def test_lines_are_read_over_http_and_gone_on_with_where_the_connection_broke(server: Any) -> None:
    server.files["/rows.jsonl"] = LINES
    stream = IterableDataset.from_json(f"{server.url}/rows.jsonl")
    server.faults[:] = ["drop", 503, "drop"]
    assert [row["x"] for row in stream] == list(range(40_000))


def test_a_state_asks_the_server_for_the_rest_only(server: Any) -> None:
    server.files["/rows.jsonl"] = 8 * LINES
    stream = IterableDataset.from_json(f"{server.url}/rows.jsonl")
    list(islice(stream, 315_000))
    stream.load_state_dict(stream.state_dict())
    server.asked.clear()
    assert next(iter(stream)) == {"x": 35_000}
    assert int(str(server.asked[-1][2]).removeprefix("bytes=").partition("-")[0]) > 3_000_000


def test_parquet_is_read_over_http_by_row_groups(server: Any) -> None:
    server.files["/rows.parquet"] = parquet()
    stream = IterableDataset.from_parquet(f"{server.url}/rows.parquet")
    assert stream.num_rows == 1000
    assert [row["x"] for row in stream.skip(950)] == list(range(950, 1000))


def test_the_last_error_of_a_server_is_told(server: Any) -> None:
    server.files["/rows.jsonl"] = LINES
    stream = IterableDataset.from_json(f"{server.url}/rows.jsonl")
    server.faults[:] = [503] * 10
    with pytest.raises(RemoteError, match="503"):
        list(stream)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet"])
def test_other_file_systems_are_streamed_from(name: str) -> None:
    content = LINES if name.endswith("jsonl") else parquet()
    with fsspec.open(f"memory://streams/{name}", "wb") as file:
        file.write(content)
    builder = "json" if name.endswith("jsonl") else "parquet"
    stream = load_dataset(builder, data_files=f"memory://streams/{name}", split="train", streaming=True)
    assert [row["x"] for row in stream.take(3)] == [0, 1, 2]


class Fragile(MemoryFileSystem):  # type: ignore[misc]
    """A file system in memory whose reads fail when told."""

    protocol = "fragile"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    faults: ClassVar[list[Exception]] = []

    def _open(self, path: str, mode: str = "rb", **keywords: Any) -> Any:
        file = super()._open(path, mode, **keywords)
        return FragileFile(file.getvalue()) if mode == "rb" else file


class FragileFile(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if Fragile.faults and self.tell():
            raise Fragile.faults.pop()
        return super().read(size)


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    fsspec.register_implementation("fragile", Fragile, clobber=True)
    monkeypatch.setattr(remote, "retry", remote.Retry(attempts=3, sleep=lambda _: None))
    with fsspec.open("fragile://rows.jsonl", "wb") as file:
        file.write(8 * LINES)
    yield "fragile://rows.jsonl"
    Fragile.faults.clear()


def test_reading_any_file_system_goes_on_where_it_failed(fragile: str) -> None:
    stream = IterableDataset.from_json(fragile)
    Fragile.faults[:] = [OSError("reset"), TimeoutError("slow")]
    assert [row["x"] for row in stream] == 8 * list(range(40_000))
    assert not Fragile.faults


def test_the_last_error_of_any_file_system_is_told(fragile: str) -> None:
    stream = IterableDataset.from_json(fragile)
    Fragile.faults[:] = [OSError(f"fault {number}") for number in range(9)]
    with pytest.raises(RemoteError, match="in 3 attempts: fault 6"):
        list(stream)


def test_what_is_forbidden_is_not_asked_for_again(fragile: str) -> None:
    stream = IterableDataset.from_json(fragile)
    Fragile.faults[:] = [PermissionError("no"), PermissionError("no")]
    with pytest.raises(PermissionError):
        list(stream)
    assert len(Fragile.faults) == 1


def test_reading_ahead_is_bounded_and_stops_with_the_reader() -> None:
    made: list[int] = []

    def tables() -> Any:
        for number in range(100):
            made.append(number)
            yield pa.table({"x": [number] * 100}), number

    reading = ahead(tables(), max_bytes=1600)
    assert [place for _, place in islice(reading, 3)] == [0, 1, 2]
    reading.close()  # type: ignore[attr-defined]
    assert len(made) <= 7


def test_an_error_comes_after_the_rows_before_it() -> None:
    def tables() -> Any:
        yield pa.table({"x": [1]}), None
        raise OSError("gone")

    reading = ahead(tables())
    assert next(reading)[0].num_rows == 1
    with pytest.raises(OSError, match="gone"):
        next(reading)
