"""Choosing, repeating, sharing out and shuffling the rows of a stream."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Self, TypeVar

import numpy as np

from arrowsets.dataset import Dataset
from arrowsets.dataset.typed import TypedStream
from arrowsets.engine.plan import Concatenated, Plan
from arrowsets.engine.plan_pieces import Evenness
from arrowsets.engine.steps import Repeat, Share, Shuffle, Skip, Take
from arrowsets.errors import ColumnNotFound
from arrowsets.iterable.core import IterableCore
from arrowsets.iterable.sources import plan_of_view
from arrowsets.lineage import Lineage

__all__ = ["RowMethods"]

T = TypeVar("T")


class RowMethods(IterableCore):
    """Methods of `IterableDataset` that choose and order rows."""

    def take(self, n: int) -> Self:
        """Return the first `n` rows, or all if there are fewer."""
        return self._then("take", {"n": n}, Take(max(n, 0)), features=self._features)

    def skip(self, n: int) -> Self:
        """Return all rows but the first `n`; they are jumped over where the source allows that."""
        return self._then("skip", {"n": n}, Skip(max(n, 0)), features=self._features)

    def select(self, indices: range | Sequence[int]) -> Self:
        """Return a range of rows: `stream.select(range(10, 20))`.

        Raises:
            ValueError: for rows that are no range upwards, which a stream cannot go to.
        """
        chosen = indices if isinstance(indices, range) else _as_range(list(indices))
        if chosen is None or chosen.step != 1 or chosen.start < 0:
            raise ValueError(
                f"a stream goes to rows in their order only, so select takes a range such as range(10, 20), not {indices!r}; "
                "materialise it for others: stream.to_dataset().select(...)"
            )
        return self.skip(chosen.start).take(len(chosen))

    def add_item(self, item: Mapping[str, Any]) -> Self:
        """Put a row behind the others; what it lacks is null.

        Raises:
            ValueError: where the columns are not known, as behind a `map` without `features=`.
        """
        if self._features is None:
            raise ValueError(
                "add_item needs to know the columns, which only reading this stream tells; give map features=, or cast"
            )
        if unknown := [name for name in item if name not in self._features]:
            raise ColumnNotFound.of(unknown[0], self._features)
        row = Dataset.from_dict({name: [item.get(name)] for name in self._features}, self._features)
        made = self._then("add_item", None, features=self._features)
        made._plan = Plan(Concatenated((self._plan, plan_of_view(row._view, self._features))))
        made._lineage = Lineage("add_item", (self._lineage, row._lineage))
        return made

    def repeat(self, num_times: int | None) -> Self:
        """Return the rows `num_times` times over, without end for None; a shuffle before it is done anew each time."""
        return self._then("repeat", {"num_times": num_times}, Repeat(num_times), features=self._features)

    def shuffle(
        self,
        seed: int | None = None,
        generator: np.random.Generator | None = None,
        buffer_size: int = 1000,
        max_buffer_input_shards: int = 10,
    ) -> Self:
        """Shuffle approximately: units of rows in random order, several read side by side, and windows of their rows.

        Rows that are `to_iterable_dataset()` or Parquet are cut into units of a thousand rows, or row groups; each window
        holds rows of `max_buffer_input_shards` of them. The order is a function of the seed and the epoch alone.

        Args:
            seed: None draws one; states carry it.
            generator: A seed is drawn of it, instead.
            buffer_size: Rows of a window, which are held in memory.
            max_buffer_input_shards: Units that are read side by side.
        """
        if buffer_size < 1 or max_buffer_input_shards < 1:
            raise ValueError(
                "buffer_size and max_buffer_input_shards must be 1 or more, "
                f"not {buffer_size} and {max_buffer_input_shards}"
            )
        drawn = seed is None
        if seed is None:
            seed = secrets.randbits(63) if generator is None else int(copy.deepcopy(generator).integers(1 << 63))
        step = Shuffle(seed, buffer_size, max_buffer_input_shards, drawn and generator is None)
        given = {"seed": seed, "buffer_size": buffer_size, "inputs": max_buffer_input_shards}
        return self._then("shuffle", given, step, features=self._features)

    def shard(self, num_shards: int, index: int, contiguous: bool = True, even: Evenness | None = None) -> Self:
        """Return one of `num_shards` parts; together they hold each row once.

        Parts are cut by rows wherever rows are counted before they are read, so that none has more than one row, or one
        batch of a batched `map`, more than another; any number of them can be made of one file.

        Args:
            contiguous: Accepted for compatibility: a part is always read in the order of its rows.
            even: Give all parts equally many rows: "drop" leaves out what is over, "pad" fills up from the first rows of
                all, "repeat" from the first rows of the part. Rows that a filter before it leaves out are not foreseen.
        """
        del contiguous
        if not 0 <= index < num_shards:
            raise IndexError(f"index must be in [0, {num_shards - 1}], the number of shards less one, not {index}")
        if even not in (None, "drop", "pad", "repeat"):
            raise ValueError(f"even must be 'drop', 'pad', 'repeat' or None, not {even!r}")
        given = {"num_shards": num_shards, "index": index, "even": even}
        return self._then("shard", given, Share(num_shards, index, even), features=self._features)

    def reshard(self, num_shards: int | None = None) -> Self:
        """Return the stream itself: work is cut by rows whatever the files are, so there is nothing to cut again."""
        del num_shards
        return self

    def as_rows(self, cls: type[T]) -> TypedStream[T]:
        """Yield the rows as objects of a class, a dataclass, a named tuple or a TypedDict; see `Dataset.as_rows`."""
        return TypedStream(self, cls)

    def sort(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: the first row of a sorted stream is known when the last was read."""
        del args, kwargs
        raise NotImplementedError(
            "a stream cannot be sorted before it is read to its end; materialise it: stream.to_dataset().sort(...)"
        )

    def train_test_split(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse, with what to do."""
        del args, kwargs
        raise NotImplementedError(
            "a stream cannot be split by shares before its rows are counted; use take(n) and skip(n), "
            "load_dataset(..., split='train[:90%]', streaming=True), or stream.to_dataset().train_test_split(...)"
        )


def _as_range(indices: list[int]) -> range | None:
    if not indices:
        return range(0)
    spelt = range(indices[0], indices[0] + len(indices))
    return spelt if list(spelt) == indices else None
