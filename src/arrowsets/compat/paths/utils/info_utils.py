"""`VerificationMode` under its other path."""

from __future__ import annotations

from arrowsets.compat.downloads import VerificationMode

__all__ = ["VerificationMode"]
