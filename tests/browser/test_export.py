"""A sample in one file: the same page, without a server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def file(samples: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("starlette", "duckdb"):
        pytest.importorskip(package, reason=f"the package {package} is missing: pip install 'arrowsets[server]'")
    sources = pytest.importorskip("arrowsets.server.viewer.sources")
    export = pytest.importorskip("arrowsets.server.viewer.export")
    path = tmp_path_factory.mktemp("export") / "page.html"
    return Path(export.export(sources.open_source(samples.media(30)), path, rows=20))


@pytest.fixture
def page(browser: Any, file: Path) -> Iterator[Any]:
    """The file, opened from disk; in the end it must have asked for nothing and no script may have failed."""
    problems: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else problems.append(request.url)
    )
    page.goto(file.as_uri())
    page.locator(".td").first.wait_for()
    yield page
    page.close()
    assert problems == []


def test_a_sample_is_shown_from_disk(page: Any, expect: Any) -> None:
    expect(page.locator(".range")).to_contain_text("of 20")
    expect(page.locator(".warnings")).to_contain_text("20 of 30 rows")
    expect(page.locator(".td.image img").first).to_have_js_property("naturalWidth", 160)


def test_a_sample_is_searched_sorted_and_filtered(page: Any, expect: Any) -> None:
    page.locator('.th[data-name="caption"] .name').click()
    expect(page.locator(".td.text").nth(2)).to_contain_text("Pattern 10")
    page.locator('.th[data-name="kind"] .bar').first.click()
    expect(page.locator(".range")).to_have_text(re.compile("^10 matches"))
    page.get_by_label("Search all text columns").fill("pattern 1")
    page.keyboard.press("Enter")
    expect(page.locator(".chips .filter")).to_have_count(3)


def test_a_sample_is_searched_as_a_server_searches(page: Any, expect: Any) -> None:
    search = page.get_by_label("Search all text columns")
    for query, rows in [("caption", 0), ("PÁTTERN 12", 1), ('"13: three"', 1), ("13: three", 1), ('"three 13"', 0)]:
        search.fill(query)
        page.keyboard.press("Enter")
        expect(page.locator(".range")).to_have_text(re.compile(f"^{rows} match"))


def test_a_row_of_a_sample_is_opened(page: Any, expect: Any) -> None:
    page.locator(".td.text").first.click()
    expect(page.get_by_role("complementary")).to_contain_text("You answer briefly")
