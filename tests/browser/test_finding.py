"""Finding rows: search in any script, a click on a bar, the form of a column, chips, and links that restore it all."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

FOUND = {
    "العربي": "النص العربي",
    "四十二个": "四十二个样本",
    "1420": "1420 MHz",
    "brulee": "Crème brûlée",
    "EUR refund": "refund of",
}


@pytest.mark.parametrize(("query", "found"), FOUND.items())
def test_words_of_any_script_are_found(visit: Any, reviews: Any, expect: Any, query: str, found: str) -> None:
    page = visit(reviews)
    page.keyboard.press("/")
    page.keyboard.type(query)
    page.keyboard.press("Enter")
    expect(page.locator(".range")).to_have_text(re.compile(r"^\d+ matches in 600 rows$"))
    expect(page.locator(".td.text .words").first).to_contain_text(found)
    expect(page.locator(".chips")).to_contain_text(query)


def test_what_was_searched_is_marked(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews, f"?query={quote('北京')}")
    expect(page.locator(".td mark").first).to_have_text("北京")


def test_nothing_found_says_so_and_offers_a_way_back(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.get_by_label("Search all text columns").fill("no such words")
    expect(page.locator(".overlay")).to_contain_text("No rows match")
    page.get_by_role("button", name="Clear search and filters").click()
    expect(page.locator(".range")).to_contain_text("of 600")


def test_a_click_on_a_bar_filters_and_a_second_one_does_not(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    bar = page.locator('.th[data-name="stars"] .bar').nth(3)
    bar.click()
    expect(page.locator(".chips")).to_contain_text("stars is 4")
    expect(page.locator(".range")).to_have_text(re.compile(r"^\d+ matches"))
    assert set(page.locator(".td.int").all_inner_texts()) == {"4"}
    bar.click()
    expect(page.locator(".range")).to_contain_text("of 600")


def test_classes_and_nulls_are_filtered_by_click(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.locator('.th[data-name="topic"] .bar').nth(1).click()
    expect(page.locator(".range")).to_have_text(re.compile(r"^\d+ matches"))
    assert len(set(page.locator(".td.label").all_inner_texts())) == 1
    page.locator('.th[data-name="checked"] .nulls').click()
    expect(page.locator(".chips .filter")).to_have_count(2)
    expect(page.locator(".td.bool").first).to_have_text("null")


def test_lengths_of_lists_are_filtered_by_click(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.locator('.th[data-name="tags"] .bar').first.click()
    expect(page.locator(".chips")).to_contain_text("length of tags is 0")
    expect(page.locator(".td.list").first).to_have_text("empty list")


def test_the_form_of_a_column_filters(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.locator('.th[data-name="source"] .more').click()
    menu = page.get_by_role("dialog", name="Column source")
    menu.get_by_label("Condition").select_option("=")
    menu.get_by_label("Value").fill("mail")
    menu.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator(".range")).to_have_text(re.compile(r"^\d+ matches"))
    expect(page.locator(".chips")).to_contain_text("source is mail")


def test_the_bars_of_a_column_are_reached_by_keyboard(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    menu = page.get_by_role("dialog", name="Column topic")
    menu.get_by_role("button", name=re.compile("^travel")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chips")).to_contain_text("topic is travel")
    expect(page.get_by_role("grid", name="Rows of train")).to_be_focused()


def test_a_link_restores_everything(visit: Any, reviews: Any, expect: Any) -> None:
    filters = [{"column": "stars", "op": ">=", "value": 3}, {"column": "score", "op": "not_null"}]
    parts = {
        "dataset": "dataset", "config": "default", "split": "train", "query": "short", "filters": json.dumps(filters),
        "sort": "score", "descending": "1", "columns": json.dumps(["score", "text", "stars"]), "row": "22", "offset": "3",
    }  # fmt: skip
    page = visit(reviews, "?" + "&".join(f"{name}={quote(value)}" for name, value in parts.items()))
    assert page.locator(".th").evaluate_all("all => all.map(each => each.dataset.name)") == ["score", "text", "stars"]
    expect(page.get_by_role("complementary")).to_contain_text("Row 22")
    expect(page.locator(".chips li.filter")).to_have_text(
        [re.compile("short"), re.compile("stars"), re.compile("score"), re.compile("descending")]
    )
    expect(page.locator(".td .bone")).to_have_count(0)
    scores = [float(text) for text in page.locator(".td.float").all_inner_texts()]
    assert len(scores) > 3
    assert scores == sorted(scores, reverse=True)
    expect(page.get_by_label("Search all text columns")).to_have_value("short")


def test_a_filter_that_makes_no_sense_is_explained(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews, "?filters=" + quote('[{"column":"gone","op":"=","value":1}]'))
    expect(page.get_by_role("alert")).to_contain_text("gone")
    page.get_by_role("button", name="Clear search and filters").click()
    expect(page.locator(".range")).to_contain_text("of 600")
