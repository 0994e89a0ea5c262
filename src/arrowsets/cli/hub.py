"""`arrowsets hub`: a hub of one's own: serve it, give out tokens, free what nothing needs."""

from __future__ import annotations

import argparse
import importlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arrowsets.cli import text
from arrowsets.cli.command import Command, configure
from arrowsets.errors import MissingDependency, UnknownName
from arrowsets.server.hub import Hub, HubSettings, sweep

__all__ = ["COMMAND"]


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory", metavar="DIR", type=Path, help="plain datasets in DIR/datasets, pushed ones in DIR/.hub"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8777, metavar="N", help="0 takes a free one (default: 8777)")
    parser.add_argument(
        "--public-url", default="", metavar="URL", help="what people type, if a TLS proxy stands in front"
    )
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME", help="one more name of this hub")
    parser.add_argument("--require-token", action="store_true", help="show nothing to those who have no token")


def _serve(args: argparse.Namespace) -> None:
    _existing(args.directory)
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("arrowsets.server.hub").setLevel(logging.INFO)
    settings = HubSettings(public_url=args.public_url, hosts=tuple(args.allow_host), require_token=args.require_token)
    _server().serve(args.directory, args.host, args.port, settings, ready=lambda url: _greet(url, settings.public_url))


def _server() -> Any:
    """Import what needs the extra `server`; the other commands do without."""
    try:
        return importlib.import_module("arrowsets.server.hub.serve")
    except ModuleNotFoundError as error:
        raise MissingDependency.of("the hub server", str(error.name), "server") from error


def _greet(url: str, public_url: str) -> None:
    print(f"serving on {url}", flush=True)
    print(f"  clients: export HF_ENDPOINT={public_url or url} HF_HUB_DISABLE_XET=1", flush=True)


def _existing(directory: Path) -> Path:
    if not directory.is_dir():
        raise NotADirectoryError(f"{str(directory)!r} is no directory: make it first, or give another")
    return directory


def _in_directory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", type=Path, required=True, metavar="DIR", help="the directory that the hub serves")


def _create_arguments(parser: argparse.ArgumentParser) -> None:
    _in_directory(parser)
    parser.add_argument("--user", required=True, metavar="NAME", help="who it is; owns the namespace of that name")
    parser.add_argument("--role", choices=("read", "write"), default="read", help="what it may do (default: read)")
    parser.add_argument(
        "--org", action="append", default=[], metavar="NAME", help="a namespace that the user shares in"
    )
    parser.add_argument("--days", type=float, metavar="N", help="after how many days it ends (default: never)")
    parser.add_argument("--label", default="", help="what it is for")


def _create(args: argparse.Namespace) -> None:
    with Hub(_existing(args.dir)) as hub:
        token = hub.accounts.create(args.user, args.role, namespaces=tuple(args.org), days=args.days, label=args.label)
    print(f"token of {args.user} ({args.role}), shown only now: {token}")


def _list(args: argparse.Namespace) -> None:
    with Hub(_existing(args.dir)) as hub:
        tokens = hub.accounts.tokens()
    rows = [[each.id, each.user, each.role, _day(each.created), _day(each.expires), each.label] for each in tokens]
    print(text.table(["id", "user", "role", "made", "ends", "label"], rows) if rows else "no tokens")


def _day(time: float | None) -> str:
    return "never" if time is None else text.day(time)


def _revoke_arguments(parser: argparse.ArgumentParser) -> None:
    _in_directory(parser)
    parser.add_argument("token", metavar="ID", help="its id (arrowsets hub token list), or the token itself")


def _revoke(args: argparse.Namespace) -> None:
    with Hub(_existing(args.dir)) as hub:
        if not hub.accounts.revoke(args.token):
            raise UnknownName.of("token", args.token[:20], [each.id for each in hub.accounts.tokens()])
    print("revoked")


def _sweep_arguments(parser: argparse.ArgumentParser) -> None:
    _in_directory(parser)
    parser.add_argument(
        "--grace", type=text.seconds, default=86400.0, metavar="TIME", help="keep what is younger (default: 1d)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


def _sweep(args: argparse.Namespace) -> None:
    with Hub(_existing(args.dir)) as hub:
        found = sweep(hub, grace=args.grace, dry_run=args.dry_run)
    verb = "would remove" if args.dry_run else "removed"
    print(f"{verb} {found.commits} commits and {found.files} files, {text.size(found.num_bytes)}")


_TOKEN_ACTIONS = {
    "create": (
        "Make a token and print it as the last word.",
        Command(
            """
arrowsets hub token create --dir hub --user alice --role write
arrowsets hub token create --dir hub --user ci --role read --days 90 --label "nightly training"
""",
            _create_arguments,
            _create,
        ),
    ),
    "list": (
        "List tokens; not the tokens themselves.",
        Command("arrowsets hub token list --dir hub", _in_directory, _list),
    ),
    "revoke": ("End a token.", Command("arrowsets hub token revoke --dir hub 3f9a1c", _revoke_arguments, _revoke)),
}


def _token_arguments(parser: argparse.ArgumentParser) -> None:
    _add(_TOKEN_ACTIONS, parser)


def _add(commands: Mapping[str, tuple[str, Command]], parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (summary, command) in commands.items():
        configure(chosen.add_parser(name, help=summary), summary, command)


_COMMANDS = {
    "serve": (
        "Serve a directory as a hub.",
        Command(
            """
arrowsets hub serve hub/
arrowsets hub serve hub/ --port 0  # a free port; the address is printed
arrowsets hub serve hub/ --public-url https://hub.example.org  # behind a TLS proxy
""",
            _serve_arguments,
            _serve,
        ),
    ),
    "token": (
        "Make, list and revoke tokens.",
        Command(
            """
arrowsets hub token create --dir hub --user alice --role write
arrowsets hub token list --dir hub
""",
            _token_arguments,
        ),
    ),
    "gc": (
        "Remove files that no branch, tag or pull request leads to.",
        Command(
            """
arrowsets hub gc --dir hub --dry-run
arrowsets hub gc --dir hub --grace 7d
""",
            _sweep_arguments,
            _sweep,
        ),
    ),
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    _add(_COMMANDS, parser)


COMMAND = Command(
    """
arrowsets hub serve hub/
arrowsets hub token create --dir hub --user alice --role write
""",
    _arguments,
)
