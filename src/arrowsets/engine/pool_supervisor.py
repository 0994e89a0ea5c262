"""The thread behind a process pool: hands tasks to idle workers, and replaces workers that end.

Each worker sits on a rank. A task names the number of ranks it may use, so that one set of workers serves
pools of several sizes; of the tasks that may run on an idle rank the one submitted first is next. Everything
about workers is touched by this thread only; others leave tasks and wishes under the lock and ring the bell.
"""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import field
from typing import Any, Literal

from arrowsets.engine.pool_outcome import RunPickled, conclude
from arrowsets.engine.pool_process import Death, WorkerProcess
from arrowsets.engine.worker_world import World, place_of
from arrowsets.errors import WorkerDied
from arrowsets.record import dataclass

__all__ = ["Job", "Supervisor"]

_START_FAILURES = 3
_SECONDS_TO_LEAVE = 1.0


@dataclass(eq=False)
class Job:
    """A task on its way through a pool."""

    future: Future[Any]
    call: RunPickled
    arguments: bytes
    ranks: int
    label: str
    retries: int
    on_progress: Callable[[int], object] | None
    world: World = field(default_factory=World.current)
    number: int = 0
    generation: int = 0
    reported: int = 0
    started: bool = False
    wanted: bool = True

    def __str__(self) -> str:
        return self.label or f"a call of {self.call.name}"

    def begin(self) -> bool:
        """Tell whether the task is still wanted; it cannot be cancelled from here on."""
        if not self.started:
            self.started = self.future.set_running_or_notify_cancel()
        return self.started

    def progress(self, done: int) -> None:
        """Pass on what the task reports; an error of the listener is not the task's."""
        self.reported += done
        if self.on_progress is not None:
            with contextlib.suppress(Exception):
                self.on_progress(done)


@dataclass(eq=False)
class _Seat:
    process: WorkerProcess
    state: Literal["starting", "idle", "busy", "leaving"] = "starting"
    job: Job | None = None
    since: float = 0.0
    generation: int = 0
    usable: bool = False


class Supervisor:
    """Workers, started as they are needed, and the tasks that wait for them."""

    def __init__(self, init: bytes | None = None, idle_seconds: float = 60.0, *, inherit: bool | None = None) -> None:
        self._init = init
        self._idle_seconds = idle_seconds
        self._transport: dict[str, bool] = {} if inherit is None else {"inherit": inherit}
        self._lock = threading.Lock()
        self._queues: dict[int, deque[Job]] = {}
        self._submitted = 0
        self._world: World | None = None
        self._generation = 0
        self._unwanted: set[Future[Any]] = set()
        self._closing: Literal["", "finish", "kill"] = ""
        self._thread: threading.Thread | None = None
        self._seats: dict[int, _Seat] = {}
        self._leaving: list[_Seat] = []
        self._start_failures = 0
        self._selector = selectors.DefaultSelector()
        self._bell, self._ring = socket.socketpair()
        for end in (self._bell, self._ring):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)

    # What any thread may call.

    def submit(self, job: Job) -> None:
        """Put a task at the end of the queue."""
        with self._lock:
            if self._closing:
                raise RuntimeError("this pool was shut down; make a new one")
            if job.world == self._world:
                job.world = self._world  # one copy for all the tasks that wait
            self._world = job.world
            self._submitted += 1
            job.number, job.generation = self._submitted, self._generation
            self._queues.setdefault(job.ranks, deque()).append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="arrowsets-pool", daemon=True)
                self._thread.start()
        self._wake()

    def refresh(self) -> None:
        """Have workers that imported modules which have changed since replaced before the next task."""
        with self._lock:
            self._generation += 1

    def abort(self, futures: Collection[Future[Any]]) -> None:
        """Cancel tasks that wait, and kill the workers of those that run."""
        running = {future for future in futures if not future.cancel() and not future.done()}
        with self._lock:
            self._unwanted |= running
        self._wake()

    def close(self, how: Literal["finish", "kill"]) -> None:
        """Take no more tasks; `finish` those that wait, or `kill` everything. Never waits."""
        self._closing = "kill" if "kill" in (how, self._closing) else "finish"
        self._wake()

    def join(self, timeout: float | None = None) -> None:
        """Wait until all workers have ended, after `close`."""
        thread = self._thread
        if thread is None:
            self._close_sockets()
        elif thread is not threading.current_thread():
            thread.join(timeout)

    def abandon(self) -> None:
        """Forget everything in a forked copy of this process, where the thread does not exist."""
        self._closing = "kill"
        for seat in [*self._seats.values(), *self._leaving]:
            seat.process.abandon()
        self._close_sockets()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake; closed: nobody is left to wake
            self._ring.send(b"!")

    def _close_sockets(self) -> None:
        self._selector.close()
        self._bell.close()
        self._ring.close()

    # The thread.

    def _loop(self) -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Inherited by workers: Ctrl-C must not reach an interpreter that is still starting.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            while not self._finished():
                self._turn()
        except Exception as error:
            # A defect here must not leave anyone waiting for ever.
            self._collapse(error)
            raise
        finally:
            self._close_sockets()

    def _turn(self) -> None:
        self._obey()
        self._assign()
        self._dismiss_idle()
        for key, mask in self._selector.select(self._timeout()):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
            else:
                self._exchange(key.data, mask)
        self._reap()

    def _collapse(self, error: Exception) -> None:
        self._closing = "kill"
        self._fail_waiting(error)
        for seat in [*self._seats.values(), *self._leaving]:
            seat.process.kill()
            if seat.job is not None and not seat.job.future.done():
                seat.job.future.set_exception(error)

    def _finished(self) -> bool:
        return bool(self._closing) and not self._seats and not self._leaving and not self._waiting()

    def _waiting(self) -> int:
        with self._lock:
            return sum(map(len, self._queues.values()))

    def _timeout(self) -> float | None:
        if self._leaving:
            return 0.005
        if any(seat.state != "idle" for seat in self._seats.values()):
            return 1.0  # an end that does not close the connection is found by asking
        if self._seats:
            oldest = min(seat.since for seat in self._seats.values())
            return max(0.0, oldest + self._idle_seconds - time.monotonic())
        return None

    def _obey(self) -> None:
        with self._lock:
            unwanted, self._unwanted = self._unwanted, set()
        killing = self._closing == "kill"
        if killing:
            self._fail_waiting(None)
        for seat in tuple(self._seats.values()):
            if seat.state != "idle" and (killing or (seat.job is not None and seat.job.future in unwanted)):
                self._kill(seat)

    def _dismiss_idle(self) -> None:
        closing = bool(self._closing) and not self._waiting()
        for seat in tuple(self._seats.values()):
            if seat.state == "idle" and (closing or time.monotonic() - seat.since >= self._idle_seconds):
                self._dismiss(seat)

    def _assign(self) -> None:
        for rank in sorted(self._seats):
            seat = self._seats[rank]
            while seat.state == "idle" and (job := self._next(rank)) is not None:
                if job.begin():
                    self._give(seat, job)
        with self._lock:
            wanted = {ranks: len(queue) for ranks, queue in self._queues.items()}
        for ranks, count in wanted.items():
            free = [rank for rank in range(ranks) if rank not in self._seats]
            coming = sum(seat.state == "starting" and rank < ranks for rank, seat in self._seats.items())
            for rank in free[: max(0, count - coming)]:
                self._start(rank)

    def _next(self, rank: int) -> Job | None:
        with self._lock:
            queues = [queue for ranks, queue in self._queues.items() if queue and rank < ranks]
            return min(queues, key=lambda queue: queue[0].number).popleft() if queues else None

    def _give(self, seat: _Seat, job: Job) -> None:
        seat.state, seat.job = "busy", job
        check, seat.generation = job.generation != seat.generation, job.generation
        seat.process.put_task(job.call.digest, job.call.payload, job.arguments, job.world, check=check)
        self._send(seat)

    def _start(self, rank: int) -> None:
        try:
            process = WorkerProcess(rank, **self._transport)
        except OSError as error:
            self._fail_waiting(WorkerDied(f"no worker process can be started: {error}"))
            return
        seat = self._seats[rank] = _Seat(process, generation=self._generation)
        process.put("start", process.world, self._init)
        if process.listener is not None:
            self._selector.register(process.listener, selectors.EVENT_READ, seat)
        else:
            self._attach(seat)

    def _attach(self, seat: _Seat) -> None:
        assert seat.process.link is not None
        self._selector.register(seat.process.link.socket, selectors.EVENT_READ, seat)
        self._send(seat)

    def _send(self, seat: _Seat) -> None:
        if (link := seat.process.link) is not None:
            events = selectors.EVENT_READ if link.flush() else selectors.EVENT_READ | selectors.EVENT_WRITE
            self._selector.modify(link.socket, events, seat)

    def _exchange(self, seat: _Seat, mask: int) -> None:
        link = seat.process.link
        if seat not in self._seats.values():
            return
        if link is None:
            listener = seat.process.listener
            assert listener is not None
            if seat.process.accept():
                self._selector.unregister(listener)
                self._attach(seat)
            return
        if mask & selectors.EVENT_WRITE:
            self._send(seat)
        try:
            for message in link.take():
                self._hear(seat, *message)
                if seat.state == "leaving":
                    return
        except EOFError:
            self._leave(seat)

    def _hear(self, seat: _Seat, kind: str, *content: Any) -> None:
        if kind == "ready":
            self._start_failures, seat.usable = 0, True
            self._rest(seat)
        elif kind == "where":
            seat.process.put("there", place_of(content[0]))
            self._send(seat)
        elif kind == "unusable":
            self._fail_waiting(_error_of(content[0]))
            seat.usable = True  # the process is in order, the user's function is not
            self._dismiss(seat)
        elif seat.job is not None:
            self._hear_of_job(seat, seat.job, kind, *content)

    def _hear_of_job(self, seat: _Seat, job: Job, kind: str, *content: Any) -> None:
        if kind == "progress":
            job.progress(content[0])
        elif kind == "stale":
            seat.job = None
            self._again(job)
            self._dismiss(seat)
        elif kind == "done":
            self._rest(seat)
            _settle(job, content[0])

    def _rest(self, seat: _Seat) -> None:
        seat.state, seat.job, seat.since = "idle", None, time.monotonic()

    def _again(self, job: Job) -> None:
        with self._lock:
            self._queues[job.ranks].appendleft(job)

    def _dismiss(self, seat: _Seat) -> None:
        self._leave(seat)
        seat.process.say_goodbye()

    def _kill(self, seat: _Seat) -> None:
        if seat.job is not None:
            seat.job.wanted = False
        self._leave(seat)
        seat.process.kill()

    def _leave(self, seat: _Seat) -> None:
        """Free the rank of a worker that is ending; `_reap` waits for its end."""
        connection = seat.process.link.socket if seat.process.link is not None else seat.process.listener
        assert connection is not None
        self._selector.unregister(connection)
        seat.state, seat.since = "leaving", time.monotonic()
        del self._seats[seat.process.rank]
        self._leaving.append(seat)

    def _reap(self) -> None:
        for seat in tuple(self._seats.values()):
            if seat.state != "idle" and seat.process.death() is not None:
                self._hear_last_words(seat)
        for seat in tuple(self._leaving):
            death = seat.process.death()
            if death is not None:
                self._leaving.remove(seat)
                seat.process.say_goodbye()
                self._mourn(seat, death)
            elif time.monotonic() - seat.since > _SECONDS_TO_LEAVE:
                seat.process.kill()

    def _hear_last_words(self, seat: _Seat) -> None:
        """Take what a dead worker had sent; a child of its task may hold the connection open."""
        link = seat.process.link
        while seat in self._seats.values() and link is not None and link.readable():
            self._exchange(seat, selectors.EVENT_READ)
        if seat in self._seats.values():
            self._leave(seat)

    def _mourn(self, seat: _Seat, death: Death) -> None:
        job = seat.job
        if job is None:
            if not seat.usable and self._closing != "kill":
                self._mourn_beginner(death)
        elif not job.wanted:
            stopped = f"worker process {death.pid} was stopped while it worked on {job}"
            job.future.set_exception(WorkerDied(stopped))
        elif job.retries > 0:
            job.retries -= 1
            job.progress(-job.reported)
            self._again(job)
        else:
            job.future.set_exception(WorkerDied(f"{death}, while it worked on {job}. {death.hint}"))

    def _mourn_beginner(self, death: Death) -> None:
        self._start_failures += 1
        if self._start_failures >= _START_FAILURES:
            self._start_failures = 0
            self._fail_waiting(WorkerDied(f"no worker process can be started: {death}; its stderr says why"))

    def _fail_waiting(self, error: BaseException | None) -> None:
        with self._lock:
            jobs = [job for queue in self._queues.values() for job in queue]
            for queue in self._queues.values():
                queue.clear()
        for job in jobs:
            if error is None and not job.started:
                job.future.cancel()
                job.future.set_running_or_notify_cancel()
            elif job.begin():
                job.future.set_exception(error or WorkerDied("the pool was shut down"))


def _error_of(outcome: bytes) -> BaseException:
    try:
        conclude(outcome)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the tasks end with
        return error
    raise AssertionError(outcome)


def _settle(job: Job, outcome: bytes) -> None:
    try:
        result = conclude(outcome)
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the task
        job.future.set_exception(error)
    else:
        job.future.set_result(result)
