"""A shuffle is a function of seed and epoch, and moves rows far."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from arrowsets import Dataset, IterableDataset

ROWS = 50_000


def order(stream: IterableDataset) -> list[int]:
    return [row["x"] for row in stream]


def test_the_same_seed_and_epoch_give_the_same_order() -> None:
    stream = Dataset.from_dict({"x": range(3000)}).to_iterable_dataset()
    first = stream.shuffle(seed=1)
    assert order(first) == order(stream.shuffle(seed=1)) == order(first)
    assert order(first) != order(stream.shuffle(seed=2))
    first.set_epoch(1)
    assert order(first) != order(stream.shuffle(seed=1))


def test_a_generator_gives_the_seed() -> None:
    stream = Dataset.from_dict({"x": range(100)}).to_iterable_dataset()
    first, second = (stream.shuffle(generator=np.random.default_rng(5)) for _ in range(2))
    assert order(first) == order(second)


def test_each_repetition_is_shuffled_anew() -> None:
    rows = order(Dataset.from_dict({"x": range(100)}).to_iterable_dataset().shuffle(seed=1).repeat(2))
    assert sorted(rows[:100]) == sorted(rows[100:]) == list(range(100))
    assert rows[:100] != rows[100:]


def test_rows_are_moved_far_and_keep_no_trace_of_their_order(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": range(ROWS)}), tmp_path / "rows.parquet", row_group_size=1000)
    sources = [
        Dataset.from_dict({"x": range(ROWS)}).to_iterable_dataset(),
        IterableDataset.from_parquet(str(tmp_path / "rows.parquet")),
    ]
    for stream in sources:
        rows = np.array(order(stream.shuffle(seed=3)))
        distance = np.abs(rows - np.arange(ROWS)).mean() / ROWS
        # A perfect shuffle has a mean distance of one third and no correlation.
        assert 0.28 < distance < 0.38
        assert abs(np.corrcoef(rows, np.arange(ROWS))[0, 1]) < 0.2
        assert np.mean(np.diff(rows) == 1) < 0.01


def test_a_shuffle_behind_a_filter_a_take_and_a_mix_keeps_their_rows() -> None:
    stream = Dataset.from_dict({"x": range(2000)}).to_iterable_dataset()
    chosen = stream.filter(lambda row: row["x"] % 2 == 0).take(500)
    assert sorted(order(chosen.shuffle(seed=1, buffer_size=100))) == order(chosen)


def test_texts_and_lists_that_arrow_cannot_gather_are_shuffled_shared_and_filtered() -> None:
    table = pa.table(
        {
            "x": pa.array([None if x == 3 else f"row {x}" for x in range(50)], pa.string_view()),
            "y": pa.array([[x] * (x % 3) for x in range(50)], pa.list_view(pa.int64())),
        }
    )
    stream = Dataset.from_arrow(table).to_iterable_dataset()
    whole = list(stream)
    rows = [*stream.shuffle(seed=1, buffer_size=7)]
    assert sorted(map(str, rows)) == sorted(map(str, whole))
    assert rows != whole
    assert [*stream.filter(lambda row: len(row["y"]) == 2)] == whole[2::3]
    shares = [[*stream.take(50).filter(lambda row: True).take(50).shard(2, index)] for index in range(2)]
    assert shares == [whole[0::2], whole[1::2]]
