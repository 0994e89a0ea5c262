"""A worker can be sent whatever a program defines, wherever it defines it."""

from __future__ import annotations

import functools
import operator
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arrowsets.engine.executors import process_pool
from arrowsets.errors import NotPicklable

PROGRAM = """
import dataclasses, enum, functools, math
from collections import namedtuple
from arrowsets.engine.executors import process_pool

FACTOR = 3
Pair = namedtuple("Pair", "left right")

class Color(enum.Enum):
    RED = 1

class Base:
    scale = 1
    def __init__(self, x):
        self.x = x
    def twin(self):
        return type(self)(self.x)

class Child(Base):
    def __init__(self, x):
        super().__init__(x * Child.scale)

@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    def moved(self):
        return Point(self.x + 1)

class Odd(Exception):
    def __init__(self, number):
        super().__init__(f"{number} is odd")
        self.number = number
    def __reduce__(self):
        return Odd, (self.number,)

def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)

def even(n):
    return n == 0 or odd(n - 1)

def odd(n):
    return n != 0 and even(n - 1)

def adder(k):
    return lambda x: math.floor(x + k + FACTOR)

def refuse(n):
    raise Odd(n)

def same(value, kind):
    assert type(value) is {"Point": Point, "Child": Child, "Color": Color}[kind]
    return value

pool = process_pool(1)
call = lambda f, *args: pool.submit(f, *args).result()
assert call(factorial, 5) == 120
assert call(even, 10) and not call(odd, 10)
assert call(adder(1), 1.5) == 5
assert call(functools.partial(factorial, 3)) == 6
assert call(lambda p: p.moved(), Point(1)) == Point(2)
assert type(call(same, Point(1), "Point")) is Point
assert type(call(same, Child(2).twin(), "Child")) is Child
assert call(Child(2).twin).x == 2
assert call(same, Color.RED, "Color") is Color.RED
assert call(lambda: Pair(1, 2)) == Pair(1, 2)
FACTOR = 4
assert call(adder(1), 1.5) == 6
Child.scale = 10
assert call(Child, 2).x == 20, "a class changed after it was sent first"
try:
    call(refuse, 3)
except Odd as error:
    assert error.number == 3
else:
    raise AssertionError
print("fine")
"""


def run_program(arguments: list[str], text: str | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def test_a_script_without_a_guard_sends_what_it_defines(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    done = run_program([str(script)])
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")


@pytest.mark.parametrize(("arguments", "text"), [(["-c", PROGRAM], None), (["-"], PROGRAM)], ids=["-c", "stdin"])
def test_a_program_without_a_file_sends_what_it_defines(arguments: list[str], text: str | None) -> None:
    done = run_program(arguments, text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "fine\n", "")


def iter_nothing() -> Iterator[int]:
    yield from ()


def module_function(x: int) -> int:
    return x + len(_HIDDEN)


_HIDDEN = "abc"


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (abs, (-1,), 1),
        (operator.itemgetter("a"), ({"a": 1},), 1),
        (functools.partial(pow, 2), (3,), 8),
        (lambda x: x * 2, (2,), 4),
        (lambda f: f(2), (lambda x: x + 1,), 3),
        ("{}!".format, ("a",), "a!"),
        (module_function, (1,), 4),
    ],
    ids=["builtin", "callable object", "partial", "lambda", "lambda argument", "bound method", "test module"],
)
def test_a_worker_calls(function: Callable[..., Any], args: tuple[Any, ...], expected: object) -> None:
    assert process_pool(1).submit(function, *args).result() == expected


def test_changed_closures_and_globals_are_seen_by_the_next_call() -> None:
    state = {"n": 1}
    function = lambda: state["n"]  # noqa: E731
    assert process_pool(1).submit(function).result() == 1
    state["n"] = 2
    assert process_pool(1).submit(function).result() == 2


def test_a_module_found_in_no_path_is_imported_from_where_it_was(tmp_path: Path) -> None:
    import importlib.util

    file = tmp_path / "anywhere.py"
    file.write_text("def f(x):\n    return x + 1\n")
    spec = importlib.util.spec_from_file_location("a_name_of_its_own", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["a_name_of_its_own"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert process_pool(1).submit(module.f, 1).result() == 2


def test_what_cannot_be_sent_is_named_at_once() -> None:
    generator = iter_nothing()
    with pytest.raises(NotPicklable, match="an argument of abs"):
        process_pool(1).submit(abs, generator)
    with pytest.raises(NotPicklable, match=r"the function .*<lambda>"):
        process_pool(1).submit(lambda: generator)


def test_what_cannot_be_sent_back_is_named() -> None:
    with pytest.raises(NotPicklable, match=r"the result of iter_nothing \(a generator\)"):
        process_pool(1).submit(iter_nothing).result()


def test_big_arguments_and_results_pass_in_both_directions_at_once() -> None:
    pool = process_pool(2)
    block = b"x" * (3 << 20)
    futures = [pool.submit(lambda data: data, block) for _ in range(8)]
    assert all(future.result() == block for future in futures)


def test_two_threads_share_a_pool() -> None:
    results: list[int] = []

    def work() -> None:
        results.extend(process_pool(2).map(lambda x: x + 1, range(20)))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([*range(1, 21)] * 3)
