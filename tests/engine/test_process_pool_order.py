"""Tasks start in the order of their submission, and can be cancelled until they do."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from arrowsets.engine import worker
from arrowsets.engine.executors import ProcessPool, process_pool
from arrowsets.errors import WorkerDied


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.005)


def test_one_worker_runs_tasks_in_order(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def note(i: int) -> None:
        with log.open("a") as file:
            file.write(f"{i} ")

    list(process_pool(1).map(note, range(10)))
    assert log.read_text() == "0 1 2 3 4 5 6 7 8 9 "


def test_a_waiting_task_is_cancelled_and_a_running_one_is_not(tmp_path: Path) -> None:
    pool = process_pool(1)
    first = pool.submit(_wait_for, tmp_path / "go")
    waiting = [pool.submit(abs, -i) for i in range(3)]
    assert waiting[1].cancel()
    (tmp_path / "go").touch()
    assert [waiting[0].result(), waiting[2].result(), first.result(), first.cancel()] == [0, 2, None, False]


def test_abort_ends_running_tasks_and_cancels_waiting_ones(tmp_path: Path) -> None:
    pool = ProcessPool(1)
    started = threading.Event()

    def forever(path: Path) -> None:
        worker.report(1)
        _wait_for(path)

    running = pool.submit_task(forever, (tmp_path / "never",), on_progress=lambda _: started.set(), max_retries=3)
    waiting = pool.submit(abs, -1)
    started.wait(10)
    pool.abort()
    with pytest.raises(WorkerDied, match="was stopped while it worked on"):
        running.result(5)
    with pytest.raises(CancelledError):
        waiting.result()
    assert pool.submit(abs, -1).result() == 1
    pool.shutdown()


def test_shutdown_finishes_what_was_submitted_and_takes_no_more() -> None:
    pool = ProcessPool(2)
    futures = [pool.submit(abs, -i) for i in range(10)]
    pool.shutdown()
    assert [future.result() for future in futures] == list(range(10))
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(abs, -1)


def test_shutdown_can_cancel_what_waits(tmp_path: Path) -> None:
    pool = ProcessPool(1)
    first = pool.submit(_wait_for, tmp_path / "go")
    rest = [pool.submit(abs, -i) for i in range(10)]
    (tmp_path / "go").touch()
    pool.shutdown(cancel_futures=True)
    assert all(future.cancelled() for future in rest[1:])
    assert first.cancelled() or first.result() is None


def test_shutdown_of_a_shared_pool_leaves_it_to_the_others() -> None:
    with process_pool(1) as pool:
        first = pool.submit(worker.rank).result()
    assert process_pool(1).submit(worker.rank).result() == first == 0


def test_ranks_count_from_0_in_pools_of_every_size() -> None:
    def rank_of(pool: ProcessPool) -> set[int | None]:
        return set(pool.map(lambda _: worker.rank(), range(20)))

    assert rank_of(process_pool(3)) <= {0, 1, 2}
    assert rank_of(process_pool(1)) == {0}
    assert worker.rank() is None


def test_idle_workers_are_closed() -> None:
    with ProcessPool(1, idle_seconds=0) as pool:
        pool.submit(abs, -1).result()
        deadline = time.monotonic() + 5
        while (pool._supervisor._seats or pool._supervisor._leaving) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not pool._supervisor._seats
        assert pool.submit(abs, -2).result() == 2


def test_a_task_may_use_a_pool_of_its_own() -> None:
    def nested() -> list[int]:
        with ProcessPool(1) as pool:
            return list(pool.map(abs, [-1, -2]))

    assert process_pool(1).submit(nested).result() == [1, 2]


@pytest.mark.parametrize("num_proc", [0, -1])
def test_a_pool_needs_a_process(num_proc: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        process_pool(num_proc)
