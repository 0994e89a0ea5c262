"""`arrowsets head`: the first rows of a dataset."""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from arrowsets.cli import text
from arrowsets.cli.command import Command
from arrowsets.cli.source import is_saved, open_path
from arrowsets.peek import first_rows

__all__ = ["COMMAND"]

_NARROWEST = 8


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="a file, a directory, a URL, or what save_to_disk wrote")
    parser.add_argument("-n", "--rows", type=int, default=5, metavar="N", help="how many rows (default: 5)")
    parser.add_argument("--split", metavar="NAME", help="the split (default: the first)")
    parser.add_argument("--json", action="store_true", help="print a JSON object a line, whole values")


def _run(args: argparse.Namespace) -> None:
    if is_saved(args.path):
        splits = open_path(args.path)
        rows = splits[args.split or next(iter(splits))].take(args.rows).to_list()
    else:
        rows = first_rows(args.path, args.rows, args.split)
    if args.json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, default=_plain))
        return
    print(_table(rows))


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        return "(no rows)"
    screen = shutil.get_terminal_size().columns if sys.stdout.isatty() else 160
    width = max(screen // len(names) - 2, _NARROWEST)
    lines = [[_short(row.get(name), width) for name in names] for row in rows]
    return text.table([_cut(name, width) for name in names], lines)


def _short(value: Any, width: int) -> str:
    if isinstance(value, bytes):
        return f"<{text.size(len(value))}>"
    if isinstance(value, Mapping):
        value = {key: f"<{text.size(len(each))}>" if isinstance(each, bytes) else each for key, each in value.items()}
    return _cut(" ".join(str(value).split()), width)


def _cut(shown: str, width: int) -> str:
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def _plain(value: Any) -> Any:
    """Return what JSON can hold: bytes as base64, dates and numbers of other kinds as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


COMMAND = Command(
    """
arrowsets head data.csv
arrowsets head data.parquet -n 20
arrowsets head my_dataset/ --split test --json
""",
    _arguments,
    _run,
)
