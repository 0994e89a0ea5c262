"""The viewer in a frame of another site's page: there the browser lets it keep nothing, and only named origins may show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest


class Host(BaseHTTPRequestHandler):
    """Answers a page with a frame."""

    def __init__(self, source: Callable[[], str], *args: Any) -> None:
        self.source = source
        super().__init__(*args)

    def do_GET(self) -> None:
        page = f'<!doctype html><iframe src="{self.source()}" width="900" height="600"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def framed(samples: Any) -> Callable[[str], AbstractContextManager[str]]:
    """A page on `localhost`, which to browsers is another site than 127.0.0.1."""
    serve = pytest.importorskip("arrowsets.server.viewer.serve")
    settings = pytest.importorskip("arrowsets.server.viewer.settings")

    @contextmanager
    def page(embed: str) -> Iterator[str]:
        shown: list[str] = []
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, lambda: shown[0])) as server:
            origin = embed.format(port=server.server_port)
            with serve.running(samples.reviews(200), settings=settings.ViewerSettings(embed=(origin,))) as viewer:
                shown.append(viewer.link)
                Thread(target=server.serve_forever, daemon=True).start()
                yield f"http://localhost:{server.server_port}/"
                server.shutdown()

    return page


def test_a_page_that_is_named_shows_rows(browser: Any, framed: Any, expect: Any) -> None:
    with framed("http://localhost:{port}") as address:
        page = browser.new_page()
        page.goto(address)
        frame = page.frame_locator("iframe")
        expect(frame.locator(".range")).to_contain_text("of 200")
        frame.locator('.th[data-name="stars"] .bar').nth(3).click()
        expect(frame.locator(".range")).to_have_text(re.compile(r"^\d+ matches in 200 rows$"))
        # What cannot be kept in the browser is kept while the page is there, and by the address when it is loaded anew.
        was = frame.locator("html").get_attribute("data-theme")
        frame.locator("body").press("t")
        expect(frame.locator("html")).not_to_have_attribute("data-theme", was)
        frame.locator("body").evaluate("() => location.reload()")
        expect(frame.locator(".range")).to_have_text(re.compile(r"^\d+ matches in 200 rows$"))
        page.close()


def test_a_page_that_is_not_named_shows_nothing(browser: Any, framed: Any) -> None:
    with framed("http://localhost:1") as address:
        page = browser.new_page()
        with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
            page.goto(address)
        assert page.frame_locator("iframe").locator("#app").count() == 0
        page.close()
