"""The viewer on a hub: each repository's rows, for those who may see them; the public viewer's API over all."""

from __future__ import annotations

import io
import uuid
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from tests.server.hub.conftest import Client, Running


def _parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def _push(client: Client, repo: str, name: str, data: bytes) -> str:
    assert client.upload(repo, data).status_code == 200
    answer = client.commit(repo, client.large(name, data))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["commitOid"])


@pytest.fixture
def words(alice: Client) -> str:
    repo = alice.create(f"words-{uuid.uuid4().hex[:12]}")
    _push(alice, repo, "data/train-00000.parquet", _parquet(x=[1, 2, 3], t=["one", "two", "ثلاثة"]))
    return repo


def test_rows_are_those_of_the_newest_commit(alice: Client, words: str) -> None:
    where = {"dataset": words, "config": "default", "split": "train"}
    first = alice.get("/rows", params=where)
    assert [row["row"]["x"] for row in first.json()["rows"]] == [1, 2, 3]
    oid = _push(alice, words, "data/train-00000.parquet", _parquet(x=[7]))
    second = alice.get("/rows", params=where)
    assert [row["row"]["x"] for row in second.json()["rows"]] == [7]
    assert second.headers["X-Revision"] == oid != first.headers["X-Revision"]


@pytest.mark.parametrize(
    "path",
    [
        "is-valid",
        "splits",
        "info",
        "size",
        "parquet",
        "first-rows",
        "statistics",
        "search",
        "filter",
        "croissant-crumbs",
    ],
)
def test_the_public_api_answers_at_the_root(alice: Client, words: str, path: str) -> None:
    where = {"dataset": words, "config": "default", "split": "train", "query": "ثلاثة"}
    answer = alice.get(f"/{path}", params=where)
    assert answer.status_code == 200, answer.text
    assert len(answer.headers["X-Revision"]) == 40


def test_each_repository_has_the_page_and_its_api(alice: Client, words: str) -> None:
    assert f'src="/datasets/{words}/viewer/"' in alice.get(f"/datasets/{words}").text
    page = alice.get(f"/datasets/{words}/viewer/")
    assert "static/app.js" in page.text
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert alice.get(f"/datasets/{words}/viewer/static/app.js").status_code == 200
    rows = alice.get(f"/datasets/{words}/viewer/api/x/rows", params={"query": "two"}).json()["rows"]
    assert [row["row_idx"] for row in rows] == [1]
    moved = alice.get(f"/datasets/{words}/viewer?split=train")
    assert (moved.status_code, moved.headers["Location"]) == (307, f"/datasets/{words}/viewer/?split=train")


def test_private_rows_are_for_those_who_may_see_them(hub: Running, alice: Client, words: str) -> None:
    assert alice.call("PUT", f"/api/datasets/{words}/settings", json={"private": True}).status_code == 200
    where = {"dataset": words, "config": "default", "split": "train"}
    other = hub.client()
    for caller, status, code in (
        (hub.anonymous(), 401, "ExternalUnauthenticatedError"),
        (other, 404, "DatasetNotFound"),
    ):
        answer = caller.get("/rows", params=where)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, code)
        missing = caller.get("/rows", params={**where, "dataset": f"{alice.user}/no-such"})
        assert missing.json() == answer.json()
        assert caller.get(f"/datasets/{words}/viewer/api/x/rows").status_code == status
    assert alice.get("/rows", params=where).status_code == 200


def test_a_file_of_a_private_repository_is_not_sent_to_others(hub: Running, alice: Client, words: str) -> None:
    assert alice.call("PUT", f"/api/datasets/{words}/settings", json={"private": True}).status_code == 200
    url = alice.get("/parquet", params={"dataset": words}).json()["parquet_files"][0]["url"]
    assert alice.get(url).status_code == 200
    assert hub.anonymous().get(url).status_code == 401
    assert alice.get(url.partition("?")[0]).status_code == 401


def test_a_card_cannot_name_files_of_the_machine(alice: Client) -> None:
    repo = alice.create(f"evil-{uuid.uuid4().hex[:12]}")
    card = b"---\nconfigs:\n- config_name: a\n  data_files: /etc/passwd\n- config_name: b\n  data_files: a.csv\n---\n"
    alice.push(repo, {"README.md": card, "a.csv": b"q\n1\n"})
    answer = alice.get("/splits", params={"dataset": repo}).json()
    assert [split["config"] for split in answer["splits"]] == ["b"]
    assert "no file of this dataset" in answer["failed"][0]["error"]["error"]


def test_documents_have_thumbnails_for_those_who_may_see_them(hub: Running, alice: Client) -> None:
    pytest.importorskip("pypdfium2", reason="drawing PDF documents needs pypdfium2: pip install 'arrowsets[pdf]'")
    import PIL.Image

    drawn = io.BytesIO()
    PIL.Image.new("RGB", (60, 40), "red").save(drawn, "PDF", resolution=72)
    repo = alice.create(f"papers-{uuid.uuid4().hex[:12]}")
    alice.push(repo, {"a.pdf": drawn.getvalue(), "b.pdf": drawn.getvalue()[:100]})
    assert alice.call("PUT", f"/api/datasets/{repo}/settings", json={"private": True}).status_code == 200
    rows = alice.get("/rows", params={"dataset": repo, "config": "default", "split": "train"}).json()["rows"]
    assert ["thumbnail" in row["row"]["pdf"] for row in rows] == [True, False]
    thumbnail = rows[0]["row"]["pdf"]["thumbnail"]
    assert (thumbnail["width"], thumbnail["height"]) == (60, 40)
    picture = PIL.Image.open(io.BytesIO(alice.get(thumbnail["src"]).content))
    assert picture.size == (60, 40)
    red, green, blue = picture.convert("RGB").crop((30, 20, 31, 21)).tobytes()
    assert red > 240
    assert max(green, blue) < 15
    assert hub.anonymous().get(thumbnail["src"]).status_code == 401


def test_queries_in_sql_are_off(alice: Client, words: str) -> None:
    answer = alice.post(f"/datasets/{words}/viewer/api/x/sql", json={"query": "SELECT 1"})
    assert answer.status_code == 403


def test_half_a_name_leads_to_the_whole(alice: Client, words: str) -> None:
    answer = alice.get("/splits", params={"dataset": words.partition("/")[2]})
    assert answer.status_code == 307
    assert alice.get(answer.headers["Location"]).json()["splits"][0]["dataset"] == words


def test_without_a_name_it_is_asked_for(alice: Client) -> None:
    answer = alice.get("/rows")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (422, "MissingRequiredParameter")
