"""Steps of a plan: transforms, changes of columns, and what chooses, repeats or reorders rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from arrowsets.engine.plan import Context, Step
from arrowsets.engine.plan_pieces import Evenness
from arrowsets.engine.stages import Stage
from arrowsets.engine.stages_apply import ApplyStage, Binding, Change, ChangeStage, Work
from arrowsets.engine.stages_rows import KeepStage, ShiftStage, SkipStage, TakeStage
from arrowsets.engine.stages_runs import RunsStage
from arrowsets.engine.stages_shuffle import WindowStage
from arrowsets.errors import ColumnNotFound, SchemaConflict
from arrowsets.features import Features, FeatureType, Json, array_of, cast_column
from arrowsets.record import dataclass

__all__ = [
    "AddColumn",
    "Apply",
    "Columns",
    "Conform",
    "Fill",
    "Flatten",
    "Repeat",
    "Runs",
    "Share",
    "Shift",
    "Shuffle",
    "Skip",
    "Take",
    "Units",
]


@dataclass(frozen=True)
class Apply(Step):
    """A transform: map, filter, cast, batch."""

    work: Work

    @property
    def one_to_one(self) -> bool:  # type: ignore[override]
        return self.work.rowwise

    @property
    def shares(self) -> bool:  # type: ignore[override]
        return self.work.binding.batch_size is not None

    @property
    def permutes(self) -> bool:  # type: ignore[override]
        return self.shares and not self.work.drop_last

    @property
    def parallel(self) -> bool:  # type: ignore[override]
        return self.work.executor is None and not self.work.num_proc

    @property
    def grain(self) -> int:
        return 1 if self.work.binding.by_row else self.work.binding.batch_size or 1

    @property
    def name(self) -> str:
        return self.work.label.partition("(")[0]

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        return ApplyStage(upstream, self.work)


@dataclass(frozen=True)
class Runs(Step):
    """Neighbouring rows with equal keys, folded into one row."""

    binding: Binding
    shares = False
    permutes = False
    parallel = False

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        return RunsStage(upstream, self.binding)


class _ChangeStep(Step, Change):
    one_to_one = True

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        return ChangeStage(upstream, self)


@dataclass(frozen=True)
class Columns(_ChangeStep):
    """Columns chosen and renamed.

    Attributes:
        names: Those that are kept, in their order. None: all but `removed`.
        renamed: Pairs of the old and the new name.
    """

    names: tuple[str, ...] | None = None
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    def change(self, table: pa.Table, features: Features, offset: int) -> tuple[pa.Table, Features]:
        del offset
        mapping = dict(self.renamed)
        for name in (*(self.names or ()), *self.removed, *mapping):
            if name not in features:
                raise ColumnNotFound.of(name, features)
        names = list(self.names) if self.names is not None else [n for n in features if n not in self.removed]
        shown = [mapping.get(name, name) for name in names]
        types = Features(zip(shown, [features[name] for name in names], strict=True))
        return table.select(names).rename_columns(shown), types


@dataclass(frozen=True)
class Conform(_ChangeStep):
    """Exactly the columns of `features`, in their types; one that is lacking is null.

    Attributes:
        exact: The rows must have exactly these columns.
        only: Other columns stay as they are.
    """

    features: Features
    exact: bool = False
    only: bool = False

    def change(self, table: pa.Table, features: Features, offset: int) -> tuple[pa.Table, Features]:
        if self.only:
            wanted = Features({name: self.features.get(name, feature) for name, feature in features.items()})
            return replace(self, features=wanted, only=False).change(table, features, offset)
        if features is self.features or (features == self.features and list(features) == list(self.features)):
            return table, self.features
        if self.exact and set(features) != set(self.features):
            raise ColumnNotFound(
                f"features= names the columns {list(self.features)} but the result has {list(features)}; "
                "name exactly these"
            )
        schema = self.features.arrow_schema
        columns = [self._column(name, table, features, schema.field(name), offset) for name in self.features]
        if not columns:
            return table.select([]), self.features
        return pa.Table.from_arrays(columns, schema=schema), self.features

    def _column(
        self, name: str, table: pa.Table, features: Features, field: pa.Field[Any], offset: int
    ) -> pa.ChunkedArray[Any]:
        if name not in features:
            return pa.chunked_array([pa.nulls(table.num_rows, field.type)])
        column, wanted = table.column(name), self.features[name]
        if column.type == field.type:
            return column
        try:
            if isinstance(wanted, Json):
                chunks = [array_of(chunk.to_pylist(), wanted)[0] for chunk in column.chunks]
                return pa.chunked_array(chunks, type=field.type)
            return cast_column(column, wanted)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, SchemaConflict) as error:
            raise SchemaConflict(
                f"column {name!r}, in the rows from {offset} on: {features[name]} does not fit {wanted}: {error}; "
                "give features=",
                column=name,
            ) from error


@dataclass(frozen=True)
class Fill(_ChangeStep):
    """The columns of `features` in front, null where the rows have none; what the rows have stays as it is."""

    features: Features

    def change(self, table: pa.Table, features: Features, offset: int) -> tuple[pa.Table, Features]:
        del offset
        types = Features({name: features.get(name, kind) for name, kind in {**self.features, **features}.items()})
        if list(types) == list(features):
            return table, features
        schema = types.arrow_schema
        columns = [
            table.column(name) if name in features else pa.chunked_array([pa.nulls(table.num_rows, field.type)])
            for name, field in zip(types, schema, strict=True)
        ]
        return pa.Table.from_arrays(columns, schema=schema), types


@dataclass(frozen=True)
class AddColumn(_ChangeStep):
    """A column of values that stand ready, one for each row."""

    column: str
    values: pa.Array[Any]
    feature: FeatureType
    positional = True

    def change(self, table: pa.Table, features: Features, offset: int) -> tuple[pa.Table, Features]:
        if self.column in features:
            raise ValueError(f"column {self.column!r} is there already; remove it first, or choose another name")
        if offset + table.num_rows > len(self.values):
            raise ValueError(
                f"column {self.column!r} has {len(self.values)} values, and there are more rows; give one for each row"
            )
        values = self.values.slice(offset, table.num_rows)
        types = Features({**features, self.column: self.feature})
        return table.append_column(types.arrow_schema.field(self.column), values), types


@dataclass(frozen=True)
class Flatten(_ChangeStep):
    """The fields of structs as columns."""

    max_depth: int = 16

    def change(self, table: pa.Table, features: Features, offset: int) -> tuple[pa.Table, Features]:
        del offset
        for _ in range(1, self.max_depth):
            flat = features.flatten(max_depth=2)
            if not any(name not in flat for name in features):
                break
            table, features = table.flatten(), flat
            table = table.select(list(flat))
        return table, features


@dataclass(frozen=True)
class Take(Step):
    """The first rows."""

    rows: int
    shares = False
    permutes = False
    parallel = False

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        return TakeStage(upstream, self.rows)


@dataclass(frozen=True)
class Skip(Step):
    """All rows but the first."""

    rows: int
    shares = False
    permutes = False
    parallel = False

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        return SkipStage(upstream, self.rows)


@dataclass(frozen=True)
class Share(Step):
    """One of several shares of the rows; together they hold each row once.

    Attributes:
        block: Rows that a reader takes in turn, where rows are computed before they are shared.
    """

    count: int
    index: int
    even: Evenness | None = None
    block: int = 1
    permutes = False
    parallel = False

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        if self.even is not None:
            raise ValueError(
                f"even={self.even!r} needs the number of rows, which is not known here (behind a filter, a mix or text "
                "files); share the rows first, or materialise them: dataset.to_dataset()"
            )
        return KeepStage(upstream, self.count, self.index, self.block)


@dataclass(frozen=True)
class Repeat(Step):
    """The rows again and again; each time shuffled anew."""

    times: int | None
    parallel = False

    def open(self, upstream: Stage, context: Context) -> Stage:
        raise NotImplementedError("a repetition makes its stages itself")


@dataclass(frozen=True)
class Shuffle(Step):
    """Units in random order, several read side by side, and windows of their rows in random order.

    Attributes:
        seed: What the order is a function of, with the epoch.
        rows: Rows of a window.
        inputs: How many units are read side by side.
        drawn: The seed was drawn, not given: a state may bring another.
    """

    seed: int
    rows: int = 1000
    inputs: int = 10
    drawn: bool = False

    def open(self, upstream: Stage, context: Context) -> Stage:
        return self.open_lanes([upstream], context)

    def open_lanes(self, lanes: list[Stage], context: Context) -> Stage:
        """Make the stage over several readers of the units."""
        return WindowStage(lanes, self.rows, context.seeds(self.seed))

    def seeded(self, seed: int) -> Shuffle:
        """The shuffle with another seed."""
        return replace(self, seed=seed)


@dataclass(frozen=True)
class Units(Step):
    """Units in random order; what is left of a shuffle for the streams of a mix that is shuffled."""

    seed: int

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        return upstream


@dataclass(frozen=True)
class Shift(Step):
    """Positions counted from a later row."""

    rows: int
    one_to_one = True

    def open(self, upstream: Stage, context: Context) -> Stage:
        del context
        return ShiftStage(upstream, self.rows)
