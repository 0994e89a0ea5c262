"""`arrowsets info`: splits, rows, types and files of a dataset."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arrowsets.cli import text
from arrowsets.cli.command import Command
from arrowsets.cli.source import is_saved, open_path
from arrowsets.resolve import resolve

__all__ = ["COMMAND"]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="a file, a directory, a URL, or what save_to_disk wrote")
    parser.add_argument("--num-proc", type=int, metavar="N", help="worker processes for reading the files")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(args: argparse.Namespace) -> None:
    splits = open_path(args.path, args.num_proc)
    files = dict(_saved_files(splits) if is_saved(args.path) else _source_files(args.path))
    first = next(iter(splits.values()))
    facts = {
        "path": args.path,
        "format": "saved by save_to_disk" if is_saved(args.path) else resolve(args.path).builder,
        "splits": {
            name: {"rows": data.num_rows, "bytes": data.nbytes, "files": files.get(name, [])}
            for name, data in splits.items()
        },
        "features": first.features.to_dict(),
    }
    if args.json:
        print(json.dumps(facts, indent=2))
        return
    print(f"{facts['path']}  ({facts['format']})\n")
    lines = [
        [name, f"{data.num_rows:,}", text.size(data.nbytes), f"{len(files.get(name, [])):,}"]
        for name, data in splits.items()
    ]
    print(text.table(["split", "rows", "in memory", "files"], lines, right=[1, 2, 3]))
    print()
    print(text.table(["column", "type"], [[name, str(feature)] for name, feature in first.features.items()]))
    print()
    shown = [[each["file"], text.size(each["bytes"])] for listed in files.values() for each in listed]
    print(text.table(["file", "size"], shown, right=[1]))


def _source_files(path: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for split, files in resolve(path).files.items():
        yield split, [{"file": file.url, "bytes": file.size or 0} for file in files]


def _saved_files(splits: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for split, files in splits.cache_files.items():
        yield split, [{"file": each["filename"], "bytes": Path(each["filename"]).stat().st_size} for each in files]


COMMAND = Command(
    """
arrowsets info data.csv
arrowsets info my_dataset/  # a directory of files, with a README or without
arrowsets info saved/ --json
""",
    _arguments,
    _run,
)
