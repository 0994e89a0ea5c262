"""The card of a dataset, changed only where it must be: other keys, comments and the text stay as they were written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from arrowsets.errors import BadData
from arrowsets.files.card import front_matter

__all__ = ["edit_yaml", "read_head", "with_head"]

_KEY = re.compile(r"""(?:"([^"]+)"|'([^']+)'|([^\s#:'"\-\[{][^:#]*?))\s*:(?:\s|$)""")
_README: Final = "README.md"


def read_head(readme: str | None) -> dict[str, Any]:
    """Return the YAML at the head of a README; empty if there is none.

    Raises:
        BadData: if it cannot be read: what cannot be read cannot be kept.
    """
    return _loaded(front_matter(readme) or "") if readme is not None else {}


def with_head(readme: str | None, changed: Mapping[str, Any]) -> str:
    """Return a README whose head has other values for some keys.

    >>> print(with_head("---\\nlicense: mit  # ours\\n---\\n# Title", {"a": [1]}))
    ---
    license: mit  # ours
    a:
    - 1
    ---
    # Title
    """
    head = front_matter(readme) if readme is not None else None
    if readme is None or head is None:
        return f"---\n{edit_yaml('', changed)}---\n{readme or ''}"
    opening, _, rest = readme.partition("\n")
    newline = "\r\n" if opening.endswith("\r") else "\n"
    body = rest.splitlines(keepends=True)[len(head.splitlines()) :]
    edited = edit_yaml(head, changed).replace("\n", newline)
    return f"{opening}\n{edited}{''.join(body)}"


def edit_yaml(text: str, changed: Mapping[str, Any]) -> str:
    """Return a YAML mapping with other values for some of its keys; all other lines stay."""
    before = _loaded(text)
    # Not `splitlines`: a text in quotes may hold other separators.
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    for key, value in changed.items():
        lines = _replaced(lines, key, _dumped({key: value}).rstrip("\n").split("\n"))
    edited = "\n".join(lines) + "\n"
    wanted = {**before, **changed}
    # Anchors, flow style or several lines in one: then the lines were not what they seemed.
    return edited if _same(edited, wanted) else _dumped(wanted)


def _replaced(lines: list[str], key: str, block: list[str]) -> list[str]:
    starts = [(at, _key_of(line)) for at, line in enumerate(lines) if _key_of(line) is not None]
    for number, (start, found) in enumerate(starts):
        if found == key:
            stop = starts[number + 1][0] if number + 1 < len(starts) else len(lines)
            while stop > start + 1 and (not lines[stop - 1].strip() or lines[stop - 1].startswith("#")):
                stop -= 1
            return [*lines[:start], *block, *lines[stop:]]
    return [*lines, *block]


def _key_of(line: str) -> str | None:
    match = _KEY.match(line)
    return None if match is None else next(group for group in match.groups() if group is not None)


def _same(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return _loaded(text) == wanted
    except BadData:
        return False


def _loaded(text: str) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadData(f"its YAML cannot be read, so nothing can be added to it: {error}", file=_README) from error
    if data is not None and not isinstance(data, dict):
        raise BadData(f"its YAML is a {type(data).__name__} and not a mapping", file=_README)
    return data or {}


def _dumped(data: Mapping[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=float("inf"))
    # Some control characters do not come back unless they are escaped.
    return text if yaml.safe_load(text) == data else yaml.safe_dump(dict(data), sort_keys=False, width=float("inf"))
