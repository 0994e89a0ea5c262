"""How a user's function is called: its arguments, its name in messages, and coroutines run side by side."""

from __future__ import annotations

import inspect
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import field
from functools import cached_property
from itertools import islice
from operator import length_hint
from types import FunctionType
from typing import Any, Self

from arrowsets.config import settings
from arrowsets.record import dataclass
from arrowsets.transforms.owned import owned, share_memory
from arrowsets.transforms.reads import Reads, reads_of

__all__ = ["AsyncCalls", "Call"]


@dataclass(frozen=True)
class Call:
    """A function and what is passed to it besides the data."""

    function: Callable[..., Any]
    input_columns: tuple[str, ...] | None = None
    with_indices: bool = False
    with_rank: bool = False
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The function's name, for messages."""
        function = getattr(self.function, "func", self.function)
        return getattr(function, "__qualname__", None) or type(function).__name__

    @cached_property
    def is_async(self) -> bool:
        """Whether a call answers a coroutine."""
        function = getattr(self.function, "func", self.function)
        if isinstance(function, FunctionType):
            return inspect.iscoroutinefunction(function)
        return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - the method itself is asked, not whether it exists
        )

    @cached_property
    def reads(self) -> Reads | None:
        """What is read of a row, or of a batch; None where that is not known."""
        return reads_of(self.function) if self.input_columns is None else Reads(frozenset(self.input_columns))

    def one(self, value: Any, index: object, rank: int | None) -> Any:
        """Call with one row, or one batch, and its index or indices."""
        arguments = (value,) if self.input_columns is None else tuple(value[name] for name in self.input_columns)
        if self.with_indices:
            arguments = (*arguments, index)
        if self.with_rank:
            arguments = (*arguments, rank)
        return self.function(*arguments, **self.kwargs)

    def rows(self, rows: Iterator[Any], left: Iterator[Any], offset: int, rank: int | None) -> list[Any]:
        """Call with each row; an exception gets a note that names the row.

        Args:
            left: Tells by `length_hint` how many rows were not asked for yet, so that the loop need not count.
        """
        results: list[Any] = []
        count = length_hint(left)
        try:
            return results + self._rest(results, rows, offset, rank)
        except Exception as error:
            error.add_note(f"raised by {self.name} on row {offset + count - length_hint(left) - 1}")
            raise

    def _rest(self, results: list[Any], rows: Iterator[Any], offset: int, rank: int | None) -> list[Any]:
        """Answer the first two rows into `results`, return the answers to the others."""
        kept = None
        for row in islice(rows, 2):
            if results:
                kept = owned(results[0])
            results.append(self.one(row, offset + len(results), rank))
        if len(results) == 2 and share_memory(*results):
            # The function fills one object again and again: what it answered before is kept apart.
            results[0] = kept
            results[1] = owned(results[1])
            return [owned(self.one(row, index, rank)) for index, row in enumerate(rows, offset + 2)]
        if self.with_indices or self.with_rank or self.input_columns is not None or self.kwargs:
            return [self.one(row, index, rank) for index, row in enumerate(rows, offset + 2)]
        function = self.function
        return [function(row) for row in rows]

    def batch(self, batch: Any, indices: Sequence[int], rank: int | None) -> Any:
        """Call with a whole batch; an exception gets a note that names its rows."""
        try:
            return self.one(batch, list(indices) if self.with_indices else None, rank)
        except Exception as error:
            error.add_note(f"raised by {self.name} on {describe_rows(indices)}")
            raise


def describe_rows(indices: Sequence[int]) -> str:
    """Name a run of rows.

    >>> describe_rows(range(10, 20))
    'rows 10 to 19'
    """
    return f"rows {indices[0]} to {indices[-1]}" if len(indices) else "no rows"


class AsyncCalls:
    """Coroutines of many rows in flight at once, answered in order.

    They run on an event loop in a thread of its own, so that it works where a loop is running already (notebooks).
    """

    def __init__(self) -> None:
        import asyncio  # costs as much as the rest of the library's own modules, and few maps are async

        self._asyncio = asyncio
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="arrowsets-async", daemon=True)
        self._most = settings().max_async_calls
        self._room = threading.Semaphore(self._most)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._asyncio.run_coroutine_threadsafe(self._cancel_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Start a coroutine as soon as there is room."""
        self._room.acquire()
        future = self._asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        future.add_done_callback(lambda _: self._room.release())
        return future

    async def _cancel_others(self) -> None:
        own = self._asyncio.current_task()
        others = [task for task in self._asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await self._asyncio.gather(*others, return_exceptions=True)

    def run(self, groups: Iterable[tuple[Any, list[tuple[str, Callable[[], Any]]]]]) -> Iterator[tuple[Any, list[Any]]]:
        """Run the calls of each group; yield (tag, results) in the order of the groups.

        Args:
            groups: Pairs of a tag and the named calls of the group; each call makes a coroutine.
        """
        waiting: deque[tuple[Any, list[tuple[str, Future[Any]]]]] = deque()
        for tag, calls in groups:
            waiting.append((tag, [(name, self.submit(call())) for name, call in calls]))
            while len(waiting) > 1 and sum(len(futures) for _, futures in waiting) > self._most:
                yield _collect(*waiting.popleft())
        while waiting:
            yield _collect(*waiting.popleft())


def _collect(tag: Any, futures: list[tuple[str, Future[Any]]]) -> tuple[Any, list[Any]]:
    results = []
    for name, future in futures:
        try:
            results.append(future.result())
        except Exception as error:
            error.add_note(f"raised by {name}")
            raise
    return tag, results
