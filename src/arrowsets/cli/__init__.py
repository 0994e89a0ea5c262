"""The command line: `arrowsets COMMAND`, or `python -m arrowsets COMMAND`.

Each command is a module that says what its arguments are and calls the library.
"""

from arrowsets.cli.program import main

__all__ = ["main"]
