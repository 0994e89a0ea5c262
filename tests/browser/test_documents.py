"""PDF documents in the page: first pages in cells and in the row panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def papers(samples: Any, serving_of: Any) -> Iterator[Any]:
    pytest.importorskip("pypdfium2", reason="drawing PDF documents needs pypdfium2: pip install 'arrowsets[pdf]'")
    yield from serving_of(samples.papers())


def field(page: Any, name: str) -> Any:
    return page.locator(f'.panel .field[data-name="{name}"]')


def test_a_cell_shows_the_first_page(visit: Any, papers: Any, expect: Any) -> None:
    page = visit(papers)
    cells = page.locator(".td.file")
    first = cells.first.get_by_role("img", name="First page of the document")
    expect(first).to_have_js_property("naturalWidth", 565)
    expect(first).to_have_js_property("naturalHeight", 800)
    expect(cells.first).to_contain_text("1.8 kB")
    assert first.bounding_box()["height"] > 30  # rows are as high as suits pictures
    expect(cells.nth(2)).to_have_text("9 B")  # it is no document
    expect(cells.nth(4)).to_have_text("null")
    expect(page.locator(".td.list").first.locator("img")).to_have_count(2)


def test_a_size_that_does_not_fit_beside_the_page_is_not_cut_in_the_middle(
    visit: Any, papers: Any, expect: Any
) -> None:
    page = visit(papers)
    cell = page.locator(".td.file").first
    size = cell.locator("small")
    expect(size).to_have_text("1.8 kB")
    size.evaluate("(element) => { element.textContent = '123.4 MB and more than fits'; }")
    expect(size).to_have_css("text-overflow", "ellipsis")
    right, end = (box["x"] + box["width"] for box in (cell.bounding_box(), size.bounding_box()))
    assert end <= right
    assert cell.locator("img").bounding_box()["width"] > 20


def test_the_panel_shows_it_in_full_and_a_click_enlarges_it(visit: Any, papers: Any, expect: Any) -> None:
    page = visit(papers, "?row=1")
    shown = field(page, "pdf").get_by_role("img", name="First page of the document")
    expect(shown).to_have_js_property("naturalHeight", 800)
    expect(field(page, "pdf").get_by_role("link", name="Open the file")).to_be_visible()
    expect(field(page, "both").locator("img")).to_have_js_property("naturalHeight", 800)
    expect(field(page, "pair").locator("img")).to_have_count(2)
    shown.click()
    enlarged = page.get_by_role("dialog", name="Image").get_by_role("img", name="First page of the document, enlarged")
    expect(enlarged).to_have_js_property("naturalHeight", 800)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Image")).to_be_hidden()
    page.get_by_role("button", name="Next row (j)").click()  # on to what is no document, which is still a file
    expect(field(page, "pdf").locator("img")).to_have_count(0)
    expect(field(page, "pdf").get_by_role("link", name="Open the file")).to_be_visible()


def test_a_page_that_cannot_be_drawn_after_all_leaves_the_file(visit: Any, papers: Any, expect: Any) -> None:
    page = visit(papers)
    page.route("**/thumbnail*", lambda route: route.fulfill(status=404))
    page.reload()
    expect(page.locator(".td.file").first).to_have_text("1.8 kB")
    expect(page.locator(".td.file img")).to_have_count(0)


def test_an_exported_page_shows_it_without_a_server(
    browser: Any, samples: Any, expect: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for package in ("starlette", "duckdb", "pypdfium2"):
        pytest.importorskip(package, reason=f"{package} is missing: pip install 'arrowsets[server,pdf]'")
    sources = pytest.importorskip("arrowsets.server.viewer.sources")
    export = pytest.importorskip("arrowsets.server.viewer.export")
    path = export.export(sources.open_source(samples.papers(3)), tmp_path_factory.mktemp("export") / "page.html")
    page = browser.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".td.file img").first).to_have_js_property("naturalHeight", 640)
    page.close()
