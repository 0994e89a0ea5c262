"""What became of a task in another process, as bytes: its result, or its exception with its traceback."""

from __future__ import annotations

import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import field
from typing import Any

import xxhash

from arrowsets.engine.pool_pickle import dumps, loads
from arrowsets.errors import NotPicklable
from arrowsets.record import dataclass

__all__ = ["RunPickled", "WorkerTraceback", "attempt", "conclude", "describe"]

_KEPT_FUNCTIONS = 8


class WorkerTraceback(Exception):
    """The traceback that an exception had in the worker process, as text."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""' if self.args else ""


def describe(function: object) -> str:
    """Name a function for a message."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name)


def attempt(call: Callable[..., object], arguments: bytes) -> bytes:
    """Call with pickled arguments and return the outcome; no exception leaves this function."""
    try:
        args, named = loads(arguments)
        result = call(*args, **named)
    except BaseException as error:  # noqa: BLE001 - a worker survives whatever a task raises
        return failure(error)
    try:
        return dumps((True, result), f"the result of {describe(call)} (a {type(result).__qualname__})")
    except NotPicklable as error:
        return failure(error)


def failure(error: BaseException) -> bytes:
    """Return the outcome of a task that raised."""
    text = "".join(traceback.format_exception(error))
    if not isinstance(error, Exception):
        # SystemExit or KeyboardInterrupt of a task must not end the program that waits for it.
        error = RuntimeError(f"the task raised {error!r}, which does not leave its worker process")
    error.__traceback__ = None
    # A class with a __reduce__ of its own loses them.
    notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, str)]
    try:
        data = dumps((False, (error, notes, text)))
        loads(data)
    except Exception:  # noqa: BLE001 - an exception may fail in any way to be pickled, or to be made again
        return dumps((False, (_portrait(error), notes, text)))
    return data


def _portrait(error: BaseException) -> tuple[type[BaseException], str]:
    """Return what a likeness of an exception that cannot be pickled is made of: its type and its message."""
    message = _message(error)
    try:
        if _message(_likeness(*loads(dumps((type(error), message))))) == message:
            return type(error), message
    except Exception:  # noqa: BLE001, S110 - the class itself may not be picklable
        pass
    return RuntimeError, f"{type(error).__qualname__}: {message}"


def _likeness(kind: type[BaseException], message: str) -> BaseException:
    made = kind.__new__(kind, message)
    made.args = (message,)
    return made


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - __str__ is the user's
        return "(its message cannot be shown)"


def conclude(data: bytes) -> Any:
    """Return the result of an outcome, or raise what the task raised, its traceback as the cause."""
    succeeded, value = loads(data)
    if succeeded:
        return value
    error, notes, text = value
    if isinstance(error, tuple):
        error = _likeness(*error)
    for note in [] if getattr(error, "__notes__", None) else notes:
        error.add_note(note)
    raise error from WorkerTraceback(text)


@dataclass(frozen=True)
class RunPickled:
    """A pickled function that any executor can send: takes the bytes of arguments, returns those of an
    outcome."""

    payload: bytes = field(repr=False)
    digest: str
    name: str

    @classmethod
    def of(cls, function: Callable[..., object]) -> RunPickled:
        """Pickle a function, once for all the tasks that call it."""
        if isinstance(function, cls):
            return function
        payload = dumps(function, f"the function {describe(function)}")
        return cls(payload, xxhash.xxh3_128_hexdigest(payload), describe(function))

    def __call__(self, arguments: bytes) -> bytes:
        try:
            function = _functions.get(self.digest, self.payload)
        except Exception as error:  # noqa: BLE001 - it belongs to the task, not to the executor
            return failure(error)
        return attempt(function, arguments)


class _Functions:
    """The functions used last, by digest: one that closes over a model is unpickled once per process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Callable[..., object]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str, payload: bytes) -> Callable[..., object]:
        with self._lock:
            if digest not in self._kept:
                self._kept[digest] = loads(payload)
                while len(self._kept) > _KEPT_FUNCTIONS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(digest)
            return self._kept[digest]


_functions = _Functions()
