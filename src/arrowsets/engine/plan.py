"""Plans: what is read and what is done to it, as values; `arrowsets.engine.stages` runs them.

A plan has a source and steps. The source is shards, or other plans: concatenated, side by side, or mixed. A plan is pickled to
workers and never changes; whatever changes while rows are read lives in stages.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

import pyarrow as pa

from arrowsets.features import Features
from arrowsets.record import dataclass

if TYPE_CHECKING:
    from arrowsets.engine.stages import Stage

__all__ = [
    "Beside",
    "Concatenated",
    "Context",
    "Mixed",
    "Piece",
    "Plan",
    "Shard",
    "Shards",
    "Source",
    "Step",
    "Stopping",
]

Stopping: TypeAlias = str
"""first_exhausted, all_exhausted or all_exhausted_without_replacement."""


class Shard(Protocol):
    """Rows that are read one after the other; small and picklable.

    `num_rows` is None where only reading tells. `edges` are rows where reading can begin without reading others; none
    means anywhere. `read(start, stop, place)` yields the rows from `start` on without reading those before it where the
    format allows that, and may yield more than up to `stop`. Each table comes with the place after it, such as a byte of a
    file, which is given back to go on there; None where the row's number is as good.

    `skim(place)` tells how many rows follow a place, in runs with the place after each, without reading their values; None
    where that is not cheaper. `counted()` is the same shard with its rows counted, where that can be done so.
    `only(names)` is the shard with these of its columns, if it can leave the others unread; else it is the shard itself.
    """

    @property
    def num_rows(self) -> int | None: ...
    @property
    def edges(self) -> tuple[int, ...]: ...
    def read(self, start: int, stop: int | None, place: int | None) -> Iterator[tuple[pa.Table, int | None]]: ...
    def skim(self, place: int | None) -> Iterator[tuple[int, int]] | None: ...
    def counted(self) -> Shard: ...
    def only(self, names: Sequence[str]) -> Shard: ...


@dataclass(frozen=True)
class Piece:
    """Rows `start` to `stop` of a shard: the unit in which work is shared out and shuffled.

    Attributes:
        branch: Which of the plans that are concatenated the shard is of.
        shard: Its number there.
        stop: None: to the end, wherever that is.
        offset: Position of the first row among those of its branch; where it is not counted, of no meaning.
        begins: Batches of rows begin anew here.
        part, parts: Of a piece that cannot be cut, each reader keeps every `parts`-th block of rows.
    """

    branch: int
    shard: int
    start: int
    stop: int | None
    offset: int = 0
    begins: bool = False
    part: int = 0
    parts: int = 1

    @property
    def num_rows(self) -> int | None:
        """How many rows; None where that is not known."""
        return None if self.stop is None or self.parts > 1 else self.stop - self.start

    def between(self, low: int, high: int) -> Piece:
        """Rows `low` to `high` of the piece."""
        return Piece(
            self.branch, self.shard, self.start + low, self.start + high, self.offset + low, self.begins and low == 0
        )


@dataclass(frozen=True)
class Context:
    """What a read depends on besides the plan.

    Attributes:
        epoch: Changes every shuffle.
        rounds: Which repetition of each `repeat` is read; each is shuffled anew.
    """

    epoch: int = 0
    rounds: tuple[int, ...] = ()

    def again(self, number: int) -> Context:
        """The context of a repetition."""
        return replace(self, rounds=(*self.rounds, number))

    def seeds(self, *values: int) -> list[int]:
        """The words that a generator of random numbers is seeded with."""
        return [self.epoch, *self.rounds, *(value & 0xFFFFFFFFFFFFFFFF for value in values)]


class Step(ABC):
    """What is done to a stream of rows; a frozen, picklable value.

    Attributes:
        one_to_one: Row i of the input is row i of the output.
        shares: What is done to a share of the rows is that share of what is done to all of them.
        permutes: It may be done to units of rows in any order.
        parallel: Several units may be read side by side through it.
        grain: Rows that must not be parted.
        positional: It depends on the rows' numbers.
    """

    one_to_one: bool = False
    shares: bool = True
    permutes: bool = True
    parallel: bool = True
    positional: bool = False

    @property
    def grain(self) -> int:
        """Rows that are looked at together, from multiples of their number on."""
        return 1

    @property
    def name(self) -> str:
        """What states call it."""
        return type(self).__name__.lower()

    @abstractmethod
    def open(self, upstream: Stage, context: Context) -> Stage:
        """Make the stage that does it."""


@dataclass(frozen=True)
class Shards:
    """Shards one after the other.

    Attributes:
        features: The types of their rows.
    """

    shards: tuple[Shard, ...]
    features: Features | None = None


@dataclass(frozen=True)
class Concatenated:
    """Plans one after the other."""

    plans: tuple[Plan, ...]


@dataclass(frozen=True)
class Beside:
    """The columns of plans with as many rows side by side."""

    plans: tuple[Plan, ...]


@dataclass(frozen=True)
class Mixed:
    """Rows of plans in turn, or drawn with probabilities."""

    plans: tuple[Plan, ...]
    probabilities: tuple[float, ...] | None
    seed: int
    stopping: Stopping


Source: TypeAlias = "Shards | Concatenated | Beside | Mixed"


@dataclass(frozen=True)
class Plan:
    """A source and what is done to its rows."""

    source: Source
    steps: tuple[Step, ...] = ()

    def then(self, *steps: Step) -> Plan:
        """The plan with steps added."""
        return replace(self, steps=self.steps + steps)
