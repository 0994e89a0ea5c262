"""A browser that looks at a viewer. Where there is none, the tests say what to install."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
Open = Callable[..., Any]


def chromium(playwright: Any) -> str:
    """The browser to start: the one named by `ARROWSETS_CHROMIUM`, the system's, or the one that Playwright fetched."""
    found = os.environ.get("ARROWSETS_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    found = found or playwright.chromium.executable_path
    if not Path(found).exists():
        pytest.skip("the browser is missing: apt-get install chromium, or python -m playwright install chromium")
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    package = pytest.importorskip(
        "playwright.sync_api", reason="the package playwright is missing: pip install playwright"
    )
    with package.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    started = playwright.chromium.launch(executable_path=chromium(playwright), args=ARGUMENTS)
    yield started
    started.close()


@pytest.fixture(scope="session")
def samples() -> Any:
    """The data that is looked at."""
    spec = importlib.util.spec_from_file_location("viewer_samples", Path(__file__).with_name("samples.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serving(data: Any) -> Iterator[Any]:
    """Serve data while a module of tests lasts."""
    for package in ("starlette", "uvicorn", "duckdb"):
        pytest.importorskip(package, reason=f"the package {package} is missing: pip install 'arrowsets[server]'")
    serve = pytest.importorskip("arrowsets.server.viewer.serve")
    with serve.running(data) as shown:
        yield shown


@pytest.fixture(scope="session")
def serving_of() -> Callable[[Any], Iterator[Any]]:
    """How a module serves data of its own."""
    return serving


@pytest.fixture(scope="module")
def reviews(samples: Any) -> Iterator[Any]:
    yield from serving(samples.everything())


@pytest.fixture(scope="module")
def media(samples: Any) -> Iterator[Any]:
    yield from serving(samples.media())


@pytest.fixture(scope="module")
def wide(samples: Any) -> Iterator[Any]:
    yield from serving(samples.wide())


@pytest.fixture(scope="module")
def long(samples: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = samples.long(tmp_path_factory.mktemp("long") / "long.parquet")
    yield from serving(path)


@pytest.fixture
def expect() -> Any:
    """Assertions that wait for the page."""
    package = pytest.importorskip(
        "playwright.sync_api", reason="the package playwright is missing: pip install playwright"
    )
    package.expect.set_options(timeout=15_000)
    return package.expect


@pytest.fixture
def visit(browser: Any) -> Iterator[Open]:
    """Open a viewer in a fresh browser profile; in the end no script may have failed, nor anything been refused by the policy."""
    problems: list[str] = []
    contexts: list[Any] = []

    def note(message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            problems.append(message.text)

    def open_page(shown: Any, query: str = "", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", note)
        page.goto(f"{shown.url}/{query}#token={shown.token}")
        page.locator(".td").first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
