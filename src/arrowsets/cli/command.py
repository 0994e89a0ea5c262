"""What a command is: a name, a help text with examples, arguments, and a function that runs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Command", "add"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the command line.

    Attributes:
        summary: One line.
        examples: Command lines, one a line; what follows two spaces and a `#` explains one.
        arguments: Adds its arguments to a parser.
        run: Does it. Errors are exceptions.
    """

    name: str
    summary: str
    examples: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None] | None = None


def add(commands: Sequence[Command], parser: argparse.ArgumentParser, what: str = "command") -> None:
    """Give a parser sub-commands."""
    chosen = parser.add_subparsers(title=f"{what}s", metavar=what.upper(), required=True)
    for command in commands:
        inner: Any = chosen.add_parser(
            command.name,
            help=command.summary,
            description=command.summary,
            epilog="examples:\n" + "".join(f"  {line}\n" for line in command.examples.strip().splitlines()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        inner.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        command.arguments(inner)
        if command.run is not None:
            inner.set_defaults(run=command.run)
