"""Groups of views one after the other: what lay together in every view stays together, nothing is copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import pyarrow as pa

from arrowsets.table.files import ArrowFiles, Column
from arrowsets.table.group import ColumnGroup
from arrowsets.table.selection import Selection

__all__ = ["Part", "concat_groups"]

Part: TypeAlias = tuple[Sequence[ColumnGroup], int]


def concat_groups(parts: Sequence[Part], schema: pa.Schema) -> tuple[ColumnGroup, ...]:
    """Return groups that show the rows of all parts under a schema; null where a part has no such column."""
    together: dict[tuple[int | None, ...], list[str]] = {}
    places = [{column.name: at for at, group in enumerate(groups) for column in group.columns} for groups, _ in parts]
    for name in schema.names:
        together.setdefault(tuple(place.get(name) for place in places), []).append(name)
    return tuple(_group(parts, at, pa.schema([schema.field(name) for name in names])) for at, names in together.items())


def _group(parts: Sequence[Part], at: Sequence[int | None], schema: pa.Schema) -> ColumnGroup:
    found = [None if number is None else groups[number] for (groups, _), number in zip(parts, at, strict=True)]
    paths = [_paths(group, schema) for group in found]
    alike = _alike(found, paths)
    if alike is not None:
        shown = [group.rows for group in found if group is not None]
        # Runs that do not continue each other stay ranges by slicing the files, below.
        if Selection.continue_each_other(shown) or not all(rows.is_contiguous for rows in shown):
            columns = tuple(Column(name, path) for name, path in paths[0].items())
            return ColumnGroup(alike, columns, Selection.concat(shown))
    pieces, selections, offset = [], [], 0
    for (_, num_rows), group, path in zip(parts, found, paths, strict=True):
        files, rows = _placed(group, num_rows)
        renamed = any(lies != (name,) for name, lies in path.items())
        pieces.append(files.project(path) if renamed else files)
        selections.append(rows.shift(offset))
        offset += files.num_rows
    whole = ArrowFiles.concat(pieces, schema)
    return ColumnGroup(whole, whole.columns, Selection.concat(selections))


def _placed(group: ColumnGroup | None, num_rows: int) -> tuple[ArrowFiles, Selection]:
    """Return the files of a group and the rows in them, cut to the rows where these are a run."""
    if group is None:
        return ArrowFiles.blank(num_rows), Selection(range(num_rows))
    if not group.rows.is_contiguous:
        return group.files, group.rows
    start = group.rows.rows[0]
    return group.files.slice(start, start + len(group.rows)), Selection(range(len(group.rows)))


def _paths(group: ColumnGroup | None, schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    known = {column.name: column.path for column in group.columns} if group is not None else {}
    return {name: known[name] for name in schema.names if name in known}


def _alike(found: Sequence[ColumnGroup | None], paths: Sequence[dict[str, tuple[str, ...]]]) -> ArrowFiles | None:
    """Return the files that all groups show the same columns of, if they do."""
    if not found or any(path != paths[0] for path in paths):
        return None
    files = {id(group.files): group.files for group in found if group is not None}
    if len(files) != 1 or any(group is None for group in found):
        return None
    return next(iter(files.values()))
