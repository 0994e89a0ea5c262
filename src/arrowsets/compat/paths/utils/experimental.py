"""`experimental` under its other path."""

from __future__ import annotations

from arrowsets.compat.experimental import experimental

__all__ = ["experimental"]
