"""Filter: a user's function, or an Arrow expression, answered with the positions of the rows to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from arrowsets.errors import TransformError
from arrowsets.features import Features, Value
from arrowsets.features.buffers import of_numpy, to_numpy
from arrowsets.formats import Format
from arrowsets.lazy import pc
from arrowsets.record import dataclass
from arrowsets.transforms.base import Batch, Outputs, Transform
from arrowsets.transforms.call import AsyncCalls, Call, describe_rows
from arrowsets.transforms.given import JOB_ROWS, given_batch, given_rows, is_plain

__all__ = ["POSITIONS", "ExpressionFilter", "Filter"]

POSITIONS = Features({"row": Value("int64")})


def _outputs(positions: np.ndarray[Any, np.dtype[np.int64]]) -> Outputs:
    return Outputs(
        pa.table({"row": of_numpy(positions.astype(np.int64, copy=False))}),
        POSITIONS,
        frozenset(),
        whole=True,
        positions=True,
    )


def _truths(answers: Sequence[Any]) -> Any:
    """Return an array of truth values; lists of bools, the usual answer, are copied as bytes, ten times as fast."""
    if isinstance(answers, list) and set(map(type, answers)) == {bool}:
        return np.frombuffer(bytes(answers), np.bool_)
    return np.fromiter(map(bool, answers), dtype=np.bool_, count=len(answers))


@dataclass(frozen=True)
class Filter(Transform):
    """Keep the rows for which a function answers true.

    Attributes:
        call: The function and its arguments.
        format: How rows are shown to it.
        batched: The function takes a batch and answers one truth value for each of its rows.
        batch_size: Rows per call when batched. None: all rows at once.
    """

    call: Call
    format: Format
    batched: bool = False
    batch_size: int | None = 1

    @property
    def by_row(self) -> bool:  # type: ignore[override]
        """A function that takes rows sees one at a time."""
        return not self.batched

    @property
    def job_rows(self) -> int | None:  # type: ignore[override]
        """Where a row is a dict that is gone at once, the more at a time the less it costs."""
        return JOB_ROWS if not self.call.is_async and is_plain(self.format, self.call.reads) else None

    def apply(self, batch: Batch) -> Outputs:
        """Return the positions of the rows of `batch` that are kept."""
        if self.call.is_async:
            return next(self.run([batch]))
        if self.batched:
            indices = range(batch.offset, batch.offset + batch.table.num_rows)
            given = given_batch(self.format, batch.table, self.call.reads)
            return self._of_mask(batch, self.call.batch(given, indices, batch.rank))
        given = given_rows(self.format, batch.table, self.call.reads)
        return self._of_answers(batch, self.call.rows(given.rows, given.left, batch.offset, batch.rank))

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Compute the outputs of a run of batches, in order; coroutines of several batches overlap."""
        if not self.call.is_async:
            yield from map(self.apply, batches)
            return
        with AsyncCalls() as calls:
            for batch, answers in calls.run(map(self._async_calls, batches)):
                yield self._of_mask(batch, answers[0]) if self.batched else self._of_answers(batch, answers)

    def _async_calls(self, batch: Batch) -> tuple[Batch, list[tuple[str, Callable[[], Any]]]]:
        name = self.call.name
        if self.batched:
            indices = range(batch.offset, batch.offset + batch.table.num_rows)
            call = partial(self.call.one, given_batch(self.format, batch.table), list(indices), batch.rank)
            return batch, [(f"{name} on {describe_rows(indices)}", call)]
        return batch, [
            (f"{name} on row {index}", partial(self.call.one, row, index, batch.rank))
            for index, row in enumerate(given_rows(self.format, batch.table).rows, batch.offset)
        ]

    def _of_answers(self, batch: Batch, answers: list[Any]) -> Outputs:
        return _outputs(np.flatnonzero(_truths(answers)) + batch.offset)

    def _of_mask(self, batch: Batch, answer: Any) -> Outputs:
        count = batch.table.num_rows
        if isinstance(answer, (pa.Array, pa.ChunkedArray)):
            answer = answer.to_pylist()
        if not hasattr(answer, "__len__") or isinstance(answer, (str, bytes, dict)):
            raise TypeError(
                f"{self.call.name} returned {type(answer).__name__} for a batch; "
                f"return a list or an array with one truth value for each of its {count} rows"
            )
        if len(answer) != count:
            raise TransformError(
                f"{self.call.name} returned a mask of {len(answer)} values for "
                f"{describe_rows(range(batch.offset, batch.offset + count))} ({count} rows); "
                "return one truth value for each row"
            )
        if isinstance(answer, np.ndarray) and answer.ndim == 1 and answer.dtype != object:
            mask = answer.astype(np.bool_)
        else:
            mask = _truths(answer)
        return _outputs(np.flatnonzero(mask) + batch.offset)


@dataclass(frozen=True)
class ExpressionFilter(Transform):
    """Keep the rows for which an Arrow expression is true; no Python runs for a row."""

    expression: pc.Expression
    batch_size: int | None = 1
    by_row: bool = True
    block_rows: int = 1 << 16

    def apply(self, batch: Batch) -> Outputs:
        """Return the positions of the rows of `batch` for which the expression is true."""
        position = of_numpy(np.arange(batch.offset, batch.offset + batch.table.num_rows))
        table = batch.table.append_column(_POSITION, position)
        kept = table.filter(self.expression).column(_POSITION)
        return _outputs(to_numpy(kept))

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """Compute the outputs of a run of batches, in order."""
        yield from map(self.apply, batches)


_POSITION = "__position__"
