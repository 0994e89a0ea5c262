"""Methods that run a user's function on the way: map, filter and batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Literal, Self

from arrowsets.dataset.reading import FormatSpec
from arrowsets.engine.plan import Step
from arrowsets.engine.stages_apply import Work
from arrowsets.engine.steps import Apply, Conform, Runs
from arrowsets.features import Features, List
from arrowsets.iterable.bindings import ExpressionBinding, FilterBinding, GroupBinding, MapBinding
from arrowsets.iterable.core import IterableCore
from arrowsets.lazy import is_expression, pc
from arrowsets.transforms.call import Call

__all__ = ["MapMethods"]


class MapMethods(IterableCore):
    """Methods of `IterableDataset` that compute columns or choose rows by a function."""

    def map(
        self,
        function: Callable[..., Any] | None = None,
        with_indices: bool = False,
        input_columns: str | Sequence[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        drop_last_batch: bool = False,
        remove_columns: str | Sequence[str] | None = None,
        features: Features | None = None,
        fn_kwargs: Mapping[str, Any] | None = None,
        *,
        with_rank: bool = False,
        num_proc: int | None = None,
        executor: Executor | None = None,
        try_original_type: bool | None = True,
        on_mixed_types: Literal["use_json"] | None = "use_json",
    ) -> Self:
        """Apply a function to each row, or to batches of rows, while they are read.

        What it is given and may return is as for `Dataset.map`: `None` leaves a row as it is, a coroutine function runs for
        up to 1000 rows at once, batches may grow and shrink. The types of the result are known only if `features=` says so.

        Args:
            with_indices: Pass the row's position; behind a filter or a shuffle, its position among what this reader sees.
            num_proc: Worker processes. Batches go to them and come back in order, a bounded number at a time.
            executor: Who works instead: any `concurrent.futures.Executor`.

        See `Dataset.map` for the other parameters.

        >>> from arrowsets import Dataset
        >>> stream = Dataset.from_dict({"x": [1, 2]}).to_iterable_dataset()
        >>> list(stream.map(lambda row: {"y": row["x"] + 1}, remove_columns="x"))
        [{'y': 2}, {'y': 3}]
        """
        removed = _names(remove_columns) or ()
        self._check_columns(removed)
        if function is None:
            return self.remove_columns(list(removed)) if removed else self  # type: ignore[attr-defined]
        inputs = _names(input_columns)
        self._check_columns(inputs or ())
        size = _batch_size(batch_size) if batched else 1
        call = Call(function, inputs, with_indices, with_rank, dict(fn_kwargs or {}))
        declared = None if features is None else Features(features)
        keep = bool(try_original_type)
        binding = MapBinding(call, self._format, declared, batched, size, removed, keep, on_mixed_types)
        given = {
            "function": function,
            "input_columns": inputs,
            "with_indices": with_indices,
            "with_rank": with_rank,
            "batched": batched,
            "batch_size": size,
            "drop_last_batch": drop_last_batch,
            "remove_columns": sorted(removed),
            "features": None if declared is None else declared.to_dict(),
            "fn_kwargs": dict(fn_kwargs or {}),
            "types": [try_original_type, on_mixed_types],
            "format": self._shown_format(),
        }
        work = Work(
            f"map({call.name})",
            binding,
            call.input_columns if call.input_columns is not None else self._format.columns,
            frozenset(removed),
            rowwise=not batched,
            drop_last=batched and drop_last_batch,
            executor=executor,
            num_proc=num_proc,
        )
        steps: tuple[Step, ...] = (Apply(work),)
        if declared is not None:
            steps = (*steps, Conform(declared, exact=True))
        return self._then("map", given, *steps, features=declared, format=self._format_after(declared))

    def filter(
        self,
        function: Callable[..., Any] | pc.Expression | None = None,
        with_indices: bool = False,
        input_columns: str | Sequence[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        fn_kwargs: Mapping[str, Any] | None = None,
        *,
        num_proc: int | None = None,
        executor: Executor | None = None,
    ) -> Self:
        """Keep the rows for which a function, or an Arrow expression, is true; see `Dataset.filter`.

        >>> import pyarrow.compute as pc
        >>> from arrowsets import Dataset
        >>> stream = Dataset.from_dict({"x": [1, 2, 3]}).to_iterable_dataset()
        >>> list(stream.filter(pc.field("x") > 2))
        [{'x': 3}]
        """
        if function is None:
            return self
        inputs = _names(input_columns)
        self._check_columns(inputs or ())
        size = _batch_size(batch_size) if batched else 1
        given: dict[str, Any] = {"function": function, "format": self._shown_format()}
        if is_expression(function):
            step = Apply(Work(f"filter({function})", ExpressionBinding(function)))
            return self._then("filter", given, step, features=self._features)
        call = Call(function, inputs, with_indices, kwargs=dict(fn_kwargs or {}))
        given |= {
            "input_columns": inputs,
            "with_indices": with_indices,
            "batched": batched,
            "batch_size": size,
            "fn_kwargs": dict(fn_kwargs or {}),
        }
        binding = FilterBinding(call, self._format, batched, size)
        columns = call.input_columns if call.input_columns is not None else self._format.columns
        work = Work(f"filter({call.name})", binding, columns, executor=executor, num_proc=num_proc)
        return self._then("filter", given, Apply(work), features=self._features)

    def batch(
        self,
        batch_size: int | None = None,
        by_column: str | Sequence[str] | None = None,
        drop_last_batch: bool = False,
    ) -> Self:
        """Group rows into rows of lists.

        Args:
            batch_size: Rows of a group.
            by_column: Group rows that follow each other and have equal values in these columns, instead.
            drop_last_batch: Leave out a last group that is smaller.
        """
        if (batch_size is None) == (by_column is None):
            raise ValueError("give batch_size= or by_column=, one of the two")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {batch_size}")
        names = _names(by_column)
        self._check_columns(names or ())
        binding = GroupBinding(batch_size, names)
        step: Step = Runs(binding)
        if batch_size is not None:
            step = Apply(Work("batch", binding, None, removed=None, drop_last=drop_last_batch))
        known = self._features
        types = None if known is None else Features({name: List(feature) for name, feature in known.items()})
        given = {"batch_size": batch_size, "by_column": names, "drop_last_batch": drop_last_batch}
        return self._then("batch", given, step, features=types)

    def _shown_format(self) -> list[Any]:
        return [self._format.type, self._format.columns, dict(self._format.options)]

    def _format_after(self, features: Features | None) -> FormatSpec:
        """Carry the format over: new columns are shown, removed ones are not."""
        spec = self._format
        if spec.columns is None:
            return spec
        if features is None or self._features is None:
            return FormatSpec(spec.type, None, spec.others_too, spec.options)
        known = set(self._features)
        shown = [name for name in spec.columns if name in features] + [name for name in features if name not in known]
        return FormatSpec(spec.type, tuple(shown), spec.others_too, spec.options)


def _names(names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    return (names,) if isinstance(names, str) else tuple(names)


def _batch_size(batch_size: int | None) -> int | None:
    """Return rows per batch; None, or less than 1, is all rows."""
    return None if batch_size is None or batch_size <= 0 else int(batch_size)
