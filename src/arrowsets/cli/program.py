"""The program: its commands, and how errors become messages and exit codes.

Exit codes: 0 done, 1 an error (one line on stderr; with --debug its traceback), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from arrowsets import __version__
from arrowsets.cli.command import configure
from arrowsets.config import settings
from arrowsets.errors import ArrowsetsError
from arrowsets.progress import disable_progress_bars

__all__ = ["main"]

# Each is a module beside this one, which is imported if the command line names it.
COMMANDS = {
    "demo": (
        "Run the main job on text that every machine has: load, map in processes, filter, split, export, and hit the cache."
    ),
    "info": "Show the splits, rows, types and files of a dataset. The files are read into the cache once.",
    "head": "Show the first rows of a dataset, without reading the rest.",
    "view": "Look at a dataset in the browser: rows, distributions, search, filters, SQL.",
    "convert": "Write a dataset in another format: CSV, JSON, JSON lines, Parquet or Arrow.",
    "cache": "Look at the cache, and make room in it.",
    "test": "Load a dataset to see whether it can be, and write its card from what was found.",
    "delete_from_hub": "Propose to remove a configuration of a dataset on a hub.",
    "hub": "Run a dataset hub of your own.",
    "env": "Show versions and settings, for a report of a bug.",
}
# What a wrong path, a full disk or a file of another kind raises; anything else is a bug and shows its traceback.
_EXPECTED = (ArrowsetsError, OSError, ValueError, RuntimeError)
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code.

    Args:
        argv: The words after the program's name. None: those of this process.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    args = _parser(words).parse_args(words)
    if not sys.stderr.isatty() and not settings().progress_fixed:
        disable_progress_bars()
    try:
        args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`| head`) has seen enough; Python must not complain again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except _EXPECTED as error:
        if args.debug:
            raise
        print(f"arrowsets: {_first_line(error)}", file=sys.stderr)
        return 1
    return 0


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arrowsets",
        description="Load, look at, convert and cache datasets as memory-mapped Arrow tables.",
        epilog="`arrowsets COMMAND --help` explains a command with examples; `arrowsets demo` shows what the library does.",
    )
    parser.add_argument("--version", action="version", version=f"arrowsets {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    chosen = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        inner = chosen.add_parser(name, help=summary)
        if name in words:
            configure(inner, summary, importlib.import_module(f"arrowsets.cli.{name}").COMMAND)
    return parser


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    first, _, rest = text.partition("\n")
    return f"{first} (--debug shows more)" if rest else first
