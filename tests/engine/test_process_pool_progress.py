"""What a task reports reaches whoever waits for it."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from arrowsets.engine import worker
from arrowsets.engine.executors import Task, process_pool, run


def _work(rows: int) -> int:
    for _ in range(rows):
        worker.report(1)
    return rows


@pytest.mark.parametrize("make", [lambda: None, lambda: ThreadPoolExecutor(2), lambda: process_pool(2)])
def test_all_that_is_reported_arrives_before_the_result(make: object) -> None:
    executor: Executor | None = make()  # type: ignore[operator]
    done = {100: 0, 1000: 0}

    def on_progress(task: Task, rows: int) -> None:
        done[task.args[0]] += rows

    for task, rows in run(_work, [Task((100,)), Task((1000,))], executor, on_progress=on_progress):
        assert done[task.args[0]] == rows


def test_reports_are_bundled() -> None:
    calls: list[int] = []
    process_pool(1).submit_task(_work, (10_000,), on_progress=calls.append).result()
    assert sum(calls) == 10_000
    assert len(calls) < 1000


def test_a_report_outside_of_everything_goes_nowhere() -> None:
    worker.report(1)


def test_a_local_callback_hears_its_block_only() -> None:
    heard: list[int] = []
    with worker.reporting(heard.append):
        worker.report(2)
    worker.report(3)
    assert heard == [2]


def test_an_error_of_the_listener_is_not_the_tasks() -> None:
    def fail(done: int) -> None:
        raise ValueError(done)

    assert process_pool(1).submit_task(_work, (3,), on_progress=fail).result() == 3
