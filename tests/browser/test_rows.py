"""Rows on screen: what is shown, scrolling, sorting, and the order and width of columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra server is missing: pip install 'arrowsets[server]'")
sys.path.insert(0, str(Path(__file__).parent))
