"""A sample of a dataset as one HTML file: the viewer's page with the rows in it, which needs no server and asks none.

The page's modules become one script. A Content-Security-Policy names that script and the style by their hashes and allows
nothing else, so that nothing in the data can run and nothing is ever loaded.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arrowsets import __version__
from arrowsets.errors import ArrowsetsError
from arrowsets.features.media import needed
from arrowsets.server.viewer.app import STATIC
from arrowsets.server.viewer.call import Target
from arrowsets.server.viewer.catalogue import Source
from arrowsets.server.viewer.cells import CUT_CHARACTERS, CellWriter, feature_items, json_text
from arrowsets.server.viewer.errors import ViewerError
from arrowsets.server.viewer.media import Asset
from arrowsets.server.viewer.sending import asset_of
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.server.viewer.thumbnails import Thumbnails
from arrowsets.statistics import describe

__all__ = ["bundle", "export", "page_of"]

ROWS = 200
MEDIA_BYTES = 64 << 20
THUMBNAIL_SECONDS = 30.0
_IMAGE_SIDE = 640
_FROM = re.compile(r'^import\s+(?P<what>[^;]*?)\s+from\s+"\./(?P<file>[\w.-]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?P<kind>async function\*?|function\*?|class|const)\s+(?P<name>[\w$]+)", re.MULTILINE)


def export(
    source: Source, path: str | Path, rows: int = ROWS, config: str | None = None, split: str | None = None
) -> Path:
    """Write a sample as an HTML file.

    Args:
        rows: How many rows of each split.
        config, split: Only that one; None: all.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.write_text(page_of(source, rows, config, split), encoding="utf-8")
    temporary.replace(target)
    return target


def page_of(source: Source, rows: int = ROWS, config: str | None = None, split: str | None = None) -> str:
    """Return a sample as an HTML page."""
    targets = list(_targets(source, config, split))
    budget = _Budget(MEDIA_BYTES)
    with contextlib.closing(Thumbnails()) as thumbnails:
        samples = [_sample(target, rows, budget, thumbnails) for target in targets]
    data = json_text({"dataset": _listing(source, targets, samples), "samples": samples})
    script, style = bundle(STATIC), _style(STATIC)
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; media-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    body = _between((STATIC / "index.html").read_text(encoding="utf-8"), "<body>", "</body>")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>Dataset viewer</title>\n<style>{style}</style>\n</head>\n<body>{body}"
        # What would end the element is written as JSON's escape of it.
        f'<script type="application/json" id="arrowsets-data">{data.replace("<", chr(92) + "u003c")}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def _targets(source: Source, config: str | None, split: str | None) -> Iterator[Target]:
    for name in source.configs if config is None else [config]:
        found = source.config(name)
        for each in found.splits if split is None else [split]:
            yield Target(source, found, found.split(each))


def _sample(target: Target, rows: int, budget: _Budget, thumbnails: Thumbnails) -> dict[str, Any]:
    shown = target.split.whole(3600.0)
    names = list(shown.view.columns)
    count = min(rows, shown.num_rows)

    def link(row: int, column: str, place: str, file: str) -> str:
        return budget.data_uri(lambda: asset_of(target, row, column, place, file, ViewerSettings(), thumbnails))

    sizes = thumbnails.sizes(target.names, THUMBNAIL_SECONDS)
    writer = CellWriter(link, target.source.roots, exact=True, cut=CUT_CHARACTERS, sizes=sizes)
    table = shown.view.read(range(count), names)
    statistics = [
        {"error": None, "pending": False, **column} for column in describe(shown.view, shown.features).columns
    ]
    return {
        "dataset": target.source.name,
        "config": target.config.name,
        "split": target.split.name,
        "rows": {
            "features": feature_items(shown.features, names),
            "rows": writer.rows(table, shown.features, range(count)),
            "num_rows_total": count,
        },
        "statistics": {"num_examples": shown.num_rows, "statistics": writer.plain(statistics)},
    }


def _listing(source: Source, targets: list[Target], samples: list[dict[str, Any]]) -> dict[str, Any]:
    configs: dict[str, list[dict[str, Any]]] = {}
    for target, sample in zip(targets, samples, strict=True):
        facts = {
            "split": target.split.name,
            "num_rows": sample["rows"]["num_rows_total"],
            "num_columns": len(sample["rows"]["features"]),
        }
        configs.setdefault(target.config.name, []).append(facts)
    shortened = [
        f"{target.split.name}: {sample['rows']['num_rows_total']:,} of {sample['statistics']['num_examples']:,} rows"
        for target, sample in zip(targets, samples, strict=True)
        if sample["rows"]["num_rows_total"] < sample["statistics"]["num_examples"]
    ]
    return {
        "title": source.title,
        "datasets": [
            {
                "dataset": source.name,
                "revision": source.revision,
                "configs": [{"config": name, "splits": splits} for name, splits in configs.items()],
            }
        ],
        "sql": False,
        "warnings": [f"This page holds a sample. {'; '.join(shortened)}"] if shortened else [],
        "version": __version__,
    }


class _Budget:
    """Files in cells as `data:` addresses, images made smaller, until there are too many bytes."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def data_uri(self, read: Any) -> str:
        try:
            asset = _smaller(read())
        except ViewerError:
            return ""
        if len(asset.content) > self._left:
            return ""
        self._left -= len(asset.content)
        return f"data:{asset.media_type};base64,{base64.b64encode(asset.content).decode('ascii')}"


def _smaller(asset: Asset) -> Asset:
    if not asset.media_type.startswith("image/"):
        return asset
    pil = needed("PIL.Image", "showing images", "pillow", "image")
    with pil.open(io.BytesIO(asset.content)) as image:
        if max(image.size) <= _IMAGE_SIDE:
            return asset
        image.thumbnail((_IMAGE_SIDE, _IMAGE_SIDE))
        out = io.BytesIO()
        image.save(out, "PNG" if asset.media_type == "image/png" else "JPEG")
        return Asset(out.getvalue(), asset.media_type)


def bundle(folder: Path) -> str:
    """Return the page's modules as one script: each is a function that returns what it exports, in order of need."""
    parts: dict[str, str] = {}
    _add("app.js", folder, parts, ())
    return "\n".join(parts.values())


def _add(name: str, folder: Path, parts: dict[str, str], within: tuple[str, ...]) -> None:
    if name in parts:
        return
    if name in within:
        raise ArrowsetsError(f"the modules of the page import each other: {' -> '.join((*within, name))}")
    text = (folder / name).read_text(encoding="utf-8")
    for found in _FROM.finditer(text):
        _add(found["file"], folder, parts, (*within, name))
    exported = ", ".join(found["name"] for found in _EXPORT.finditer(text))
    body = _EXPORT.sub(lambda found: f"{found['kind']} {found['name']}", _FROM.sub(_taken, text))
    if left := re.search(r"^(import|export)\b.*$", body, re.MULTILINE):
        raise ArrowsetsError(f"{name}: {left[0]!r} cannot be put into one script")
    parts[name] = f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def _taken(found: re.Match[str]) -> str:
    what, variable = found["what"].strip(), _variable(found["file"])
    if what.startswith("* as "):
        return f"const {what.removeprefix('* as ')} = {variable};"
    return f"const {what.replace(' as ', ': ')} = {variable};"


def _variable(file: str) -> str:
    return "module_" + re.sub(r"\W", "_", file.removesuffix(".js"))


def _style(folder: Path) -> str:
    page = (folder / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'href="static/([\w.-]+\.css)"', page)
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def _between(text: str, start: str, stop: str) -> str:
    return text.partition(start)[2].partition(stop)[0]
