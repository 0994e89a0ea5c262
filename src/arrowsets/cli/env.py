"""`arrowsets env`: versions and settings, for a report of a bug."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from arrowsets import registry
from arrowsets.cli.command import Command
from arrowsets.config import settings

__all__ = ["COMMAND"]

PACKAGES = (
    *("arrowsets", "pyarrow", "numpy", "pandas", "fsspec", "xxhash", "dill", "multiprocess", "huggingface_hub"),
    *("polars", "torch", "pillow", "soundfile", "sqlalchemy", "dask", "zstandard", "lz4"),
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(args: argparse.Namespace) -> None:
    facts = _facts()
    if args.json:
        print(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, each in value.items():
                print(f"  {key:<16} {each}")
        else:
            print(f"{name:<18} {value}")


def _facts() -> dict[str, Any]:
    chosen = dataclasses.asdict(settings())
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES},
        "settings": {name: str(value) if isinstance(value, Path) else value for name, value in chosen.items()},
        "builders": ", ".join(registry.builder_names()),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


COMMAND = Command(
    """
arrowsets env
arrowsets env --json
""",
    _arguments,
    _run,
)
