"""A request with what answers need of it: the datasets, the limits, and its parameters read strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from arrowsets.server.viewer.assets import Signer, address
from arrowsets.server.viewer.board import Boards
from arrowsets.server.viewer.catalogue import Catalogue, Config, Source
from arrowsets.server.viewer.cells import CellWriter, json_text
from arrowsets.server.viewer.errors import ViewerError, invalid, missing
from arrowsets.server.viewer.matching import Matches
from arrowsets.server.viewer.pool import Pool
from arrowsets.server.viewer.queries import Queries
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.server.viewer.split import Split
from arrowsets.server.viewer.thumbnails import Thumbnails

__all__ = ["Call", "Target", "Work", "as_json"]

LONGEST_TEXT = 4096
LONGEST_PARAMETER = 65536
_PUBLIC_AGE = "max-age=120"


@dataclass(frozen=True, slots=True)
class Target:
    """The split that a request is about."""

    source: Source
    config: Config
    split: Split

    @property
    def names(self) -> tuple[str, str, str, str]:
        """What addresses name it by: dataset, revision, configuration and split."""
        return self.source.name, self.source.revision, self.config.name, self.split.name


@dataclass(frozen=True, slots=True)
class Work:
    """What takes long, and what is known of it already."""

    pool: Pool
    matches: Matches
    boards: Boards
    queries: Queries
    thumbnails: Thumbnails

    def close(self) -> None:
        """Give up what takes long: there is nobody to answer any more."""
        self.queries.close()
        self.thumbnails.close()
        self.boards.close()
        self.pool.close()


@dataclass(slots=True)
class Call:
    """A request."""

    request: Request
    catalogue: Catalogue
    settings: ViewerSettings
    signer: Signer
    work: Work
    body: bytes = b""

    @property
    def matches(self) -> Matches:
        """Which rows searches and filters lead to."""
        return self.work.matches

    @property
    def boards(self) -> Boards:
        """The statistics."""
        return self.work.boards

    def told(self, text: str) -> str:
        """Return what may be told to this caller of what went wrong: not where files lie, unless the data are their own."""
        if not self.settings.tell_causes:
            for source in self.catalogue.sources.values():
                text = source.without_places(text)
        return text

    def text(self, name: str, *, limit: int = LONGEST_TEXT) -> str | None:
        """Return a parameter; None if it is empty or was not given."""
        value = self.request.query_params.get(name)
        if value is not None and len(value) > limit:
            raise invalid(f"Parameter '{name}' must not have more than {limit} characters")
        return value or None

    def required(self, *names: str) -> list[str]:
        """Return parameters that must be there."""
        values = [self.text(name) for name in names]
        if absent := [name for name, value in zip(names, values, strict=True) if value is None]:
            raise missing(*absent)
        return [value for value in values if value is not None]

    def whole(self, name: str, default: int, low: int = 0, high: int | None = None) -> int:
        """Return a parameter that is a whole number."""
        value = self.text(name)
        if value is None:
            return default
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
            raise invalid(f"Parameter '{name}' must be integer")
        number = int(value)
        if number < low:
            raise invalid(f"Parameter '{name}' must be positive" if low == 0 else f"'{name}' must be at least {low}")
        if high is not None and number > high:
            raise invalid(f"Parameter '{name}' must not be greater than {high}")
        return number

    def listed(self, name: str) -> list[Any] | None:
        """Return a parameter that is a JSON list."""
        value = self.text(name, limit=LONGEST_PARAMETER)
        if value is None:
            return None
        try:
            found = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise invalid(f"Parameter '{name}' must be a JSON list: {error}") from error
        if not isinstance(found, list):
            raise invalid(f"Parameter '{name}' must be a JSON list")
        return found

    def flag(self, name: str) -> bool:
        """Return a parameter that is yes or no."""
        return self.text(name) in ("1", "true", "True")

    def target(self) -> Target:
        """Return the split that is asked for; what is not named is the first."""
        source = self.catalogue.source(self.text("dataset"))
        config = source.config(self.text("config"))
        return Target(source, config, config.split(self.text("split")))

    def writer(self, target: Target, *, absolute: bool, exact: bool = False, cut: int | None = None) -> CellWriter:
        """Return what writes cells; `absolute` addresses of files for clients, relative ones for the page."""
        base = f"{self.base}/" if absolute else ""

        def link(row: int, column: str, place: str, file: str) -> str:
            path = address(*target.names, row, column, place, file)
            return f"{base}{path}{'&' if '?' in path else '?'}sig={self.signer.sign(path)}"

        return CellWriter(link, target.source.roots, exact, cut, self.work.thumbnails.sizes(target.names))

    @property
    def base(self) -> str:
        """The address of the viewer, as the caller knows it."""
        scope = self.request.scope
        given = scope.get("arrowsets.base") or f"{scope['scheme']}://{self.request.headers.get('host', '')}"
        return str(given) + quote(str(scope.get("root_path", "")))


def as_json(
    value: Any, revision: str = "", headers: Mapping[str, str] | None = None, limit: int | None = None
) -> Response:
    """Return an answer.

    Raises:
        ViewerError: if it has more than `limit` bytes.
    """
    content = json_text(value).encode("utf-8", "replace")
    if limit is not None and len(content) > limit:
        raise ViewerError(
            501, "TooBigContentError", f"The answer would have {len(content):,} bytes, more than {limit:,}",
            "Ask for fewer rows or columns.",
        )  # fmt: skip
    all_headers = {**({"X-Revision": revision} if revision else {}), **(headers or {})}
    return Response(content, media_type="application/json", headers=all_headers)
