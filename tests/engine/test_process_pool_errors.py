"""An error of a task arrives as what it was, with the traceback it had in the worker."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from arrowsets.engine.executors import ProcessPool, Task, process_pool, run
from arrowsets.errors import BadData


def _fail(x: int) -> None:
    raise KeyError(x)


def test_the_traceback_of_the_worker_is_shown() -> None:
    with pytest.raises(KeyError) as caught:
        process_pool(1).submit(_fail, 7).result()
    text = "".join(traceback.format_exception(caught.value))
    assert "in _fail" in text
    assert "raise KeyError(x)" in text


def test_attributes_and_notes_survive() -> None:
    def fail() -> None:
        error = BadData("no number", file="a.csv", row=3)
        error.add_note("a note")
        raise error

    with pytest.raises(BadData, match=r"file a.csv, row 3: no number") as caught:
        process_pool(1).submit(fail).result()
    assert caught.value.row == 3
    assert caught.value.__notes__ == ["a note"]


class Demanding(ValueError):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


class Holding(ValueError):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.generator = (i for i in [1])


@pytest.mark.parametrize(
    ("error", "message"),
    [(lambda: Demanding("a", "b"), "a and b"), (lambda: Holding("a"), "a")],
    ids=["cannot be made again", "cannot be pickled"],
)
def test_an_exception_that_does_not_pickle_keeps_type_and_message(error: Callable[[], Exception], message: str) -> None:
    expected = type(error())

    def fail() -> None:
        raise error()

    with pytest.raises(expected, match=f"^{message}$"):
        process_pool(1).submit(fail).result()


@pytest.mark.parametrize("leave", [lambda: sys.exit(3), lambda: (_ for _ in ()).throw(KeyboardInterrupt)])
def test_a_task_cannot_end_the_program(leave: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match=r"the task raised (SystemExit|KeyboardInterrupt)"):
        process_pool(1).submit(leave).result()
    assert process_pool(1).submit(abs, -1).result() == 1


def test_the_driver_names_the_rows() -> None:
    with pytest.raises(KeyError) as caught:
        list(run(_fail, [Task((1,), "rows 0-3 of map(f)")], process_pool(1)))
    assert caught.value.__notes__ == ["while working on rows 0-3 of map(f)"]


def test_a_function_that_cannot_be_loaded_fails_its_tasks_only() -> None:
    class Picky:
        def __reduce__(self) -> Any:
            return divmod, (1, 0)

    pool = process_pool(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            pool.submit(Picky(), 1).result()  # type: ignore[arg-type]
    assert pool.submit(abs, -1).result() == 1


def test_an_error_of_worker_init_is_the_error_of_the_tasks() -> None:
    def init() -> None:
        raise LookupError("no model")

    with ProcessPool(1, worker_init=init) as pool, pytest.raises(LookupError, match="no model"):
        pool.submit(abs, -1).result()


def test_worker_init_runs_once_in_each_worker() -> None:
    def init() -> None:
        import builtins

        builtins.arrowsets_test = getattr(builtins, "arrowsets_test", 0) + 1  # type: ignore[attr-defined]

    def count() -> int:
        import builtins

        return builtins.arrowsets_test  # type: ignore[attr-defined, no-any-return]

    with ProcessPool(1, worker_init=init) as pool:
        assert [pool.submit(count).result() for _ in range(2)] == [1, 1]
