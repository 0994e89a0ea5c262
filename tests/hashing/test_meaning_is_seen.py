"""Edits that change what a function does."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from arrowsets.hashing import fingerprint

Define = Callable[..., Any]

CHANGES = {
    "constant": ("f = lambda r: r + 1", "f = lambda r: r + 2"),
    "type of a constant": ("f = lambda r: r + 1", "f = lambda r: r + 1.0"),
    "sign of zero": ("f = lambda r: (r, 0.0)", "f = lambda r: (r, -0.0)"),
    "true and one": ("f = lambda r: (r, True)", "f = lambda r: (r, 1)"),
    "constant in a tuple": ("f = lambda r: r in (1, 2)", "f = lambda r: r in (1, 2.0)"),
    "constant in a set": ("f = lambda r: r in {1, 2}", "f = lambda r: r in {1, 3}"),
    "operator": ("f = lambda r: r + 1", "f = lambda r: r - 1"),
    "comparison": ("f = lambda r: r < 1", "f = lambda r: r <= 1"),
    "attribute": ("f = lambda r: r.a", "f = lambda r: r.b"),
    "method": ("f = lambda r: r.lower()", "f = lambda r: r.upper()"),
    "builtin": ("f = lambda r: len(r)", "f = lambda r: sum(r)"),
    "builtin replaced": ("f = lambda r: len(r)", "len = lambda x: 1\nf = lambda r: len(r)"),
    "default": ("def f(r, k=1): return k", "def f(r, k=2): return k"),
    "keyword default": ("def f(r, *, k=1): return k", "def f(r, *, k=2): return k"),
    "global": ("k = 1\ndef f(r): return k", "k = 2\ndef f(r): return k"),
    "global list": ("k = [1]\ndef f(r): return k", "k = [1, 2]\ndef f(r): return k"),
    "global of an inner function": (
        "k = 1\nf = lambda r: [k for _ in r]",
        "k = 2\nf = lambda r: [k for _ in r]",
    ),
    "closure": ("f = (lambda k: lambda r: k)(1)", "f = (lambda k: lambda r: k)(2)"),
    "helper": ("def h(x): return 1\ndef f(r): return h(r)", "def h(x): return 2\ndef f(r): return h(r)"),
    "helper in a list": (
        "h = [lambda x: 1]\ndef f(r): return h[0](r)",
        "h = [lambda x: 2]\ndef f(r): return h[0](r)",
    ),
    "swapped parameters": ("def f(r, a, b): return a - b", "def f(r, b, a): return b - a"),
    "swapped locals": ("def f(r):\n a, b = r\n return a - b", "def f(r):\n a, b = r\n return b - a"),
    "generator": ("def f(r): return r", "def f(r):\n return r\n yield"),
    "async": ("def f(r): return r", "async def f(r): return r"),
    "star": ("def f(*r): return r", "def f(r): return r"),
    "branch": ("f = lambda r: r if r.a else 1", "f = lambda r: 1 if r.a else r"),
    "handled error": (
        "def f(r):\n try: return r()\n except ValueError: return 1",
        "def f(r):\n try: return r()\n except KeyError: return 1",
    ),
    "extent of a try": (
        "def f(r):\n try:\n  r()\n  r()\n except ValueError: return 1",
        "def f(r):\n try:\n  r()\n except ValueError: return 1\n r()",
    ),
    "function in a function": (
        "def f(r):\n def g(): return 1\n return g()",
        "def f(r):\n def g(): return 2\n return g()",
    ),
    "decorator": (
        "def d(g): return lambda r: g(r)\n@d\ndef f(r): return r",
        "def d(g): return lambda r: not g(r)\n@d\ndef f(r): return r",
    ),
    "imported package": (
        "import math as m\nf = lambda r: m.floor(r)",
        "import cmath as m\nf = lambda r: m.floor(r)",
    ),
    "class attribute": ("class C: k = 1\nf = lambda r: C.k", "class C: k = 2\nf = lambda r: C.k"),
    "class method": (
        "class C:\n def m(self): return 1\nf = lambda r: C().m()",
        "class C:\n def m(self): return 2\nf = lambda r: C().m()",
    ),
    "static method": (
        "class C:\n @staticmethod\n def m(): return 1\nf = lambda r: C.m()",
        "class C:\n @staticmethod\n def m(): return 2\nf = lambda r: C.m()",
    ),
    "base class": (
        "class B: k = 1\nclass C(B): pass\nf = lambda r: C().k",
        "class B: k = 2\nclass C(B): pass\nf = lambda r: C().k",
    ),
    "function attribute": (
        "def h(): pass\nh.k = 1\nf = lambda r: h.k",
        "def h(): pass\nh.k = 2\nf = lambda r: h.k",
    ),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_meaning_changes_the_digest(define: Define, old: str, new: str) -> None:
    first, second = fingerprint(define(old)), fingerprint(define(new))
    assert first.digest != second.digest
    assert (first.is_stable, second.is_stable) == (True, True)


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_the_same_text_has_the_same_digest(define: Define, old: str, new: str) -> None:
    assert fingerprint(define(old)) == fingerprint(define(old))


def test_globals_that_are_not_read_do_not_count(define: Define) -> None:
    source = "def f(r): return k"
    assert fingerprint(define(source, k=1, other=1)) == fingerprint(define(source, k=1, other=2))


def test_recursion_ends_and_is_seen(define: Define) -> None:
    source = "def f(n): return n and g(n - 1)\ndef g(n): return n and f(n - {})\n"
    same = fingerprint(define(source.format(1)))
    assert same == fingerprint(define(source.format(1)))
    assert same.digest != fingerprint(define(source.format(2))).digest


@pytest.mark.parametrize(
    "wrap",
    [
        functools.partial,
        functools.lru_cache(maxsize=3),
        staticmethod,
        lambda g: functools.wraps(g)(lambda x: g(x) + 1),
    ],
    ids=["partial", "lru_cache", "staticmethod", "wraps"],
)
def test_a_wrapped_function_counts(wrap: functools.partial[object]) -> None:
    one, two = fingerprint(wrap(lambda x: 1)), fingerprint(wrap(lambda x: 2))
    assert one.digest != two.digest
    assert one == fingerprint(wrap(lambda x: 1))
    assert one.is_stable


def test_the_arguments_of_a_partial_count_but_not_the_order_of_keywords() -> None:
    partial = functools.partial
    assert fingerprint(partial(print, sep="", end="")) == fingerprint(partial(print, end="", sep=""))
    assert fingerprint(partial(print, 1)).digest != fingerprint(partial(print, 2)).digest


def test_calls_that_fill_a_cache_do_not_count() -> None:
    cached = functools.lru_cache(lambda x: x)
    before = fingerprint(cached)
    cached(1)
    assert fingerprint(cached) == before


def test_singledispatch_counts_its_registry_and_not_its_cache() -> None:
    dispatched = functools.singledispatch(lambda x: 1)
    before = fingerprint(dispatched)
    dispatched("a")
    assert fingerprint(dispatched) == before
    dispatched.register(str, lambda x: 2)
    assert fingerprint(dispatched).digest != before.digest


def test_long_chains_of_functions_are_followed_to_the_end(define: Define) -> None:
    def chain(last: int) -> str:
        calls = "".join(f"def g{i}(x): return g{i + 1}(x)\n" for i in range(1500))
        return f"{calls}def g1500(x): return {last}\ndef f(r): return g0(r)"

    one = fingerprint(define(chain(1)))
    assert one == fingerprint(define(chain(1)))
    assert one.digest != fingerprint(define(chain(2))).digest
    assert one.is_stable
    assert json.loads(json.dumps(one.to_json()))["digest"] == one.digest


def test_a_decorator_of_a_package_on_a_method_sees_the_whole_object() -> None:
    class Reader:
        def __init__(self, path: str) -> None:
            self.path = path

        @contextlib.contextmanager
        def open(self) -> Iterator[str]:
            yield self.path

        def read(self, row: str) -> str:
            with self.open() as path:
                return path + row

    assert fingerprint(Reader("a").read).digest != fingerprint(Reader("b").read).digest
    assert fingerprint(Reader("a").read) == fingerprint(Reader("a").read)


def test_members_of_enumerations_read_by_a_function_count(define: Define) -> None:
    source = "import enum\nclass Side(enum.Enum):\n    A = {}\ndef f(r): return Side.A.value + r"
    old, new = (define(source.format(value)) for value in (1, 2))
    assert fingerprint(old) == fingerprint(define(source.format(1)))
    assert fingerprint(old).digest != fingerprint(new).digest
    assert fingerprint(old).is_stable


def test_dataclasses_with_factories_count_and_are_stable(define: Define) -> None:
    source = (
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n    x: int = 1\n"
        "    y: list = dataclasses.field(default_factory=lambda: [{}])\ndef f(r): return C(r).y"
    )
    old, new = (fingerprint(define(source.format(value))) for value in (1, 2))
    assert old == fingerprint(define(source.format(1)))
    assert old.digest != new.digest
    assert old.is_stable
