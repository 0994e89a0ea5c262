"""Statistics over HTTP: pending first, known later, kept by fingerprint; a bad column costs no other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arrowsets import Dataset
from arrowsets.server.viewer import board

if TYPE_CHECKING:
    from tests.server.viewer.conftest import Client, Show


def _known(client: Client, **params: Any) -> list[dict[str, Any]]:
    for _ in range(200):
        found = client.own("statistics", **params)["statistics"]
        if not any(entry["pending"] for entry in found):
            return list(found)
        time.sleep(0.05)
    raise AssertionError("they were never computed")


def test_they_are_pending_and_then_known(show: Show) -> None:
    client = show(Dataset.from_dict({"x": [0, 1, 1], "t": ["a", "b", None]}))
    first = client.own("statistics")["statistics"]
    assert [entry["column_name"] for entry in first] == ["x", "t"]
    assert all({"column_statistics", "error", "pending"} <= entry.keys() for entry in first)
    found = _known(client)
    assert found[0]["column_statistics"]["histogram"] == {"hist": [1, 2], "bin_edges": [0, 1, 1]}
    assert found[1]["column_type"] == "string_label"


def test_the_public_answer_is_sorted_and_leaves_out_what_has_none(show: Show, typed: Dataset) -> None:
    answer = show(typed).get("/statistics").json()
    names = [column["column_name"] for column in answer["statistics"]]
    assert names == sorted(names)
    assert "struct" not in names
    assert "bytes" not in names
    kinds = {column["column_name"]: column["column_type"] for column in answer["statistics"]}
    assert kinds["image"] == "image"
    assert kinds["audio"] == "audio"


def test_the_last_bin_leads_to_the_largest_integer(show: Show) -> None:
    largest = 1234567890123456820  # JavaScript knows no number between ...768 and ...1024
    client = show(Dataset.from_dict({"x": [0, largest]}))
    statistics = _known(client)[0]["column_statistics"]
    low, high = statistics["histogram"]["bin_edges"][-2:]
    assert (statistics["max"], high) == (str(largest), str(largest))
    assert client.numbers(filters=[{"column": "x", "op": "between", "value": [low, high, True]}]) == [1]
    assert client.get("/statistics").json()["statistics"][0]["column_statistics"]["max"] == largest


def test_a_bad_column_costs_no_other(show: Show) -> None:
    broken = pa.array([b"ok", b"\xff"]).view(pa.string())
    client = show(Dataset(pa.table({"x": [1, 2], "broken": broken})))
    found = _known(client)
    assert found[0]["column_statistics"]["max"] == 2
    assert found[1]["error"]
    assert client.get("/statistics").json()["failed"][0]["column_name"] == "broken"


def test_only_what_is_asked_for_is_computed(show: Show) -> None:
    client = show(Dataset.from_dict({"x": [1], "y": [2]}))
    assert [entry["column_name"] for entry in _known(client, columns=["y"])] == ["y"]


def test_what_was_computed_is_kept_for_the_next_viewer(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"x": [1, 2, 3]}), tmp_path / "a.parquet")
    first = _known(show(tmp_path / "a.parquet"))
    monkeypatch.setattr(board, "column_statistics", lambda *_, **__: pytest.fail("computed again"))
    for _ in range(100):  # it is kept by the thread that computed it, after it told
        again = show(tmp_path / "a.parquet").own("statistics")["statistics"]
        if not again[0]["pending"] and not again[0]["error"]:
            break
        time.sleep(0.05)
    assert again == first


def test_changed_files_have_new_statistics(show: Show, tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2, 3]}), tmp_path / "a.parquet")
    _known(show(tmp_path / "a.parquet"))
    pq.write_table(pa.table({"x": [1, 2, 3, 4000]}), tmp_path / "a.parquet")
    assert _known(show(tmp_path / "a.parquet"))[0]["column_statistics"]["max"] == 4000
