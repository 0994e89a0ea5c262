"""Rows on screen: what is shown of which value, scrolling, sorting, the keyboard, and the columns' order and width."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit


def state(page: Any) -> dict[str, str]:
    """What the address says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def cell(page: Any, row: int, column: str) -> Any:
    """A cell by its row and the name of its column."""
    place = int(page.locator(f'.th[data-name="{column}"]').get_attribute("data-column"))
    return page.locator(f'.tr[data-position="{row}"] .td[data-column="{place}"]')


def expect_first(expect: Any, page: Any, *names: str) -> None:
    """Wait until the first headers are these: what changes is drawn with the browser's next frame."""
    for place, name in enumerate(names):
        expect(page.locator(".th").nth(place)).to_have_attribute("data-name", name)


def test_the_token_leaves_the_address_and_the_link_stays(visit: Any, reviews: Any) -> None:
    page = visit(reviews, "?split=test&config=default&dataset=dataset")
    assert "token" not in page.url
    assert state(page)["split"] == "test"
    page.reload()
    page.locator(".td").first.wait_for()


def test_a_link_may_name_the_split_alone(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews, "?split=test")
    expect(page.locator(".range")).to_contain_text("of 40")
    page = visit(reviews, "?split=absent")
    expect(page.locator(".toast")).to_contain_text("There is no absent here")
    expect(page.locator(".range")).to_contain_text("of 600")


def test_a_page_without_the_token_says_what_to_do(browser: Any, reviews: Any, expect: Any) -> None:
    page = browser.new_page()
    page.goto(reviews.url)
    expect(page.get_by_role("alert")).to_contain_text("Open the address that was printed")
    page.close()


def test_null_empty_blank_and_nan_look_different(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    expect(cell(page, 0, "text").locator(".special.empty")).to_have_text("empty")
    expect(cell(page, 0, "score").locator(".special.null")).to_have_text("null")
    expect(cell(page, 9, "score").locator(".special.nan")).to_have_text("NaN")
    expect(cell(page, 4, "source").locator(".special.blank")).to_have_text("···")


def test_arabic_is_set_from_right_to_left(visit: Any, reviews: Any) -> None:
    page = visit(reviews)
    way = "each => getComputedStyle(each.querySelector('[dir]')).direction"
    assert cell(page, 1, "text").evaluate(way) == "rtl"
    assert cell(page, 3, "text").evaluate(way) == "ltr"


def test_markup_in_data_is_text(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews, "?row=4")
    expect(cell(page, 4, "text")).to_contain_text("<img src=x onerror=")
    expect(page.locator(".panel .prose").first).to_contain_text("<script>")
    assert page.locator("img[src='x']").count() == 0
    assert page.title() != "owned"


def test_integers_that_javascript_would_round_are_exact(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews, "?row=1")
    expect(page.locator('.field[data-name="meta"]')).to_contain_text("9007199254740993")


def test_scrolling_brings_other_rows_and_moves_the_link(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.locator(".grid").evaluate("grid => grid.scrollTop = 400 * 34")
    expect(page.locator('.tr[data-position="400"]')).to_be_visible()
    expect(cell(page, 400, "stars")).to_have_text(re.compile(r"\d"))
    expect(page).to_have_url(re.compile("offset=400"))
    assert page.locator(".tr").count() < 60


def test_a_click_on_a_name_sorts_and_a_third_one_unsorts(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    name = page.locator('.th[data-name="stars"] .name')
    name.click()
    expect(cell(page, 0, "stars")).to_have_text("1")
    expect(page.locator('.th[data-name="stars"]')).to_have_attribute("aria-sort", "ascending")
    name.click()
    expect(cell(page, 0, "stars")).to_have_text("5")
    assert state(page)["descending"] == "1"
    name.click()
    expect(page.locator(".chips")).to_be_hidden()
    assert "sort" not in state(page)


def test_the_keyboard_moves_opens_and_closes(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    grid = page.get_by_role("grid")
    grid.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(grid).to_have_attribute("aria-activedescendant", re.compile(r"-1-1$"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_contain_text("Row 1")
    page.keyboard.press("j")
    expect(page.get_by_role("complementary")).to_contain_text("Row 2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_be_hidden()
    expect(grid).to_be_focused()
    page.keyboard.press("Control+End")
    expect(page.locator('.tr[data-position="599"]')).to_be_visible()
    page.keyboard.press("i")
    expect(page.get_by_role("dialog", name="About this data")).to_contain_text("600 rows")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_columns_are_moved_hidden_and_sized_by_keyboard(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.get_by_role("grid").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect_first(expect, page, "topic", "text")
    page.keyboard.press("h")
    expect(page.locator('.th[data-name="text"]')).to_have_count(0)
    assert json.loads(state(page)["columns"])[0] == "topic"
    head = page.locator('.th[data-name="score"]')
    before = head.bounding_box()["width"]
    page.keyboard.press("Alt+ArrowRight")
    expect(head).not_to_have_css("width", f"{before}px")
    assert head.bounding_box()["width"] >= before + 20


def test_a_header_is_dragged_to_another_place(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    start = page.locator('.th[data-name="stars"] .name').bounding_box()
    goal = page.locator('.th[data-name="topic"]').bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(goal["x"] + 30, goal["y"] + 12, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile("columns="))
    expect_first(expect, page, "text", "stars", "topic")
    assert "sort" not in state(page)


def held_back(page: Any, address: str) -> Any:
    """Load the page again with answers held back; returns what lets them come."""
    waiting: list[Any] = []
    released = False

    def answer(route: Any) -> None:
        if released:
            route.continue_()
        else:
            waiting.append(route)

    def release() -> None:
        nonlocal released
        released = True
        while waiting:
            waiting.pop().continue_()

    page.route(address, answer)
    page.reload()
    page.locator(".td").first.wait_for()
    return release


def test_statistics_that_come_meanwhile_do_not_end_what_is_done_in_a_header(
    visit: Any, reviews: Any, expect: Any
) -> None:
    page = visit(reviews)
    release = held_back(page, "**/api/x/statistics*")
    name = page.locator('.th[data-name="stars"] .name').element_handle()
    more = page.locator('.th[data-name="stars"] .more').element_handle()
    more.focus()
    start, goal = name.bounding_box(), page.locator('.th[data-name="topic"]').bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(goal["x"] + 60, goal["y"] + 12, steps=3)
    expect(page.locator(".dropmark")).to_be_visible()
    more.focus()
    release()
    page.locator('.th[data-name="stars"] .bar').first.wait_for()
    assert name.evaluate("node => node.isConnected")
    assert more.evaluate("node => node === document.activeElement")
    expect(page.locator(".dropmark")).to_be_visible()
    page.mouse.move(goal["x"] + 30, goal["y"] + 12, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile("columns="))
    expect_first(expect, page, "text", "stars", "topic")
    assert name.evaluate("node => node.isConnected")


def test_statistics_that_come_meanwhile_do_not_end_sizing(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    release = held_back(page, "**/api/x/statistics*")
    head = page.locator('.th[data-name="topic"]')
    before, grip = head.bounding_box(), head.locator(".resize").bounding_box()
    page.mouse.move(grip["x"] + 4, grip["y"] + 20)
    page.mouse.down()
    release()
    head.locator(".bar").first.wait_for()
    page.mouse.move(grip["x"] + 84, grip["y"] + 20, steps=3)
    page.mouse.up()
    expect(head).to_have_css("width", f"{before['width'] + 80:g}px")


def test_going_back_undoes(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.get_by_role("button", name="test").click()
    expect(page.locator(".range")).to_contain_text("of 40")
    page.go_back()
    expect(page.locator(".range")).to_contain_text("of 600")


def test_the_theme_follows_the_system_until_one_is_chosen(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews, color_scheme="dark")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 20, 23)"
    page.get_by_role("button", name="Light or dark").click()
    expect(root).to_have_attribute("data-theme", "light")
    page.reload()
    expect(root).to_have_attribute("data-theme", "light")


def test_on_a_telephone_nothing_is_wider_than_the_page(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    cell(page, 2, "text").click()
    expect(page.get_by_role("complementary")).to_have_css("width", "400px")
