"""Reports: medians, ratios, targets, and loud differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Module = Callable[[str], Any]

STEP = {"name": "sort", "once": False, "within": 3.0, "faster": 2.0, "differs": {}, "memory": False, "note": ""}


def outcome(module: Module, *rounds: dict[str, float], **step: Any) -> Any:
    measured = [
        {library: {"wall": wall, "cpu": wall, "written": 0, "peak": 1, "summary": 1} for library, wall in each.items()}
        for each in rounds
    ]
    return module("report").Outcome({**STEP, **step}, measured)


def test_ratios_are_taken_inside_of_rounds(module: Module) -> None:
    slow_and_fast = outcome(module, {"arrowsets": 2.0, "limit": 1.0}, {"arrowsets": 20.0, "limit": 10.0})
    assert slow_and_fast.ratio("arrowsets", "limit") == 2.0
    assert slow_and_fast.median("arrowsets") == 11.0


@pytest.mark.parametrize(("once", "above"), [(False, 101.0), (True, 1.0)])
def test_single_calls_have_a_millisecond(module: Module, once: bool, above: float) -> None:
    quick = outcome(module, {"arrowsets": 0.00101, "limit": 0.00001}, once=once)
    assert quick.above_limit == pytest.approx(above)


def test_missed_targets_are_named(module: Module) -> None:
    found = outcome(module, {"arrowsets": 4.0, "datasets": 6.0, "limit": 1.0}).missed()
    assert found == ["sort: 4.00x the limit, target 3x", "sort: 1.50x as fast as datasets, target 2x"]


def test_results_that_differ_are_errors(module: Module) -> None:
    different = outcome(module, {"arrowsets": 1.0, "limit": 1.0})
    different.rounds[0]["limit"]["summary"] = 2
    assert "differ" in different.errors()[0]


def test_a_difference_that_is_explained_is_none(module: Module) -> None:
    different = outcome(module, {"arrowsets": 1.0, "limit": 1.0}, differs={"limit": "ties come in any order"})
    different.rounds[0]["limit"]["summary"] = 2
    assert different.errors() == []
    assert "ties come in any order" in module("report").markdown([different])


def test_what_is_absent_is_shown_as_such(module: Module) -> None:
    absent = outcome(module, {"limit": 1.0})
    absent.rounds[0]["arrowsets"] = {"absent": "no attribute 'to_csv'"}
    assert "| n/a |" in module("report").markdown([absent])
    assert absent.errors() == []


def test_a_failure_is_an_error(module: Module) -> None:
    failed = outcome(module, {"limit": 1.0})
    failed.rounds[0]["arrowsets"] = {"error": "ValueError: x"}
    assert failed.errors() == ["sort: arrowsets failed: ValueError: x"]


def test_the_geometric_mean_is_that_of_ratios(module: Module) -> None:
    assert module("report").geometric_mean([1.0, 4.0]) == pytest.approx(2.0)
