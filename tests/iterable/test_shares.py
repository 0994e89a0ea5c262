"""Readers get even shares of rows, however few files there are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import Dataset, IterableDataset, concatenate_datasets
from arrowsets.distributed import split_dataset_by_node
from arrowsets.errors import TransformError

EVEN = {
    "drop": [[0, 1], [2, 3], [4, 5]],
    "pad": [[0, 1, 2], [3, 4, 0], [5, 6, 1]],
    "repeat": [[0, 1, 2], [3, 4, 3], [5, 6, 5]],
}


@pytest.mark.parametrize("policy", EVEN)
@pytest.mark.parametrize("stream", [False, True])
def test_a_policy_makes_shares_equally_long(policy: str, stream: bool) -> None:
    dataset = Dataset.from_dict({"x": range(7)})
    whole = dataset.to_iterable_dataset() if stream else dataset
    shares = [split_dataset_by_node(whole, rank, 3, even=policy) for rank in range(3)]  # type: ignore[arg-type, type-var]
    assert [[row["x"] for row in share] for share in shares] == EVEN[policy]


def test_one_small_file_feeds_many_readers(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": range(100)}), tmp_path / "one.parquet")
    stream = IterableDataset.from_parquet(str(tmp_path / "one.parquet")).shuffle(seed=1)
    shares = [list(stream.shard(3, rank).shard(8, worker)) for rank in range(3) for worker in range(8)]
    assert {len(share) for share in shares} == {4, 5}
    assert sorted(row["x"] for share in shares for row in share) == list(range(100))


def test_one_generator_feeds_many_readers() -> None:
    stream = IterableDataset.from_generator(lambda: ({"x": x} for x in range(50)))
    shares = [list(stream.shard(24, index)) for index in range(24)]
    assert {len(share) for share in shares} == {2, 3}
    assert sorted(row["x"] for share in shares for row in share) == list(range(50))


def test_batches_are_the_same_whoever_reads_them() -> None:
    stream = IterableDataset.from_dict({"x": range(95)}).map(
        lambda b: {"n": [len(b["x"])] * len(b["x"])}, batched=True, batch_size=10
    )
    whole = [row["n"] for row in stream]
    assert [row["n"] for index in range(4) for row in stream.shard(4, index)] == whole
    assert sorted(row["n"] for row in stream.shuffle(seed=1)) == sorted(whole)


def test_indices_are_those_of_the_whole_whoever_reads_them() -> None:
    stream = IterableDataset.from_dict({"x": range(50)}).map(lambda row, i: {"i": i}, with_indices=True)
    assert all(row["x"] == row["i"] for index in range(4) for row in stream.shard(4, index))
    assert all(row["x"] == row["i"] for row in stream.shuffle(seed=1))


def test_even_shares_of_rows_that_are_not_counted_are_refused() -> None:
    stream = IterableDataset.from_dict({"x": range(9)}).filter(lambda row: True).take(5)
    with pytest.raises(ValueError, match="to_dataset"):
        list(stream.shard(2, 0, even="drop"))


def test_a_rank_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rank must be in \[0, 1\]"):
        split_dataset_by_node(Dataset.from_dict({"x": [1]}), 2, 2)


def test_an_error_in_a_share_names_rows_of_the_whole() -> None:
    stream = IterableDataset.from_dict({"x": range(9)}).map(
        lambda b: {"x": [1], "y": [1, 2]}, batched=True, batch_size=3
    )
    with pytest.raises(TransformError):
        list(stream.shard(3, 2))


def test_text_files_of_streams_that_are_concatenated_are_counted_to_be_shared_out(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("".join(f'{{"x": {x}}}\n' for x in range(100)))
    one = IterableDataset.from_json(str(tmp_path / "rows.jsonl"))
    stream = concatenate_datasets([one, one]).map(
        lambda b: {"first": [b["x"][0]] * len(b["x"])}, batched=True, batch_size=7
    )
    shares = [list(stream.shard(5, index)) for index in range(5)]
    assert [row for share in shares for row in share] == list(stream)
    assert max(map(len, shares)) - min(map(len, shares)) <= 7


@pytest.mark.parametrize("count", [2, 8, 9, 10, 40])
def test_a_batch_over_the_end_of_a_concatenated_stream_is_not_parted(count: int) -> None:
    parts = [IterableDataset.from_dict({"x": range(rows)}) for rows in (300, 2, 28)]
    stream = concatenate_datasets(parts).map(lambda b: {"n": [len(b["x"])] * len(b["x"])}, batched=True, batch_size=11)
    assert [row for index in range(count) for row in stream.shard(count, index)] == list(stream)
