"""Choosing rows: selections, order, and splits. Nothing here moves data but `flatten_indices`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from arrowsets import export
from arrowsets.dataset.core import DatasetCore
from arrowsets.dataset.reading import from_start
from arrowsets.features import Features
from arrowsets.late import derive, distinct, encode, label, sampling
from arrowsets.lazy import pc
from arrowsets.lineage import Lineage
from arrowsets.table import View

if TYPE_CHECKING:
    from arrowsets.dataset.splits import DatasetDict

__all__ = ["RowMethods"]


class RowMethods(DatasetCore):
    """Methods of `Dataset` that choose rows."""

    _collect: ClassVar[Any]
    """Makes a dictionary of splits; set by the module that defines it."""

    def select(
        self,
        indices: Iterable[int],
        keep_in_memory: bool = False,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        new_fingerprint: str | None = None,
    ) -> Self:
        """Return the rows at `indices`, in their order; negative ones count from the end.

        Args:
            indices: Positions, or one bool for each row. Positions may repeat.
            keep_in_memory: Accepted for compatibility, as are the names of cache files: a selection is never written.

        Raises:
            IndexError: for a position that is not there.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2, 3]}).select([2, 0])[:]
        {'x': [3, 1]}
        """
        del keep_in_memory, indices_cache_file_name, writer_batch_size
        if isinstance(indices, (AbstractSet, ValuesView)) or not hasattr(indices, "__len__"):
            indices = list(indices)
        view = self._view.select(from_start(indices, self.num_rows))
        if view is self._view:
            return self._derive("select", lineage=self._lineage, new_fingerprint=new_fingerprint)
        return self._derive("select", {"indices": _hashable(indices)}, view=view, new_fingerprint=new_fingerprint)

    def take(self, n: int) -> Self:
        """Return the first `n` rows, or all if there are fewer."""
        return self.select(range(min(max(n, 0), self.num_rows)))

    def skip(self, n: int) -> Self:
        """Return all rows but the first `n`; none if there are not more."""
        return self.select(range(min(max(n, 0), self.num_rows), self.num_rows))

    def repeat(self, num_times: int) -> Self:
        """Return the rows `num_times` times over; none if that is not positive."""
        if num_times is None:
            raise ValueError(
                "a dataset has an end: give num_times=, or repeat a stream, to_iterable_dataset().repeat(None)"
            )
        if num_times <= 0:
            return self.select(range(0))
        if num_times == 1:
            return self._derive("repeat", lineage=self._lineage)
        return self._derive("repeat", {"num_times": num_times}, view=View.concat([self._view] * num_times))

    def shard(
        self,
        num_shards: int,
        index: int,
        contiguous: bool = True,
        keep_in_memory: bool = False,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
    ) -> Self:
        """Return one of `num_shards` parts of nearly equal size.

        Args:
            contiguous: A part is a run of rows; else each `num_shards`-th row.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": range(5)}).shard(2, 0)[:]
        {'x': [0, 1, 2]}
        """
        del keep_in_memory, indices_cache_file_name, writer_batch_size
        if not 0 <= index < num_shards:
            raise ValueError(f"index must be in [0, {num_shards - 1}], the number of shards less one, not {index}")
        if not contiguous:
            return self.select(range(index, self.num_rows, num_shards))
        size, larger = divmod(self.num_rows, num_shards)
        start = size * index + min(index, larger)
        return self.select(range(start, start + size + (index < larger)))

    def shuffle(
        self,
        seed: int | None = None,
        generator: np.random.Generator | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        new_fingerprint: str | None = None,
    ) -> Self:
        """Return the rows in random order.

        Args:
            seed: Of `numpy.random.default_rng`; the same seed gives the same order. None: taken from NumPy's global
                state, which `numpy.random.seed` sets.
            generator: Used instead of a seed, and advanced.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2, 3]}).shuffle(seed=42)["x"].tolist()
        [3, 2, 1]
        """
        del keep_in_memory, load_from_cache_file, indices_cache_file_name, writer_batch_size
        rng, seed = sampling.generator_for(seed, generator)
        state = None if seed is not None else rng.bit_generator.state
        rows = rng.permutation(self.num_rows)
        return self._derive(
            "shuffle",
            {"seed": seed, "state": state},
            view=self._view.select(rows),
            new_fingerprint=new_fingerprint,
        )

    def sort(
        self,
        column_names: str | Sequence[str],
        reverse: bool | Sequence[bool] = False,
        null_placement: str = "at_end",
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        new_fingerprint: str | None = None,
    ) -> Self:
        """Return the rows ordered by one or more columns; equal rows keep their order.

        Args:
            reverse: Largest first: for all columns, or one bool for each.
            null_placement: "at_end" (or "last") or "at_start" (or "first").

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [2, 3, 1]}).sort("x", reverse=True)["x"].tolist()
        [3, 2, 1]
        """
        del keep_in_memory, load_from_cache_file, indices_cache_file_name, writer_batch_size
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        self._check_columns(names)
        order = [reverse] * len(names) if isinstance(reverse, bool) else list(reverse)
        if len(order) != len(names):
            raise ValueError(f"reverse has {len(order)} values for {len(names)} columns; give one bool for each column")
        placement = {"first": "at_start", "last": "at_end"}.get(null_placement, null_placement)
        if placement not in {"at_start", "at_end"}:
            raise ValueError(f"null_placement must be 'at_end' or 'at_start', not {null_placement!r}")
        keys = self._view.read(range(self.num_rows), names)
        rows = _sorted_rows(keys, list(zip(names, order, strict=True)), placement)
        return self._derive(
            "sort",
            {"columns": names, "reverse": order, "null_placement": placement},
            view=self._view.select(rows.to_numpy()),
            new_fingerprint=new_fingerprint,
        )

    def train_test_split(
        self,
        test_size: float | int | None = None,
        train_size: float | int | None = None,
        shuffle: bool = True,
        stratify_by_column: str | None = None,
        seed: int | None = None,
        generator: np.random.Generator | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        train_indices_cache_file_name: str | None = None,
        test_indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        train_new_fingerprint: str | None = None,
        test_new_fingerprint: str | None = None,
    ) -> DatasetDict:
        """Split the rows into "train" and "test".

        Args:
            test_size: A share of the rows (a float below 1) or their number. None: what `train_size` leaves, or 0.25.
            train_size: The same for the other part.
            shuffle: Choose the rows at random; else the last rows are the test.
            stratify_by_column: Keep the shares of this column's values in both parts.
            seed, generator: As in `shuffle`.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": range(4)}).train_test_split(test_size=0.25, seed=0).num_rows
        {'train': 3, 'test': 1}
        """
        del keep_in_memory, load_from_cache_file, train_indices_cache_file_name, test_indices_cache_file_name
        del writer_batch_size
        num_rows = self.num_rows
        given: dict[str, Any] = {"test_size": test_size, "train_size": train_size, "shuffle": shuffle}
        if num_rows == 0:
            return self._parts(range(0), range(0), given, train_new_fingerprint, test_new_fingerprint)
        num_train, num_test = sampling.split_sizes(num_rows, test_size, train_size)
        if not shuffle:
            if stratify_by_column is not None:
                raise ValueError("stratify_by_column needs shuffle=True")
            train: Any = range(num_train)
            test: Any = range(num_train, num_train + num_test)
            return self._parts(train, test, given, train_new_fingerprint, test_new_fingerprint)
        rng, seed = sampling.generator_for(seed, generator)
        given |= {"seed": seed, "state": None if seed is not None else rng.bit_generator.state}
        if stratify_by_column is not None:
            given["stratify_by_column"] = stratify_by_column
            train, test = sampling.stratified(self._strata(stratify_by_column), num_train, num_test, rng)
        else:
            rows = rng.permutation(num_rows)
            test, train = rows[:num_test], rows[num_test : num_test + num_train]
        return self._parts(train, test, given, train_new_fingerprint, test_new_fingerprint)

    def _parts(
        self, train: Any, test: Any, given: Mapping[str, Any], train_name: str | None, test_name: str | None
    ) -> DatasetDict:
        parts = {
            name: self._derive(
                "train_test_split", {**given, "part": name}, view=self._view.select(rows), new_fingerprint=fingerprint
            )
            for name, rows, fingerprint in (("train", train, train_name), ("test", test, test_name))
        }
        made: DatasetDict = self._collect(parts)
        return made

    def _strata(self, column: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Number the values of a column."""
        self._check_columns([column])
        values = self._view.column(column)
        if isinstance(self._features[column], label.ClassLabel) and values.null_count == 0:
            return values.to_numpy()
        encoded = pa.chunked_array([distinct.comparable(values).combine_chunks()]).unify_dictionaries()
        return pc.rank(encoded, tiebreaker="dense").to_numpy().astype(np.int64) - 1

    def flatten_indices(
        self,
        keep_in_memory: bool = False,
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        features: Features | None = None,
        disable_nullable: bool = False,
        num_proc: int | None = None,
        new_fingerprint: str | None = None,
    ) -> Self:
        """Write the rows in the order they are shown, so that reading them in order reads the disk in order."""
        del writer_batch_size, disable_nullable
        dataset = self if features is None else self.cast(features)  # type: ignore[attr-defined]
        how = derive.Execution(num_proc=num_proc, in_memory=keep_in_memory or None, store=self._store)
        view, pins = derive.rewrite(dataset._view, dataset._features, dataset._lineage, how)
        if cache_file_name is not None:
            export.write_file(view, dataset._features, cache_file_name)
        made: Self = dataset._derive(
            "flatten_indices",
            view=view,
            lineage=dataset._lineage,
            new_fingerprint=new_fingerprint,
            pins=pins,
        )
        return made

    def add_item(self, item: Mapping[str, Any], new_fingerprint: str | None = None) -> Self:
        """Return the rows and one more. Columns that it lacks are null in it; keys that are no columns become some.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1]}).add_item({"x": 2})[:]
        {'x': [1, 2]}
        """
        names = dict.fromkeys((*self._view.columns, *item))
        made = {name: encode.array_of([item.get(name)], self._features.get(name), column=name) for name in names}
        features = Features({name: kind for name, (_, kind) in made.items()})
        row = pa.Table.from_arrays([array for array, _ in made.values()], schema=features.arrow_schema)
        return self._derive(
            "add_item",
            view=View.concat([self._view, View.from_table(row)]).select_columns(list(names)),
            features=features,
            lineage=Lineage("add_item", (self._lineage,), {"item": dict(item)}),
            new_fingerprint=new_fingerprint,
        )


def _sorted_rows(keys: pa.Table, order: Sequence[tuple[str, bool]], placement: str) -> Any:
    if not order:
        raise ValueError("sort needs the name of at least one column")
    ways = [(name, "descending" if down else "ascending") for name, down in order]
    names = dict(order)
    keys = pa.Table.from_arrays([distinct.comparable(keys.column(name)) for name in names], list(names))
    sort: Any = pc.sort_indices
    if int(pa.__version__.partition(".")[0]) < 25:
        return sort(keys, sort_keys=ways, null_placement=placement)
    return sort(keys, sort_keys=[(*way, placement) for way in ways])


def _hashable(indices: Any) -> Any:
    return indices if isinstance(indices, (range, np.ndarray)) else np.asarray(indices)
