"""The README of a repository: its YAML as JSON, its text as harmless HTML.

Anchors are followed as far as that is harmless: a few lines with them can stand for gigabytes of JSON.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import html
import math
import threading
from collections import OrderedDict
from typing import Any
from urllib.parse import quote, urlsplit

import yaml

from arrowsets.files.card import front_matter, parts_of

__all__ = ["Cards", "check_card", "render"]

_TAGGED = (
    *(
        "annotations_creators",
        "language",
        "language_creators",
        "license",
        "modality",
        "multilinguality",
        "size_categories",
    ),
    *("source_datasets", "task_categories", "task_ids"),
)
_ELEMENTS = "a p br hr em strong s code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td img del"
_LONGEST = 500_000
# Markdown made to be slow takes seconds for each 100 kB.
_RENDERED = 100_000
_DEEPEST = 25
_CACHED = 2000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_card(readme: str) -> list[str]:
    """Return what is wrong with the YAML of a README."""
    try:
        _parse(readme)
    except ValueError as error:
        return [str(error)]
    return []


def _parse(readme: str) -> dict[str, Any]:
    head = front_matter(readme)
    if head is None:
        return {}
    if len(head) > _LONGEST:
        raise ValueError(f"the YAML at the top is longer than {_LONGEST} characters")
    try:
        if _count(yaml.compose(head, Loader=_LOADER), {}) > _LONGEST:
            raise ValueError("the YAML at the top stands for too much: its anchors repeat each other")
        data = yaml.load(head, Loader=_LOADER)  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"the YAML at the top cannot be read: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ValueError("the YAML at the top is not a mapping")
    plain = _plain(data, 0)
    assert isinstance(plain, dict)
    return plain


def _count(node: yaml.Node | None, known: dict[int, int]) -> int:
    """Return how many characters and values a node stands for, what it repeats counted each time."""
    if node is None or id(node) in known:
        # Zero while it is being counted: then it contains itself.
        return 0 if node is None else known[id(node)] or _LONGEST + 1
    known[id(node)] = 0
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        inner = [each for pair in node.value for each in pair]
    elif isinstance(node, yaml.SequenceNode):
        inner = node.value
    size = 1 + sum(_count(each, known) for each in inner)
    known[id(node)] = size if inner else size + len(node.value)
    return known[id(node)]


def _plain(value: object, depth: int) -> object:
    """Return a value as JSON can hold it."""
    if depth > _DEEPEST:
        raise ValueError("the YAML at the top is nested too deeply")
    if isinstance(value, dict):
        return {str(key): _plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(each, depth + 1) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


class Cards:
    """The YAML of READMEs, remembered by content."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def data(self, readme: str | None) -> dict[str, Any]:
        """Return the YAML as JSON; nothing if it cannot be read."""
        if not readme:
            return {}
        key = hashlib.sha256(readme.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        try:
            data = _parse(readme)
        except ValueError:
            data = {}
        with self._lock:
            self._known[key] = data
            while len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return data

    def tags(self, readme: str | None) -> list[str]:
        """Return the tags that lists are filtered by, such as "language:en"."""
        data = self.data(readme)
        found = [f"{name}:{value}" for name in _TAGGED for value in _texts(data.get(name))]
        return list(dict.fromkeys([*found, *_texts(data.get("tags"))]))


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


@functools.lru_cache(maxsize=64)
def render(readme: str, files: str) -> str:
    """Return a README as HTML that is safe to show; a very long one as it was written.

    Args:
        files: The address that relative links and images are relative to.
    """
    text = _body(readme)
    engine = _engine()
    if engine is None or len(text) > _RENDERED:
        return f"<pre>{html.escape(text)}</pre>"
    parse, sanitise = engine
    return str(sanitise(_linked(parse, text, files)))


def _body(readme: str) -> str:
    parts = parts_of(readme)
    return readme if parts is None else parts.body


@functools.cache
def _engine() -> Any:
    """Return a Markdown parser and a sanitiser of HTML; None if they are not installed."""
    try:
        import nh3
        from markdown_it import MarkdownIt
    except ImportError:
        return None
    # Raw HTML is shown as text; the sanitiser stands behind it in case that the parser errs.
    markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": 20})
    cleaner = nh3.Cleaner(
        tags=set(_ELEMENTS.split()),
        attributes={"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return markdown, cleaner.clean


def _linked(markdown: Any, text: str, files: str) -> str:
    tokens = markdown.parse(text)
    for block in tokens:
        for token in block.children or ():
            for name in ("href", "src"):
                target = token.attrs.get(name)
                if target is not None and _is_relative(str(target)):
                    token.attrs[name] = files + quote(str(target).removeprefix("./"), safe="/%#?&=")
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _is_relative(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and bool(parts.path) and not target.startswith(("/", "\\"))
