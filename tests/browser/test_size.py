"""Tables of sizes that browsers cannot lay out: a thousand columns, a hundred million rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from arrowsets import Dataset, DatasetDict


@pytest.fixture(scope="module")
def uneven(serving_of: Callable[[Any], Iterator[Any]]) -> Iterator[Any]:
    rows = Dataset.from_dict({"a": [1, 2]})
    yield from serving_of(DatasetDict({"train": rows, "none": rows.select([])}))


def test_a_split_without_rows_says_so(visit: Any, uneven: Any, expect: Any) -> None:
    page = visit(uneven)
    page.get_by_role("button", name="none").click()
    expect(page.locator(".overlay")).to_contain_text("This split has no rows")
    expect(page.locator(".range")).to_have_text("No rows")
    expect(page.locator(".th")).to_have_count(1)


@pytest.fixture(scope="module")
def named(serving_of: Callable[[Any], Iterator[Any]]) -> Iterator[Any]:
    """Columns that are called as what every JavaScript object has."""
    yield from serving_of(
        Dataset.from_dict({name: ["one", "two"] for name in ("__proto__", "constructor", "toString")})
    )


def test_no_name_of_a_column_is_special(visit: Any, named: Any, expect: Any) -> None:
    page = visit(named)
    expect(page.locator(".th .bar")).to_have_count(6)
    assert (
        min(box["width"] for box in page.locator(".th").evaluate_all("all => all.map(e => e.getBoundingClientRect())"))
        > 100
    )
    page.locator('.th[data-name="__proto__"] .name').click()
    page.locator('.th[data-name="constructor"] .bar').first.click()
    expect(page.locator(".range")).to_have_text("1 match in 2 rows")
    page.locator(".td").first.click()
    expect(page.locator('.field[data-name="toString"]')).to_contain_text("one")


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


def test_rows_that_only_pass_by_are_not_fetched(visit: Any, wide: Any) -> None:
    page = visit(wide)
    asked = page.evaluate(
        """async () => {
            const { Pages } = await import(new URL('static/pages.js', location.href));
            const asked = [];
            const fetchRows = async ({ offset }) => {
                asked.push(offset);
                return { rows: [], num_rows: 1e8, num_rows_total: 1e8, seconds: 0 };
            };
            const pages = new Pages(fetchRows, [{ name: 'n' }], { changed: () => {}, failed: () => {} });
            for (let step = 1; step <= 40; step += 1) pages.want(step * 1e6, step * 1e6 + 20, ['n']);
            while (asked.at(-1) !== 4e7) await new Promise((done) => setTimeout(done, 20));
            return asked;
        }"""
    )
    assert len(asked) < 10
