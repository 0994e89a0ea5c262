"""Splits under their other path."""

from __future__ import annotations

from arrowsets.compat.scripts import SplitGenerator
from arrowsets.info import SplitDict, SplitInfo, SubSplitInfo
from arrowsets.splits_spec import NamedSplit, NamedSplitAll, ReadInstruction, Split, SplitBase, percent

__all__ = [
    "NamedSplit",
    "NamedSplitAll",
    "ReadInstruction",
    "Split",
    "SplitBase",
    "SplitDict",
    "SplitGenerator",
    "SplitInfo",
    "SubSplitInfo",
    "percent",
]
