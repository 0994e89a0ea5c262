"""Methods, closures over objects, and objects themselves."""

from __future__ import annotations

import dataclasses
import enum
import functools
import threading
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from typing import Any

import pytest

from arrowsets.hashing import Fingerprint, fingerprint


class Trainer:
    """Reads `prefix` in `add`, through a method, a property and a cached property; never `lock`."""

    limit = 3

    def __init__(self, prefix: str, noise: int = 0) -> None:
        self.prefix = prefix
        self.noise = noise
        self.lock = threading.Lock()
        self.calls = 0

    def add(self, row: str) -> str:
        self.last = row
        return self._join(row)[: self.limit]

    def _join(self, row: str) -> str:
        return self.text + self.cached + row

    @property
    def text(self) -> str:
        return self.prefix

    @functools.cached_property
    def cached(self) -> str:
        return self.prefix.upper()

    def close_over(self) -> Any:
        return lambda row: [self.prefix + item for item in row]

    def all_of_it(self, row: str) -> str:
        return repr(vars(self)) + row


@pytest.mark.parametrize("use", [lambda t: t.add, lambda t: t.close_over()], ids=["method", "closure"])
def test_only_what_is_read_of_self_counts(use: Any) -> None:
    assert fingerprint(use(Trainer("a", noise=1))) == fingerprint(use(Trainer("a", noise=2)))
    assert fingerprint(use(Trainer("a"))).digest != fingerprint(use(Trainer("b"))).digest
    assert fingerprint(use(Trainer("a"))).is_stable


def test_calling_a_method_does_not_change_it() -> None:
    trainer = Trainer("a")
    before = fingerprint(trainer.add)
    trainer.add("row")
    assert fingerprint(trainer.add) == before


def test_an_overridden_class_attribute_is_seen() -> None:
    class Short(Trainer):
        limit = 1

    assert fingerprint(Short("a").add).digest != fingerprint(Trainer("a").add).digest


def test_an_object_used_as_a_whole_counts_as_a_whole() -> None:
    tree = fingerprint(Trainer("a").all_of_it)
    assert not tree.is_stable
    assert tree.unstable_paths()[0].startswith("self.lock: _thread.lock")


def test_cached_properties_are_no_state() -> None:
    class Lazy:
        @functools.cached_property
        def value(self) -> int:
            return 1

    lazy = Lazy()
    before = fingerprint(lazy)
    assert lazy.value == 1
    assert fingerprint(lazy) == before


class Adder:
    def __init__(self, k: int) -> None:
        self.k = k

    def __call__(self, row: int) -> int:
        return row + self.k


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    x: int
    y: tuple[int, ...] = ()


@dataclasses.dataclass
class Plain:
    x: int


class Pickled:
    def __init__(self, x: int) -> None:
        self.x, self.lock = x, threading.Lock()

    def __getstate__(self) -> dict[str, int]:
        return {"x": self.x}


class Reduced:
    def __init__(self, x: int) -> None:
        self.x, self.lock = x, threading.Lock()

    def __reduce__(self) -> Any:
        return Reduced, (self.x,)


class Words(dict[str, int]):
    pass


Point = namedtuple("Point", "x")  # noqa: PYI024
MAKERS = [
    Adder,
    Slotted,
    Plain,
    Pickled,
    Reduced,
    Point,
    lambda x: Words(a=x),
    lambda x: defaultdict(list, a=[x]),
    lambda x: OrderedDict(a=x),
    lambda x: Counter({"a": x}),
    lambda x: deque([x]),
    ValueError,
    lambda x: functools.partial(Adder(x), 1),
]


@pytest.mark.parametrize("make", MAKERS)
def test_state_decides(make: Any) -> None:
    assert fingerprint(make(1)) == fingerprint(make(1))
    assert fingerprint(make(1)).digest != fingerprint(make(2)).digest
    assert fingerprint(make(1)).is_stable


def test_the_class_counts_beside_the_state() -> None:
    assert fingerprint(Slotted(1)).digest != fingerprint(Plain(1)).digest


def test_members_of_enumerations_count_by_name_and_value() -> None:
    old, new = enum.Enum("Side", {"A": 1, "B": 2}), enum.Enum("Side", {"A": 1, "B": 3})
    assert fingerprint(old.A) == fingerprint(new.A)  # type: ignore[attr-defined]
    assert fingerprint(old.B).digest != fingerprint(new.B).digest  # type: ignore[attr-defined]


class Stated:
    def __init__(self, state: object) -> None:
        self.state = state

    def __fingerprint__(self) -> Fingerprint:
        return fingerprint(("stated", self.state))


class Keyed:
    def __init__(self, key: str) -> None:
        self.key, self.noise = key, threading.Lock()

    def __cache_key__(self) -> str:
        return self.key


class Datasetlike:
    def __init__(self, name: str) -> None:
        self._fingerprint, self.noise = name, threading.Lock()


@pytest.mark.parametrize("kind", [Stated, Keyed, Datasetlike])
def test_an_object_may_say_what_it_is(kind: Any) -> None:
    assert fingerprint([kind("a")]) == fingerprint([kind("a")])
    assert fingerprint([kind("a")]).digest != fingerprint([kind("b")]).digest
    assert fingerprint(lambda row: kind("a")).is_stable


def test_objects_that_refer_to_themselves_end() -> None:
    first: list[Any] = [1]
    first.append(first)
    second: list[Any] = [1]
    second.append(second)
    assert fingerprint(first) == fingerprint(second)


def test_classes_with_cycles_are_equal_to_themselves() -> None:
    node = type("Node", (), {"make": lambda self: Adder(1), "__module__": "__main__"})
    assert fingerprint(node) == fingerprint(node)
