"""Which way rows become CSV or JSON: by Arrow's kernels where the options allow, else by pandas."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from arrowsets.errors import ShapeConflict, UnknownName
from arrowsets.export.csv import CsvStyle, csv_header, rows_as_csv
from arrowsets.export.frames import CsvFrames, JsonFrames, check_options
from arrowsets.export.json import JsonStyle, rows_as_json
from arrowsets.export.scan import bytes_of
from arrowsets.export.temporal import EPOCH_UNITS
from arrowsets.export.texts import TextFile, check_counts, write_text
from arrowsets.record import dataclass
from arrowsets.table import View

__all__ = ["write_csv", "write_json"]

_PLAIN_CSV: dict[str, tuple[Any, ...]] = {
    "float_format": (None,),
    "index": (False,),
    "mode": ("w", "wb"),
    "encoding": (None, "utf-8", "utf8"),
    "errors": ("strict",),
    "quoting": (None, csv.QUOTE_MINIMAL),
    "doublequote": (True,),
    "escapechar": (None,),
    "decimal": (".",),
    "date_format": (None,),
}
_CSV_STYLE = ("sep", "na_rep", "quotechar", "lineterminator")
_CSV_IDLE = {"index_label", "chunksize"}
_OURS = frozenset({"path_or_buf", "storage_options"})
_PLAIN_JSON: dict[str, tuple[Any, ...]] = {
    "orient": (None, "records"),
    "double_precision": (None,),
    "default_handler": (None,),
    "indent": (None, 0),
    "index": (None, False),
    "mode": ("w",),
}
_JSON_STYLE = {"lines", "force_ascii", "date_format", "date_unit"}


def write_csv(
    view: View,
    path_or_buf: Any,
    batch_size: int | None,
    num_proc: int | None,
    storage_options: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> int:
    """Write a CSV file and return the bytes of its text; see `Dataset.to_csv`."""
    check_options("to_csv", options, _OURS)
    options = dict(options)
    compression = options.pop("compression", "infer")
    if options.get("mode", "w") not in ("w", "wb"):
        raise UnknownName.of("mode", options["mode"], ["w"])
    chosen = options.pop("columns", None)
    if chosen is not None:
        view = view.select_columns(list(chosen))
    style = _csv_style(options)
    if style is None or not view.columns:
        encode: Any = CsvFrames(options)
        head = encode(view.read(range(0)), 0) if not view.num_rows else b""
    else:
        encode = _CsvRows(style)
        head = _head(view, options.get("header", True), style)
    file = TextFile(path_or_buf, storage_options, compression, head)
    plain = isinstance(encode, _CsvRows)
    return write_text(view, encode, file, batch_size=batch_size, num_proc=num_proc, what="CSV", threads=plain)


def _head(view: View, header: Any, style: CsvStyle) -> bytes:
    if header is False or header is None:
        return b""
    names = list(view.columns) if header is True else list(header)
    if len(names) != len(view.columns):
        raise ShapeConflict(f"header= has {len(names)} names for {len(view.columns)} columns; give one for each")
    return csv_header(names, style)


def _csv_style(options: Mapping[str, Any]) -> CsvStyle | None:
    """Return how our own writer spells rows as the options say; None if it cannot."""
    rest = {name: value for name, value in options.items() if name not in _CSV_IDLE and name != "header"}
    style = {name: rest.pop(name) for name in _CSV_STYLE if rest.get(name) is not None}
    if any(value not in _PLAIN_CSV[name] for name, value in rest.items() if value is not None or name in _PLAIN_CSV):
        return None
    made = CsvStyle(**style)
    marks = made.sep + made.quotechar
    safe = len(made.sep) == len(made.quotechar) == 1 and marks.isascii() and made.sep != made.quotechar
    # A mark that occurs in numbers, or in what stands for null, has to be quoted there as well.
    plain = not any(mark.isalnum() or mark in "+-.: '[]{}" for mark in marks)
    return made if safe and plain and not set(made.na_rep) & set(marks + "\r\n") else None


@dataclass(frozen=True)
class _CsvRows:
    style: CsvStyle

    def __call__(self, table: pa.Table, first: int) -> memoryview:
        del first
        return bytes_of(rows_as_csv(table, self.style))


def write_json(
    view: View,
    path_or_buf: Any,
    batch_size: int | None,
    num_proc: int | None,
    storage_options: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> int:
    """Write a JSON file and return the bytes of its text; see `Dataset.to_json`."""
    check_options("to_json", options, _OURS)
    check_counts(batch_size, num_proc)
    options = dict(options)
    compression = options.pop("compression", "infer")
    orient = options.get("orient") or "records"
    lines = options.get("lines")
    lines = orient == "records" if lines is None else bool(lines)
    if lines and orient != "records":
        raise ValueError(
            f"lines=True writes one record per line, which orient={orient!r} is not; leave one of them out"
        )
    if options.get("mode", "w") != "w":
        raise UnknownName.of("mode", options["mode"], ["w"])
    style = _json_style(options)
    if style is None:
        return _by_pandas(view, path_or_buf, batch_size, num_proc, storage_options, compression, options, orient, lines)
    edges = (b"", b"") if lines else (b"[", b"]\n")
    file = TextFile(path_or_buf, storage_options, compression, *edges)
    encode = _JsonRows(style, lines)
    return write_text(view, encode, file, batch_size=batch_size, num_proc=num_proc, what="JSON")


def _json_style(options: Mapping[str, Any]) -> JsonStyle | None:
    date_format, unit = options.get("date_format"), options.get("date_unit")
    if date_format not in (None, "epoch", "iso"):
        raise UnknownName.of("date_format", date_format, ["iso", "epoch"])
    if unit not in (None, *EPOCH_UNITS):
        raise UnknownName.of("date_unit", unit, EPOCH_UNITS)
    for name, value in options.items():
        if name not in _JSON_STYLE and value not in _PLAIN_JSON[name]:
            return None
    return JsonStyle(bool(options.get("force_ascii", True)), (unit or "ms") if date_format == "epoch" else None)


def _by_pandas(
    view: View,
    path_or_buf: Any,
    batch_size: int | None,
    num_proc: int | None,
    storage_options: Mapping[str, Any] | None,
    compression: str | None,
    options: Mapping[str, Any],
    orient: str,
    lines: bool,
) -> int:
    options = {"date_format": "iso", "date_unit": "ns", **options, "orient": orient, "lines": lines}
    if orient in ("split", "table"):
        options.setdefault("index", False)
    encode = JsonFrames(options)
    if not lines:
        # One document holds all rows, so all of them have to be one frame.
        batch_size, num_proc = max(view.num_rows, 1), None
    head = encode(view.read(range(0)), 0) if not view.num_rows and not lines else b""
    file = TextFile(path_or_buf, storage_options, compression, head)
    return write_text(view, encode, file, batch_size=batch_size, num_proc=num_proc, what="JSON", threads=False)


@dataclass(frozen=True)
class _JsonRows:
    style: JsonStyle
    lines: bool

    def __call__(self, table: pa.Table, first: int) -> memoryview:
        if self.lines:
            return bytes_of(rows_as_json(table, self.style, after="\n"))
        data = bytes_of(rows_as_json(table, self.style, before=","))
        return data[1:] if first == 0 else data
