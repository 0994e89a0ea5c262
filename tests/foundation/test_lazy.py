"""What is imported when it is first used: the collector of garbage rests meanwhile, and no longer."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from arrowsets.lazy import lazily, modules


@pytest.fixture(params=[True, False], ids=["collecting", "not collecting"])
def collecting(request: pytest.FixtureRequest) -> Iterator[bool]:
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_a_module_is_imported_when_it_is_used(collecting: bool) -> None:
    late = modules({"late": "colorsys"})("late")
    sys.modules.pop("colorsys", None)
    assert late.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)
    assert vars(late) is vars(sys.modules["colorsys"])
    assert gc.isenabled() is collecting


def test_what_is_not_there_is_told(collecting: bool) -> None:
    with pytest.raises(AttributeError, match="no module 'y'"):
        modules({"x": "colorsys"})("y")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        _ = modules({"x": "no_such_module"})("x").name
    with pytest.raises(AttributeError, match="has no attribute 'y'"):
        lazily("colorsys", {"x": "colorsys"})("y")
    with pytest.raises(ModuleNotFoundError):
        lazily("colorsys", {"x": "no_such_module"})("x")
    assert gc.isenabled() is collecting
