"""Files that answers lead to: those in cells, and the Parquet files themselves.

Addresses are signed and are never joined to a path: their parts name a dataset, a split, a row and a column.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

from starlette.responses import FileResponse, Response

from arrowsets.errors import BadMedia
from arrowsets.features.media import Media
from arrowsets.server.viewer.assets import steps
from arrowsets.server.viewer.call import Call, Target
from arrowsets.server.viewer.catalogue import Source
from arrowsets.server.viewer.errors import ViewerError
from arrowsets.server.viewer.media import THUMBNAIL, Asset, document_of, render
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.server.viewer.thumbnails import Thumbnails

__all__ = ["asset", "asset_of", "is_thumbnail", "parquet_file"]

_SAFE = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
_AGE = {"Cache-Control": "private, max-age=3600"}


def asset(call: Call) -> Response:
    """Send the file in a cell, in a form that a browser shows."""
    target, rest = _signed(call, "assets", 3)
    number, column, name = rest
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise _nothing()
    made = asset_of(target, int(number), column, call.text("place") or "", name, call.settings, call.work.thumbnails)
    tag = f'"{target.source.revision}"'
    headers = {**_SAFE, **_AGE, "ETag": tag}
    if made.media_type == "application/pdf":
        headers["Content-Disposition"] = "attachment"
    return _ranged(call, made.content, made.media_type, headers)


def asset_of(
    target: Target,
    row: int,
    column: str,
    place: str,
    name: str,
    settings: ViewerSettings,
    thumbnails: Thumbnails,
) -> Asset:
    """Return the file in a cell.

    Args:
        place: Where in the cell it is; "" for a file that is the whole cell.
        name: The file name that its address has.
    """
    shown = target.split.shown(row + 1)
    if row >= shown.num_rows or column not in shown.features:
        raise _nothing()
    feature: Any = shown.features[column]
    value = shown.view.read(range(row, row + 1), [column]).column(0)[0]
    try:
        for step in steps(place):
            feature = feature.children()["item" if isinstance(step, int) else step]
            value = value[step]
    except (KeyError, IndexError, ValueError, TypeError):
        raise _nothing() from None
    if not isinstance(feature, Media) or not value.is_valid:
        raise _nothing()
    data = value["bytes"]
    cell = {"bytes": data.as_buffer() if data.is_valid else None, "path": value["path"].as_py()}
    try:
        if feature.type_name == "Pdf" and is_thumbnail(name):
            return _thumbnail(
                thumbnails.drawn((*target.names, row, column, place), document_of(cell, target.source.roots))
            )
        return render(
            feature, cell, name, target.source.roots, pixels=settings.image_pixels, limit=settings.asset_bytes
        )
    except BadMedia as error:
        raise ViewerError(500, "TransformRowsProcessingError", str(error)) from error


def is_thumbnail(name: str) -> bool:
    """Return whether a file name of ours is that of a thumbnail; nested ones have more of a name."""
    return name.startswith(THUMBNAIL.partition(".")[0])


def _thumbnail(content: bytes | None) -> Asset:
    if content is None:
        raise ViewerError(404, "ResponseNotFound", "the first page of the document cannot be drawn")
    return Asset(content, "image/jpeg")


def _ranged(call: Call, content: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """Send bytes, or the part that a player asks for."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    asked = call.request.headers.get("range", "")
    first, dash, last = asked.removeprefix("bytes=").partition("-")
    if not asked.startswith("bytes=") or not dash or not first.isdigit() or (last and not last.isdigit()):
        return Response(content, media_type=media_type, headers=headers)
    start, stop = int(first), min(int(last) + 1 if last else len(content), len(content))
    if start >= stop:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return Response(content[start:stop], 206, headers, media_type)


def parquet_file(call: Call) -> Response:
    """Send a Parquet file that a split is made of."""
    target, rest = _signed(call, "parquet-files", 1)
    number = rest[0].removesuffix(".parquet")
    files = [file for file in target.config.loaded.parquet if file.split == target.split.name]
    if not (number.isascii() and number.isdigit() and len(number) < 9 and int(number) < len(files)):
        raise _nothing()
    return FileResponse(files[int(number)].path, media_type="application/vnd.apache.parquet", headers={**_SAFE, **_AGE})


def _signed(call: Call, kind: str, more: int) -> tuple[Target, list[str]]:
    """Return what an address of ours names, and its last parts."""
    request = call.request
    raw: str = request.scope["raw_path"].partition(b"?")[0].decode("ascii", "replace")
    raw = raw.removeprefix(quote(str(request.scope.get("root_path", ""))))
    path = f"{kind}/" + raw.partition(f"/{kind}/")[2]
    query = request.scope["query_string"].decode("ascii", "replace")
    place = next((part for part in query.split("&") if part.startswith("place=")), "")
    if not call.signer.holds(f"{path}?{place}" if place else path, request.query_params.get("sig", "")):
        raise ViewerError(401, "ExternalUnauthenticatedError", "this address is not one of ours, or of an earlier run")
    # It is one of ours, so it has as many parts as ours have.
    source, parts = _split_path(call, raw, kind)
    config, split, *rest = parts
    if len(rest) != more:
        raise _nothing()
    found = source.config(config)
    return Target(source, found, found.split(split)), rest


def _split_path(call: Call, raw: str, kind: str) -> tuple[Source, list[str]]:
    name, _, rest = raw.partition(f"/{kind}/")[2].partition("/--/")
    revision, _, tail = rest.partition("/--/")
    source = call.catalogue.source(unquote(name))
    if unquote(revision) != source.revision:
        raise _nothing()
    return source, [unquote(part) for part in tail.split("/")]


def _nothing() -> ViewerError:
    return ViewerError(404, "ResponseNotFound", "there is nothing at this address")
