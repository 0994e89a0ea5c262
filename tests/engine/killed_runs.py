"""Runs a map that is killed again and again, and says what was lost: the other half of `test_killed_runs`.

Not a test by itself: it is started in a process of its own, which forks quickly and has no threads.
"""

from __future__ import annotations

import json
import os
import random
import signal
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from arrowsets import Dataset, config
from arrowsets.store import Store

KILLS = {"inline": (15, 0.05, 1.5), "pool": (35, 0.1, 0.9)}
WORKERS = {"inline": None, "pool": 2}


class Slow:
    """Notes the rows that it is called with."""

    def __init__(self, log: str) -> None:
        self.log = log

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        time.sleep(0.0001)
        file = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, struct.pack("i", row["x"]))
        os.close(file)
        return {"y": row["x"] * 3, "t": f"row {row['x']}"}

    def __fingerprint__(self) -> str:
        return "slow"


def called(log: str, start: int = 0) -> list[int]:
    data = Path(log).read_bytes()[start:] if Path(log).exists() else b""
    return [row for (row,) in struct.iter_unpack("i", data)]


def published(root: Path) -> set[int]:
    """Return the rows whose units are in the journal."""
    rows: set[int] = set()
    for path in root.glob("store/entries/*/*/journal/*.json"):
        _, start, stop = path.name.split(".")[0].split("-")[:3]
        rows.update(range(int(start), int(stop)))
    return rows


def run(source: str, root: Path, log: str, workers: int | None) -> Dataset:
    config.use(config.Settings(cache_dir=root, progress=False))
    return Dataset.load_from_disk(source).map(Slow(log), num_proc=workers)


def kill_once(source: str, root: Path, log: str, workers: int | None, after: float) -> str | None:
    """Start a run, kill it and all its workers; return what is wrong with what it left, if anything."""
    before = published(root)
    position = Path(log).stat().st_size if Path(log).exists() else 0
    child = os.fork()
    if not child:
        os.setsid()
        run(source, root, log, workers)
        os._exit(0)
    time.sleep(after)
    for stop in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            stop(child, signal.SIGKILL)
    os.waitpid(child, 0)
    again = before.intersection(called(log, position))
    if again:
        return f"rows that were kept were computed again: {sorted(again)[:5]}"
    wrong = [problem for _, problem in Store(root / "store").verify() if problem]
    return wrong[0] if wrong else None


def final_files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(root.glob("store/entries/*/*/*.arrow"))}


def main(source: str, folder: str, way: str) -> None:
    random.seed(7)
    kills, low, high = KILLS[way]
    workers = WORKERS[way]
    base = Path(folder)
    run(source, base / "whole", str(base / "whole.log"), None)
    problems: list[str] = []
    root, log, finished = base / "cut-0", str(base / "cut-0.log"), 0
    for _ in range(kills):
        if problem := kill_once(source, root, log, workers, random.uniform(low, high)):
            problems.append(problem)
        if any(root.glob("store/entries/*/*/manifest.json")):
            finished += 1
            problems.extend(compared(base, root, log))
            root, log = base / f"cut-{finished}", str(base / f"cut-{finished}.log")
    run(source, root, log, workers)
    problems.extend(compared(base, root, log))
    print(json.dumps({"problems": problems, "finished": finished, "calls": len(called(log))}))


def compared(base: Path, root: Path, log: str) -> list[str]:
    Store(root / "store").prune()  # units are left over where the kill came between the last file and clearing up
    problems = [] if final_files(root) == final_files(base / "whole") else ["the final files differ"]
    if set(called(log)) != set(called(str(base / "whole.log"))):
        problems.append("rows were left out")
    return problems


if __name__ == "__main__":
    main(*sys.argv[1:])
