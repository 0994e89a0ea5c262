"""`Version` under its other path."""

from __future__ import annotations

from arrowsets.info import Version

__all__ = ["Version"]
