"""Who does the work: a pool of persistent worker processes, and one driver for every `Executor`.

`ProcessPool` starts fresh interpreters, so that scripts need no `if __name__ == "__main__"`, CUDA works, and
no process with threads is forked. Functions are carried with dill; `run` does the same for executors of
others, such as Dask's or the standard library's.
"""

from __future__ import annotations

import atexit
import concurrent.futures
import functools
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from arrowsets.engine.pool_outcome import RunPickled, conclude
from arrowsets.engine.pool_pickle import dumps
from arrowsets.engine.pool_supervisor import Job, Supervisor
from arrowsets.engine.worker import reporting
from arrowsets.errors import WorkerDied
from arrowsets.record import dataclass

__all__ = ["ProcessPool", "RunPickled", "Task", "process_pool", "run"]

_SECONDS_TO_EXIT = 3.0
_AHEAD_OF_STRANGERS = 1024
_NAMED_IN_FLIGHT = 4
# Windows does not interrupt a thread that waits for a lock.
_PATIENCE = 0.2 if os.name == "nt" else None

_supervisors: weakref.WeakSet[Supervisor] = weakref.WeakSet()
_shared: dict[str, Supervisor] = {}
_shared_lock = threading.Lock()


class ProcessPool(Executor):
    """Worker processes that stay for the next call.

    Workers start when there is something to do, and end after a minute without. The tasks of a pool start in
    the order of their submission. A worker that is killed takes one task with it, and is replaced.

    >>> with ProcessPool(1) as pool:
    ...     pool.submit(lambda x: x + 1, 41).result()
    42

    Args:
        worker_init: Called in each worker before its first task.
        idle_seconds: After how long without a task a worker is closed.
    """

    def __init__(
        self,
        num_proc: int,
        *,
        worker_init: Callable[[], object] | None = None,
        idle_seconds: float = 60.0,
        _supervisor: Supervisor | None = None,
    ) -> None:
        if num_proc < 1:
            raise ValueError(f"num_proc is {num_proc!r}; a pool needs at least 1 process")
        self.num_proc = num_proc
        self._process = os.getpid()
        self._futures: set[Future[Any]] = set()
        self._closed = False
        self._owned = _supervisor is None
        if _supervisor is None:
            init = None if worker_init is None else dumps(worker_init, "worker_init")
            _supervisor = Supervisor(init, idle_seconds)
            _supervisors.add(_supervisor)
            # A pool that is dropped finishes what was submitted; nobody can submit more.
            weakref.finalize(self, _supervisor.close, "finish").atexit = False
        self._supervisor = _supervisor

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker call `fn`, and return the future of what it returns."""
        return self.submit_task(fn, args, kwargs)

    def submit_task(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        label: str = "",
        max_retries: int = 0,
        on_progress: Callable[[int], object] | None = None,
    ) -> Future[Any]:
        """Submit with what the plain `submit` cannot say.

        Args:
            function: A `RunPickled` is pickled once for many tasks.
            label: What an error calls the task: "rows 0-1000 of map(tokenize)".
            max_retries: How often the task is given to another worker after its worker was killed.
            on_progress: Called with what the task passes to `worker.report`, in a thread of the pool; a retry
                takes back what was reported with a negative number.
        """
        if self._closed or self._process != os.getpid():
            raise RuntimeError("this pool was shut down, or belongs to the process this one was forked from")
        call = RunPickled.of(function)
        arguments = dumps((args, kwargs or {}), f"an argument of {call.name}")
        future: Future[Any] = Future()
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        self._supervisor.submit(Job(future, call, arguments, self.num_proc, label, max_retries, on_progress))
        return future

    def abort(self, futures: Iterable[Future[Any]] | None = None) -> None:
        """Cancel tasks of this pool that wait, and kill the workers of those that run; None means all."""
        self._supervisor.abort(tuple(self._futures if futures is None else futures))

    def refresh(self) -> None:
        """Replace workers whose imported modules have changed on disk before they take another task."""
        self._supervisor.refresh()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks. Workers end, unless other calls share them."""
        self._closed = True
        if self._process != os.getpid():
            return
        futures = tuple(self._futures)
        if cancel_futures:
            for future in futures:
                future.cancel()
        if self._owned:
            self._supervisor.close("finish")
        if wait:
            concurrent.futures.wait(futures)
        if wait and self._owned:
            self._supervisor.join()


def process_pool(num_proc: int, worker_init: Callable[[], object] | None = None) -> ProcessPool:
    """Return a pool whose workers are shared by all calls that ask for the same `worker_init`.

    Pools of several sizes use the same workers: one of 2 takes ranks 0 and 1 of one of 4.
    """
    init = None if worker_init is None else RunPickled.of(worker_init)
    key = "" if init is None else init.digest
    with _shared_lock:
        if key not in _shared:
            _shared[key] = Supervisor(None if init is None else init.payload)
            _supervisors.add(_shared[key])
        supervisor = _shared[key]
    supervisor.refresh()
    return ProcessPool(num_proc, _supervisor=supervisor)


@atexit.register
def _close_all() -> None:
    supervisors = tuple(_supervisors)
    for supervisor in supervisors:
        supervisor.close("kill")
    for supervisor in supervisors:
        supervisor.join(_SECONDS_TO_EXIT)


def _after_fork() -> None:
    global _shared_lock  # noqa: PLW0603 - another thread may have held it
    _shared_lock = threading.Lock()
    _shared.clear()
    for supervisor in tuple(_supervisors):
        supervisor.abandon()
    _supervisors.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True)
class Task:
    """One call of the function given to `run`, and what an error calls it."""

    args: tuple[Any, ...] = ()
    label: str = ""


OnProgress = Callable[[Task, int], object]


def run(
    function: Callable[..., Any],
    tasks: Iterable[Task],
    executor: Executor | None = None,
    *,
    ordered: bool = True,
    ahead: int | None = None,
    max_retries: int = 0,
    on_progress: OnProgress | None = None,
) -> Iterator[tuple[Task, Any]]:
    """Call a function with the arguments of each task where the executor runs it; yield (task, result).

    `tasks` is read no further than a bounded number of tasks ahead. The first error cancels the tasks that
    wait, lets those that run finish, and is raised with the label of its task. Ctrl-C stops those that run as
    well.

    >>> [result for _, result in run(abs, [Task((-1,)), Task((2,))])]
    [1, 2]

    Args:
        executor: None calls the function here. Threads are given it as it is; others get it pickled.
        ordered: Yield in the order of the tasks, not as they end.
        ahead: How many tasks to submit at a time. None: about two per worker.
        max_retries: How often a task is repeated whose worker was killed; only our own pool repeats.
        on_progress: Called in the thread that reads the results, with what tasks pass to `worker.report`.
    """
    if executor is None:
        return _inline(function, tasks, on_progress)
    lane = _lane(function, executor, max_retries)
    return _Run(lane, tasks, ordered, ahead or lane.ahead, on_progress).results()


def _inline(
    function: Callable[..., Any], tasks: Iterable[Task], on_progress: OnProgress | None
) -> Iterator[tuple[Task, Any]]:
    for task in tasks:
        try:
            result = _call_here(function, task.args, functools.partial(on_progress or _ignore, task))
        except Exception as error:
            _label(error, task)
            raise
        yield task, result


def _ignore(task: Task, done: int) -> None:
    """Hear of progress that nobody asked for."""


def _call_here(function: Callable[..., Any], args: tuple[Any, ...], callback: Callable[[int], object]) -> Any:
    with reporting(callback):
        return function(*args)


def _label(error: BaseException, task: Task) -> None:
    if task.label and not isinstance(error, WorkerDied):
        error.add_note(f"while working on {task.label}")


class _Lane(Protocol):
    """How tasks reach one kind of executor."""

    ahead: int

    def submit(self, task: Task, callback: Callable[[int], object]) -> Future[Any]: ...
    def result(self, future: Future[Any], in_flight: Iterable[Task]) -> Any: ...
    def abort(self, futures: Iterable[Future[Any]]) -> None: ...


def _lane(function: Callable[..., Any], executor: Executor, max_retries: int) -> _Lane:
    if isinstance(executor, ProcessPool):
        return _Workers(function, executor, max_retries)
    # Subinterpreters come as a thread pool, and share objects as little as processes do.
    apart = getattr(concurrent.futures, "InterpreterPoolExecutor", ())
    if isinstance(executor, ThreadPoolExecutor) and not isinstance(executor, apart):
        return _Threads(function, executor)
    return _Strangers(function, executor)


class _Threads:
    def __init__(self, function: Callable[..., Any], executor: ThreadPoolExecutor) -> None:
        self._function, self._executor = function, executor
        self.ahead = 2 * executor._max_workers

    def submit(self, task: Task, callback: Callable[[int], object]) -> Future[Any]:
        return self._executor.submit(_call_here, self._function, task.args, callback)

    def result(self, future: Future[Any], in_flight: Iterable[Task]) -> Any:  # noqa: ARG002
        return future.result()

    def abort(self, futures: Iterable[Future[Any]]) -> None:
        """Let threads finish: nothing stops them."""


class _Workers:
    def __init__(self, function: Callable[..., Any], pool: ProcessPool, max_retries: int) -> None:
        self._call, self._pool, self._max_retries = RunPickled.of(function), pool, max_retries
        self.ahead = 2 * pool.num_proc
        pool.refresh()

    def submit(self, task: Task, callback: Callable[[int], object]) -> Future[Any]:
        return self._pool.submit_task(
            self._call, task.args, label=task.label, max_retries=self._max_retries, on_progress=callback
        )

    def result(self, future: Future[Any], in_flight: Iterable[Task]) -> Any:  # noqa: ARG002
        return future.result()

    def abort(self, futures: Iterable[Future[Any]]) -> None:
        self._pool.abort(futures)


class _Strangers:
    def __init__(self, function: Callable[..., Any], executor: Executor) -> None:
        self._call, self._executor = RunPickled.of(function), executor
        workers = getattr(executor, "_max_workers", None)
        self.ahead = 2 * workers if isinstance(workers, int) else _AHEAD_OF_STRANGERS

    def submit(self, task: Task, callback: Callable[[int], object]) -> Future[Any]:  # noqa: ARG002
        return self._executor.submit(self._call, dumps((task.args, {}), f"an argument of {self._call.name}"))

    def result(self, future: Future[Any], in_flight: Iterable[Task]) -> Any:
        try:
            outcome = future.result()
        except Exception as error:
            if not _is_death(error):
                raise
            labels = [task.label or f"a call of {self._call.name}" for task in in_flight][:_NAMED_IN_FLIGHT]
            death = f"a worker of {type(self._executor).__name__} died: {error}"
            raise WorkerDied(f"{death} In flight were: {', '.join(labels)}") from error
        return conclude(outcome)

    def abort(self, futures: Iterable[Future[Any]]) -> None:
        """Leave what runs elsewhere alone: it was cancelled as far as its executor can."""


def _is_death(error: Exception) -> bool:
    # Dask and Ray have no common base class for it, and need not be installed.
    return isinstance(error, BrokenExecutor) or type(error).__name__ in {"KilledWorker", "WorkerCrashedError"}


class _Run:
    """The state of one `run`: which tasks are out, and which results wait for their turn."""

    def __init__(
        self, lane: _Lane, tasks: Iterable[Task], ordered: bool, ahead: int, on_progress: OnProgress | None
    ) -> None:
        self._lane, self._tasks, self._ordered, self._ahead = lane, iter(tasks), ordered, ahead
        self._on_progress = on_progress
        self._events: SimpleQueue[tuple[int, Future[Any] | int]] = SimpleQueue()
        self._out: dict[int, tuple[Task, Future[Any]]] = {}
        self._held: dict[int, tuple[Task, Any]] = {}
        self._submitted = self._yielded = 0

    def results(self) -> Iterator[tuple[Task, Any]]:
        try:
            while self._fill():
                self._take_event()
                yield from self._ready()
        except BaseException as error:
            self._stop(interrupted=not isinstance(error, (Exception, GeneratorExit)))
            raise

    def _fill(self) -> bool:
        # What waits for its turn is bounded too: one slow task must not collect the results of all others.
        while len(self._out) < self._ahead and len(self._held) < 16 * self._ahead:
            task = next(self._tasks, None)
            if task is None:
                break
            number, self._submitted = self._submitted, self._submitted + 1
            future = self._lane.submit(task, functools.partial(self._tell, number))
            self._out[number] = task, future
            future.add_done_callback(functools.partial(self._tell, number))
        return bool(self._out)

    def _tell(self, number: int, event: Future[Any] | int) -> None:
        self._events.put((number, event))

    def _take_event(self) -> None:
        number, event = self._next_event()
        task = self._out[number][0] if number in self._out else None
        if task is None:
            return
        if isinstance(event, int):
            if self._on_progress is not None:
                self._on_progress(task, event)
            return
        try:
            result = self._lane.result(event, (other for other, _ in self._out.values()))
        except Exception as error:
            _label(error, task)
            raise
        del self._out[number]
        self._held[number] = task, result

    def _next_event(self) -> tuple[int, Future[Any] | int]:
        while True:
            try:
                return self._events.get(timeout=_PATIENCE)
            except Empty:
                continue

    def _ready(self) -> Iterator[tuple[Task, Any]]:
        if not self._ordered:
            while self._held:
                yield self._held.popitem()[1]
            return
        while self._yielded in self._held:
            self._yielded += 1
            yield self._held.pop(self._yielded - 1)

    def _stop(self, *, interrupted: bool) -> None:
        running = [future for _, future in self._out.values() if not future.cancel()]
        if interrupted:
            self._lane.abort(running)
            return
        try:
            concurrent.futures.wait(running)
        except KeyboardInterrupt:
            self._lane.abort(running)
            raise
