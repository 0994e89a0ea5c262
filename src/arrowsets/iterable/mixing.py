"""Streams one after the other, side by side, or row by row in turn."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from arrowsets.engine.plan import Beside, Concatenated, Mixed, Plan
from arrowsets.engine.steps import Conform, Fill
from arrowsets.errors import ShapeConflict
from arrowsets.features import Features
from arrowsets.info import DatasetInfo
from arrowsets.iterable import IterableDataset
from arrowsets.lineage import Lineage

__all__ = ["beside_streams", "concatenate_streams", "interleave_streams"]


def concatenate_streams(
    streams: Sequence[IterableDataset], types: Features, certain: bool, info: DatasetInfo | None, split: str | None
) -> IterableDataset:
    """Put streams one after the other.

    Args:
        types: The types of all columns.
        certain: They are known, not only those of the first rows.
    """
    plan = Plan(Concatenated(tuple(_conformed(stream, types, certain) for stream in streams)))
    lineage = Lineage("concatenate", [stream._lineage for stream in streams], {"axis": 0})
    return _made(streams, plan, types if certain else None, lineage, info, split)


def beside_streams(streams: Sequence[IterableDataset], info: DatasetInfo | None, split: str | None) -> IterableDataset:
    """Put the columns of streams side by side; that they have as many rows is seen when they are read."""
    types: dict[str, Any] = {}
    for stream in streams:
        for name, kind in (stream._features or {}).items():
            if name in types:
                raise ShapeConflict(f"column {name!r} would be there twice; rename or remove one")
            types[name] = kind
    certain = all(stream._features is not None for stream in streams)
    counts = {stream.num_rows for stream in streams} - {None}
    if len(counts) > 1:
        raise ShapeConflict(f"streams side by side must have as many rows, not {sorted(map(str, counts))}")
    lineage = Lineage("concatenate", [stream._lineage for stream in streams], {"axis": 1})
    plan = Plan(Beside(tuple(stream._plan for stream in streams)))
    made = _made(streams, plan, Features(types) if certain else None, lineage, info, split)
    shown = [name for stream in streams for name in stream._format.columns or ()]
    if shown and all(stream._format.type == made._format.type for stream in streams):
        made._format = replace(made._format, columns=tuple(shown))
    return made


def interleave_streams(
    streams: Sequence[IterableDataset],
    types: Features,
    certain: bool,
    probabilities: Sequence[float] | None,
    seed: int | None,
    info: DatasetInfo | None,
    split: str | None,
    stopping_strategy: str,
) -> IterableDataset:
    """Take rows from streams in turn, or at random with probabilities."""
    if probabilities is not None and len(probabilities) != len(streams):
        raise ValueError(f"{len(probabilities)} probabilities for {len(streams)} datasets; give one for each")
    drawn = secrets.randbits(63) if seed is None and probabilities is not None else seed or 0
    chances = None if probabilities is None else tuple(float(chance) for chance in probabilities)
    plans = tuple(_conformed(stream, types, certain) for stream in streams)
    plan = Plan(Mixed(plans, chances, drawn, stopping_strategy))
    given = {"probabilities": chances, "seed": drawn, "stopping_strategy": stopping_strategy}
    lineage = Lineage("interleave", [stream._lineage for stream in streams], given)
    return _made(streams, plan, types if certain else None, lineage, info, split)


def _conformed(stream: IterableDataset, types: Features, certain: bool) -> Plan:
    if certain and stream._features == types and list(stream._features or ()) == list(types):
        return stream._plan
    return stream._plan.then(Conform(types) if certain else Fill(types))


def _made(
    streams: Sequence[IterableDataset],
    plan: Plan,
    types: Features | None,
    lineage: Lineage,
    info: DatasetInfo | None,
    split: str | None,
) -> IterableDataset:
    spec = streams[0]._format
    if any(stream._format != spec for stream in streams):
        spec = type(spec)()
    return IterableDataset._make(
        plan,
        types,
        lineage,
        info if info is not None else streams[0]._info,
        split if split is not None else streams[0]._split,
        spec,
        pins=tuple(pin for stream in streams for pin in stream._pins),
    )
