"""`arrowsets delete_from_hub`: propose to remove a configuration of a dataset on a hub."""

from __future__ import annotations

import argparse

from arrowsets.cli.command import Command
from arrowsets.hub import delete_from_hub

__all__ = ["COMMAND"]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset_id", metavar="ID", help="the dataset: USER/NAME or ORGANISATION/NAME")
    parser.add_argument("config_name", metavar="CONFIG", help="the configuration to remove")
    parser.add_argument("--token", help="an access token (default: HF_TOKEN, or the saved one)")
    parser.add_argument("--revision", help="the branch to remove it from (default: main)")


def _run(args: argparse.Namespace) -> None:
    delete_from_hub(args.dataset_id, args.config_name, revision=args.revision, token=args.token)


COMMAND = Command(
    """
arrowsets delete_from_hub alice/reviews german
arrowsets delete_from_hub alice/reviews german --revision next
""",
    _arguments,
    _run,
)
