"""States are small JSON, hold for one stream only, and are gone on from without reading what came before."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import pickle
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import Dataset, IterableDataset


def stream_of(rows: int = 3000) -> IterableDataset:
    return Dataset.from_dict({"x": range(rows)}).to_iterable_dataset()


def test_a_state_is_small_json_with_a_version() -> None:
    stream = stream_of().shuffle(seed=1).map(lambda row: row).filter(lambda row: row["x"] % 2 == 0)
    list(islice(stream, 700))
    state = stream.state_dict()
    assert state["version"] == 1
    assert len(json.dumps(state)) < 1500


def test_a_state_does_not_change_while_one_reads_on() -> None:
    stream = stream_of()
    rows = iter(stream)
    next(rows)
    state = stream.state_dict()
    before = json.dumps(state)
    list(islice(rows, 2000))
    assert json.dumps(state) == before


def test_the_state_of_a_stream_at_its_end_has_no_rows_and_then_it_begins_anew() -> None:
    stream = stream_of(5)
    assert len(list(stream)) == 5
    stream.load_state_dict(stream.state_dict())
    assert list(stream) == []
    assert len(list(stream)) == 5


def test_batches_are_gone_on_with() -> None:
    stream = stream_of(10)
    batches = stream.iter(3)
    next(batches)
    stream.load_state_dict(stream.state_dict())
    assert next(stream.iter(3)) == {"x": [3, 4, 5]}


def test_a_drawn_seed_travels_with_the_state() -> None:
    first, second = stream_of().shuffle(), stream_of().shuffle()
    rows = iter(first)
    list(islice(rows, 100))
    second.load_state_dict(first.state_dict())
    assert list(second) == list(rows)


def test_a_pickled_stream_keeps_a_loaded_state() -> None:
    stream = stream_of(5)
    next(iter(stream))
    stream.load_state_dict(stream.state_dict())
    assert [row["x"] for row in pickle.loads(pickle.dumps(stream))] == [1, 2, 3, 4]


def test_states_of_other_streams_are_refused() -> None:
    stream = stream_of()
    next(iter(stream))
    state = stream.state_dict()
    with pytest.raises(ValueError, match="made in the same way"):
        stream.skip(1).filter(lambda row: True).load_state_dict(state)
    with pytest.raises(ValueError, match="version"):
        stream.load_state_dict({**state, "version": 99})
    shuffled = stream.shuffle(seed=1)
    with pytest.raises(ValueError, match="seed 1"):
        stream.shuffle(seed=2).load_state_dict(shuffled.state_dict())


def restored(stream: IterableDataset, at: int) -> dict[str, Any]:
    list(islice(stream, at))
    stream.load_state_dict(json.loads(json.dumps(stream.state_dict())))
    return dict(next(iter(stream)))


@pytest.mark.parametrize("at", [0, 1, 999, 100_000, 149_999])
def test_lines_of_json_are_gone_on_with_at_a_byte(tmp_path: Path, at: int) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f'{{"x": {x}, "s": "é{x}"}}\n' for x in range(150_001)), encoding="utf-8")
    stream = IterableDataset.from_json(str(path))
    assert restored(stream, at) == {"x": at, "s": f"é{at}"}
    if at == 100_000:
        place = stream.state_dict()["position"]["at"]["place"]
        assert place > 1 << 20


@pytest.mark.parametrize("at", [0, 1, 60_000, 99_999])
def test_rows_of_csv_are_gone_on_with_at_a_byte(tmp_path: Path, at: int) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("x,s\n" + "".join(f'{x},"line {x}\nof ""two"""\n' for x in range(100_000)))
    assert restored(IterableDataset.from_csv(str(path)), at) == {"x": at, "s": f'line {at}\nof "two"'}


@pytest.mark.parametrize("sample_by", ["line", "paragraph"])
def test_text_is_gone_on_with_at_a_byte(tmp_path: Path, sample_by: str) -> None:
    end = "\n" if sample_by == "line" else "\n\n"
    path = tmp_path / "rows.txt"
    path.write_text("".join(f"row {x}{end}" for x in range(200_000)))
    assert restored(IterableDataset.from_text(str(path), sample_by=sample_by), 170_000) == {"text": "row 170000"}


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "txt"])
def test_compressed_text_is_gone_on_with(tmp_path: Path, kind: str, suffix: str) -> None:
    lines = {"jsonl": '{{"text": "row {}"}}\n', "csv": "row {}\n", "txt": "row {}\n"}[kind]
    content = ("text\n" if kind == "csv" else "") + "".join(lines.format(x) for x in range(30_000))
    path = tmp_path / f"rows.{kind}{suffix}"
    if suffix == ".zst":
        path.write_bytes(pa.Codec("zstd").compress(content.encode(), asbytes=True))
    else:
        with {".gz": gzip, ".bz2": bz2, ".xz": lzma}[suffix].open(path, "wb") as file:
            file.write(content.encode())
    make = {"jsonl": IterableDataset.from_json, "csv": IterableDataset.from_csv, "txt": IterableDataset.from_text}[kind]
    for at in (10, 22_000):
        assert restored(make(str(path)), at) == {"text": f"row {at}"}


def test_row_groups_before_a_state_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": range(1000)}), path, row_group_size=100)
    stream = IterableDataset.from_parquet(str(path))
    list(islice(stream, 950))
    state = stream.state_dict()
    read: list[list[int]] = []
    original = pq.ParquetFile.iter_batches

    def spied(self: pq.ParquetFile, *args: Any, row_groups: Any = None, **kwargs: Any) -> Any:
        read.append(row_groups)
        return original(self, *args, **{**kwargs, "row_groups": row_groups})

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", spied)
    stream.load_state_dict(state)
    assert [row["x"] for row in stream] == list(range(950, 1000))
    assert read == [[9]]
