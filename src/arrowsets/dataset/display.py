"""How a dataset shows itself in a notebook: its columns with their types, and its first rows."""

from __future__ import annotations

from arrowsets.features import Features
from arrowsets.table import View

__all__ = ["escaped", "to_html"]

ROWS, COLUMNS, CHARACTERS = 5, 20, 80

_STYLE = "text-align:left;vertical-align:top;padding:2px 8px;max-width:30em;overflow-wrap:anywhere"


def to_html(kind: str, view: View, features: Features) -> str:
    """Return a table of the first rows. Everything that comes from the data is escaped, and nothing is decoded.

    >>> from arrowsets.features import Value
    >>> import pyarrow as pa
    >>> html = to_html("Dataset", View.from_table(pa.table({"x": ["<b>"]})), Features({"x": Value("string")}))
    >>> "&lt;b&gt;" in html, "<b>" in html
    (True, False)
    """
    names = list(view.columns[:COLUMNS])
    table = view.read(range(min(ROWS, view.num_rows)), names)
    head = "".join(
        f'<th style="{_STYLE}">{escaped(name)}<br><small style="font-weight:normal">{escaped(_type(features[name]))}'
        "</small></th>"
        for name in names
    )
    columns = [column.to_pylist() for column in table.columns]
    body = "".join(
        "<tr>" + "".join(f'<td style="{_STYLE}">{_cell(value)}</td>' for value in row) + "</tr>"
        for row in zip(*columns, strict=True)
    )
    hidden = len(view.columns) - len(names)
    rest = f", {hidden} more not shown" if hidden else ""
    title = f"{escaped(kind)}: {view.num_rows:,} rows, {len(view.columns)} columns{rest}"
    return f"<div><p>{title}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def escaped(text: str) -> str:
    """Return text for HTML."""
    from html import escape  # brings the names of 2,000 characters with it, which none but notebooks need

    return escape(text)


def _type(feature: object) -> str:
    text = str(getattr(feature, "dtype", None) or feature)
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…"


def _cell(value: object) -> str:
    if value is None:
        return "<i>null</i>"
    text = value if isinstance(value, str) else repr(value)[: CHARACTERS + 1]
    return escaped(text if len(text) <= CHARACTERS else f"{text[: CHARACTERS - 1]}…")
