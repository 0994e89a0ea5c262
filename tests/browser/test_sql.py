"""The SQL box: results, mistakes, and results as files."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.compute as pc
import pyarrow.parquet as pq

COUNT = "SELECT stars, count(*) AS n FROM data GROUP BY stars ORDER BY stars"


def run(page: Any, text: str) -> Any:
    page.get_by_role("button", name="Ask with SQL").click()
    page.get_by_label("SQL", exact=True).get_by_role("textbox").fill(text)
    page.keyboard.press("Control+Enter")
    return page.get_by_role("grid", name="Result")


def test_a_statement_gives_a_table_and_a_link(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    result = run(page, COUNT)
    expect(result.locator(".tr")).to_have_count(5)
    expect(result.locator(".th .name")).to_have_text(["stars", "n"])
    assert sum(int(text) for text in result.locator('.td[data-column="1"]').all_inner_texts()) == 600
    expect(page).to_have_url(re.compile("sql=SELECT"))


def test_a_link_with_sql_runs_it(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews, f"?sql={quote('SELECT 41 + 1 AS answer')}")
    expect(page.get_by_role("grid", name="Result").locator(".td")).to_have_text("42")


def test_a_mistake_is_explained(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    run(page, "SELECT nothing FROM data")
    expect(page.locator(".sql").get_by_role("alert")).to_contain_text("nothing")


def test_files_cannot_be_read(visit: Any, reviews: Any, expect: Any) -> None:
    page = visit(reviews)
    run(page, "SELECT * FROM read_text('/etc/passwd')")
    expect(page.locator(".sql").get_by_role("alert")).to_be_visible()
    assert "root:" not in page.locator("body").inner_text()


def test_results_are_saved(visit: Any, reviews: Any, expect: Any, tmp_path: Path) -> None:
    page = visit(reviews)
    expect(run(page, COUNT).locator(".tr")).to_have_count(5)
    for name in ("CSV", "Parquet"):
        with page.expect_download() as started:
            page.get_by_role("button", name=name).click()
        started.value.save_as(tmp_path / name)
        assert started.value.suggested_filename == f"result.{name.lower()}"
    with (tmp_path / "CSV").open(encoding="utf-8", newline="") as file:
        assert sum(int(row["n"]) for row in csv.DictReader(file)) == 600
    assert pc.sum(pq.read_table(tmp_path / "Parquet")["n"]).as_py() == 600
