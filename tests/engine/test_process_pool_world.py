"""A task finds the directory, environment and modules of the program, as they are when it is submitted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from arrowsets.engine.executors import ProcessPool, Task, process_pool, run
from arrowsets.logging import get_verbosity, set_verbosity


def test_the_working_directory_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = process_pool(1)
    pool.submit(abs, 1).result()
    monkeypatch.chdir(tmp_path)
    assert Path(pool.submit(os.getcwd).result()) == tmp_path


def test_the_environment_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = process_pool(1)
    read = lambda: os.environ.get("ARROWSETS_TEST")  # noqa: E731
    monkeypatch.setenv("ARROWSETS_TEST", "1")
    assert pool.submit(read).result() == "1"
    monkeypatch.delenv("ARROWSETS_TEST")
    assert pool.submit(read).result() is None


def test_the_verbosity_is_followed() -> None:
    before = get_verbosity()
    try:
        set_verbosity(before + 5)
        assert process_pool(1).submit(get_verbosity).result() == before + 5
    finally:
        set_verbosity(before)


def test_workers_agree_on_hashes_of_strings() -> None:
    with ProcessPool(1) as one, ProcessPool(1) as other:
        assert one.submit(hash, "a").result() == other.submit(hash, "a").result()


def test_a_module_that_was_edited_is_imported_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "arrowsets_edited.py"
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def value() -> int:
        import arrowsets_edited  # type: ignore[import-not-found]

        return arrowsets_edited.VALUE  # type: ignore[no-any-return]

    file.write_text("VALUE = 1")
    os.utime(file, (1e9, 1e9))
    assert [result for _, result in run(value, [Task()], process_pool(1))] == [1]
    file.write_text("VALUE = 2")
    assert [result for _, result in run(value, [Task()], process_pool(1))] == [2]


def test_an_unchanged_module_keeps_its_worker() -> None:
    first = process_pool(1).submit(os.getpid).result()
    assert process_pool(1).submit(os.getpid).result() == first


def _read_input() -> str:
    return sys.stdin.read()


def test_the_standard_input_of_a_task_is_empty() -> None:
    assert process_pool(1).submit(_read_input).result() == ""


def test_what_a_task_prints_is_passed_through(capfd: pytest.CaptureFixture[str]) -> None:
    with ProcessPool(1) as pool:
        pool.submit(print, "hello").result()
    assert capfd.readouterr().out == "hello\n"


def test_the_other_transport_does_the_same() -> None:
    from arrowsets.engine.pool_supervisor import Supervisor

    pool = ProcessPool(1, _supervisor=Supervisor(inherit=False))
    block = b"x" * (1 << 20)
    assert pool.submit(lambda data: data, block).result() == block
    pool._supervisor.close("finish")
    pool._supervisor.join(5)
