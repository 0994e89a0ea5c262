"""A result that is one unit, made by a worker, is kept as the worker wrote it."""

from __future__ import annotations

from pathlib import Path

from arrowsets import load_dataset


def test_map_and_filter_of_one_row_in_processes(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"x": 1}\n')
    dataset = load_dataset(str(tmp_path / "a.jsonl"), split="train", cache_dir=tmp_path / "cache")
    mapped = dataset.map(lambda batch: {"y": [2 * x for x in batch["x"]]}, batched=True, num_proc=2)
    assert mapped[:] == {"x": [1], "y": [2]}
    assert mapped.filter(lambda row: row["y"] == 2, num_proc=2)[:] == {"x": [1], "y": [2]}
