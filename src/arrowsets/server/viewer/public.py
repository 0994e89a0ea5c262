"""The API of the public dataset viewer: the same addresses, shapes, limits and errors, so that existing clients work.

What differs: `partial` is true only while a split is still being read, because nothing is cut off at some number of
gigabytes; and an address of a file in a cell is one of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from arrowsets.server.viewer.call import Call, Target, as_json
from arrowsets.server.viewer.catalogue import Source
from arrowsets.server.viewer.cells import CellWriter, feature_items, json_text
from arrowsets.server.viewer.errors import ViewerError, not_ready, too_big
from arrowsets.server.viewer.filters import is_searchable, search_of
from arrowsets.server.viewer.matching import Question
from arrowsets.server.viewer.split import Shown
from arrowsets.server.viewer.where import always, order_of, where_of

__all__ = ["filter_rows", "first_rows", "is_valid", "rows", "search", "splits", "statistics"]

PAGE = 100
FIRST_BYTES = 1_000_000
FEWEST_ROWS = 10
CUT_BYTES = 100
SCANNED_BYTES = 300_000_000
WAIT = 20.0
HEADERS = {"Cache-Control": "max-age=120"}
_MEDIA = ("Image", "Audio", "Video", "Pdf")


def public_target(call: Call) -> Target:
    """Return the split that is named; all three names must be given."""
    dataset, config, split = call.required("dataset", "config", "split")
    source = call.catalogue.source(dataset)
    found = source.config(config)
    return Target(source, found, found.split(split))


def public_source(call: Call) -> tuple[Source, str | None]:
    """Return the dataset that is named, and the configuration, if one is."""
    source = call.catalogue.source(call.required("dataset")[0])
    config = call.text("config")
    if config is not None:
        source.config(config)
    return source, config


def is_valid(call: Call) -> Response:
    """Tell what can be asked of a dataset, a configuration or a split."""
    source, config = public_source(call)
    split = call.text("split")
    found = [source.config(name) for name in ([config] if config is not None else source.configs)]
    named = (
        [each.split(split) for each in found] if split is not None else [s for c in found for s in c.splits.values()]
    )
    preview = search_ = False
    whole = bool(named)
    for each in named:
        try:
            shown = each.shown(1)
        except ViewerError:
            whole = False
            continue
        preview = True
        whole = whole and each.error is None
        search_ = search_ or any(is_searchable(feature) for feature in shown.features.values())
    answer = {"preview": preview, "viewer": whole, "search": search_ and whole, "filter": whole, "statistics": whole}
    return as_json(answer, source.revision, HEADERS)


def splits(call: Call) -> Response:
    """List the splits of a dataset or of one of its configurations."""
    source, config = public_source(call)
    if config is not None:
        source.config(config).split(None)
        listed = _splits_of(source, config)
        return as_json({"splits": listed}, source.revision, HEADERS)
    listed = [item for name in source.configs for item in _splits_of(source, name)]
    failed = [
        failure(call, source, name, error) for name, each in source.configs.items() if (error := each.error) is not None
    ]
    return as_json({"splits": listed, "pending": [], "failed": failed}, source.revision, HEADERS)


def _splits_of(source: Source, config: str) -> list[dict[str, str]]:
    return [{"dataset": source.name, "config": config, "split": name} for name in source.configs[config].splits]


def failure(call: Call, source: Source, config: str, error: Exception) -> dict[str, Any]:
    """Return what is said of a configuration that cannot be read."""
    return {"dataset": source.name, "config": config, "error": {"error": call.told(str(error))}}


def first_rows(call: Call) -> Response:
    """Return the first rows, fewer and shorter ones if they are large."""
    target = public_target(call)
    shown = target.split.shown(PAGE)
    names = list(shown.view.columns)
    count = min(PAGE, shown.num_rows)
    # What is larger than the whole answer may be is cut in any case, so it is not even read.
    writer = call.writer(target, absolute=True, cut=FIRST_BYTES)
    items: list[dict[str, Any]] = []
    size = 0
    for row in range(count):
        items += _written(writer, shown, names, [row])
        size += _size(items[-1])
        if size > FIRST_BYTES and row + 1 >= FEWEST_ROWS:
            break
    items, cut = _truncated(items, shown)
    answer = {
        "dataset": target.source.name,
        "config": target.config.name,
        "split": target.split.name,
        "features": feature_items(shown.features, names),
        "rows": items,
        "truncated": cut or len(items) < count or not shown.complete or shown.num_rows > count,
    }
    return as_json(answer, target.source.revision, HEADERS)


def _truncated(items: list[dict[str, Any]], shown: Shown) -> tuple[list[dict[str, Any]], bool]:
    """Leave out rows, then shorten cells from the last row on, until the rows are small enough."""
    sizes = [_size(item) for item in items]
    cut = any(item["truncated_cells"] for item in items)
    while sum(sizes) > FIRST_BYTES and len(items) > FEWEST_ROWS:
        items, sizes = items[:-1], sizes[:-1]
    for at in range(len(items) - 1, -1, -1):
        if sum(sizes) <= FIRST_BYTES:
            break
        _shorten(items[at], shown)
        sizes[at] = _size(items[at])
        cut = True
    if sum(sizes) > FIRST_BYTES:
        raise too_big(
            f"The size of the content of the first rows ({sum(sizes)} B) exceeds the maximum ({FIRST_BYTES} B)"
        )
    return items, cut


def _shorten(item: dict[str, Any], shown: Shown) -> None:
    for name, value in item["row"].items():
        if shown.features[name].type_name in _MEDIA or value is None:
            continue
        text = value if isinstance(value, str) else json_text(value)
        if len(text.encode("utf-8", "replace")) > CUT_BYTES:
            item["row"][name] = text.encode("utf-8", "replace")[:CUT_BYTES].decode("utf-8", "ignore")
            if name not in item["truncated_cells"]:
                item["truncated_cells"].append(name)


def _size(item: dict[str, Any]) -> int:
    return len(json_text(item).encode("utf-8", "replace"))


def rows(call: Call) -> Response:
    """Return a page of rows."""
    target = public_target(call)
    offset, length = _window(call)
    shown = target.split.shown(offset + length)
    positions = range(min(offset, shown.num_rows), min(offset + length, shown.num_rows))
    return _page(call, target, shown, positions, shown.num_rows)


def search(call: Call) -> Response:
    """Return a page of the rows that have all words of a query."""
    query = call.required("query")[0]
    target = public_target(call)
    offset, length = _window(call)
    shown = target.split.whole(WAIT)
    return _matching(call, target, shown, Question(search_of(query, shown.features)), offset, length)


def filter_rows(call: Call) -> Response:
    """Return a page of the rows that a condition holds for, in an order."""
    target = public_target(call)
    offset, length = _window(call)
    where, orderby = call.text("where"), call.text("orderby")
    shown = target.split.whole(WAIT)
    condition = where_of(where, shown.features) if where is not None else always
    order = tuple(order_of(orderby, shown.features)) if orderby is not None else ()
    if condition == always and not order:
        return rows(call)
    return _matching(call, target, shown, Question(condition, order), offset, length)


def statistics(call: Call) -> Response:
    """Return the statistics of all columns that have any; those that cannot be read are left out, and told of."""
    target = public_target(call)
    shown = target.split.whole(WAIT)
    entries = call.boards.of(shown, target.source.roots).entries(wait=WAIT)
    if any(entry["pending"] for entry in entries):
        raise not_ready("the statistics are still being computed")
    known = [entry for entry in entries if entry["column_statistics"] is not None]
    answer: dict[str, Any] = {
        "num_examples": shown.num_rows,
        "statistics": [
            {key: entry[key] for key in ("column_name", "column_type", "column_statistics")}
            for entry in sorted(known, key=lambda entry: str(entry["column_name"]))
        ],
        "partial": False,
    }
    if failed := [{"column_name": e["column_name"], "error": call.told(e["error"])} for e in entries if e["error"]]:
        answer["failed"] = failed
    return as_json(answer, target.source.revision, HEADERS)


def _window(call: Call) -> tuple[int, int]:
    return call.whole("offset", 0), call.whole("length", PAGE, high=PAGE)


def _matching(call: Call, target: Target, shown: Shown, question: Question, offset: int, length: int) -> Response:
    match = call.matches.of(shown, question)
    if not match.finished(WAIT):
        raise not_ready("the rows are still being searched")
    assert match.total is not None
    positions = [int(row) for row in match.page(offset, length, 0)]
    return _page(call, target, shown, positions, match.total)


def _page(call: Call, target: Target, shown: Shown, positions: Sequence[int], total: int) -> Response:
    names = list(shown.view.columns)
    writer = call.writer(target, absolute=True)
    answer = {
        "features": feature_items(shown.features, names),
        "rows": _written(writer, shown, names, positions),
        "num_rows_total": total,
        "num_rows_per_page": PAGE,
        "partial": not shown.complete,
    }
    return as_json(answer, target.source.revision, HEADERS, limit=call.settings.answer_bytes)


def _written(writer: CellWriter, shown: Shown, names: list[str], positions: Sequence[int]) -> list[dict[str, Any]]:
    table = shown.view.read(positions, names)
    plain = [name for name in names if shown.features[name].type_name not in _MEDIA]
    if (size := table.select(plain).nbytes) > SCANNED_BYTES:
        raise too_big(f"Rows of {size:,} bytes are too large to be shown at once. Ask for fewer.", 500)
    return writer.rows(table, shown.features, positions)
