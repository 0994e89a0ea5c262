"""Whether everybody can use the page: contrast, names of controls, roles, and a policy that lets nothing else run."""

from __future__ import annotations

from typing import Any

import pytest

TEXT = ("ink", "ink-2", "ink-3", "accent", "warn", "bad", "good")
GROUNDS = ("paper", "wash", "sunken", "accent-wash")


def luminance(colour: str) -> float:
    """How bright a colour is, as WCAG 2 counts it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_bars_stand_out(visit: Any, reviews: Any, theme: str) -> None:
    page = visit(reviews, color_scheme=theme)
    read = "name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()"
    colours = {name: page.evaluate(read, name) for name in (*TEXT, *GROUNDS, "bar", "on-accent")}
    assert min(contrast(colours[text], colours[ground]) for text in TEXT for ground in GROUNDS) >= 4.5
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert contrast(colours["bar"], colours["wash"]) >= 3


@pytest.mark.parametrize("query", ["", "?row=3", "?sql=SELECT 1 AS one"])
def test_every_control_has_a_name(visit: Any, reviews: Any, query: str) -> None:
    page = visit(reviews, query)
    page.locator(".chart .bar").first.wait_for()
    nameless = """() => [...document.querySelectorAll('button, input, select, textarea, [role=grid], aside')]
        .filter(each => !each.closest('[hidden]') && each.type !== 'hidden')
        .filter(each => !(each.getAttribute('aria-label') || each.labels?.length || each.textContent.trim()))
        .map(each => each.outerHTML)"""
    assert page.evaluate(nameless) == []


def test_the_grid_tells_its_size_and_places(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    grid = page.get_by_role("grid", name="Rows of train")
    expect(grid).to_have_attribute("aria-rowcount", "601")
    expect(grid).to_have_attribute("aria-colcount", "9")
    expect(grid.get_by_role("columnheader", name="stars")).to_have_attribute("aria-colindex", "5")
    cell = (
        grid.get_by_role("row")
        .filter(has=page.locator("[role=rowheader]", has_text="3"))
        .first.get_by_role("gridcell")
        .first
    )
    expect(cell).to_have_attribute("aria-colindex", "2")


def test_the_page_lets_nothing_else_run(browser: Any, reviews: Any) -> None:
    page = browser.new_page()
    page.goto(f"{reviews.url}/#token={reviews.token}")
    page.locator(".td").first.wait_for()
    blocked = """() => new Promise(done => {
        document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective), { once: true });
        const script = document.createElement('script');
        script.textContent = 'document.title = "owned"';
        document.head.append(script);
    })"""
    assert page.evaluate(blocked).startswith("script-src")
    assert page.title() != "owned"
    page.close()
