"""The card of a dataset, changed only where it must be: other keys, comments and the text stay as they were written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from arrowsets.errors import BadData
from arrowsets.files.card import front_matter, parts_of
from arrowsets.record import dataclass

__all__ = ["edit_yaml", "read_head", "with_head"]

_KEY = re.compile(r"""(?:"([^"]+)"|'([^']+)'|([^\s#:'"\-\[{][^:#]*?))\s*:(?:\s|$)""")
_ITEM = re.compile("( *)-( +|$)")
_IDENTITY: Final = "config_name"
_README: Final = "README.md"


def read_head(readme: str | None) -> dict[str, Any]:
    """Return the YAML at the head of a README; empty if there is none.

    Raises:
        BadData: if it cannot be read: what cannot be read cannot be kept.
    """
    return _loaded(front_matter(readme) or "") if readme is not None else {}


def with_head(readme: str | None, changed: Mapping[str, Any]) -> str:
    """Return a README whose head has other values for some keys; a key whose value is None goes.

    >>> print(with_head("---\\nlicense: mit  # ours\\n---\\n# Title", {"a": [1]}))
    ---
    license: mit  # ours
    a:
    - 1
    ---
    # Title
    """
    parts = parts_of(readme) if readme is not None else None
    end = re.search(r"\r\n|\r|\n", readme or "")
    newline = end[0] if end is not None else "\n"
    if readme is None or parts is None:
        head = f"---\n{edit_yaml('', changed)}---\n"
        return head.replace("\n", newline) + (readme or "")
    kept = parts.head.rstrip("\r\n")
    # The end of its last line; what follows are empty lines, which stay.
    blank = parts.head[len(kept) :].removeprefix(newline if kept else "")
    edited = edit_yaml(front_matter(readme) or "", changed).replace("\n", newline)
    return f"{parts.opening}{edited}{blank}{parts.closing}{parts.body}"


def edit_yaml(text: str, changed: Mapping[str, Any]) -> str:
    """Return a YAML mapping with other values for some of its keys; all other lines stay. None removes a key.

    Of a list of configurations, those stay as they were written that are not changed.
    """
    before = _loaded(text)
    wanted = {key: value for key, value in {**before, **changed}.items() if key not in changed or value is not None}
    # Not `splitlines`: a text in quotes may hold other separators.
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    for written in (_written_item_by_item, _written_whole):
        edited = "\n".join(_edited(lines, before, wanted, written)) + "\n"
        # Anchors, flow style or several lines in one: then the lines were not what they seemed.
        if _same(edited, wanted):
            return edited
    return _dumped(wanted)


# Returns the lines of a key with a new value, given those that it had and the value that they meant.
_Writer = Callable[[str, Sequence[str], Any, Any], list[str]]


def _edited(lines: list[str], before: Mapping[str, Any], wanted: Mapping[str, Any], written: _Writer) -> list[str]:
    for key in before.keys() - wanted.keys():
        start, stop = _place(lines, key)
        lines = [*lines[:start], *lines[stop:]]
    for key, value in wanted.items():
        if key not in before or before[key] != value:
            start, stop = _place(lines, key)
            lines = [*lines[:start], *written(key, lines[start:stop], before.get(key), value), *lines[stop:]]
    return lines


def _place(lines: Sequence[str], key: str) -> tuple[int, int]:
    """Return where the lines of a key begin and end; the end of all, if it has none."""
    starts = [(at, _key_of(line)) for at, line in enumerate(lines) if _key_of(line) is not None]
    for number, (start, found) in enumerate(starts):
        if found == key:
            stop = starts[number + 1][0] if number + 1 < len(starts) else len(lines)
            while stop > start + 1 and (not lines[stop - 1].strip() or lines[stop - 1].startswith("#")):
                stop -= 1
            return start, stop
    return len(lines), len(lines)


def _key_of(line: str) -> str | None:
    match = _KEY.match(line)
    return None if match is None else next(group for group in match.groups() if group is not None)


def _written_whole(key: str, lines: Sequence[str], before: Any, value: Any) -> list[str]:  # noqa: ARG001 - a writer
    return _dumped({key: value}).rstrip("\n").split("\n")


def _written_item_by_item(key: str, lines: Sequence[str], before: Any, value: Any) -> list[str]:
    items = list(_items(lines[1:]))
    if not items or not isinstance(before, list) or not isinstance(value, list) or len(items) != len(before):
        return _written_whole(key, lines, before, value)
    left = dict(enumerate(before))
    made = [lines[0]]
    for entry in value:
        at = next((at for at, old in left.items() if old == entry or _are_one(old, entry)), None)
        old = None if at is None else left.pop(at)
        if at is None:
            made += _Item((), (), items[0].indent).with_value(None, entry)
        else:
            made += [*items[at].above, *(items[at].lines if old == entry else items[at].with_value(old, entry))]
    return made


def _are_one(old: object, new: object) -> bool:
    """Tell whether two entries are the same configuration."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return False
    return old.get(_IDENTITY) is not None and old.get(_IDENTITY) == new.get(_IDENTITY)


@dataclass(frozen=True)
class _Item:
    """The lines of an item of a list, with those of comments above it."""

    above: Sequence[str]
    lines: Sequence[str]
    indent: str

    def with_value(self, before: Any, value: Any) -> list[str]:
        """Return its lines with another value."""
        inner = self._inner()
        if inner is None or not isinstance(before, Mapping) or not isinstance(value, Mapping):
            return [self.indent + line for line in _dumped([value]).rstrip("\n").split("\n")]
        first, *others = _edited(inner, before, value, _written_whole)
        return [f"{self.indent}- {first}", *(f"{self.indent}  {line}" if line.strip() else line for line in others)]

    def _inner(self) -> list[str] | None:
        """Return its lines as those of a mapping on its own."""
        margin = f"{self.indent}  "
        if any(line.strip() and not line.startswith(margin) for line in self.lines[1:]):
            return None
        return [line.removeprefix(f"{self.indent}- ").removeprefix(margin) for line in self.lines] or None


def _items(lines: Sequence[str]) -> Iterator[_Item]:
    """Cut the lines of a list in block style."""
    indent, above, own = "", list[str](), list[str]()
    for line in lines:
        match = _ITEM.match(line)
        if match is not None and (not own or match[1] == indent):
            indent = match[1] if not own else indent
            kept = len(own)
            while kept and _is_aside(own[kept - 1]):
                kept -= 1
            if own:
                yield _Item(above, own[:kept], indent)
                above = own[kept:]
            own = [line]
        else:
            (own if own else above).append(line)
    if own:
        yield _Item(above, own, indent)


def _is_aside(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


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


def _dumped(data: object) -> str:
    import yaml

    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=float("inf"))
    # Some control characters do not come back unless they are escaped.
    return text if yaml.safe_load(text) == data else yaml.safe_dump(data, sort_keys=False, width=float("inf"))
