"""Methods that run a user's function: map, filter and batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from arrowsets import export
from arrowsets.dataset.core import DatasetCore
from arrowsets.dataset.reading import FormatSpec
from arrowsets.derive import Execution, derive
from arrowsets.errors import ColumnNotFound
from arrowsets.explanation import Explanation, explain
from arrowsets.features import Features, Value
from arrowsets.features.buffers import to_numpy
from arrowsets.formats import get_format
from arrowsets.late import transforms
from arrowsets.lazy import is_expression, pc
from arrowsets.lineage import Lineage
from arrowsets.transforms.base import Transform
from arrowsets.transforms.call import Call
from arrowsets.transforms.filter import ExpressionFilter, Filter
from arrowsets.transforms.map import Map
from arrowsets.transforms.types import Typing

__all__ = ["MapMethods"]


class MapMethods(DatasetCore):
    """Methods of `Dataset` that compute columns or choose rows by a function."""

    def map(
        self,
        function: Callable[..., Any] | None = None,
        with_indices: bool = False,
        with_rank: bool = False,
        input_columns: str | Sequence[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        drop_last_batch: bool = False,
        remove_columns: str | Sequence[str] | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        features: Features | None = None,
        disable_nullable: bool = False,
        fn_kwargs: Mapping[str, Any] | None = None,
        num_proc: int | None = None,
        suffix_template: str = "_{rank:05d}_of_{num_proc:05d}",
        new_fingerprint: str | None = None,
        desc: str | None = None,
        try_original_type: bool | None = True,
        on_mixed_types: Literal["use_json"] | None = "use_json",
        *,
        executor: Executor | None = None,
    ) -> Self:
        """Apply a function to each row, or to batches of rows, and return the dataset with what it returned.

        The function gets a dict (or what the dataset's format makes of a row) and returns a dict whose keys overwrite
        or add columns. `None` leaves a row as it is; a key deleted from the row that is returned is a removed column.
        With `batched` it gets and returns columns, which may have another number of rows if no old column is kept.
        It may be a coroutine function: up to 1000 calls are then in flight at once.

        Only columns that changed are written. The result is found again by what was computed: the function's code, the
        values it uses, the arguments below that matter to the result, and the rows. `explain()` tells which part differs.

        Args:
            with_indices: Pass the row's index, or the list of indices of a batch.
            with_rank: Pass the worker's number, None in this process.
            input_columns: Pass the values of these columns as positional arguments instead of a dict.
            batch_size: Rows per call when batched. None passes the whole dataset at once.
            drop_last_batch: Leave out a last batch that is smaller.
            remove_columns: Drop these columns before the function's are added.
            keep_in_memory: Keep the result in memory instead of writing it.
            load_from_cache_file: False computes again what is in the store.
            cache_file_name: An Arrow file that gets a copy of the result.
            features: The result's types, instead of those of the values.
            fn_kwargs: Passed to each call.
            num_proc: Worker processes; the result does not depend on it.
            new_fingerprint: The result's fingerprint, instead of one computed.
            desc: What the progress bar says.
            try_original_type: Columns that existed keep their type if the new values are of its kind.
            on_mixed_types: What becomes of a column with values of several kinds: JSON, or an error for None.
            executor: Who works: any `concurrent.futures.Executor`, of threads, processes, Dask …

        Raises:
            TransformError: if the function returned what cannot be kept.
            SchemaConflict: if its values do not fit the types; names the column and the rows.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2]}).map(lambda row: {"double": 2 * row["x"]})[:]
        {'x': [1, 2], 'double': [2, 4]}
        """
        del writer_batch_size, disable_nullable, suffix_template
        removed = _names(remove_columns) or ()
        self._check_known(removed, "remove_columns")
        if function is None:
            return self.remove_columns(list(removed)) if removed else self  # type: ignore[attr-defined]
        inputs = _names(input_columns)
        self._check_known(inputs or (), "input_columns")
        size = _batch_size(batch_size) if batched else 1
        features = None if features is None else Features(features)
        num_rows = self.num_rows - self.num_rows % size if batched and drop_last_batch and size else None
        if self.num_rows == 0 and features is None:
            return self.remove_columns(list(removed)) if removed else self  # type: ignore[attr-defined]
        transform = Map(
            call=Call(function, inputs, with_indices, with_rank, dict(fn_kwargs or {})),
            format=self._input_format(inputs),
            typing=Typing(self._features, features, bool(try_original_type), on_mixed_types),
            batched=batched,
            batch_size=size,
            removed=frozenset(removed),
        )
        lineage = self._step(
            "map",
            {
                "function": function,
                "input_columns": inputs,
                "with_indices": with_indices,
                "with_rank": with_rank,
                "batched": batched,
                "batch_size": size,
                "drop_last_batch": drop_last_batch,
                "remove_columns": sorted(removed),
                "features": None if features is None else features.to_dict(),
                "fn_kwargs": dict(fn_kwargs or {}),
                "types": [try_original_type, on_mixed_types],
            },
            new_fingerprint,
        )
        how = Execution(
            num_proc=num_proc,
            executor=executor,
            reuse=load_from_cache_file is not False,
            in_memory=keep_in_memory or None,
            description=desc or "Map",
            store=self._store,
        )
        if self.num_rows == 0 or num_rows == 0:
            return self._empty_map(features, removed, lineage)
        derived = derive(
            self._view,
            self._features,
            lineage,
            transform,
            how,
            label=f"map({transform.call.name})",
            columns=self._read_columns(inputs),
            removed=frozenset(removed),
            num_rows=num_rows,
            on_mixed=on_mixed_types,
        )
        if derived.same and features is None:
            return self
        mapped = self._derive(
            "map",
            view=derived.view,
            features=derived.features,
            format=self._format_after(derived.features),
            lineage=lineage,
            pins=derived.pins,
            origin=derived.origin,
        )
        mapped = mapped if features is None else mapped._as_declared(features, how)
        if cache_file_name is not None:
            export.write_file(mapped._view, mapped._features, cache_file_name)
        return mapped

    def filter(
        self,
        function: Callable[..., Any] | pc.Expression | None = None,
        with_indices: bool = False,
        with_rank: bool = False,
        input_columns: str | Sequence[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        fn_kwargs: Mapping[str, Any] | None = None,
        num_proc: int | None = None,
        suffix_template: str = "_{rank:05d}_of_{num_proc:05d}",
        new_fingerprint: str | None = None,
        desc: str | None = None,
        *,
        executor: Executor | None = None,
    ) -> Self:
        """Keep the rows for which a function, or an Arrow expression, is true.

        Only the positions of the kept rows are stored. Parameters that `map` has too mean the same.

        Args:
            function: Answers a truth value for a row, or with `batched` a list of them; or an expression such as
                `pyarrow.compute.field("label") == 1`, which is evaluated without calling Python.

        Raises:
            TransformError: if a batched function's mask has another length than its batch.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2, 3]}).filter(lambda row: row["x"] > 1)["x"].tolist()
        [2, 3]
        """
        del writer_batch_size, suffix_template
        if function is None or self.num_rows == 0:
            return self
        inputs = _names(input_columns)
        self._check_known(inputs or (), "input_columns")
        size = _batch_size(batch_size) if batched else 1
        given = {
            "function": function,
            "input_columns": inputs,
            "with_indices": with_indices,
            "with_rank": with_rank,
            "batched": batched,
            "batch_size": size,
            "fn_kwargs": dict(fn_kwargs or {}),
        }
        transform: Transform
        if is_expression(function):
            transform, name = ExpressionFilter(function), str(function)
        else:
            call = Call(function, inputs, with_indices, with_rank, dict(fn_kwargs or {}))
            transform, name = Filter(call, self._input_format(inputs), batched, size), call.name
        lineage = self._step("filter", given, new_fingerprint)
        how = Execution(
            num_proc=num_proc,
            executor=executor,
            reuse=load_from_cache_file is not False,
            in_memory=keep_in_memory or None,
            description=desc or "Filter",
            store=self._store,
        )
        # An expression looks at the rows themselves, not at how they are shown.
        columns = None if is_expression(function) else self._read_columns(inputs)
        kept = derive(self._view, self._features, lineage, transform, how, label=f"filter({name})", columns=columns)
        if cache_file_name is not None:
            positions = Features({"indices": Value("uint64")})
            export.write_file(kept.view.rename({"row": "indices"}), positions, cache_file_name)
        rows = _row_numbers(kept.view.column("row"))
        return self._derive("filter", view=self._view.select(rows), lineage=lineage, pins=kept.pins, origin=kept.origin)

    def batch(
        self,
        batch_size: int | None = None,
        by_column: str | Sequence[str] | None = None,
        drop_last_batch: bool = False,
        num_proc: int | None = None,
        new_fingerprint: str | None = None,
    ) -> Self:
        """Group rows into rows of lists.

        Args:
            batch_size: Rows per group.
            by_column: Group rows that follow each other and have equal values in these columns, instead.
            drop_last_batch: Leave out a last group that is smaller.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2, 3]}).batch(2)[:]
        {'x': [[1, 2], [3]]}
        """
        if (batch_size is None) == (by_column is None):
            raise ValueError("give batch_size= or by_column=, one of the two")
        names = _names(by_column)
        self._check_known(names or (), "by_column")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, not {batch_size}")
        group = transforms.Group(self._features, batch_size, names)
        num_rows = self.num_rows - self.num_rows % batch_size if drop_last_batch and batch_size else None
        if self.num_rows == 0 or num_rows == 0:
            return self._empty_map(group.output_features, self._view.columns, self._step("batch", {}, new_fingerprint))
        given = {"batch_size": batch_size, "by_column": names, "drop_last_batch": drop_last_batch}
        lineage = self._step("batch", given, new_fingerprint)
        derived = derive(
            self._view,
            self._features,
            lineage,
            group,
            Execution(num_proc=num_proc, description="Batch", store=self._store),
            label="batch",
            removed=frozenset(self._view.columns),
            num_rows=num_rows,
        )
        return self._derive("batch", view=derived.view, features=derived.features, lineage=lineage, pins=derived.pins)

    def explain(self) -> Explanation:
        """Tell whether this dataset was found or computed, and why the nearest earlier result was not it.

        >>> from arrowsets import Dataset
        >>> print(Dataset.from_dict({"x": [1]}).explain())
        table: held in memory
        """
        return explain(self._lineage, self._origin)

    def _as_declared(self, features: Features, how: Execution) -> Self:
        """Give the columns that the function did not return the types that were declared for them too."""
        if set(features) != set(self._features):
            raise ColumnNotFound(
                f"features= names the columns {list(features)} but the result has {self._view.columns}; "
                "name exactly these"
            )
        if list(features.items()) == list(self._features.items()):
            return self
        made: Self = self.cast(features, load_from_cache_file=how.reuse, num_proc=how.num_proc)  # type: ignore[attr-defined]
        # What the types were declared as is part of what the map was given.
        made._lineage, made._origin = self._lineage, self._origin
        return made

    # How a step sees the rows

    def _input_format(self, inputs: Sequence[str] | None) -> Any:
        spec = self._format
        shown = spec.columns if spec.columns is not None else self._view.columns
        names = inputs if inputs is not None else shown
        return get_format(spec.type, Features({name: self._features[name] for name in names}), **spec.options)

    def _read_columns(self, inputs: Sequence[str] | None) -> tuple[str, ...] | None:
        return tuple(inputs) if inputs is not None else self._format.columns

    def _format_after(self, features: Features) -> FormatSpec:
        """Carry the format over: new columns are shown, removed ones are not."""
        spec = self._format
        if spec.columns is None:
            return spec
        known = set(self._view.columns)
        shown = [name for name in spec.columns if name in features] + [name for name in features if name not in known]
        return FormatSpec(spec.type, tuple(shown), spec.others_too, spec.options)

    def _step(self, operation: str, given: Mapping[str, Any], new_fingerprint: str | None) -> Lineage:
        if new_fingerprint is not None:
            return Lineage.of_digest(operation, new_fingerprint)
        shown = [self._format.type, self._format.columns, dict(self._format.options)]
        return Lineage(operation, (self._lineage,), {**given, "format": shown})

    def _empty_map(self, features: Features | None, removed: Sequence[str], lineage: Lineage) -> Self:
        kept = {name: feature for name, feature in self._features.items() if name not in removed}
        types = features if features is not None else Features(kept)
        from_nothing: Self = type(self).from_dict({name: [] for name in types}, features=types)  # type: ignore[attr-defined]
        shown = self._format_after(types)
        return self._derive("map", view=from_nothing._view, features=types, format=shown, lineage=lineage)

    def _check_known(self, names: Sequence[str], what: str) -> None:
        for name in names:
            if name not in self._features:
                raise ColumnNotFound(f"{what}: {ColumnNotFound.of(name, self._view.columns)}")


def _row_numbers(column: Any) -> npt.NDArray[np.int64]:
    """Return a column of row numbers as a selection keeps them: read-only, so that it makes no copy of millions of them."""
    rows = np.empty(len(column), np.int64)
    at = 0
    for chunk in column.chunks:
        rows[at : at + len(chunk)] = to_numpy(chunk)
        at += len(chunk)
    rows.setflags(write=False)
    return rows


def _names(names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    return (names,) if isinstance(names, str) else tuple(names)


def _batch_size(batch_size: int | None) -> int | None:
    """Return rows per batch; None, or less than 1, is the whole dataset."""
    return None if batch_size is None or batch_size <= 0 else int(batch_size)
