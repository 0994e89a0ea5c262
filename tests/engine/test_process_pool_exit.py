"""No worker outlives its program, and the program ends without a word about it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arrowsets.engine.executors import ProcessPool, process_pool

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")

START = """
import os, sys, time
from arrowsets.engine import worker
from arrowsets.engine.executors import process_pool, run, Task

def task(i):
    worker.report(1)
    if FOREVER:
        time.sleep(100)
    return os.getpid()

def tell(task, done):
    print("working", flush=True)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pids: list[int], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(alive, pids))


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").parent.parent.glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def start(code: str, *, forever: bool) -> subprocess.Popen[str]:
    code = START.replace("FOREVER", str(forever)) + code
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_program_that_ends_leaves_nothing_and_says_nothing() -> None:
    program = start("print(*{p for _, p in run(task, [Task((i,)) for i in range(9)], process_pool(2))})", forever=False)
    out, err = program.communicate(timeout=20)
    assert (program.returncode, err) == (0, "")
    assert gone([int(pid) for pid in out.split()], 0)


def test_a_program_that_ends_with_tasks_running_does_not_wait_for_them() -> None:
    program = start(
        "f = process_pool(1).submit(task, 1)\nwhile not f.running(): pass",
        forever=True,
    )
    _, err = program.communicate(timeout=20)
    assert (program.returncode, err) == (0, "")


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("forever", [True, False], ids=["busy", "idle"])
def test_workers_end_with_a_killed_program(signum: signal.Signals, forever: bool) -> None:
    program = start(
        "for _ in run(task, [Task((1,)), Task((2,))], process_pool(2), on_progress=tell): pass\ntime.sleep(100)",
        forever=forever,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "working\n"
    pids = children(program.pid)
    assert pids
    program.send_signal(signum)
    program.communicate(timeout=10)
    assert gone(pids)


@pytest.mark.parametrize("group", [False, True], ids=["program only", "whole terminal"])
def test_ctrl_c_stops_everything_within_a_second_and_is_raised_once(group: bool) -> None:
    program = start(
        "for _ in run(task, [Task((i,)) for i in range(9)], process_pool(2), on_progress=tell): pass",
        forever=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "working\n"
    pids = children(program.pid)
    begun = time.monotonic()
    (os.killpg if group else os.kill)(program.pid, signal.SIGINT)
    _, err = program.communicate(timeout=10)
    assert time.monotonic() - begun < 2
    assert err.count("Traceback") == 1
    assert err.endswith("KeyboardInterrupt\n")
    assert gone(pids)


def test_shutdown_leaves_no_process_and_no_zombie() -> None:
    with ProcessPool(2) as pool:
        pids = set(pool.map(lambda _: os.getpid(), range(10)))
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_pool_that_is_dropped_ends_its_workers() -> None:
    pid = ProcessPool(1).submit(os.getpid).result()
    assert gone([pid])


def test_a_forked_copy_gets_workers_of_its_own_and_leaves_the_others_alone() -> None:
    code = """
pool = process_pool(1)
first = pool.submit(os.getpid).result()
child = os.fork()
if child == 0:
    try:
        pool.submit(abs, 1)
    except RuntimeError as error:
        other = process_pool(1).submit(os.getpid).result()
        os._exit(0 if other != first else 2)
    os._exit(3)
assert os.waitpid(child, 0)[1] == 0
assert pool.submit(os.getpid).result() == first
"""
    program = start(code, forever=False)
    _, err = program.communicate(timeout=20)
    assert (program.returncode, err) == (0, "")


def test_a_forked_copy_does_not_keep_workers_alive() -> None:
    code = """
pid = process_pool(1).submit(os.getpid).result()
if os.fork() == 0:
    sys.stdout.close(); sys.stderr.close(); os.closerange(0, 3)
    time.sleep(4)
    os._exit(0)
print(pid, flush=True)
os.kill(os.getpid(), 9)
"""
    program = start(code, forever=False)
    out, _ = program.communicate(timeout=20)
    assert gone([int(out)], 2)


def test_the_shared_pool_keeps_its_workers_between_calls() -> None:
    assert process_pool(1).submit(os.getpid).result() == process_pool(1).submit(os.getpid).result()
