"""`ReadInstruction` under its other path."""

from __future__ import annotations

from arrowsets.splits_spec import ReadInstruction

__all__ = ["ReadInstruction"]
