"""Statistics for people: a table with a line for each column and a small histogram in it, as text and as HTML."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any

from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features
from arrowsets.record import dataclass
from arrowsets.statistics.columns import column_statistics
from arrowsets.table import View

__all__ = ["Description", "describe"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_HEAD = ("column", "type", "null", "unique", "min", "median", "mean", "max", "distribution")
_WIDEST = 32
_LABELS = 3
_BARS = 10


@dataclass(frozen=True)
class Description:
    """The statistics of a dataset's columns.

    Attributes:
        num_rows: How many rows they are of.
        columns: Of each column a dict: `column_name`, `column_type`, `column_statistics`, and `error` if it could not be read.
    """

    num_rows: int
    columns: tuple[dict[str, Any], ...]

    def __getitem__(self, name: str) -> dict[str, Any]:
        """Return the statistics of a column."""
        found = {column["column_name"]: column for column in self.columns}
        if name not in found:
            raise ColumnNotFound.of(name, found)
        return found[name]

    def __repr__(self) -> str:
        rows = [_HEAD, *(_cells(column) for column in self.columns)]
        widths = [max(_width(row[at]) for row in rows) for at in range(len(_HEAD))]
        lines = [
            "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return "\n".join([f"{self.num_rows:,} rows", *lines])

    def _repr_html_(self) -> str:
        style = "text-align:left;padding:2px 8px"
        head = "".join(f'<th style="{style}">{name}</th>' for name in _HEAD)
        body = "".join(
            "<tr>"
            + "".join(f'<td style="{style}">{escape(cell)}</td>' for cell in _cells(column)[:-1])
            + f'<td style="{style}">{_drawn(column)}</td></tr>'
            for column in self.columns
        )
        return f"<div><p>{self.num_rows:,} rows</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def describe(view: View, features: Features) -> Description:
    """Compute the statistics of all columns; one that cannot be read is told as such."""
    columns = []
    for name in view.columns:
        entry: dict[str, Any] = {
            "column_name": name,
            "column_type": str(features[name].storage),
            "column_statistics": None,
        }
        try:
            found = column_statistics(view, name, features[name])
            entry = entry if found is None else found.to_json()
        except Exception as error:  # noqa: BLE001 - the other columns are told all the same
            entry["error"] = f"{type(error).__name__}: {error}"
        columns.append(entry)
    return Description(view.num_rows, tuple(columns))


def _cells(column: dict[str, Any]) -> tuple[str, ...]:
    values = column["column_statistics"]
    name, kind = _short(column["column_name"]), _short(column["column_type"])
    if values is None:
        return (name, kind, *[""] * (len(_HEAD) - 3), _short(column.get("error", "")))
    share = f"{100 * values['nan_proportion']:.3g}%" if values["nan_count"] else "0"
    unique = str(values["n_unique"]) if "n_unique" in values else ""
    numbers = [_number(values.get(key)) for key in ("min", "median", "mean", "max")]
    return (name, kind, share, unique, *numbers, _distribution(values))


def _distribution(values: dict[str, Any]) -> str:
    if values.get("histogram"):
        return _bars(values["histogram"]["hist"])
    frequencies = values.get("frequencies")
    if not frequencies:
        return ""
    total = sum(frequencies.values()) or 1
    most = sorted(frequencies.items(), key=lambda item: -item[1])
    told = ", ".join(f"{_short(str(label), 12)} {100 * count / total:.0f}%" for label, count in most[:_LABELS])
    return told + (" …" if len(most) > _LABELS else "")


def _bars(counts: Sequence[int]) -> str:
    """Draw counts.

    >>> _bars([0, 1, 4])
    ' ▂█'
    """
    most = max(counts, default=0)
    return "".join(_BLOCKS[-(-count * 8 // most) - 1] if count else " " for count in counts) if most else ""


def _drawn(column: dict[str, Any]) -> str:
    values = column["column_statistics"]
    if values is None or not (values.get("histogram") or values.get("frequencies")):
        return escape(_cells(column)[-1])
    if values.get("histogram"):
        edges = values["histogram"]["bin_edges"]
        bars = [
            (count, f"{edges[at]} to {edges[at + 1]}: {count:,}")
            for at, count in enumerate(values["histogram"]["hist"])
        ]
    else:
        most = sorted(values["frequencies"].items(), key=lambda item: -item[1])[:_BARS]
        bars = [(count, f"{label}: {count:,}") for label, count in most]
    highest = max(count for count, _ in bars) or 1
    shapes = "".join(
        f'<rect x="{11 * at}" y="{30 - 30 * count / highest:.1f}" width="10" height="{30 * count / highest:.1f}">'
        f"<title>{escape(text)}</title></rect>"
        for at, (count, text) in enumerate(bars)
    )
    return f'<svg width="{11 * len(bars)}" height="30" fill="currentColor" role="img">{shapes}</svg>'


def _number(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,.5g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _short(text: str, most: int = _WIDEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
