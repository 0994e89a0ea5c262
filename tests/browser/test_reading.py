"""A split that is still being read: its first rows at once, and all else by itself when the rest is there."""

from __future__ import annotations

import threading
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import Dataset

ALL = 5000


@pytest.fixture
def slow() -> Any:
    """A source of one split, and the event that ends its reading."""
    catalogue = pytest.importorskip("arrowsets.server.viewer.catalogue")
    split = pytest.importorskip("arrowsets.server.viewer.split")
    there = threading.Event()

    def opens() -> Any:
        there.wait(60)
        rows = {"n": list(range(ALL)), "text": [f"row {n}" for n in range(ALL)]}
        return split.Opened(Dataset.from_dict(rows), ("one line was left out",))

    first = pa.table({"n": range(100), "text": [f"row {n}" for n in range(100)]})
    splits = {"train": split.Split("train", opens, lambda: iter([first]))}
    yield catalogue.Source("slow", {"default": catalogue.Config.of("default", splits)}, "1", "slow"), there
    there.set()


@pytest.mark.parametrize("query", ["", "?query=row"])
def test_what_is_missing_at_first_comes_by_itself(
    visit: Any, serving_of: Any, slow: Any, expect: Any, query: str
) -> None:
    source, there = slow
    for shown in serving_of(source):
        page = visit(shown, query)
        expect(page.locator(".th")).to_have_count(2)
        expect(page.locator(".chart.waiting")).to_have_count(2)
        expect(page.locator(".overlay")).to_be_hidden()
        there.set()
        expect(page.locator(".range")).to_contain_text("of 5,000" if not query else "5,000 matches in 5,000 rows")
        expect(page.locator(".warnings")).to_contain_text("one line was left out")
        expect(page.locator('.th[data-name="n"] .bar')).to_have_count(10)
