"""The viewer in the page of a hub's repository: in a frame, under a path of its own, without SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def hub(samples: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for package in ("starlette", "uvicorn", "duckdb", "markdown_it", "nh3"):
        pytest.importorskip(package, reason=f"the package {package} is missing: pip install 'arrowsets[server]'")
    serve = pytest.importorskip("arrowsets.server.hub.serve")
    directory: Path = tmp_path_factory.mktemp("hub")
    folder = directory / "datasets" / "alice" / "reviews"
    folder.mkdir(parents=True)
    samples.reviews(200).to_parquet(str(folder / "train.parquet"))
    with serve.running(directory) as url:
        yield url


def test_a_repository_shows_its_rows(browser: Any, hub: str, expect: Any) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{hub}/datasets/alice/reviews")
    frame = page.frame_locator("iframe")
    expect(frame.locator(".range")).to_contain_text("of 200")
    frame.locator('.th[data-name="stars"] .bar').nth(3).click()
    expect(frame.locator(".range")).to_have_text(re.compile(r"^\d+ matches in 200 rows$"))
    assert frame.get_by_role("button", name="Ask with SQL").count() == 0
    assert problems == []
    page.close()
