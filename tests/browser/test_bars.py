"""Every bar leads to as many rows as it says, whatever the type, from a server and in a file."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arrowsets import ClassLabel, Dataset, Features

ROWS = 30
FIRST = dt.datetime(2020, 3, 28, 20)  # noqa: DTZ001 - of the wall
HOURS = [FIRST + dt.timedelta(hours=7 * at, microseconds=250_001 * at) for at in range(ROWS)]


def columns() -> pa.Table:
    return pa.table({
        "third": [at / 3 - 2.123456789 for at in range(ROWS)],
        "endless": [*[math.inf, -math.inf, math.nan, None, 1.123456, 2.654321] * 5],
        "same": pa.array([0.123456789] * ROWS, pa.float32()),
        "wall": pa.array(HOURS, pa.timestamp("us")),
        "zone": pa.array(HOURS, pa.timestamp("us", "Europe/Berlin")),
        "blink": pa.array([10**9 + at for at in range(ROWS)], pa.timestamp("us")),
        "day": [f"{at:%Y-%m-%d}" for at in HOURS],
        "german": [f"{at:%d.%m.%Y}" for at in HOURS],
        "iso": [f"{at:%Y-%m-%dT%H:%M:%S}Z" for at in HOURS],
        "away": [f"{at:%Y-%m-%dT%H:%M:%S}{'+05:30' if at.hour % 2 else '-0100'}" for at in HOURS],
        "big": pa.array([0, 2**64 - 1, 2**63] * 10, pa.uint64()),
        "label": [0, 1, -1] * 10,
        "text": ["", "a'b", 'q"r', "null", None, "\u00e9"] * 5,
    })  # fmt: skip


@pytest.fixture(scope="module")
def data() -> Dataset:
    dataset = Dataset(columns())
    return dataset.cast(Features({**dataset.features, "label": ClassLabel(names=["1", "0"])}))


@pytest.fixture(scope="module")
def addresses(data: Dataset, serving_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    for shown in serving_of(data):
        path: Path = tmp_path_factory.mktemp("bars") / "page.html"
        sources = pytest.importorskip("arrowsets.server.viewer.sources")
        pytest.importorskip("arrowsets.server.viewer.export").export(sources.open_source(data), path, rows=ROWS)
        yield {"server": f"{shown.url}/#token={shown.token}", "file": path.as_uri()}


@pytest.mark.parametrize("where", ["server", "file"])
def test_bars_lead_to_the_rows_they_count(
    browser: Any, addresses: dict[str, str], data: Dataset, expect: Any, where: str
) -> None:
    page = browser.new_page(viewport={"width": 3200, "height": 500})
    page.goto(addresses[where])
    for name in data.column_names:
        bars = page.locator(f'.th[data-name="{name}"] .bar')
        bars.first.wait_for()
        last = bars.count() - 1
        for at in sorted({0, last // 2, last}):
            rows = re.search(r": (\d+) rows?$", bars.nth(at).get_attribute("aria-label"))
            assert rows is not None
            bars.nth(at).dispatch_event("click")
            expect(page.locator(".chips")).to_contain_text(name)
            told = re.compile(rf"^{rows[1]} match" if rows[1] != "0" else "^(No rows|0 match)")
            expect(page.locator(".range"), f"{name}, bar {at}").to_have_text(told)
        bars.nth(last).dispatch_event("click")
        expect(page.locator(".chips")).to_be_hidden()
    page.close()
