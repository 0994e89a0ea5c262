"""Where the rows of a stream come from: views, and files, generators and queries read by builders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from arrowsets.builder import Builder
from arrowsets.engine.plan import Plan, Shard, Shards
from arrowsets.engine.plan_shards import BuilderShard, ViewShard
from arrowsets.errors import BadData, SchemaConflict
from arrowsets.features import Features
from arrowsets.files import DataFile
from arrowsets.table import View

__all__ = ["plan_of_builder", "plan_of_view"]

SAMPLED = 8
# Text to be shared out evenly is counted by each reader first: up to so much, which takes seconds.
MOST_COUNTED = 4 << 30


def plan_of_view(view: View, features: Features, num_shards: int = 1) -> Plan:
    """Read the rows of a view, in runs of nearly equal size."""
    rows = view.num_rows
    if not 0 < num_shards <= max(rows, 1):
        raise ValueError(f"num_shards must be between 1 and the number of rows, {rows}, not {num_shards}")
    if num_shards == 1:
        return Plan(Shards((ViewShard(view),), features))
    size, larger = divmod(rows, num_shards)
    starts = [size * index + min(index, larger) for index in range(num_shards + 1)]
    runs = (view.select(range(start, stop)) for start, stop in itertools.pairwise(starts))
    return Plan(Shards(tuple(map(ViewShard, runs)), features))


def plan_of_builder(builder: Builder[Any], files: Sequence[DataFile]) -> tuple[Plan, Features | None]:
    """Read files with a builder.

    Types stand in the files, or are given, or are those of a sample: the first rows of some shards spread over all.
    """
    found = list(builder.shards(files))
    features = builder.schema(files)
    if builder.config.features is not None and files and found:
        _check_given(builder, builder.config.features, found[0], files[0])
    # What has no files is a function or a query of the user's, which is not run before rows are asked for.
    if features is None and files:
        features = _sampled(builder, found)
    schema = None if features is None else features.arrow_schema
    remote = any(file.is_remote for file in files)
    countable = bool(files) and not remote and sum(file.size or 0 for file in files) <= MOST_COUNTED
    shards: list[Shard] = []
    for shard in found:
        edges = builder.edges(shard)
        rows, starts = (None, (0,)) if edges is None else (edges[-1], tuple(edges[:-1]) or (0,))
        shards.append(BuilderShard(builder, shard, schema, rows, starts, remote, countable))
    return Plan(Shards(tuple(shards), features)), features


def _check_given(builder: Builder[Any], given: Features, shard: Any, file: DataFile) -> None:
    """Check that `features=` are for these files; what the first rows lack may come later."""
    first = type(builder)(replace(builder.config, features=None)).sample(shard)
    if first is None:
        return
    if not builder.takes(given, first.column_names):
        raise SchemaConflict(
            f"features= names {sorted(given)} but {file.url} has the columns {sorted(first.column_names)}; name these"
        )


def _sampled(builder: Builder[Any], shards: Sequence[Any]) -> Features | None:
    features: Features | None = None
    step = max(1, -(-len(shards) // SAMPLED))
    for shard in shards[::step]:
        try:
            table = builder.sample(shard)
        except BadData:
            if builder.config.on_bad_files == "error":
                raise
            continue
        if table is None or not table.num_columns:
            continue
        own = Features.from_arrow_schema(table.schema)
        features = own if features is None else builder.unify(features, own)
    return features
