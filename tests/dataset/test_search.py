"""Finding rows: nearest vectors, with faiss and without it, and words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arrowsets import Dataset
from arrowsets.search import FaissIndex, NumpyIndex

POINTS = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)


@pytest.fixture(params=["numpy", "faiss"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "numpy":
        monkeypatch.setitem(sys.modules, "faiss", None)
    else:
        pytest.importorskip("faiss")
    return str(request.param)


def made() -> Dataset:
    return Dataset.from_dict({"at": POINTS, "row": range(len(POINTS))})


@pytest.mark.parametrize("metric", [None, 0, 1])
def test_the_nearest_rows_are_found_best_first(library: str, metric: int | None) -> None:
    dataset = made().add_faiss_index("at", metric_type=metric, batch_size=7)
    assert type(dataset.get_index("at")) is {"numpy": NumpyIndex, "faiss": FaissIndex}[library]
    query = np.ones(4, np.float32)
    scores, found = dataset.search("at", query, k=5)
    every = -(POINTS @ query) if metric == 0 else ((POINTS - query) ** 2).sum(1)
    expected = np.argsort(every)[:5]
    assert found.tolist() == expected.tolist()
    assert np.allclose(np.abs(scores), np.abs(every[expected]), atol=1e-4)
    scores, rows = dataset.get_nearest_examples("at", query, k=5)
    assert rows["row"] == expected.tolist()


def test_several_queries(library: str) -> None:
    dataset = made().add_faiss_index("at", "points")
    found = dataset.search_batch("points", POINTS[:3], k=2)
    assert found.total_indices[:, 0].tolist() == [0, 1, 2]
    assert found.total_scores.shape == (3, 2)
    nearest = dataset.get_nearest_examples_batch("points", POINTS[:3], k=1)
    assert [rows["row"] for rows in nearest.total_examples] == [[0], [1], [2]]


def test_fewer_rows_than_asked_for(library: str) -> None:
    dataset = made().take(2).add_faiss_index("at")
    assert sorted(dataset.search("at", POINTS[0], k=4).indices.tolist()) == [-1, -1, 0, 1]
    scores, rows = dataset.get_nearest_examples("at", POINTS[0], k=4)
    assert (rows["row"], len(scores)) == ([0, 1], 2)


def test_vectors_beside_the_rows(library: str) -> None:
    dataset = made().remove_columns("at")
    dataset.add_faiss_index_from_external_arrays(POINTS, "beside")
    assert dataset.get_nearest_examples("beside", POINTS[7], k=1).examples == {"row": [7]}
    with pytest.raises(ValueError, match="3 vectors for 50 rows"):
        dataset.add_faiss_index_from_external_arrays(POINTS[:3], "short")


def test_an_index_is_saved_and_loaded(library: str, tmp_path: Path) -> None:
    dataset = made().add_faiss_index("at")
    dataset.save_faiss_index("at", tmp_path / "index")
    other = made()
    other.load_faiss_index("again", tmp_path / "index")
    query = POINTS[3] + 0.01
    assert other.search("again", query).indices.tolist() == dataset.search("at", query).indices.tolist()


@pytest.mark.parametrize("metric", [0, 1])
def test_both_write_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: int) -> None:
    pytest.importorskip("faiss")
    made().add_faiss_index("at", metric_type=metric).save_faiss_index("at", tmp_path / "faiss")
    monkeypatch.setitem(sys.modules, "faiss", None)
    made().add_faiss_index("at", metric_type=metric).save_faiss_index("at", tmp_path / "numpy")
    assert (tmp_path / "numpy").read_bytes() == (tmp_path / "faiss").read_bytes()


def test_kinds_of_faiss(tmp_path: Path) -> None:
    faiss = pytest.importorskip("faiss")
    dataset = made().add_faiss_index("at", string_factory="IVF2,Flat", train_size=50)
    assert dataset.get_index("at").faiss_index.is_trained  # type: ignore[attr-defined]
    dataset.add_faiss_index("at", "own", custom_index=faiss.IndexFlatIP(4))
    assert dataset.list_indexes() == ["at", "own"]


def test_what_needs_faiss_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match="pip install faiss-cpu"):
        made().add_faiss_index("at", string_factory="IVF2,Flat")
    (tmp_path / "index").write_bytes(b"IwFl" + bytes(60))
    with pytest.raises(ImportError, match="no flat index"):
        made().load_faiss_index("at", tmp_path / "index")
    (tmp_path / "short").write_bytes(b"IxF2" + bytes(30))
    with pytest.raises(ImportError, match="no flat index"):
        made().load_faiss_index("at", tmp_path / "short")


def test_indexes_have_names_and_are_dropped(library: str) -> None:
    dataset = made().add_faiss_index("at")
    assert dataset.is_index_initialized("at")
    assert dataset.with_format("numpy").list_indexes() == ["at"]
    assert dataset.select([1, 0]).list_indexes() == []
    assert dataset.drop_index("at").list_indexes() == []
    with pytest.raises(ValueError, match="unknown index 'at'"):
        dataset.search("at", POINTS[0])


@pytest.mark.parametrize("column", [["a", "b"], [[1.0], [1.0, 2.0]], [1.0, 2.0]])
def test_what_are_no_vectors(library: str, column: Any) -> None:
    with pytest.raises(ValueError, match="vectors are numbers|dtype"):
        Dataset.from_dict({"x": column}).add_faiss_index("x")


def test_a_query_of_other_dimensions(library: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        made().add_faiss_index("at").search("at", [1.0, 2.0])


class Server:
    """As much of an Elasticsearch client as an index uses."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.made: dict[str, Any] = {}
        self.indices = self

    def create(self, index: str, **config: Any) -> None:
        self.made[index] = config

    def refresh(self, index: str) -> None:
        assert index in self.made

    def bulk(self, operations: list[Any]) -> dict[str, Any]:
        for action, document in zip(operations[::2], operations[1::2], strict=True):
            self.texts[action["index"]["_id"]] = document["text"]
        return {"errors": False}

    def search(self, index: str, query: Any, size: int) -> dict[str, Any]:
        word = query["multi_match"]["query"]
        found = [(text.count(word), row) for row, text in self.texts.items() if word in text]
        hits = [{"_score": score, "_id": row} for score, row in sorted(found, reverse=True)[:size]]
        return {"hits": {"hits": hits}}


def test_words_are_searched_on_a_server() -> None:
    server = Server()
    dataset = Dataset.from_dict({"text": ["one", "two two", "two", "three"]})
    dataset.add_elasticsearch_index("text", es_client=server, es_index_name="words")
    scores, rows = dataset.get_nearest_examples("text", "two", k=5)
    assert (scores, rows["text"]) == ([2, 1], ["two two", "two"])
    other = Dataset.from_dict({"text": ["one", "two two", "two", "three"]})
    other.load_elasticsearch_index("again", "words", es_client=server)
    assert other.search_batch("again", ["one", "three"]).total_indices == [[0], [3]]
    with pytest.raises(ValueError, match="lies on a server"):
        dataset.save_faiss_index("text", "file")


def test_the_client_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "elasticsearch", None)
    with pytest.raises(ImportError, match="pip install elasticsearch"):
        Dataset.from_dict({"text": ["one"]}).add_elasticsearch_index("text")
