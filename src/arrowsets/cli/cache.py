"""`arrowsets cache`: what the store holds, and making room in it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

from arrowsets.cli import text
from arrowsets.cli.command import Command, configure
from arrowsets.config import settings
from arrowsets.derive import default_store
from arrowsets.errors import CorruptEntry
from arrowsets.store import Store, du, ls

__all__ = ["COMMAND"]


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", metavar="DIR", help="the cache directory (default: the one `arrowsets env` shows)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _ls_arguments(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--by", choices=("used", "size", "created"), default="used", help="order (default: used)")


def _ls(args: argparse.Namespace) -> None:
    order = {"used": "last_used", "size": "num_bytes", "created": "created"}[args.by]
    rows = sorted(ls(_store(args)), key=lambda row: getattr(row, order), reverse=True)
    if args.json:
        _print_json([dataclasses.asdict(row) for row in rows])
        return
    now = time.time()
    lines = [
        [
            row.key,
            row.label if row.finished else f"(unfinished, {row.shards} shards)",
            "" if row.num_rows is None else f"{row.num_rows:,}",
            text.size(row.num_bytes),
            "in use" if row.in_use else text.age(now - row.last_used),
        ]
        for row in rows
    ]
    print(text.table(["key", "made by", "rows", "size", "used"], lines, right=[2, 3]))


def _du(args: argparse.Namespace) -> None:
    store = _store(args)
    usage = du(store)
    downloads = _tree_bytes(settings().downloads_below(store.root.parent))
    if args.json:
        _print_json({**dataclasses.asdict(usage), "download_bytes": downloads, "path": str(store.root.parent)})
        return
    lines = [
        ["results", f"{usage.entries:,}", text.size(usage.entry_bytes)],
        ["unfinished", f"{usage.drafts:,}", text.size(usage.draft_bytes)],
        ["downloads", "", text.size(downloads)],
        ["total", "", text.size(usage.entry_bytes + usage.draft_bytes + downloads)],
    ]
    print(text.table([str(store.root.parent), "number", "size"], lines, right=[1, 2]))


def _prune_arguments(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--max-bytes", type=text.num_bytes, metavar="SIZE", help="what may stay, such as 10GB")
    parser.add_argument("--older-than", type=text.seconds, metavar="TIME", help="remove what was not used for 30d")
    parser.add_argument("--dry-run", action="store_true", help="only show what would go")


def _prune(args: argparse.Namespace) -> None:
    report = _store(args).prune(max_bytes=args.max_bytes, older_than=args.older_than, dry_run=args.dry_run)
    if args.json:
        removed = [{**dataclasses.asdict(item), "path": str(item.path)} for item in report.removed]
        _print_json({**dataclasses.asdict(report), "removed": removed})
        return
    for item in report.removed:
        print(f"{item.key}  {text.size(item.num_bytes)}  last used {text.age(time.time() - item.last_used)}")
    verb = "would be freed" if args.dry_run else "freed"
    print(f"{text.size(report.freed)} {verb}, {text.size(report.left)} left")
    if report.spared:
        print(f"{len(report.spared)} kept because a running process uses them")


def _verify(args: argparse.Namespace) -> None:
    found = dict(_store(args).verify())
    damaged = {key: problem for key, problem in found.items() if problem}
    if args.json:
        _print_json({"checked": len(found), "damaged": damaged})
    else:
        for key, problem in damaged.items():
            print(f"{key}  {problem}")
        print(f"{len(found) - len(damaged)} of {len(found)} entries are whole")
    if damaged:
        raise CorruptEntry(f"{len(damaged)} entries are damaged; each is made again when it is next asked for")


def _store(args: argparse.Namespace) -> Store:
    return default_store(args.dir)


def _tree_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, default=str))


_COMMANDS = {
    "ls": (
        "List results, the last used first.",
        Command("arrowsets cache ls\narrowsets cache ls --by size", _ls_arguments, _ls),
    ),
    "du": ("Add up what the cache takes.", Command("arrowsets cache du\narrowsets cache du --json", _common, _du)),
    "prune": (
        "Remove the least recently used results, and what dead processes left; never what is in use.",
        Command(
            """
arrowsets cache prune  # only leftovers of dead processes
arrowsets cache prune --max-bytes 10GB --dry-run
arrowsets cache prune --older-than 30d
""",
            _prune_arguments,
            _prune,
        ),
    ),
    "verify": (
        "Read every result and compare its checksums; exit code 1 if one is damaged.",
        Command("arrowsets cache verify", _common, _verify),
    ),
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (summary, command) in _COMMANDS.items():
        configure(chosen.add_parser(name, help=summary), summary, command)


COMMAND = Command(
    """
arrowsets cache du
arrowsets cache ls --by size
arrowsets cache prune --max-bytes 10GB
arrowsets cache verify
""",
    _arguments,
)
