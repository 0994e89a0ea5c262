"""Our own part of the API, under `/api/x/`: what the page needs and the public API does not have."""

from __future__ import annotations

import time
from typing import Any

from starlette.responses import Response

from arrowsets import __version__
from arrowsets.errors import ColumnNotFound
from arrowsets.server.viewer.board import unknown
from arrowsets.server.viewer.call import Call, Target, as_json
from arrowsets.server.viewer.catalogue import Source
from arrowsets.server.viewer.cells import CUT_CHARACTERS, feature_items, json_text
from arrowsets.server.viewer.errors import ViewerError, invalid, missing
from arrowsets.server.viewer.filters import filters_of, search_of, sort_of
from arrowsets.server.viewer.matching import Question
from arrowsets.server.viewer.split import Shown, Split
from arrowsets.server.viewer.where import always, both

__all__ = ["cell", "dataset", "errors", "lineage", "rows", "statistics"]

LONGEST_PAGE = 200
WAIT = 3.0  # seconds that a page waits for more matches; then it shows those that were found
_PRIVATE = {"Cache-Control": "no-store"}


def dataset(call: Call) -> Response:
    """List the datasets, their configurations and splits."""
    sources = list(call.catalogue.sources.values())
    described = [_described(call, source) for source in sources]
    # After that: what is described has been opened, and may have something to tell.
    warnings = [text for source in sources for text in _warnings(call, source)]
    answer = {
        "title": sources[0].title if sources else "",
        "datasets": described,
        "sql": call.settings.sql,
        "warnings": warnings,
        "version": __version__,
    }
    return as_json(answer, headers=_PRIVATE)


def _described(call: Call, source: Source) -> dict[str, Any]:
    configs = [
        {"config": name, "splits": [_split_json(call, split) for split in config.splits.values()]}
        for name, config in source.configs.items()
    ]
    return {"dataset": source.name, "revision": source.revision, "configs": configs}


def _split_json(call: Call, split: Split) -> dict[str, Any]:
    try:
        shown = split.shown(1)
    except ViewerError as error:
        return {"split": split.name, "num_rows": None, "num_columns": None, "error": call.told(error.message)}
    rows = shown.num_rows if shown.complete else None
    return {"split": split.name, "num_rows": rows, "num_columns": len(shown.view.columns)}


def _warnings(call: Call, source: Source) -> list[str]:
    found = list(source.warnings)
    for name, config in source.configs.items():
        if config.error is not None:
            found.append(f"{name}: {config.error}")
        found += [text for split in config.splits.values() for text in split.warnings]
    return [call.told(text) for text in found]


def rows(call: Call) -> Response:
    """Return a page of rows, filtered and sorted if asked."""
    begun = time.perf_counter()
    target = call.target()
    offset, length = call.whole("offset", 0), call.whole("length", 100, high=LONGEST_PAGE)
    question = _question(call, target)
    shown = target.split.shown(offset + length) if question is None else target.split.whole(WAIT)
    names = chosen(shown, call.listed("columns"))
    writer = call.writer(target, absolute=False, exact=True, cut=CUT_CHARACTERS)
    matched: int | None = shown.num_rows if shown.complete else None
    if question is None:
        positions: Any = range(min(offset, shown.num_rows), min(offset + length, shown.num_rows))
    else:
        match = call.matches.of(shown, question)
        positions = match.page(offset, length, WAIT)
        matched = match.total
    table = shown.view.read(positions, names)
    answer = {
        "features": feature_items(shown.features, names),
        "rows": writer.rows(table, shown.features, [int(row) for row in positions]),
        "num_rows_total": shown.num_rows if shown.complete else None,
        "num_rows": matched,
        "offset": offset,
        "errors": [{"column": name, "error": call.told(text)} for name, text in writer.errors.items()],
        "seconds": round(time.perf_counter() - begun, 4),
    }
    return as_json(answer, target.source.revision, _PRIVATE)


def _question(call: Call, target: Target) -> Question | None:
    """Return which rows are asked for; None: all, in their order."""
    query, filters, sort = call.text("query"), call.listed("filters"), call.text("sort")
    if query is None and not filters and sort is None:
        return None
    features = target.split.shown(1).features
    condition = both(filters_of(filters or [], features), search_of(query, features) if query is not None else always)
    order = () if sort is None else tuple(sort_of(sort, call.flag("descending"), features))
    return Question(condition, order)


def chosen(shown: Shown, columns: list[Any] | None) -> list[str]:
    """Return the columns that are asked for; None: all."""
    if columns is None:
        return list(shown.view.columns)
    for name in columns:
        if not isinstance(name, str) or name not in shown.features:
            raise invalid(str(ColumnNotFound.of(name, shown.view.columns)))
    return list(dict.fromkeys(columns))


def cell(call: Call) -> Response:
    """Return one whole cell."""
    target = call.target()
    name = call.request.query_params.get("column")
    if name is None:
        raise missing("column")
    row = call.whole("row", 0)
    shown = target.split.shown(row + 1)
    chosen(shown, [name])
    if row >= shown.num_rows:
        raise invalid(f"There is no row {row}; there are {shown.num_rows}")
    table = shown.view.read(range(row, row + 1), [name])
    limit = call.settings.cell_bytes
    size = table.nbytes
    if size > 2 * limit:
        raise _too_large(size, limit)
    writer = call.writer(target, absolute=False, exact=True)
    value = writer.rows(table, shown.features, [row])[0]["row"][name]
    if writer.errors:
        raise ViewerError(500, "TransformRowsProcessingError", writer.errors[name])
    if (length := len(json_text(value).encode("utf-8", "replace"))) > limit:
        raise _too_large(length, limit)
    return as_json({"value": value}, target.source.revision, _PRIVATE)


def _too_large(size: int, limit: int) -> ViewerError:
    return ViewerError(413, "TooBigContentError", f"The cell has {size:,} bytes, more than the {limit:,} that are sent")


def statistics(call: Call) -> Response:
    """Return what is known of the columns; the rest is pending, and computed."""
    target = call.target()
    shown = target.split.shown(1)
    names = chosen(shown, call.listed("columns"))
    if not shown.complete:
        failed = target.split.error
        entries = [
            {
                **unknown(shown, name),
                "error": None if failed is None else call.told(str(failed)),
                "pending": failed is None,
            }
            for name in names
        ]
        return as_json({"num_examples": None, "statistics": entries}, target.source.revision, _PRIVATE)
    entries = call.boards.of(shown, target.source.roots).entries(names)
    entries = [{**entry, "error": call.told(entry["error"])} if entry["error"] else entry for entry in entries]
    # Ends of bins are filtered by, so they are as exact as cells.
    exact = call.writer(target, absolute=False, exact=True).plain(entries)
    return as_json({"num_examples": shown.num_rows, "statistics": exact}, target.source.revision, _PRIVATE)


def errors(call: Call) -> Response:
    """List what cannot be shown of a split."""
    target = call.target()
    shown = target.split.shown(LONGEST_PAGE)
    writer = call.writer(target, absolute=False, cut=CUT_CHARACTERS)
    count = min(LONGEST_PAGE, shown.num_rows)
    writer.rows(shown.view.read(range(count)), shown.features, range(count))
    columns = [{"column": name, "error": call.told(text)} for name, text in writer.errors.items()]
    return as_json({"columns": columns, "warnings": _warnings(call, target.source)}, headers=_PRIVATE)


def lineage(call: Call) -> Response:
    """Tell how a stored dataset was made, and what became of its place in the cache."""
    shown = call.target().split.shown(1)
    if shown.dataset is None:
        return as_json({"text": None, "steps": []}, headers=_PRIVATE)
    told = shown.dataset.explain()
    return as_json({"text": str(told), "steps": []}, headers=_PRIVATE)
