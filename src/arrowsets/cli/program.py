"""The program: its commands, and how errors become messages and exit codes.

Exit codes: 0 done, 1 an error (one line on stderr; with --debug its traceback), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from arrowsets.cli import cache, convert, demo, env, head, hub, info
from arrowsets.cli.command import add
from arrowsets.errors import ArrowsetsError
from arrowsets.progress import disable_progress_bars

__all__ = ["main"]

COMMANDS = (demo.COMMAND, info.COMMAND, head.COMMAND, convert.COMMAND, cache.COMMAND, hub.COMMAND, env.COMMAND)
# What a wrong path, a full disk or a file of another kind raises; anything else is a bug and shows its traceback.
_EXPECTED = (ArrowsetsError, OSError, ValueError, RuntimeError)
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code.

    Args:
        argv: The words after the program's name. None: those of this process.
    """
    args = _parser().parse_args(argv)
    logging.basicConfig(format="arrowsets: %(message)s")
    if not sys.stderr.isatty():
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arrowsets",
        description="Load, look at, convert and cache datasets as memory-mapped Arrow tables.",
        epilog="`arrowsets COMMAND --help` explains a command with examples; `arrowsets demo` shows what the library does.",
    )
    parser.add_argument("--version", action="version", version=f"arrowsets {version('arrowsets')}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    add(COMMANDS, parser)
    return parser


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    first, _, rest = text.partition("\n")
    return f"{first} (--debug shows more)" if rest else first
