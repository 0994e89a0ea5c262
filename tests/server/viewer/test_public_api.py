"""The API of the public viewer: shapes (held against the description by the client), limits, errors, headers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import Dataset, DatasetDict

if TYPE_CHECKING:
    from tests.server.viewer.conftest import Show


PATHS = [
    *("/is-valid", "/splits", "/info", "/size", "/parquet", "/first-rows", "/rows", "/filter", "/statistics"),
    "/croissant-crumbs",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("config", ["default", None])
def test_answers_of_every_type_are_as_described(show: Show, typed: Dataset, path: str, config: str | None) -> None:
    client = show(typed)
    answer = client.get(path, config=config)
    split_wanted = path in ("/first-rows", "/rows", "/filter", "/statistics")
    assert answer.status_code == (422 if split_wanted and config is None else 200), answer.text
    if answer.status_code == 200:
        assert answer.headers["X-Revision"]


def test_cells_are_json_of_their_type(show: Show, typed: Dataset) -> None:
    row = show(typed).get("/rows").json()["rows"]
    assert row[0]["row"]["int"] == 1
    assert row[1]["row"]["int"] == 2**60
    assert [each["row"]["float"] for each in row] == [1.5, None, None]
    assert row[0]["row"]["bytes"] == "AP8="
    assert row[1]["row"]["label"] == -1
    assert row[0]["row"]["struct"] == {"a": 1, "b": ["x"]}
    assert row[0]["row"]["image"].keys() == {"src", "height", "width"}
    assert row[0]["row"]["audio"][0]["type"] == "audio/wav"
    assert row[2]["row"]["text"] == "x" * 5000
    assert row[2]["truncated_cells"] == []


def test_an_offset_beyond_the_end_gives_no_rows(show: Show, typed: Dataset) -> None:
    page = show(typed).get("/rows", offset=100).json()
    assert page["rows"] == []
    assert page["num_rows_total"] == 3


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/rows", {"length": 101}, 422, "InvalidParameter"),
        ("/rows", {"length": "ten"}, 422, "InvalidParameter"),
        ("/rows", {"offset": -1}, 422, "InvalidParameter"),
        ("/rows", {"split": None}, 422, "MissingRequiredParameter"),
        ("/rows", {"split": ""}, 422, "MissingRequiredParameter"),
        ("/rows", {"dataset": "other"}, 404, "DatasetNotFound"),
        ("/rows", {"config": "other"}, 404, "ConfigNotFound"),
        ("/rows", {"split": "other"}, 404, "SplitNotFound"),
        ("/search", {}, 422, "MissingRequiredParameter"),
        ("/filter", {"where": "1=1) OR (1=1"}, 422, "InvalidParameter"),
        ("/splits", {"dataset": None}, 422, "MissingRequiredParameter"),
    ],
)
def test_errors_have_the_codes_that_clients_know(
    show: Show, typed: Dataset, path: str, params: dict[str, Any], status: int, code: str
) -> None:
    answer = show(typed).get(path, **params)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, code)


def test_the_message_of_a_limit_is_the_known_one(show: Show, typed: Dataset) -> None:
    answer = show(typed).get("/rows", length=101)
    assert answer.json() == {"error": "Parameter 'length' must not be greater than 100"}


def test_first_rows_are_shortened_but_never_below_ten(show: Show) -> None:
    client = show(Dataset.from_dict({"text": ["y" * 50_000] * 100}))
    answer = client.get("/first-rows")
    rows = answer.json()["rows"]
    assert 10 <= len(rows) < 100
    assert answer.json()["truncated"]
    assert len(answer.content) < 1_100_000


def test_cells_of_first_rows_are_cut_from_the_last_row_on(show: Show) -> None:
    client = show(Dataset.from_dict({"text": ["y" * 200_000] * 10}))
    rows = client.get("/first-rows").json()["rows"]
    assert rows[-1]["row"]["text"] == "y" * 100
    assert rows[-1]["truncated_cells"] == ["text"]
    assert rows[0]["row"]["text"] == "y" * 200_000


def test_splits_without_rows_are_shown(show: Show) -> None:
    client = show(Dataset.from_dict({"x": []}))
    assert client.get("/rows").json()["rows"] == []
    assert client.get("/first-rows").json()["truncated"] is False
    assert client.get("/statistics").json()["num_examples"] == 0


def test_every_split_is_listed(show: Show) -> None:
    data = DatasetDict({name: Dataset.from_dict({"x": [1]}) for name in ("train", "test")})
    found = show(data).get("/splits", config=None, split=None).json()
    assert [split["split"] for split in found["splits"]] == ["train", "test"]


def test_listed_parquet_files_can_be_fetched(show: Show, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "a.parquet")
    listed = show(tmp_path).get("/parquet").json()["parquet_files"]
    client = show(tmp_path)
    listed = client.get("/parquet").json()["parquet_files"]
    fetched = client.send("GET", listed[0]["url"], headers={"Authorization": ""})
    assert fetched.content == (tmp_path / "a.parquet").read_bytes()


def test_a_page_of_too_many_bytes_is_refused(show: Show) -> None:
    client = show(Dataset.from_dict({"x": ["z" * 1000] * 100}), answer_bytes=10_000)
    answer = client.get("/rows")
    assert answer.headers["X-Error-Code"] == "TooBigContentError"
    assert client.get("/rows", length=5).status_code == 200


def test_the_description_is_served(show: Show, typed: Dataset) -> None:
    assert "/rows" in show(typed).send("GET", "/openapi.json").json()["paths"]
