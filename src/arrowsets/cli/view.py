"""`arrowsets view`: a dataset in the browser."""

from __future__ import annotations

import argparse
import importlib
from typing import Any
from urllib.parse import urlencode

from arrowsets.cli.command import Command
from arrowsets.errors import MissingDependency

__all__ = ["COMMAND"]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="PATH_OR_ID", help="a file, a directory, what save_to_disk wrote, a stored result, or a hub id"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--split", metavar="NAME", help="the split to show first, or the one to export")
    parser.add_argument("--export", metavar="FILE", help="write a sample as one HTML file instead")
    parser.add_argument(
        "--rows", type=int, default=200, metavar="N", help="rows of each split to export (default: 200)"
    )
    parser.add_argument("--token", metavar="TEXT", help="what callers must send (default: a random one)")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="one more name of this machine"
    )
    parser.add_argument(
        "--embed", action="append", default=[], metavar="ORIGIN", help="pages of it may show the viewer in a frame"
    )
    parser.add_argument("--sql", action=argparse.BooleanOptionalAction, help="queries (default: if this machine only)")


def _run(args: argparse.Namespace) -> None:
    if args.rows < 0:
        raise ValueError(f"--rows {args.rows}: give 0 or more")
    source = _module("sources").open_source(args.data)
    if args.split is not None:
        source.config(None).split(args.split)
    if args.export is not None:
        written = _module("export").export(source, args.export, args.rows, split=args.split)
        print(f"wrote {written}")
        return
    serving = _module("serve")
    here = importlib.import_module("arrowsets.server.hosts").is_loopback(args.host)
    settings = _module("settings").ViewerSettings(
        token=args.token or "",
        hosts=tuple(args.allow_host),
        embed=tuple(args.embed),
        sql=here if args.sql is None else args.sql,
    )
    query = urlencode({"split": args.split}) if args.split is not None else ""
    serving.serve(
        source,
        args.host,
        args.port,
        settings,
        browser=not args.no_browser,
        query=query,
        ready=lambda shown: print(f"showing {args.data} on {shown.with_query(query)}  (Ctrl-C ends it)", flush=True),
    )


def _module(name: str) -> Any:
    """Import what needs the extra `server`; the other commands do without."""
    try:
        return importlib.import_module(f"arrowsets.server.viewer.{name}")
    except ModuleNotFoundError as error:
        raise MissingDependency.of("the viewer", str(error.name), "server") from error


COMMAND = Command(
    """
arrowsets view data.parquet  # opens the browser
arrowsets view data/ --split test --no-browser
arrowsets view user/name --port 8000
arrowsets view data.csv --export page.html  # one file with the first rows, to send to somebody
""",
    _arguments,
    _run,
)
