"""A worker that is killed takes one task with it, whose error says which and how."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
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
    future = process_pool(1).submit_task(end, label="rows 12-13 of map(f)")
    pattern = rf"worker process \d+ {manner}, peak memory [\d,]+ MiB, while it worked on rows 12-13 of map\(f\)"
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


def _fork_and_die() -> None:
    if os.fork() == 0:
        signal.alarm(5)
        signal.pause()
    os._exit(4)


def test_a_child_of_a_task_does_not_hide_the_end_of_its_worker() -> None:
    with pytest.raises(WorkerDied, match="ended with exit code 4"):
        process_pool(1).submit(_fork_and_die).result(4)


def test_workers_that_cannot_start_are_an_error_and_no_loop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        ProcessPool(1) as pool,
        pytest.raises(WorkerDied, match=r"no worker process can be started.*exit code 7"),
    ):
        pool.submit(abs, -1).result(10)


@pytest.mark.parametrize("seed", range(2))
def test_every_task_is_answered_while_workers_are_killed_at_random(seed: int) -> None:
    rng, stop, killed = random.Random(seed), threading.Event(), []

    def kill(pool: ProcessPool) -> None:
        while not stop.wait(0.05 + rng.random() / 5):
            for seat in list(pool._supervisor._seats.values())[: rng.randint(0, 2)]:
                if seat.state != "starting":
                    killed.append(seat.process.pid)
                    os.kill(seat.process.pid, signal.SIGKILL)

    def work(i: int) -> tuple[int, int]:
        return i, len(bytes(300_000 * (i % 3))) + sum(range(100_000)) * 0

    with ProcessPool(2) as pool:
        killer = threading.Thread(target=kill, args=(pool,))
        killer.start()
        futures = [pool.submit_task(work, (i,), max_retries=1000) for i in range(100)]
        try:
            assert [future.result(30) for future in futures] == [(i, 300_000 * (i % 3)) for i in range(100)]
        finally:
            stop.set()
            killer.join()
