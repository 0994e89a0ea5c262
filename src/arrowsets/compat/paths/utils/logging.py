"""`arrowsets.logging` under its other path."""

from __future__ import annotations

from arrowsets.logging import *  # noqa: F403 - all of it, and nothing else
from arrowsets.logging import __all__ as __all__  # noqa: PLC0414 - passed on
