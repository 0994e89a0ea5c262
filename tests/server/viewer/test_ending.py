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
import pyarrow as pa
from arrowsets.server.viewer.split import Split

begun = threading.Event()

def opens():
    try:
        begun.set()
        while True:
            time.sleep(0.01)
    finally:
        print("ended", True)

split = Split("train", opens, lambda: iter([pa.table({"x": [1]})]))
assert not split.shown(1).complete
begun.wait()
"""


@pytest.mark.parametrize("script", [POOL, PREPARING], ids=["pool", "preparing"])
def test_threads_end_before_python_does(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended True\n", "")


QUERIES = """
import threading
import requests
from arrowsets import Dataset
from arrowsets.server.viewer import ViewerSettings, queries, serve

ENDLESS = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b"
talk, begun = queries._talk, threading.Semaphore(0)

def told(*given):
    begun.release()
    return talk(*given)

def ask(viewer):
    token = {"Authorization": f"Bearer {viewer.token}"}
    answers.append(requests.post(f"{viewer.url}/api/x/sql", json={"query": ENDLESS}, headers=token).status_code)

queries._talk, answers = told, []
with serve.running(Dataset.from_dict({"x": [1]}), settings=ViewerSettings(deadline=600.0)) as viewer:
    threads = [threading.Thread(target=ask, args=[viewer]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        begun.acquire()
for thread in threads:
    thread.join()
print("ended", set(answers) == {503})
"""


def test_queries_give_up_when_the_viewer_ends() -> None:
    done = subprocess.run([sys.executable, "-c", QUERIES], capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stdout) == (0, "ended True\n"), done.stderr
