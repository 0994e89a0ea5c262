"""A run that is killed at any moment goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arrowsets import Dataset
from arrowsets.errors import WorkerDied

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills process groups")


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = str(tmp_path / "source")
    Dataset.from_dict({"x": list(range(20_000))}).save_to_disk(path)
    return path


@posix
@pytest.mark.parametrize("way", ["inline", "pool"])
def test_fifty_kills_lose_nothing_that_was_kept(way: str, source: str, tmp_path: Path) -> None:
    script = Path(__file__).with_name("killed_runs.py")
    run = subprocess.run(
        [sys.executable, str(script), source, str(tmp_path), way],
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1])["problems"] == []


def test_what_is_continued_is_told(source: str, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    flag = tmp_path / "flag"

    def stop_once(row: dict[str, Any]) -> dict[str, Any]:
        if row["x"] == 10_000 and not flag.exists():
            flag.touch()
            raise RuntimeError
        return {"y": row["x"]}

    dataset = Dataset.load_from_disk(source)
    with pytest.raises(RuntimeError):
        dataset.map(stop_once)
    with caplog.at_level(logging.WARNING, logger="arrowsets"):
        assert dataset.map(stop_once)["y"][-1] == 19_999
    assert "resuming: 31/64 shards" in caplog.text


def die_at(row: dict[str, Any]) -> dict[str, Any]:
    if row["x"] == 1234:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"y": 1}


@posix
def test_a_killed_worker_is_reported_with_its_rows(source: str) -> None:
    with pytest.raises(WorkerDied, match="rows 939 to 1251 of Map"):
        Dataset.load_from_disk(source).map(die_at, num_proc=2)


@pytest.mark.parametrize(("seconds", "kept"), [(0.0, True), (1000.0, False)])
def test_units_become_files_only_where_that_takes_less_than_doing_them_again(
    seconds: float, kept: bool, source: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arrowsets.engine.materialise.JOURNAL_SECONDS", -1.0)
    monkeypatch.setattr("arrowsets.engine.materialise.UNIT_SECONDS", seconds)
    seen = []

    def look(row: dict[str, Any]) -> dict[str, Any]:
        if row["x"] == 19_999:
            seen.append(len(list(cache.glob("store/entries/*/*/journal/*.json"))))
        return {"y": row["x"]}

    Dataset.load_from_disk(source).map(look)
    assert [count > 50 for count in seen] == [kept]


INTERRUPTED = """
import os, sys, time
from arrowsets import Dataset
def slow(row):
    time.sleep(0.0005)
    if row["x"] == 3000:
        open(sys.argv[2], "w").close()
    return {"y": 1}
if __name__ == "__main__":
    try:
        Dataset.load_from_disk(sys.argv[1]).map(slow, num_proc=int(sys.argv[3]) or None)
    except KeyboardInterrupt:
        print("interrupted")
"""


@posix
@pytest.mark.parametrize("workers", ["0", "2"])
def test_ctrl_c_keeps_what_is_finished(workers: str, source: str, tmp_path: Path, cache: Path) -> None:
    flag = tmp_path / "flag"
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED)
    run = subprocess.Popen([sys.executable, str(script), source, str(flag), workers], stdout=subprocess.PIPE, text=True)
    while not flag.exists() and run.poll() is None:
        pass
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=60)
    assert out == "interrupted\n"
    assert len(list(cache.glob("store/entries/*/*/journal/*.json"))) > 4


FULL = """
import resource, signal, sys
from arrowsets import Dataset
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    Dataset.load_from_disk(sys.argv[1]).map(lambda row: {"t": "text " * 10})
except OSError as error:
    print(type(error).__name__)
"""


@posix
def test_a_full_disk_leaves_no_half_entry(source: str, cache: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL, source], capture_output=True, text=True, check=True)
    assert run.stdout == "StoreError\n"
    assert not list(cache.glob("store/entries/*/*/manifest.json"))
    assert Dataset.load_from_disk(source).map(lambda row: {"t": "text " * 10})["t"][-1] == "text " * 10
