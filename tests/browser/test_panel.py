"""The row panel: whole cells, pictures, sound, conversations and trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import arrowsets


@pytest.fixture(scope="module")
def odd(serving_of: Any) -> Iterator[Any]:
    """Cells that are long, nested in text, or links."""
    long_text = "begin " + "word " * 2000 + "end"
    nested = '{"a": [1, {"b": "deep"}], "c": null}'
    chat = '[{"role": "user", "content": "Is this text?"}, {"role": "assistant", "content": "It was."}]'
    data = {
        "text": [long_text, nested, chat, "https://example.org/x?y=1", "javascript:alert(1)"],
        "raw": [b"\x00\xff", b"", None, b"abc", b"d"],
    }
    yield from serving_of(arrowsets.Dataset.from_dict(data))


def field(page: Any, name: str) -> Any:
    return page.locator(f'.panel .field[data-name="{name}"]')


def test_a_picture_is_shown_and_enlarged(visit: Any, media: Any, expect: Any) -> None:
    page = visit(media)
    thumb = page.locator(".td.image img").first
    expect(thumb).to_have_js_property("naturalWidth", 160)
    thumb.click()
    picture = field(page, "image").locator("img")
    expect(picture).to_have_js_property("naturalWidth", 160)
    expect(field(page, "image")).to_contain_text("160 \u00d7 160 px")
    picture.click()
    expect(page.get_by_role("dialog", name="Image")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Image")).to_be_hidden()


def test_a_sound_is_ready_to_be_played(visit: Any, media: Any, expect: Any) -> None:
    page = visit(media, "?row=2")
    sound = field(page, "audio").locator("audio")
    expect(sound).to_have_js_property("duration", 0.5)


def test_what_cannot_be_played_says_so_and_is_a_file(visit: Any, serving_of: Any, expect: Any) -> None:
    features = arrowsets.Features({"film": arrowsets.Video(), "sound": arrowsets.Audio()})
    broken = arrowsets.Dataset.from_dict({"film": [b"none"], "sound": [b"none"]}, features=features)
    for shown in serving_of(broken):
        page = visit(shown, "?row=0")
        for name in ("film", "sound"):
            expect(field(page, name)).to_contain_text(f"This {name} cannot be played here")
            assert "assets/" in field(page, name).get_by_role("link", name="Open").get_attribute("href")


def test_messages_are_a_conversation(visit: Any, media: Any, expect: Any) -> None:
    page = visit(media, "?row=3")
    said = field(page, "messages").locator(".message")
    expect(said).to_have_count(5)
    expect(said.nth(1)).to_have_class("message user")
    expect(said.nth(2)).to_contain_text("Phobos and Deimos")


def test_a_long_cell_is_shown_whole(visit: Any, odd: Any, expect: Any) -> None:
    page = visit(odd, "?row=0")
    expect(page.locator('.tr[data-position="0"] .cut')).to_be_visible()
    field(page, "text").get_by_role("button", name="more characters").click()
    expect(field(page, "text").locator(".prose")).to_contain_text("word end")


def test_json_in_a_text_is_a_tree_and_a_text(visit: Any, odd: Any, expect: Any) -> None:
    page = visit(odd, "?row=1")
    expect(field(page, "text").locator(".tree").first).to_contain_text("deep")
    field(page, "text").get_by_role("button", name="As text").click()
    expect(field(page, "text").locator(".prose")).to_contain_text('{"a": [1,')


def test_messages_in_a_text_are_a_conversation(visit: Any, odd: Any, expect: Any) -> None:
    page = visit(odd, "?row=2")
    expect(field(page, "text").locator(".message")).to_have_count(2)


def test_only_web_addresses_become_links(visit: Any, odd: Any, expect: Any) -> None:
    page = visit(odd, "?row=3")
    expect(field(page, "text").locator("a")).to_have_attribute("rel", "noopener noreferrer")
    page.get_by_role("button", name="Next row").click()
    expect(field(page, "text")).to_contain_text("javascript:alert(1)")
    assert field(page, "text").locator("a").count() == 0


def test_bytes_are_told_by_their_size(visit: Any, odd: Any, expect: Any) -> None:
    page = visit(odd, "?row=0")
    expect(field(page, "raw")).to_contain_text("2 B")
