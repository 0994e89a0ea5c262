"""Splits under their other path."""

from __future__ import annotations

from arrowsets.compat.scripts import SplitGenerator
from arrowsets.info import SplitDict, SplitInfo
from arrowsets.splits_spec import NamedSplit, ReadInstruction, Split

__all__ = ["NamedSplit", "ReadInstruction", "Split", "SplitDict", "SplitGenerator", "SplitInfo"]
