"""What a process tree costs: memory, CPU time, bytes on disk. Linux tells it in /proc; elsewhere memory is unknown."""

from __future__ import annotations

import os
import resource
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["MemorySampler", "changed_bytes", "cpu_seconds", "descendants", "memory_of", "sizes"]

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def descendants(pid: int) -> list[int]:
    """Return a process and all that it started, directly or not, and that still run."""
    found, waiting = [], [pid]
    while waiting:
        process = waiting.pop()
        found.append(process)
        try:
            for thread in Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except OSError:
            continue
    return found


def memory_of(processes: list[int]) -> int:
    """Return the bytes that processes hold of their own.

    Pages of mapped files are not counted: the system drops them when it needs room. Pages that forked processes share are
    counted once; the exact count walks all pages, so that a lone process is asked for its counters instead.
    """
    if len(processes) == 1:
        return _fields(f"/proc/{processes[0]}/status", ("RssAnon:", "RssShmem:"))
    return sum(_fields(f"/proc/{process}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) for process in processes)


def _fields(path: str, names: tuple[str, ...]) -> int:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(names))


class MemorySampler(threading.Thread):
    """Looks at a process tree every few milliseconds, from outside of it."""

    def __init__(self, pid: int, interval: float = 0.01) -> None:
        super().__init__(daemon=True)
        self.samples: list[tuple[float, int]] = []
        self._pid, self._interval, self._stopped = pid, interval, threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(self._interval):
            self.samples.append((time.monotonic(), memory_of(descendants(self._pid))))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self.join()

    def peak(self, start: float, stop: float) -> int | None:
        """Return the most that was held between two moments; None if nobody looked."""
        return max((held for moment, held in self.samples if start <= moment <= stop), default=None)


def cpu_seconds() -> float:
    """Return the CPU time of this process, of the children that ended and of those that still run."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = sum(_ticks(process) for process in descendants(os.getpid())[1:])
    return time.process_time() + ended.ru_utime + ended.ru_stime + running / _TICKS


def _ticks(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def sizes(root: Path) -> dict[tuple[int, int], tuple[int, int]]:
    """Return size and time of change of each file below a directory, by what the file is, not by its name."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                about = Path(folder, name).stat(follow_symlinks=False)
            except OSError:
                continue
            found[about.st_dev, about.st_ino] = (about.st_size, about.st_mtime_ns)
    return found


def changed_bytes(before: dict[tuple[int, int], tuple[int, int]], after: dict[tuple[int, int], tuple[int, int]]) -> int:
    """Return the size of all files that are new or were written to."""
    return sum(size for file, (size, when) in after.items() if before.get(file) != (size, when))
