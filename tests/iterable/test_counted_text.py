"""Text is jumped over and shared out by its rows, however its lines are laid out."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from arrowsets import Features, IterableDataset, Value
from arrowsets.errors import ArrowsetsError

ROWS = 30_000
JSON_LAYOUTS: dict[str, Callable[[list[str]], str]] = {
    "lines": lambda rows: "\n".join(rows) + "\n",
    "no last line end": "\n".join,
    "carriage returns": lambda rows: "\r\n".join(rows) + "\r\n",
    "blank lines": lambda rows: "\n\n".join(rows) + "\n",
    "two on a line": lambda rows: "\n".join(a + b for a, b in zip(rows[::2], rows[1::2], strict=True)) + "\n",
    "apart on a line": lambda rows: "\n".join(f"{a} {b}" for a, b in zip(rows[::2], rows[1::2], strict=True)) + "\n",
    "in several lines": lambda rows: "\n".join(row.replace(", ", ",\n ") for row in rows) + "\n",
    "one odd row at the end": lambda rows: "\n".join([*rows[:-1], rows[-1].replace(", ", ",\n")]),
}


def _json(tmp_path: Path, layout: str, **more: Any) -> IterableDataset:
    rows = [json.dumps({"x": x, "text": "a }{ b" * (x % 2000 == 0), "inner": {"y": [x]}}) for x in range(ROWS)]
    path = tmp_path / "rows.jsonl"
    path.write_text(JSON_LAYOUTS[layout](rows), newline="")
    return IterableDataset.from_json(str(path), **more)


CSV_LAYOUTS: dict[str, Callable[[int], str]] = {
    "plain": lambda x: f"{x},word\n",
    "carriage returns": lambda x: f"{x},word\r\n",
    "quotes": lambda x: f'{x},"two\nlines"\n',
    "some quotes": lambda x: f'{x},"two\nlines"\n' if x > 25_000 else f"{x},word\n",
    "blank lines": lambda x: f"{x},word\n" + "\n" * (x % 1000 == 0),
}


def _csv(tmp_path: Path, layout: str) -> IterableDataset:
    path = tmp_path / "rows.csv"
    path.write_text("x,text\n" + "".join(map(CSV_LAYOUTS[layout], range(ROWS))), newline="")
    return IterableDataset.from_csv(str(path))


def _numbers(stream: IterableDataset) -> list[int]:
    return [row["x"] for row in stream]


@pytest.mark.parametrize("layout", JSON_LAYOUTS)
@pytest.mark.parametrize("skipped", [1, 29_000, ROWS + 5])
def test_rows_of_json_are_jumped_over(layout: str, skipped: int, tmp_path: Path) -> None:
    assert _numbers(_json(tmp_path, layout).skip(skipped)) == list(range(skipped, ROWS))


@pytest.mark.parametrize("layout", CSV_LAYOUTS)
@pytest.mark.parametrize("skipped", [1, 29_000, ROWS + 5])
def test_rows_of_csv_are_jumped_over(layout: str, skipped: int, tmp_path: Path) -> None:
    assert _numbers(_csv(tmp_path, layout).skip(skipped)) == list(range(skipped, ROWS))


@pytest.mark.parametrize("make", [_json, _csv])
@pytest.mark.parametrize("count", [2, 7])
def test_shares_are_even(make: Callable[..., IterableDataset], count: int, tmp_path: Path) -> None:
    stream = make(tmp_path, "blank lines")
    shares = [_numbers(stream.shard(count, index)) for index in range(count)]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert [x for share in shares for x in share] == list(range(ROWS))


def test_shares_of_batches_differ_by_a_batch_at_most(tmp_path: Path) -> None:
    batches = _json(tmp_path, "lines").map(lambda b: {"n": [len(b["x"])] * len(b["x"])}, batched=True, batch_size=70)
    shares = [[row["n"] for row in batches.shard(4, index)] for index in range(4)]
    # Who has the last batch, which is smaller, has one more.
    assert [-(-len(share) // 70) for share in shares] == [107, 107, 107, 108]
    assert max(map(len, shares)) - min(map(len, shares)) <= 70
    assert list(chain.from_iterable(shares)) == [row["n"] for row in batches]


def test_shares_of_several_files_are_even(tmp_path: Path) -> None:
    paths = []
    for number, rows in enumerate((5, 0, 20_000, 1)):
        path = tmp_path / f"{number}.jsonl"
        path.write_text("".join(f'{{"x": {number * 100_000 + x}}}\n' for x in range(rows)))
        paths.append(str(path))
    stream = IterableDataset.from_json(paths)
    shares = [_numbers(stream.shard(3, index)) for index in range(3)]
    assert sorted(map(len, shares)) == [6668, 6669, 6669]
    assert list(chain.from_iterable(shares)) == _numbers(stream)


def test_a_share_is_gone_on_with_where_it_was_left(tmp_path: Path) -> None:
    share = _json(tmp_path, "lines").shard(3, 1)
    rows = iter(share)
    seen = [next(rows)["x"] for _ in range(4321)]
    state = share.state_dict()
    share.load_state_dict(state)
    assert seen + _numbers(share) == list(range(10_000, 20_000))


def test_rows_behind_a_jump_are_gone_on_with(tmp_path: Path) -> None:
    stream = _json(tmp_path, "lines").skip(25_000)
    rows = iter(stream)
    seen = [next(rows)["x"] for _ in range(1234)]
    state = stream.state_dict()
    stream.load_state_dict(state)
    assert seen + _numbers(stream) == list(range(25_000, ROWS))


def test_rows_that_are_dropped_are_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join('{"x": 1}\n' if x % 3 else '{"x": \n' for x in range(300)))
    stream = IterableDataset.from_json(str(path), on_bad_rows="skip")
    assert len(list(stream.skip(150))) == 50
    assert sum(len(list(stream.shard(4, index))) for index in range(4)) == 200


def _texts(kind: str, numbers: range) -> str:
    return "".join(f'{{"x": {x}}}\n' for x in numbers) if kind == "json" else "x\n" + "".join(f"{x}\n" for x in numbers)


BAD = {"json": '{"x": \n', "csv": "1,2,3\n"}


@pytest.mark.parametrize("kind", BAD)
def test_only_the_reader_of_a_bad_row_fails(kind: str, tmp_path: Path) -> None:
    paths = []
    for number in range(4):
        path = tmp_path / f"{number}.{kind}"
        path.write_text(_texts(kind, range(number * 100, number * 100 + 100)) + BAD[kind] * (number == 2))
        paths.append(str(path))
    stream = getattr(IterableDataset, f"from_{kind}")(paths, features=Features({"x": Value("int64")}))
    shares = [stream.shard(4, index) for index in range(4)]
    for number in (0, 1, 3):
        assert _numbers(shares[number]) == list(range(number * 100, number * 100 + 100))
    with pytest.raises(ArrowsetsError, match=r"2\."):
        _numbers(shares[2])


@pytest.mark.parametrize("kind", BAD)
def test_rows_before_a_bad_row_of_a_file_are_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{kind}"
    count = 500_000
    path.write_text(_texts(kind, range(count)) + BAD[kind])
    stream = getattr(IterableDataset, f"from_{kind}")(str(path))
    seen: list[int] = []
    failed = 0
    for index in range(3):
        try:
            seen.extend(row["x"] for row in stream.shard(3, index))
        except ArrowsetsError:
            failed += 1
    assert failed
    assert len(seen) > count // 2
    assert len(set(seen)) == len(seen)
