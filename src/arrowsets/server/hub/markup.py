"""HTML made of values: every text and every attribute is escaped, unless it is marked as markup."""

from __future__ import annotations

import html

__all__ = ["Markup", "element", "join"]

_VOID = frozenset({"input", "link", "meta"})


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


def element(tag: str, /, *content: str, **attributes: str) -> Markup:
    """Return an element.

    >>> str(element("a", "<b>", href='/?q="'))
    '<a href="/?q=&quot;">&lt;b&gt;</a>'
    """
    given = "".join(f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items() if value)
    if tag in _VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{join(*content)}</{tag}>")


def join(*content: str) -> Markup:
    """Return several pieces one after the other."""
    return Markup("".join(part if isinstance(part, Markup) else html.escape(part) for part in content))
