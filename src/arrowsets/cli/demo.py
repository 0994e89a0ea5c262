"""`arrowsets demo`: the main job on text that every machine has, with a table of what each step took."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import xxhash

from arrowsets.cli import text
from arrowsets.cli.command import Command
from arrowsets.cli.corpus import write_docstrings
from arrowsets.cli.demo_hub import NAME, HubDemo
from arrowsets.config import settings
from arrowsets.dataset import Dataset, DatasetDict
from arrowsets.derive import default_store
from arrowsets.load import load_dataset
from arrowsets.progress import disable_progress_bars
from arrowsets.store import Store

__all__ = ["COMMAND", "is_long", "tokenize"]

T = TypeVar("T")
_WORD = re.compile(r"\w+|[^\w\s]")
_VOCABULARY = 50_000
_SHORTEST = 8


def tokenize(batch: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Number the words and signs of each text: the hash of a word is its number."""
    words = [_WORD.findall(each) for each in batch["text"]]
    ids = [[xxhash.xxh3_64_intdigest(word.encode()) % _VOCABULARY for word in each] for each in words]
    return {"input_ids": ids, "num_tokens": [len(each) for each in ids]}


def is_long(batch: dict[str, list[int]]) -> list[bool]:
    """Keep texts of some length."""
    return [count >= _SHORTEST for count in batch["num_tokens"]]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", help="where files go (default: `demo` in the cache directory)"
    )
    parser.add_argument("--hub", action="store_true", help="then push to a hub that is started here, and load from it")
    parser.add_argument("--num-proc", type=int, default=2, metavar="N", help="worker processes (default: 2)")


@dataclass
class _Report:
    """Steps, printed as they are done."""

    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        print(_line("step", "rows", "on disk", "time", "rows/s"), flush=True)

    def step(self, name: str, work: Callable[[], T], rows: Callable[[T], int], stored: Callable[[T], int]) -> T:
        """Do a step and print a line about it."""
        start = time.perf_counter()
        made = work()
        took = time.perf_counter() - start
        count, size = rows(made), stored(made)
        found = isinstance(made, Dataset) and made.explain().hit
        speed = "from cache" if found else f"{count / took:,.0f}" if took >= 0.001 else ""
        print(_line(name, f"{count:,}", text.size(size) if size else "-", text.duration(took), speed), flush=True)
        return made

    def kept(self, name: str, work: Callable[[], Dataset], store: Store) -> Dataset:
        """Do a step whose result is kept in the store."""

        def stored(made: Dataset) -> int:
            entry = store.get(made.explain().key)
            return entry.num_bytes if entry is not None else 0

        return self.step(name, work, len, stored)


def _line(step: str, rows: str, stored: str, took: str, speed: str) -> str:
    return f"{step:<42}{rows:>9}{stored:>10}{took:>9}{speed:>12}"


def _run(args: argparse.Namespace) -> None:
    disable_progress_bars()
    folder = (args.dir or settings().cache_dir / "demo").expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "docstrings.jsonl"
    print("The docstrings of Python's standard library: read, tokenised, filtered, split and exported.\n")
    report = _Report()
    report.step("write docstrings.jsonl", lambda: write_docstrings(source), int, lambda _: source.stat().st_size)
    parts = _prepare(source, folder, args.num_proc, report, anew=True)
    _export(parts, folder, report)
    print("\nThe same again: every result is found in the cache.\n")
    _prepare(source, folder, args.num_proc, report, anew=False)
    took = time.perf_counter() - report.started
    if args.hub:
        _show_hub(parts, folder)
    else:
        _close(folder, parts, took)


def _show_hub(parts: DatasetDict, folder: Path) -> None:
    print("\nA hub of one's own: pushed to, and loaded from by somebody who has nothing of it yet.\n")
    report = _Report()
    with HubDemo.running(folder) as hub:
        report.step(
            f'.push_to_hub("{NAME}")',
            lambda: hub.push(parts),
            lambda _: sum(parts.num_rows.values()),
            lambda _: sum(file.stat().st_size for file in (folder / "hub" / ".hub" / "blobs").rglob("*")),
        )
        loaded = report.step(
            f'load_dataset("{NAME}")',
            hub.load,
            lambda made: sum(made.num_rows.values()),
            lambda _: sum(file.stat().st_size for file in (folder / "hub-client" / "cache").rglob("*")),
        )
        hub.compare(parts, loaded)
        print("\nWhat came back is what was sent, to the last bit.")
        hub.close(_program())


def _prepare(source: Path, folder: Path, num_proc: int, report: _Report, *, anew: bool) -> DatasetDict:
    """Do the main job; with `anew`, what is in the cache from an earlier demo is made again."""
    cache = folder / "cache"
    store = default_store(cache)

    def load() -> Dataset:
        mode = "force_redownload" if anew else None
        loaded: Dataset = load_dataset(
            "json", data_files=str(source), split="train", cache_dir=cache, download_mode=mode
        )
        return loaded

    loaded = report.kept('load_dataset("json", …)', load, store)
    mapped = report.kept(
        f".map(tokenize, num_proc={num_proc})",
        lambda: loaded.map(tokenize, batched=True, num_proc=num_proc, load_from_cache_file=not anew),
        store,
    )
    kept = report.kept(
        f".filter(is_long, num_proc={num_proc})",
        lambda: mapped.filter(is_long, batched=True, num_proc=num_proc, load_from_cache_file=not anew),
        store,
    )
    return report.step(
        ".train_test_split(test_size=0.1, seed=0)",
        lambda: kept.train_test_split(test_size=0.1, seed=0),
        lambda made: sum(made.num_rows.values()),
        lambda _: 0,
    )


def _export(parts: DatasetDict, folder: Path, report: _Report) -> None:
    for name, part in parts.items():
        path = folder / f"{name}.parquet"
        report.step(
            f'["{name}"].to_parquet("{path.name}")',
            partial(part.to_parquet, str(path)),
            lambda _, part=part: len(part),  # type: ignore[misc]
            lambda _, path=path: path.stat().st_size,  # type: ignore[misc]
        )


def _close(folder: Path, parts: DatasetDict, took: float) -> None:
    row = parts["train"][0]
    shown = " ".join(row["text"].split())
    print(f"\nOne row of train: {row['module']}.{row['name']} ({row['kind']}), {row['num_tokens']} tokens")
    print(f"  {shown[:90]}{'…' if len(shown) > 90 else ''}")
    print(f"\nDone in {text.duration(took)}. The files are in {folder}")
    print("\nTry next:")
    for words in (
        ["head", folder / "train.parquet"],
        ["info", folder / "docstrings.jsonl"],
        ["cache", "ls", "--dir", folder / "cache"],
        ["--help"],
    ):
        print(f"  {_program()} {shlex.join(map(str, words))}")


def _program() -> str:
    """Return what to type to get this program again."""
    typed = sys.argv[0]
    if Path(typed).stem != "arrowsets":
        return "python -m arrowsets"
    return "arrowsets" if shutil.which("arrowsets") == typed else typed


COMMAND = Command(
    """
arrowsets demo
arrowsets demo --dir /tmp/demo --num-proc 4
arrowsets demo --hub
""",
    _arguments,
    _run,
)
