"""Map: a user's function applied to rows or batches, and its answers as typed columns.

Rules, whatever the data look like:

- A returned key overwrites or adds a column; other columns stay as they are.
- `None` leaves a row unchanged. A key that only some rows return is null in the others, or unchanged if the column existed.
- A key deleted from the row that was handed in, and returned, is a removed column.
- A function that is handed a table (the arrow, pandas and polars formats) returns all columns that are to be: as a table,
  or as a dict.
- A column that existed keeps its type when the values are of its kind (see `arrowsets.transforms.types`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain
from operator import itemgetter
from time import monotonic
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.errors import TransformError
from arrowsets.features import Features
from arrowsets.features.rows import uniform_columns
from arrowsets.formats import Format, LazyBatch, LazyColumns, LazyRow, PythonFormat, changes, get_format
from arrowsets.formats.compiled import row_dicts
from arrowsets.record import dataclass
from arrowsets.transforms.base import Batch, Outputs, Transform
from arrowsets.transforms.call import AsyncCalls, Call, describe_rows
from arrowsets.transforms.equality import same_values
from arrowsets.transforms.gathered import TOGETHER, Gathered
from arrowsets.transforms.given import JOB_ROWS, GivenRows, given_batch, given_rows, is_plain, narrowed, plain_rows
from arrowsets.transforms.returned import as_table, check_column, is_table
from arrowsets.transforms.types import Typing

__all__ = ["Map"]

TOGETHER_SECONDS = 0.05  # for which answers wait for others to be put together with
SMALL_ROWS = 1 << 13  # of a batch; in larger ones what is done for each does not show


@dataclass(frozen=True)
class Map(Transform):
    """Apply a function to each row, or to each batch of rows.

    Attributes:
        call: The function and its arguments.
        format: How rows are shown to it.
        typing: How its answers get their types.
        batched: The function takes a batch (columns) instead of a row.
        batch_size: Rows per call when batched. None: all rows at once.
        drop_last_batch: Leave out a last batch smaller than `batch_size`.
        removed: Columns that are dropped before the answers are merged.
    """

    call: Call
    format: Format
    typing: Typing
    batched: bool = False
    batch_size: int | None = 1
    drop_last_batch: bool = False
    removed: frozenset[str] = frozenset()
    # Fewer answers at a time than make Python's garbage collector run (700): else a third of a map by row goes to it.
    block_rows: ClassVar[int] = 500  # type: ignore[misc]

    @property
    def job_rows(self) -> int | None:  # type: ignore[override]
        """Plain rows are answered so many at a time that what is done for a block does not show."""
        return JOB_ROWS if self._plain else None

    @cached_property
    def _plain(self) -> bool:
        """Whether rows are dicts of what the function reads, and answers nearly always dicts of what it makes."""
        reads = self.call.reads
        if self.batched or self.call.is_async or reads is None or not is_plain(self.format, reads):
            return False
        # Whether a row that comes back has a column that is to be removed depends on its being set: lazy rows know.
        return not (reads.changed and self.removed and (reads.whole or not self.removed.isdisjoint(reads.names)))

    @property
    def by_row(self) -> bool:  # type: ignore[override]
        """A function that takes rows sees one at a time."""
        return not self.batched

    @property
    def infers(self) -> bool:  # type: ignore[override]
        """Unless the user gave the types."""
        return self.declared is None

    @property
    def declared(self) -> Features | None:  # type: ignore[override]
        """The types that the user gave."""
        return self.typing.declared

    def settled(self, types: Mapping[str, Any]) -> Map:
        """Return the map whose columns get these types."""
        return replace(self, typing=replace(self.typing, settled=Features(types)))

    def apply(self, batch: Batch) -> Outputs:
        """Call the function on one batch."""
        if self.call.is_async:
            return next(self.run([batch]))
        if self.batched:
            given = self._given_batch(batch)
            indices = range(batch.offset, batch.offset + batch.table.num_rows)
            return self._batch_outputs(batch, given, self.call.batch(given, indices, batch.rank))
        if self._plain and batch.table.num_rows > self.block_rows:
            return self._part_by_part(batch)
        rows = self._given_rows(batch)
        answers = self.call.rows(rows.rows, rows.left, batch.offset, batch.rank)
        return self._row_outputs(batch, rows.columns, answers, came_back=rows.came_back(answers))

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Compute the outputs of a run of batches, in order; coroutines of several batches overlap."""
        if not self.call.is_async:
            yield from map(self.apply, batches)
            return
        with AsyncCalls() as calls:
            for (batch, given), answers in calls.run(map(self._async_calls, batches)):
                if self.batched:
                    yield self._batch_outputs(batch, given, answers[0])
                else:
                    yield self._row_outputs(batch, given.columns, answers, came_back=given.came_back(answers))

    @property
    def together(self) -> int:  # type: ignore[override]
        """Small batches of numbers, of which it is known that the function reads nothing else."""
        small = self.batched and self.batch_size is not None and self.batch_size <= SMALL_ROWS
        numbers = self.format.name == "numpy" and self.call.reads is not None and not self.call.is_async
        return TOGETHER if small and numbers else 1

    def run_together(self, batches: Iterable[Batch]) -> Iterator[tuple[int, Outputs]]:
        """Answer batches of a block one by one, and make columns of as many answers as are of one form."""
        for block in batches:
            columns = self.format.sliceable(narrowed(self.format, block.table, self.call.reads))
            yield from self._each(block) if columns is None else self._gathered(block, columns)

    def _each(self, block: Batch) -> Iterator[tuple[int, Outputs]]:
        assert self.batch_size is not None
        for start in range(0, block.table.num_rows, self.batch_size):
            batch = block.part(start, self.batch_size)
            yield batch.table.num_rows, self.apply(batch)

    def _gathered(self, block: Batch, columns: Mapping[str, Any]) -> Iterator[tuple[int, Outputs]]:
        assert self.batch_size is not None
        count, gathered, begun = block.table.num_rows, Gathered(), monotonic()
        for start in range(0, count, self.batch_size):
            rows = min(self.batch_size, count - start)
            given = {name: column[start : start + rows] for name, column in columns.items()}
            indices = range(block.offset + start, block.offset + start + rows)
            try:
                answer = self.call.batch(given, indices, block.rank)
            except BaseException:
                # What was answered before is kept for when the work is resumed.
                yield from self._of_gathered(block, start, gathered)
                raise
            added = gathered.add(answer, rows, count - start)
            if not added:
                yield from self._of_gathered(block, start, gathered)
                added = gathered.add(answer, rows, count - start)
            if not added:
                yield rows, self._batch_outputs(block.part(start, rows), given, answer)
            elif monotonic() - begun > TOGETHER_SECONDS:
                # Making columns no longer shows, but waiting for them would: in progress, and in what is lost with a process.
                yield from self._of_gathered(block, start + rows, gathered)
                begun = monotonic()
        yield from self._of_gathered(block, count, gathered)

    def _of_gathered(self, block: Batch, stop: int, gathered: Gathered) -> Iterator[tuple[int, Outputs]]:
        """Make columns of the answers since the last time, the last of which is to the row before `stop`."""
        assert self.batch_size is not None
        rows = gathered.rows
        if not rows:
            return
        values = gathered.columns()
        made = self._whole(block.part(stop - rows, rows), values)
        if made is not None:
            yield rows, made
            return
        for start in range(0, rows, self.batch_size):
            part = block.part(stop - rows + start, min(self.batch_size, rows - start))
            answer = {key: array[start : start + part.table.num_rows] for key, array in values.items()}
            yield part.table.num_rows, self._batch_outputs(part, None, answer)

    def _whole(self, batch: Batch, values: Mapping[str, Any]) -> Outputs | None:
        """Make columns of many answers at once; None where their types, or an error, may be others than one by one."""
        try:
            made = self._batch_outputs(batch, None, values)
        except Exception:  # noqa: BLE001 - the first of the answers that cannot be typed says so itself
            return None
        return made if all(self.typing.is_common(key, kind) for key, kind in made.features.items()) else None

    def _async_calls(self, batch: Batch) -> tuple[Any, list[tuple[str, Callable[[], Any]]]]:
        name = self.call.name
        if self.batched:
            given = self._given_batch(batch)
            indices = range(batch.offset, batch.offset + batch.table.num_rows)
            call = partial(self.call.one, given, list(indices), batch.rank)
            return (batch, given), [(f"{name} on {describe_rows(indices)}", call)]
        given = self._given_rows(batch)
        return (batch, given), [
            (f"{name} on row {index}", partial(self.call.one, row, index, batch.rank))
            for index, row in enumerate(given.rows, batch.offset)
        ]

    def _given_batch(self, batch: Batch) -> Any:
        return given_batch(self.format, batch.table, self.call.reads)

    def _given_rows(self, batch: Batch) -> GivenRows:
        lazy = isinstance(self.format, PythonFormat) and not self._plain
        return given_rows(self.format, batch.table, None if lazy else self.call.reads)

    def _part_by_part(self, batch: Batch) -> Outputs:
        """Answer the rows of a large block, taking the answers apart before they are many."""
        reads, columns = self.call.reads, self.format.lazy(batch.table)
        assert reads is not None
        names, count = reads.of(batch.table.schema.names), batch.table.num_rows
        taken: dict[str, list[Any]] = {}
        came_back = False
        for start in range(0, count, self.block_rows):
            rows = plain_rows(columns, names, reads, start, min(start + self.block_rows, count))
            answers = self.call.rows(rows.rows, rows.left, batch.offset + start, batch.rank)
            came_back = came_back or rows.came_back(answers)
            values = uniform_columns(answers)
            if not values or (taken and values.keys() != taken.keys()):
                # These are of another form: put together again, all are looked at one by one.
                answers = row_dicts(list(taken), list(taken.values()), start) + answers
                rows = plain_rows(columns, names, reads, len(answers), count)
                rest = self.call.rows(rows.rows, rows.left, batch.offset + len(answers), batch.rank)
                came_back = came_back or rows.came_back(rest)
                return self._row_outputs(batch, columns, answers + rest, came_back=came_back)
            for key, some in values.items():
                taken.setdefault(key, []).extend(some)
            # Gone before the next are made, or the garbage collector would see both.
            del rows, answers
        keys = dict.fromkeys([*(self._kept(columns) if came_back else ()), *taken])
        return self._made(batch, columns, list(keys), list(taken), taken.__getitem__, frozenset())

    def _kept(self, given: LazyColumns) -> list[str]:
        return [name for name in given.names if name not in self.removed]

    # -- answers to rows

    def _row_outputs(
        self, batch: Batch, columns: LazyColumns | None, answers: list[Any], *, came_back: bool
    ) -> Outputs:
        kinds = set(map(type, answers))
        if kinds == {type(None)}:
            return self._nothing(batch.table)
        if any(is_table(answer) for answer in _one_of_each(answers, kinds)):
            return self._row_tables(batch, answers)
        for answer in _one_of_each(answers, kinds):
            if not isinstance(answer, Mapping) and answer is not None:
                raise TypeError(
                    f"{self.call.name} returned {type(answer).__name__} for row "
                    f"{batch.offset + next(i for i, a in enumerate(answers) if type(a) is type(answer))}; "
                    "return a dict of columns, a table with one row, or None to leave the row as it is"
                )
        return self._row_mappings(batch, columns, answers, kinds, came_back=came_back)

    def _row_tables(self, batch: Batch, answers: list[Any]) -> Outputs:
        tables = []
        for index, answer in enumerate(answers, batch.offset):
            table = as_table(answer) if is_table(answer) else None
            if table is None or table.num_rows != 1:
                shown = type(answer).__name__ if table is None else f"a table of {table.num_rows} rows"
                raise TransformError(
                    f"{self.call.name} returned {shown} for row {index}; return a table of one row for each row, "
                    "or use batched=True"
                )
            tables.append(table)
        return self._table_outputs(pa.concat_tables(tables, promote_options="permissive"))

    def _row_mappings(
        self, batch: Batch, columns: LazyColumns | None, answers: list[Any], kinds: set[type], *, came_back: bool
    ) -> Outputs:
        deleted: frozenset[str] = frozenset()
        known: dict[str, list[Any]] = {}
        if columns is not None and LazyRow in kinds:
            keys, candidates, deleted = self._lazily_returned(answers, columns)
        else:
            known = uniform_columns(answers)
            keys = candidates = list(known) or _returned(answers)
            if columns is not None and came_back:
                # A row that came back stands for all columns; those that it does not hold were not touched.
                keys = list(dict.fromkeys([*self._kept(columns), *candidates]))

        def values_of(key: str) -> list[Any]:
            return known.get(key) or self._values(key, batch, answers, has_none=type(None) in kinds)

        return self._made(batch, columns, keys, candidates, values_of, deleted)

    def _made(
        self,
        batch: Batch,
        columns: LazyColumns | None,
        keys: list[str],
        candidates: list[str],
        values_of: Callable[[str], list[Any]],
        deleted: frozenset[str],
    ) -> Outputs:
        """Make columns of the values of some keys, one for each row; other keys are columns of the input's."""
        if odd := [key for key in keys if not isinstance(key, str)]:
            raise TypeError(f"{self.call.name} returned a column named {odd[0]!r}; column names are strings")
        arrays: dict[str, Any] = {}
        features: dict[str, Any] = {}
        unchanged = set(keys).difference(candidates)
        for key in candidates:
            values = values_of(key)
            if columns is not None and self._existed(key) and columns.unchanged(key, values):
                unchanged.add(key)
                continue
            array, feature = self.typing.column(key, values, batch.offset)
            if self._equals_input(key, array, batch.table):
                unchanged.add(key)
            else:
                arrays[key], features[key] = array, feature
        for key in unchanged:
            arrays[key], features[key] = batch.table.column(key), self.typing.input[key]
        return Outputs(
            table=_table({key: arrays[key] for key in keys}, batch.table.num_rows),
            features=Features({key: features[key] for key in keys}),
            unchanged=frozenset(unchanged),
            deleted=deleted,
            whole=self.format.tabular,
        )

    def _values(self, key: str, batch: Batch, answers: list[Any], *, has_none: bool) -> list[Any]:
        if not has_none:
            try:
                return list(map(itemgetter(key), answers))
            except KeyError:
                pass
        kept = self._input_values(key, batch) if self._existed(key) else [None] * len(answers)
        return [
            answer[key] if answer is not None and key in answer else value
            for answer, value in zip(answers, kept, strict=True)
        ]

    def _existed(self, key: str) -> bool:
        return key in self.typing.input and key not in self.removed

    def _input_values(self, key: str, batch: Batch) -> list[Any]:
        stored = batch.column(key)
        if stored is None:
            raise TransformError(
                f"{self.call.name} returned no {key!r} for some rows of {batch.offset} to "
                f"{batch.offset + batch.table.num_rows - 1}, and was not given that column; name it in input_columns, "
                "or return it for every row"
            )
        column = get_format(None, Features({key: self.typing.input[key]})).column(stored)
        return list(column)

    def _lazily_returned(
        self, answers: Sequence[Any], given: LazyColumns
    ) -> tuple[list[str], list[str], frozenset[str]]:
        """Return all keys of the answers, those whose values may differ from the input's, and those that were deleted.

        A lazy row that comes back is not read: columns that nobody touched are the input's. Those that are to be removed
        are not returned with it, unless they were set.
        """
        own = [answer for answer in answers if isinstance(answer, (LazyRow, LazyBatch)) and answer.columns is given]
        set_keys, deletions = changes(own)
        others = [answer for answer in answers if answer is not None] if len(own) < len(answers) else []
        others = [answer for answer in others if not isinstance(answer, (LazyRow, LazyBatch))]
        if len(deletions) > 1 or (others and deletions != [frozenset()]):
            names = sorted(frozenset[str]().union(*deletions))
            raise TransformError(
                f"{self.call.name} deleted {names} from some rows but not from others; "
                "delete a column from every row, or name it in remove_columns"
            )
        deleted = deletions[0]
        keys = dict.fromkeys([*(name for name in self._kept(given) if name not in deleted), *set_keys])
        candidates = set(set_keys).union(*(answer.keys() for answer in others))
        keys.update(dict.fromkeys(key for answer in others for key in answer))
        candidates.update(key for key in keys if dict.__contains__(given, key))
        return list(keys), [key for key in keys if key in candidates], deleted

    # -- answers to batches

    def _batch_outputs(self, batch: Batch, given: Any, answer: Any) -> Outputs:
        if answer is None:
            return self._nothing(batch.table)
        if is_table(answer):
            return self._table_outputs(as_table(answer), batch.table)
        if not isinstance(answer, Mapping):
            raise TypeError(
                f"{self.call.name} returned {type(answer).__name__} for a batch; "
                "return a dict of columns, a table, or None to leave the rows as they are"
            )
        columns = given.columns if isinstance(given, LazyBatch) else None
        deleted: frozenset[str] = frozenset()
        if columns is not None and isinstance(answer, LazyBatch):
            keys, candidates, deleted = self._lazily_returned([answer], columns)
        else:
            keys = candidates = list(answer)
        arrays: dict[str, Any] = {}
        features: dict[str, Any] = {}
        unchanged = {key for key in keys if key not in candidates}
        for key in candidates:
            values = check_column(key, answer[key], self.call.name)
            if (
                columns is not None
                and self._existed(key)
                and isinstance(values, list)
                and columns.unchanged(key, values)
            ):
                unchanged.add(key)
                continue
            array, feature = self.typing.column(key, values, None)
            if self._equals_input(key, array, batch.table):
                unchanged.add(key)
            arrays[key], features[key] = array, feature
        for key in unchanged:
            arrays[key], features[key] = batch.table.column(key), self.typing.input[key]
        arrays = {key: arrays[key] for key in keys}
        _check_lengths(arrays, self.call.name)
        return Outputs(
            table=_table(arrays, None),
            features=Features({key: features[key] for key in keys}),
            unchanged=frozenset(unchanged),
            deleted=deleted,
            whole=self.format.tabular,
        )

    def _table_outputs(self, table: pa.Table, given: pa.Table | None = None) -> Outputs:
        arrays: dict[str, Any] = {}
        features: dict[str, Any] = {}
        unchanged: set[str] = set()
        for key, column in zip(table.column_names, table.columns, strict=True):
            arrays[key], features[key] = self.typing.arrow(key, column, table.schema)
            if given is not None and self._equals_input(key, arrays[key], given):
                unchanged.add(key)
        return Outputs(
            table=_table(arrays, table.num_rows),
            features=Features(features),
            unchanged=frozenset(unchanged),
            whole=True,
        )

    # -- both

    def _equals_input(self, key: str, array: pa.Array[Any] | pa.ChunkedArray[Any], table: pa.Table) -> bool:
        # With input_columns= the others are not read, so that nobody knows.
        place = table.schema.get_field_index(key)
        if not self._existed(key) or len(array) != table.num_rows or place < 0:
            return False
        column = table.column(place)
        if array.type != column.type:
            return False
        chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
        return same_values(column, chunked)

    def _nothing(self, table: pa.Table) -> Outputs:
        return Outputs(table=table.select([]), features=Features({}), touched=False)


def _one_of_each(answers: Sequence[Any], kinds: set[type]) -> list[Any]:
    if len(kinds) == 1:
        return [answers[0]]
    found: dict[type, Any] = {}
    for answer in answers:
        found.setdefault(type(answer), answer)
    return list(found.values())


def _returned(answers: Sequence[Any]) -> list[str]:
    """Return all keys of the answers."""
    return list(dict.fromkeys(chain.from_iterable(answer for answer in answers if answer is not None)))


def _check_lengths(arrays: Mapping[str, Any], name: str) -> None:
    if len(set(map(len, arrays.values()))) > 1:
        lengths = {key: len(array) for key, array in arrays.items()}
        shown = ", ".join(f"{key!r}: {length}" for key, length in lengths.items())
        raise TransformError(f"{name} returned columns of different lengths ({shown}); make them equal")


def _table(arrays: Mapping[str, Any], num_rows: int | None) -> pa.Table:
    if not arrays and num_rows:
        return pa.table({"_": pa.nulls(num_rows)}).select([])
    return pa.Table.from_arrays(list(arrays.values()), list(arrays))
