"""What a command is: a help text with examples, arguments, and a function that runs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Command", "configure"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the command line.

    Attributes:
        examples: Command lines, one a line; what follows two spaces and a `#` explains one.
        arguments: Adds its arguments to a parser.
        run: Does it; errors are exceptions. None: its arguments are further commands.
    """

    examples: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None] | None = None


def configure(parser: argparse.ArgumentParser, summary: str, command: Command) -> None:
    """Make a parser that of a command."""
    parser.description = summary
    parser.epilog = "examples:\n" + "".join(f"  {line}\n" for line in command.examples.strip().splitlines())
    formatter: Any = argparse.RawDescriptionHelpFormatter
    parser.formatter_class = formatter
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    command.arguments(parser)
    if command.run is not None:
        parser.set_defaults(run=command.run)
