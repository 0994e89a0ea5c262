"""Map: a user's function applied to rows or batches, and its answers as typed columns.

Rules, whatever the data look like:

- A returned key overwrites or adds a column; other columns stay as they are.
- `None` leaves a row unchanged. A key that only some rows return is null in the others, or unchanged if the column existed.
- A key deleted from the row that was handed in, and returned, is a removed column.
- A column that existed keeps its type when the values are of its kind (see `arrowsets.transforms.types`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from arrowsets.errors import TransformError
from arrowsets.features import Features
from arrowsets.formats import Format, LazyBatch, LazyRow
from arrowsets.transforms.base import Batch, Outputs, Transform
from arrowsets.transforms.call import AsyncCalls, Call, describe_rows
from arrowsets.transforms.returned import as_table, check_column, is_table
from arrowsets.transforms.types import Typing

__all__ = ["Map"]


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

    def apply(self, batch: Batch) -> Outputs:
        """Call the function on one batch."""
        if self.call.is_async:
            return next(self.run([batch]))
        if self.batched:
            given = self._given_batch(batch)
            indices = range(batch.offset, batch.offset + batch.table.num_rows)
            return self._batch_outputs(batch, given, self.call.batch(given, indices, batch.rank))
        rows = list(self.format.rows(batch.table))
        return self._row_outputs(batch, rows, self.call.rows(rows, batch.offset, batch.rank))

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
                    yield self._row_outputs(batch, given, answers)

    def _async_calls(self, batch: Batch) -> tuple[Any, list[tuple[str, Callable[[], Any]]]]:
        name = self.call.name
        if self.batched:
            given = self._given_batch(batch)
            indices = range(batch.offset, batch.offset + batch.table.num_rows)
            call = partial(self.call.one, given, list(indices), batch.rank)
            return (batch, given), [(f"{name} on {describe_rows(indices)}", call)]
        rows = list(self.format.rows(batch.table))
        return (batch, rows), [
            (f"{name} on row {index}", partial(self.call.one, row, index, batch.rank))
            for index, row in enumerate(rows, batch.offset)
        ]

    def _given_batch(self, batch: Batch) -> Any:
        return self.format.batch(batch.table)

    # -- answers to rows

    def _row_outputs(self, batch: Batch, rows: list[Any], answers: list[Any]) -> Outputs:
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
        return self._row_mappings(batch, rows, answers, has_none=type(None) in kinds)

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

    def _row_mappings(self, batch: Batch, rows: list[Any], answers: list[Any], *, has_none: bool) -> Outputs:
        deleted = self._deleted(rows, answers)
        present = [answer for answer in answers if answer is not None] if has_none else answers
        keys = _keys(present)
        arrays, features, unchanged = {}, {}, set()
        for key in keys:
            values, same = self._values(key, batch.table, rows, answers, has_none=has_none)
            if same:
                unchanged.add(key)
                continue
            array, feature = self.typing.column(key, values, batch.offset)
            if self._equals_input(key, array, batch.table):
                unchanged.add(key)
            arrays[key], features[key] = array, feature
        for key in unchanged - arrays.keys():
            arrays[key], features[key] = batch.table.column(key), self.typing.input[key]
        ordered = {key: arrays[key] for key in keys}
        return Outputs(
            table=_table(ordered, len(rows)),
            features=Features({key: features[key] for key in keys}),
            unchanged=frozenset(unchanged),
            deleted=deleted,
        )

    def _values(
        self, key: str, table: pa.Table, rows: list[Any], answers: list[Any], *, has_none: bool
    ) -> tuple[list[Any], bool]:
        """Return the column's values, and whether they are known to be the input's own."""
        if not has_none:
            try:
                values = [answer[key] for answer in answers]
            except KeyError:
                values = None
        else:
            values = None
        existed = key in self.typing.input and key not in self.removed
        if values is None:
            fallback = table.column(key).to_pylist() if existed else [None] * len(rows)
            values = [
                answer[key] if answer is not None and key in answer else kept
                for answer, kept in zip(answers, fallback, strict=True)
            ]
        return values, existed and self._are_input_values(key, values, rows)

    def _are_input_values(self, key: str, values: list[Any], rows: list[Any]) -> bool:
        """Whether each value is the very object that was handed in, of a type that cannot be changed in place."""
        if not rows or not isinstance(rows[0], LazyRow) or not self.typing.is_immutable(key):
            return False
        return all(row.is_original(key, value) for row, value in zip(rows, values, strict=True))

    def _deleted(self, rows: list[Any], answers: list[Any]) -> frozenset[str]:
        gone = [
            answer.deleted if answer is row and isinstance(answer, LazyRow) else frozenset[str]()
            for row, answer in zip(rows, answers, strict=True)
            if answer is not None
        ]
        deleted = frozenset[str]().union(*gone) if any(gone) else frozenset[str]()
        for index, names in enumerate(gone):
            if names != deleted:
                raise TransformError(
                    f"{self.call.name} deleted {sorted(deleted - names)} from some rows but not from the "
                    f"{index}th of its batch; delete a column from every row, or name it in remove_columns"
                )
        return deleted

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
        deleted: frozenset[str] = frozenset()
        kept: frozenset[str] = frozenset()
        if isinstance(answer, LazyBatch):
            deleted = frozenset(answer.deleted)
            kept = frozenset(answer.untouched)
        arrays, features, unchanged = {}, {}, set(kept)
        for key in answer:
            if key in kept:
                arrays[key], features[key] = batch.table.column(key), self.typing.input[key]
                continue
            values = check_column(key, answer[key], self.call.name)
            array, feature = self.typing.column(key, values, None)
            if self._equals_input(key, array, batch.table):
                unchanged.add(key)
            arrays[key], features[key] = array, feature
        _check_lengths(arrays, self.call.name)
        return Outputs(
            table=_table(arrays, None),
            features=Features(features),
            unchanged=frozenset(unchanged),
            deleted=deleted,
        )

    def _table_outputs(self, table: pa.Table, given: pa.Table | None = None) -> Outputs:
        arrays, features, unchanged = {}, {}, set()
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

    def _equals_input(self, key: str, array: pa.Array | pa.ChunkedArray, table: pa.Table) -> bool:
        if key not in self.typing.input or key in self.removed or len(array) != table.num_rows:
            return False
        column = table.column(key)
        if array.type != column.type:
            return False
        chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
        return bool(column.equals(chunked))

    def _nothing(self, table: pa.Table) -> Outputs:
        return Outputs(table=table.select([]), features=Features({}), touched=False)


def _one_of_each(answers: Sequence[Any], kinds: set[type]) -> list[Any]:
    if len(kinds) == 1:
        return [answers[0]]
    found: dict[type, Any] = {}
    for answer in answers:
        found.setdefault(type(answer), answer)
    return list(found.values())


def _keys(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    keys = dict.fromkeys(answers[0])
    # One pass over lengths is enough to see that no other row has further keys, if each has these.
    if any(answer.keys() != keys.keys() for answer in answers):
        for answer in answers:
            keys.update(dict.fromkeys(answer))
    return list(keys)


def _check_lengths(arrays: Mapping[str, Any], name: str) -> None:
    lengths = {key: len(array) for key, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{key!r}: {length}" for key, length in lengths.items())
        raise TransformError(f"{name} returned columns of different lengths ({shown}); make them equal")


def _table(arrays: Mapping[str, Any], num_rows: int | None) -> pa.Table:
    if not arrays and num_rows:
        return pa.table({"_": pa.nulls(num_rows)}).select([])
    return pa.table(dict(arrays))
