"""Threads of a server that are ended before Python ends.

Python stops a daemon thread wherever it is once the interpreter goes, and native code that is stopped in its midst may take
the process down with a crash in place of its exit code. So those that compute are told to end first, and waited for.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import threading
import time
import weakref
from collections.abc import Callable

__all__ = ["in_background"]

PATIENCE = 3.0
_STOPS: weakref.WeakKeyDictionary[threading.Thread, Callable[[], None]] = weakref.WeakKeyDictionary()


def in_background(work: Callable[[], None], name: str, stop: Callable[[], None] = lambda: None) -> threading.Thread:
    """Do something in a thread that does not keep the process alive.

    Args:
        stop: Is called when the process ends: wakes what waits and interrupts what takes long.
    """
    thread = threading.Thread(target=work, name=name, daemon=True)
    _STOPS[thread] = stop
    thread.start()
    return thread


@atexit.register
def _end_all() -> None:
    """End what still works: at once where it waits or can be interrupted, else at the next line of Python."""
    end = time.monotonic() + PATIENCE
    working = [(thread, stop) for thread, stop in list(_STOPS.items()) if thread.is_alive()]
    for _, stop in working:
        with contextlib.suppress(Exception):
            stop()
    for thread, _ in working:
        if thread.ident is not None:
            _raise_in(thread.ident)
    for thread, _ in working:
        thread.join(max(0.0, end - time.monotonic()))


def _raise_in(ident: int) -> None:
    raises = getattr(getattr(ctypes, "pythonapi", None), "PyThreadState_SetAsyncExc", None)
    if raises is not None:  # other Pythons than CPython end threads in other ways
        raises(ctypes.c_ulong(ident), ctypes.py_object(SystemExit))
