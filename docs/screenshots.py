"""Makes the pictures of the viewer that the documentation shows: `python docs/screenshots.py`.

Needs the extra `server`, playwright, Chromium, and fonts for all the scripts in the samples (Debian: `apt-get install
chromium fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji`).
"""

from __future__ import annotations

import importlib.util
import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from arrowsets.server.viewer.serve import running

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
SQL = """SELECT source, count(*) AS reviews, round(avg(stars), 2) AS stars, max(length(text)) AS longest
FROM data WHERE stars >= 2
GROUP BY source ORDER BY reviews DESC"""
STARS = '[{"column":"stars","op":"between","value":[4,5,false]}]'


@dataclass(frozen=True)
class Picture:
    """One picture: what is opened, how large, and what is done before it is taken."""

    name: str
    data: str
    query: str = ""
    width: int = 1440
    height: int = 860
    theme: str = "light"
    click: str = ""
    seen: str = ".chart .bar"


PICTURES = [
    Picture("viewer", "reviews"),
    Picture("viewer-dark", "reviews", f"?row=3&filters={quote(STARS)}", theme="dark"),
    Picture("viewer-media", "media", "?row=3", seen=".panel .message"),
    Picture("viewer-column", "reviews", click='.th[data-name="score"] .more', seen=".popover .barline"),
    Picture("viewer-search", "reviews", f"?query={quote('البحر')}", theme="dark", height=520, seen="mark"),
    Picture("viewer-sql", "reviews", f"?sql={quote(SQL)}", seen=".result .td"),
    Picture("viewer-narrow", "reviews", width=400, height=800),
    Picture("viewer-narrow-row", "media", "?row=3", width=400, height=800, theme="dark", seen=".panel .message"),
]


def samples() -> Any:
    """The data that the tests of the page look at."""
    spec = importlib.util.spec_from_file_location("samples", DOCS.parent / "tests/browser/samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def take(browser: Any, shown: Any, picture: Picture) -> bytes:
    """Open a page, wait until what the picture is about is there, and take it."""
    size = {"width": picture.width, "height": picture.height}
    page = browser.new_page(viewport=size, color_scheme=picture.theme)
    page.goto(f"{shown.url}/{picture.query}#token={shown.token}")
    page.locator(".td").first.wait_for()
    if picture.click:
        page.locator(".chart .bar").first.wait_for()
        page.locator(picture.click).click()
    page.locator(picture.seen).first.wait_for()
    page.wait_for_function("() => document.querySelectorAll('.bone').length === 0")
    page.wait_for_timeout(400)
    image: bytes = page.screenshot()
    page.close()
    return image


def small(image: bytes) -> bytes:
    """The picture in a palette: a third of the size, and no colour further off than the eye sees."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(image)) as opened:
        palette = opened.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
        palette.save(out, "PNG", optimize=True)
    return out.getvalue()


def main(names: list[str]) -> None:
    """Take the pictures with these names, or all."""
    from playwright.sync_api import sync_playwright

    made = samples()
    data = {"reviews": made.everything(), "media": made.media()}
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for key, dataset in data.items():
            with running(dataset, name="city-reviews" if key == "reviews" else "patterns") as shown:
                for picture in PICTURES:
                    if picture.data == key and (not names or picture.name in names):
                        (IMAGES / f"{picture.name}.png").write_bytes(small(take(browser, shown, picture)))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
