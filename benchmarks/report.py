"""Figures of many rounds as tables: medians, ratios inside of a round, targets that are missed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

__all__ = ["Outcome", "geometric_mean", "markdown", "seconds"]

ORDER = ("limit", "arrowsets", "datasets")

GRACE = 1e-3
"""Seconds above the limit that a call of which a script makes a few may take."""

OVERALL = 1.6
"""The geometric mean over all steps may be so many times the limit."""


@dataclass
class Outcome:
    """All that was measured of one step.

    Attributes:
        step: What `Step.describe` tells.
        rounds: For each round, what each library measured.
    """

    step: Mapping[str, Any]
    rounds: list[dict[str, dict[str, Any]]] = field(default_factory=list)

    def values(self, library: str, what: str) -> list[float]:
        """Return one figure of a library from each round that has it."""
        found = [each.get(library, {}).get(what) for each in self.rounds]
        return [value for value in found if value is not None]

    def median(self, library: str, what: str = "wall") -> float | None:
        """Return the median of a figure; None where nothing was measured."""
        values = self.values(library, what)
        return median(values) if values else None

    def ratio(self, over: str, under: str, what: str = "wall") -> float | None:
        """Return the median over rounds of how many times more one library takes than another."""
        ratios = [
            each[over][what] / max(each[under][what], 1e-9)
            for each in self.rounds
            if each.get(over, {}).get(what) is not None and each.get(under, {}).get(what) is not None
        ]
        return median(ratios) if ratios else None

    @property
    def above_limit(self) -> float | None:
        """How many times the limit arrowsets takes, after the grace for single calls."""
        ours, limit = self.median("arrowsets"), self.median("limit")
        if ours is None or limit is None:
            return None
        if not self.step["once"]:
            return self.ratio("arrowsets", "limit")
        return max(ours - GRACE, limit) / limit

    def status(self, library: str) -> str:
        """Return "" where there are figures, else why there are none."""
        for each in self.rounds:
            answer = each.get(library, {})
            for key in ("absent", "error"):
                if key in answer:
                    return f"{'n/a' if key == 'absent' else 'failed'}: {answer[key]}"
        return "" if self.values(library, "wall") else "n/a"

    def reason(self, library: str) -> str:
        """Return the short form of `status` for a cell."""
        return self.status(library).partition(":")[0]

    def errors(self) -> list[str]:
        """Return what went wrong, and results that differ where nothing is said of it."""
        name = self.step["name"]
        found = [
            f"{name}: {library} failed: {answer['error']}"
            for each in self.rounds[:1]
            for library, answer in each.items()
            if "error" in answer
        ]
        for number, each in enumerate(self.rounds):
            results = {
                library: answer["summary"]
                for library, answer in each.items()
                if "summary" in answer and library not in self.step["differs"]
            }
            first = next(iter(results), None)
            for library, result in results.items():
                if first is not None and result != results[first]:
                    found.append(
                        f"{name}: round {number + 1}: {library} and {first} differ:\n  {results[first]}\n  {result}"
                    )
        return found

    def missed(self) -> list[str]:
        """Return the targets that arrowsets does not meet."""
        found: list[str] = []
        if self.step["memory"]:
            return found
        name, above = self.step["name"], self.above_limit
        if above is not None and above > self.step["within"]:
            found.append(f"{name}: {above:.2f}x the limit, target {self.step['within']:g}x")
        faster = self.ratio("datasets", "arrowsets")
        if faster is not None and faster < self.step["faster"]:
            found.append(f"{name}: {faster:.2f}x as fast as datasets, target {self.step['faster']:g}x")
        return found


def geometric_mean(values: Sequence[float]) -> float | None:
    """Return the geometric mean of positive numbers."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def seconds(value: float | None) -> str:
    """Return a time with three digits and its unit.

    >>> seconds(0.01234), seconds(2.5e-06)
    ('12.3 ms', '2.50 us')
    """
    if value is None:
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size or unit == "us":
            return f"{value / size:#.3g}".rstrip(".") + f" {unit}"
    raise AssertionError(value)


def times(value: float | None) -> str:
    """Return a ratio."""
    return (
        ""
        if value is None
        else f"{value:.0f}x"
        if value >= 100
        else f"{value:.1f}x"
        if value >= 10
        else f"{value:.2f}x"
    )


def megabytes(value: float | None) -> str:
    return "" if value is None else f"{value / 1e6:.0f}" if value >= 1e7 else f"{value / 1e6:.2f}"


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Return the whole report."""
    timed = [outcome for outcome in outcomes if not outcome.step["memory"]]
    parts = [_times(timed)] if timed else []
    if timed:
        parts += [_overall(timed), "### What it costs besides time", _costs(timed)]
    grown = [outcome for outcome in outcomes if outcome.step["memory"]]
    if grown:
        parts += ["### Peak memory as data grows", _memory(grown)]
    notes = [f"- **{each.step['name']}**: {note}" for each in outcomes for note in _notes(each.step)]
    if notes:
        parts += ["### Notes", "\n".join(notes)]
    return "\n\n".join(parts)


def _notes(step: Mapping[str, Any]) -> list[str]:
    return [note for note in (step["note"], *(f"{who} differs: {why}" for who, why in step["differs"].items())) if note]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def _times(outcomes: Sequence[Outcome]) -> str:
    head = (
        "step",
        "limit",
        "arrowsets",
        "datasets",
        "arrowsets / limit",
        "datasets / limit",
        "datasets / arrowsets",
        "target",
    )
    return _table(head, [_time_row(outcome) for outcome in outcomes])


def _time_row(outcome: Outcome) -> tuple[str, ...]:
    cells = [seconds(outcome.median(library)) or outcome.reason(library) for library in ORDER]
    target = f"{outcome.step['faster']:g}x"
    return (
        outcome.step["name"],
        *cells,
        times(outcome.ratio("arrowsets", "limit")),
        times(outcome.ratio("datasets", "limit")),
        times(outcome.ratio("datasets", "arrowsets")),
        f"{target} missed" if outcome.missed() else target if outcome.median("arrowsets") is not None else "",
    )


def _overall(outcomes: Sequence[Outcome]) -> str:
    raw = [ratio for each in outcomes if (ratio := each.ratio("arrowsets", "limit")) is not None]
    graced = [ratio for each in outcomes if (ratio := each.above_limit) is not None]
    reference = [ratio for each in outcomes if (ratio := each.ratio("datasets", "limit")) is not None]
    faster = [ratio for each in outcomes if (ratio := each.ratio("datasets", "arrowsets")) is not None]
    return (
        f"Geometric mean over {len(raw)} steps: arrowsets {times(geometric_mean(graced))} the limit "
        f"(target {OVERALL}x; {times(geometric_mean(raw))} without the millisecond granted to single calls), "
        f"datasets {times(geometric_mean(reference))} the limit, "
        f"arrowsets {times(geometric_mean(faster))} as fast as datasets."
    )


def _costs(outcomes: Sequence[Outcome]) -> str:
    head = ["step"]
    for what in ("CPU", "peak MB", "MB written"):
        head += [f"{what}: {ORDER[0]}", *ORDER[1:]]
    rows = []
    for outcome in outcomes:
        row = [outcome.step["name"]]
        for what, show in (("cpu", seconds), ("peak", megabytes), ("written", megabytes)):
            row += [show(outcome.median(library, what)) for library in ORDER]
        rows.append(row)
    return _table(head, rows)


def _memory(outcomes: Sequence[Outcome]) -> str:
    by_name = {outcome.step["name"]: outcome for outcome in outcomes}
    rows = []
    for name, small in by_name.items():
        large = by_name.get(name.removesuffix("1x") + "4x")
        if not name.endswith("1x") or large is None:
            continue
        row = [name.removeprefix("memory: ").removesuffix(" 1x")]
        for library in ("arrowsets", "datasets"):
            one, four = small.median(library, "peak"), large.median(library, "peak")
            growth = four / one if one and four else None
            row += [megabytes(one) or small.reason(library), megabytes(four), times(growth)]
        rows.append(row)
    return _table(("work", "arrowsets: MB", "4x data", "ratio", "datasets: MB", "4x data", "ratio"), rows)
