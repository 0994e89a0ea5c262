"""One driver, every executor: the same tasks give the same results, in order, and stop at the first error."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from arrowsets.engine.executors import Task, process_pool, run
from arrowsets.errors import WorkerDied


@pytest.fixture(scope="module")
def dask() -> Iterator[Executor]:
    distributed = pytest.importorskip("distributed")
    import dask as dask_package

    with (
        dask_package.config.set({"distributed.worker.daemon": True, "distributed.nanny.pre-spawn-environ": {}}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor(pure=False)


@pytest.fixture(scope="module")
def stdlib() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(params=["inline", "threads", "processes", "stdlib", "dask"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    if request.param == "threads":
        with ThreadPoolExecutor(2) as pool:
            yield pool
    elif request.param == "processes":
        yield process_pool(2)
    else:
        yield None if request.param == "inline" else request.getfixturevalue(request.param)


def test_results_come_in_the_order_of_the_tasks(executor: Executor | None) -> None:
    offset = 10
    tasks = [Task((i, lambda x: x + offset), f"row {i}") for i in range(20)]
    done = list(run(lambda i, f: f(i), tasks, executor))
    assert done == [(task, i + 10) for i, task in enumerate(tasks)]


def test_all_results_come_where_order_does_not_matter(executor: Executor | None) -> None:
    done = run(lambda i: i, [Task((i,)) for i in range(20)], executor, ordered=False)
    assert sorted(result for _, result in done) == list(range(20))


def test_no_task_is_no_result(executor: Executor | None) -> None:
    assert list(run(abs, [], executor)) == []


def test_the_first_error_is_raised_with_its_rows_and_cause(executor: Executor | None) -> None:
    def fail(i: int) -> int:
        if i == 3:
            raise KeyError(i)
        return i

    with pytest.raises(KeyError) as caught:
        list(run(fail, [Task((i,), f"row {i}") for i in range(50)], executor))
    assert caught.value.args == (3,)
    assert caught.value.__notes__ == ["while working on row 3"]


def test_tasks_are_taken_as_they_are_needed(executor: Executor | None) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[Task]:
        for i in range(10_000):
            taken.append(i)
            yield Task((i,))

    results = run(abs, tasks(), executor, ahead=4)
    assert [next(results)[1] for _ in range(3)] == [0, 1, 2]
    results.close()  # type: ignore[attr-defined]
    assert len(taken) <= 200


def test_an_error_of_the_tasks_is_raised(executor: Executor | None) -> None:
    def tasks() -> Iterator[Task]:
        yield Task((1,))
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        list(run(abs, tasks(), executor))


def test_nothing_runs_any_more_after_an_error() -> None:
    running: list[int] = []
    lock = threading.Lock()

    def work(i: int) -> None:
        with lock:
            running.append(1)
        if i == 0:
            raise ValueError(i)
        with lock:
            running.pop()

    with ThreadPoolExecutor(4) as pool:
        with pytest.raises(ValueError, match="0"):
            list(run(work, [Task((i,)) for i in range(1000)], pool))
        assert len(running) == 1


def test_a_broken_pool_of_the_standard_library_names_what_was_in_flight() -> None:
    tasks = [Task((3,), f"rows {i}-{i + 1}") for i in range(2)]
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
        pytest.raises(WorkerDied, match=r"In flight were: rows 0-1, rows 1-2"),
    ):
        list(run(os._exit, tasks, pool))


def test_a_slow_first_task_does_not_collect_all_results() -> None:
    class Lazy(Executor):
        """Answers everything but the first."""

        submitted = 0
        first: Future[Any] | None = None

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            self.submitted += 1
            if self.first is None:
                self.first = future
            else:
                future.set_result(fn(*args, **kwargs))
            if self.submitted == 32:
                self.first.set_result(self.answer)
            return future

        answer = b""

    lazy = Lazy()
    from arrowsets.engine.executors import RunPickled
    from arrowsets.engine.pool_pickle import dumps

    lazy.answer = RunPickled.of(abs)(dumps(((0,), {})))
    results = run(abs, [Task((i,)) for i in range(1000)], lazy, ahead=2)
    assert next(results)[1] == 0
    assert lazy.submitted <= 40
