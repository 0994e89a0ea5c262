"""Tables of sizes that browsers cannot lay out: a thousand columns, a hundred million rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit


def test_of_a_thousand_columns_those_on_screen_are_fetched(visit: Any, wide: Any, expect: Any) -> None:
    page = visit(wide)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("grid").focus()
    for key in ("ArrowDown", "ArrowDown", "End"):
        page.keyboard.press(key)
    expect(page.locator('.tr[data-position="1"] .td.active')).to_have_text("1000")
    assert page.locator(".th").count() < 20
    rows = [parse_qs(urlsplit(url).query) for url in asked if "/api/x/rows" in url]
    assert rows
    assert all("feature_0000" not in query["columns"][0] for query in rows)


def test_a_row_of_a_thousand_columns_is_searched_for_a_name(visit: Any, wide: Any, expect: Any) -> None:
    page = visit(wide, "?row=2")
    page.get_by_role("complementary").get_by_label("Find a column").fill("0499")
    expect(page.locator(".field:visible")).to_have_count(1)
    expect(page.locator(".field:visible")).to_contain_text("1000")


def test_every_one_of_a_hundred_million_rows_can_be_reached(visit: Any, long: Any, expect: Any) -> None:
    page = visit(long)
    grid = page.get_by_role("grid")
    assert grid.get_attribute("aria-rowcount") == "100000001"
    grid.focus()
    page.keyboard.press("Control+End")
    expect(page.locator(".tr").last).to_contain_text("99999999")
    page.get_by_label("Go to row").fill("73,123,456")
    page.keyboard.press("Enter")
    expect(page.locator('.tr[data-position="73123456"] .td').first).to_have_text("73123456")


def test_the_wheel_moves_by_rows_where_the_scroll_bar_moves_by_thousands(visit: Any, long: Any, expect: Any) -> None:
    page = visit(long, "?offset=50000000")
    expect(page.locator(".range")).to_contain_text("Rows 50,000,000")
    page.mouse.move(600, 500)
    page.mouse.wheel(0, 340)
    expect(page.locator(".range")).to_contain_text("Rows 50,000,010")


def test_dragging_the_scroll_bar_passes_rows_without_fetching_them(visit: Any, long: Any, expect: Any) -> None:
    page = visit(long)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """async () => {
            const grid = document.querySelector('.grid');
            for (let step = 1; step <= 40; step += 1) {
                grid.scrollTop = step * 100000;
                await new Promise(requestAnimationFrame);
            }
        }"""
    )
    expect(page.locator(".tr .bone")).to_have_count(0)
    assert len([url for url in asked if "/api/x/rows" in url]) < 20
