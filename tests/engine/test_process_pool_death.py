"""A worker that is killed takes one task with it, whose error says which and how."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, as_completed
from pathlib import Path
from typing import Any

import pytest

from arrowsets.engine import worker
from arrowsets.engine.executors import ProcessPool, process_pool
from arrowsets.errors import WorkerDied

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.mark.parametrize(
    ("end", "manner"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "was killed by SIGKILL"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "was killed by SIGTERM"),
        (lambda: os._exit(3), "ended with exit code 3"),
    ],
    ids=["kill", "term", "exit"],
)
def test_the_error_names_the_manner_the_rows_and_the_memory(end: Callable[[], Any], manner: str) -> None:
    future = process_pool(1).submit_task(end, label="rows 12000-13000 of map(tokenize)")
    pattern = rf"worker process \d+ {manner}, peak memory \d+ MiB, while it worked on rows 12000-13000 of map\(tokenize\)"
    with pytest.raises(WorkerDied, match=pattern):
        future.result(10)


def test_the_other_tasks_go_on() -> None:
    pool = process_pool(2)
    bad = pool.submit(os._exit, 1)
    good = [pool.submit(abs, -i) for i in range(20)]
    assert [future.result() for future in good] == list(range(20))
    with pytest.raises(WorkerDied, match="a call of _exit"):
        bad.result()


def test_a_task_that_may_be_repeated_is(tmp_path: Path) -> None:
    def once(flag: Path) -> str:
        if not flag.exists():
            flag.touch()
            os._exit(1)
        return "second"

    assert process_pool(1).submit_task(once, (tmp_path / "flag",), max_retries=1).result() == "second"


def test_a_task_that_always_kills_is_given_up() -> None:
    with pytest.raises(WorkerDied):
        process_pool(1).submit_task(os._exit, (1,), max_retries=2).result()


def test_a_repeated_task_takes_back_what_it_reported(tmp_path: Path) -> None:
    def once(flag: Path) -> None:
        worker.report(5)
        if not flag.exists():
            flag.touch()
            os._exit(1)

    reported: list[int] = []
    process_pool(1).submit_task(once, (tmp_path / "flag",), max_retries=1, on_progress=reported.append).result()
    assert sum(reported) == 5


def test_an_idle_worker_that_was_killed_is_replaced() -> None:
    pool = process_pool(1)
    pid = pool.submit(os.getpid).result()
    os.kill(pid, signal.SIGKILL)
    assert pool.submit_task(os.getpid, max_retries=1).result() != pid


def test_a_child_of_a_task_does_not_hide_the_end_of_its_worker() -> None:
    def fork_and_die() -> None:
        if os.fork() == 0:
            signal.pause()
        os._exit(4)

    def fork_children() -> str:
        return f"ended with exit code 4"  # noqa: F541

    with pytest.raises(WorkerDied, match=fork_children()):
        process_pool(1).submit(fork_and_die_and_leave_no_child).result(10)


def fork_and_die_and_leave_no_child() -> None:
    read, write = os.pipe()
    if os.fork() == 0:
        os.close(write)
        signal.alarm(5)
        os.read(read, 1)
        os._exit(0)
    os._exit(4)


def test_workers_that_cannot_start_are_an_error_and_no_loop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with ProcessPool(1) as pool, pytest.raises(WorkerDied, match=r"no worker process can be started.*exit code 7"):
        pool.submit(abs, -1).result(10)


@pytest.mark.parametrize("seed", range(3))
def test_every_task_is_answered_while_workers_are_killed_at_random(seed: int) -> None:
    rng = random.Random(seed)
    pids: set[int] = set()
    stop = threading.Event()

    def kill() -> None:
        while not stop.wait(rng.random() / 30):
            for pid in rng.sample(sorted(pids), min(1, len(pids))):
                pids.discard(pid)
                os.kill(pid, signal.SIGKILL)

    def work(i: int) -> tuple[int, int]:
        data = bytes(200_000 * (i % 3))
        return i, os.getpid() + 0 * len(data)

    with ProcessPool(2) as pool:
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            futures: dict[Future[Any], int] = {
                pool.submit_task(work, (i,), max_retries=100): i for i in range(60)
            }
            for future in as_completed(futures, timeout=30):
                number, pid = future.result()
                assert number == futures[future]
                pids.add(pid)
        finally:
            stop.set()
            killer.join()
    assert len(pids) <= sys.maxsize
