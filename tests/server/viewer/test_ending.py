"""What is at work when a process ends is ended first: native code that Python stops midway takes the process down."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("starlette", reason="the extra server is missing: pip install 'arrowsets[server]'")

POOL = """
import threading, time
from arrowsets.server.viewer.pool import Pool

begun, stopped = threading.Event(), threading.Event()

def work():
    try:
        begun.set()
        while True:
            time.sleep(0.01)
    finally:
        print("ended", stopped.is_set())

pool = Pool(2)
pool.submit(lambda: None).result()
pool.submit(work, stopped.set)
begun.wait()
"""

PREPARING = """
import threading, time
from arrowsets.server.viewer.split import Split

begun = threading.Event()

def opens():
    try:
        begun.set()
        while True:
            time.sleep(0.01)
    finally:
        print("ended", True)

split = Split("train", opens, lambda: iter(()))
try:
    split.shown(1)
except Exception:
    pass
begun.wait()
"""


@pytest.mark.parametrize("script", [POOL, PREPARING], ids=["pool", "preparing"])
def test_threads_end_before_python_does(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended True\n", "")
