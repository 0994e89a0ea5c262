"""Dataclasses of our own making: what is seen of them is what `dataclasses` makes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from arrowsets.record import dataclass

T = TypeVar("T")
Made = Callable[..., Any]
ways = pytest.mark.parametrize("make", [dataclass, dataclasses.dataclass], ids=["ours", "python"])


def _point(make: Made, **options: Any) -> Any:
    @make(**options)
    class Point:
        """A point."""

        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list, compare=False, repr=False)
        shared: ClassVar[int] = 7

    return Point


@ways
def test_instances_are_made_compared_and_shown(make: Made) -> None:
    point = _point(make)
    assert point(1) == point(1, 2, ["a"])
    assert point(1) != point(2)
    assert repr(point(1)).endswith("Point(x=1, y=2)")
    assert (point(1).tags, point.y, point.shared) == ([], 2, 7)
    assert not hasattr(point, "tags")
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        point()
    with pytest.raises(TypeError, match="unhashable"):
        hash(point(1))


@ways
def test_frozen_instances_do_not_change(make: Made) -> None:
    point = _point(make, frozen=True)(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 3
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.other = 3
    assert hash(point) == hash(type(point)(1))


@ways
def test_a_subclass_that_is_no_dataclass_may_add_attributes(make: Made) -> None:
    class Named(_point(make, frozen=True)):  # type: ignore[misc]
        pass

    named = Named(1)
    named.name = "a"
    assert named.name == "a"
    with pytest.raises(dataclasses.FrozenInstanceError):
        named.x = 3


@ways
def test_fields_are_inherited_before_anything_is_made(make: Made) -> None:
    @make(frozen=True)
    class Space(_point(make, frozen=True)):  # type: ignore[misc]
        z: int = 3

    assert [each.name for each in dataclasses.fields(Space)] == ["x", "y", "tags", "z"]
    assert Space(1, z=4).z == 4


@ways
@pytest.mark.parametrize(
    "look",
    [
        lambda cls: [each.name for each in dataclasses.fields(cls)],
        dataclasses.is_dataclass,
        lambda cls: str(inspect.signature(cls)),
        lambda cls: cls.__match_args__,
        lambda cls: cls.__new__(cls) is not None and cls.__hash__ is None,
    ],
    ids=["fields", "is_dataclass", "signature", "match_args", "hash"],
)
def test_the_first_look_at_a_class_sees_all_of_it(make: Made, look: Callable[[Any], Any]) -> None:
    assert look(_point(make)) == look(_point(dataclasses.dataclass))


@ways
def test_methods_of_the_class_itself_stay(make: Made) -> None:
    @make(frozen=True)
    class Own(Generic[T]):
        x: int

        def __init__(self, x: int) -> None:
            object.__setattr__(self, "x", 2 * x)

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

        def __hash__(self) -> int:
            return 5

    assert (Own(1).x, repr(Own(1)), Own(1) == Own(2), hash(Own(1))) == (2, "own", True, 5)


@dataclass(frozen=True)
class Stored:
    """Known by its name, for pickle."""

    x: int
    y: tuple[int, ...] = ()


def test_instances_are_copied_pickled_replaced_and_matched() -> None:
    stored = Stored(1, (2,))
    assert copy.deepcopy(stored) == pickle.loads(pickle.dumps(stored)) == stored
    assert dataclasses.replace(stored, x=3) == Stored(3, (2,))
    assert dataclasses.asdict(stored) == {"x": 1, "y": (2,)}
    match stored:
        case Stored(x, y):
            assert (x, y) == (1, (2,))


def test_what_python_makes_of_a_subclass_is_frozen_like_it() -> None:
    @dataclasses.dataclass(frozen=True)
    class More(Stored):
        z: int = 3

    assert More(1, z=4) == More(1, (), 4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        More(1).x = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="non-frozen"):
        dataclasses.dataclass(type("Thawed", (Stored,), {"__annotations__": {"z": "int"}, "z": 1}))


@ways
def test_fields_that_are_not_given_are_made_by_their_factory_and_finished_by_the_class(make: Made) -> None:
    @make(frozen=True)
    class Finished:
        """Finished by its own method."""

        x: int = 2
        made: list[int] = field(init=False, default_factory=list)
        twice: int = field(init=False, default=0, compare=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "twice", 2 * self.x)

    assert (Finished().made, Finished().twice) == ([], 4)
    assert Finished().made is not Finished().made
    assert Finished() == Finished()


@ways
def test_other_classes_are_not_equal(make: Made) -> None:
    one, other = _point(make, frozen=True), _point(make, frozen=True)
    assert one(1) != other(1)
    assert one(1) != (1, 2)
    nan = float("nan")
    assert one(nan) == one(nan)


@ways
def test_a_frozen_class_and_one_that_is_not_are_no_kin(make: Made) -> None:
    for frozen in (True, False):
        base = _point(make, frozen=frozen)
        with pytest.raises(TypeError, match="cannot inherit"):
            make(frozen=not frozen)(type("Child", (base,), {}))


@ways
def test_an_instance_may_hold_itself(make: Made) -> None:
    one = _point(make)(1)
    one.x = one
    assert repr(one).endswith("Point(x=..., y=2)")


def test_what_is_not_made_is_refused() -> None:
    for fields in ({"x": "dataclasses.InitVar[int]"}, {"_": "dataclasses.KW_ONLY", "x": "int"}):
        with pytest.raises(TypeError, match=r"for dataclasses.dataclass to make: \['x'\]"):
            dataclass(type("Odd", (), {"__annotations__": fields, "__module__": __name__}))
