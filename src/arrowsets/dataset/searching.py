"""Searching: indexes over a column, or over vectors that belong to the rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Self, cast

import numpy as np

from arrowsets.dataset.core import DatasetCore
from arrowsets.errors import MissingDependency, ShapeConflict, UnknownName
from arrowsets.late import search as indexing

__all__ = ["SearchMethods"]


class SearchMethods(DatasetCore):
    """Methods of `Dataset` about search indexes. An index belongs to this dataset; what is made of it has none."""

    _indexes: Mapping[str, indexing.SearchIndex] = {}

    def add_faiss_index(
        self,
        column: str,
        index_name: str | None = None,
        device: int | None = None,
        string_factory: str | None = None,
        metric_type: int | None = None,
        custom_index: Any = None,
        batch_size: int = 1000,
        train_size: int | None = None,
        faiss_verbose: bool = False,
        dtype: Any = np.float32,
    ) -> Self:
        """Index the vectors of a column, to find the rows nearest to a vector.

        Without the package faiss, each search compares with every row.

        Args:
            column: Lists or arrays of equally many numbers.
            index_name: What to call the index. None: as the column.
            device: Number of a GPU, -1 for all. Needs faiss.
            string_factory: The kind of index, as faiss writes it: "IVF100,Flat". Needs faiss.
            metric_type: 1: squared distance; 0: inner product.
            custom_index: An index of faiss to add the rows to.
            batch_size: Rows that are added at a time.
            train_size: Rows to train an index on that needs it.

        >>> from arrowsets import Dataset
        >>> dataset = Dataset.from_dict({"at": [[0.0, 0.0], [3.0, 4.0]]})
        >>> _ = dataset.add_faiss_index("at")
        >>> scores, rows = dataset.get_nearest_examples("at", [3.0, 3.0], k=1)
        >>> scores.tolist(), rows["at"]
        ([1.0], [[3.0, 4.0]])
        """
        self._check_columns([column])
        shown = self._derive("format", lineage=self._lineage)
        cast(Any, shown).set_format("numpy", columns=[column], dtype=np.dtype(dtype))
        made = indexing.vector_index(device, string_factory, metric_type, custom_index, faiss_verbose)
        made.add_vectors((batch[column] for batch in shown.iter(batch_size)), train_size)
        return self._with_index(index_name or column, made)

    def add_faiss_index_from_external_arrays(
        self,
        external_arrays: Any,
        index_name: str,
        device: int | None = None,
        string_factory: str | None = None,
        metric_type: int | None = None,
        custom_index: Any = None,
        batch_size: int = 1000,
        train_size: int | None = None,
        faiss_verbose: bool = False,
        dtype: Any = np.float32,
    ) -> None:
        """Index vectors that lie in an array, one for each row; see `add_faiss_index`."""
        vectors = np.asarray(external_arrays, dtype)
        if len(vectors) != len(self):
            raise ShapeConflict(f"there are {len(vectors)} vectors for {len(self)} rows; give one for each")
        made = indexing.vector_index(device, string_factory, metric_type, custom_index, faiss_verbose)
        made.add_vectors(indexing.batches_of(vectors, batch_size), train_size)
        self._with_index(index_name, made)

    def save_faiss_index(
        self,
        index_name: str,
        file: str | os.PathLike[str],
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an index to a file, a path or fsspec URL."""
        index = self.get_index(index_name)
        if not isinstance(index, indexing.VectorIndex):
            raise ValueError(f"the index {index_name!r} lies on a server; only vectors are saved to a file")
        with _open(file, "wb", storage_options) as target:
            index.write(target)

    def load_faiss_index(
        self,
        index_name: str,
        file: str | os.PathLike[str],
        device: int | Sequence[int] | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Read an index of this dataset's rows that `save_faiss_index` wrote."""
        with _open(file, "rb", storage_options) as source:
            self._with_index(index_name, indexing.read_vectors(source, os.fspath(file), device))

    def add_elasticsearch_index(
        self,
        column: str,
        index_name: str | None = None,
        host: str | None = None,
        port: int | None = None,
        es_client: Any = None,
        es_index_name: str | None = None,
        es_index_config: Mapping[str, Any] | None = None,
    ) -> Self:
        """Index the texts of a column on an Elasticsearch server, to find rows by words.

        Args:
            column: Texts.
            index_name: What to call the index. None: as the column.
            host: The server, if no client is given; "localhost" unless given.
            port: Its port; 9200 unless given.
            es_client: An `elasticsearch.Elasticsearch`.
            es_index_name: The index's name on the server. None: made of the column and the dataset's fingerprint.
            es_index_config: Settings and mappings of the index on the server.
        """
        self._check_columns([column])
        name = es_index_name or f"arrowsets-{column.lower()}-{self._fingerprint[:16]}"
        made = indexing.ElasticSearchIndex(_client(es_client, host, port), name, es_index_config)
        made.add_documents(row for batch in self._view.batches(1000) for row in batch.column(column).to_pylist())
        return self._with_index(index_name or column, made)

    def load_elasticsearch_index(
        self,
        index_name: str,
        es_index_name: str,
        host: str | None = None,
        port: int | None = None,
        es_client: Any = None,
        es_index_config: Mapping[str, Any] | None = None,
    ) -> None:
        """Use an index of this dataset's rows that is on an Elasticsearch server; see `add_elasticsearch_index`."""
        made = indexing.ElasticSearchIndex(_client(es_client, host, port), es_index_name, es_index_config)
        self._with_index(index_name, made)

    def list_indexes(self) -> list[str]:
        """Return the names of the indexes."""
        return list(self._indexes)

    def is_index_initialized(self, index_name: str) -> bool:
        """Tell whether there is an index of that name."""
        return index_name in self._indexes

    def get_index(self, index_name: str) -> indexing.SearchIndex:
        """Return an index; of one of faiss, `faiss_index` is faiss's own.

        Raises:
            UnknownName: names the indexes that there are.
        """
        if index_name not in self._indexes:
            raise UnknownName.of("index", index_name, self._indexes)
        return self._indexes[index_name]

    def drop_index(self, index_name: str) -> Self:
        """Forget an index."""
        self.get_index(index_name)
        self._indexes = {name: index for name, index in self._indexes.items() if name != index_name}
        return self

    def search(self, index_name: str, query: Any, k: int = 10, **kwargs: Any) -> indexing.SearchResults:
        """Return scores and positions of the `k` best rows for a query."""
        return self.get_index(index_name).search(query, k, **kwargs)

    def search_batch(self, index_name: str, queries: Any, k: int = 10, **kwargs: Any) -> indexing.BatchedSearchResults:
        """Return scores and positions of the `k` best rows for each query."""
        return self.get_index(index_name).search_batch(queries, k, **kwargs)

    def get_nearest_examples(
        self, index_name: str, query: Any, k: int = 10, **kwargs: Any
    ) -> indexing.NearestExamplesResults:
        """Return scores and rows, a batch, of the `k` best rows for a query."""
        found = self.search(index_name, query, k, **kwargs)
        scores, rows = _present(found.scores, found.indices)
        return indexing.NearestExamplesResults(scores, self[rows])

    def get_nearest_examples_batch(
        self, index_name: str, queries: Any, k: int = 10, **kwargs: Any
    ) -> indexing.BatchedNearestExamplesResults:
        """Return scores and rows, a batch, of the `k` best rows for each query."""
        found = self.search_batch(index_name, queries, k, **kwargs)
        each = [_present(*pair) for pair in zip(found.total_scores, found.total_indices, strict=True)]
        return indexing.BatchedNearestExamplesResults([scores for scores, _ in each], [self[rows] for _, rows in each])

    def _with_index(self, name: str, index: indexing.SearchIndex) -> Self:
        self._indexes = {**self._indexes, name: index}
        return self


def _present(scores: Any, rows: Any) -> tuple[Any, list[int]]:
    """Leave out what stands for no row."""
    kept = [place for place, row in enumerate(rows) if row >= 0]
    return scores[: len(kept)], [int(rows[place]) for place in kept]


def _client(given: Any, host: str | None, port: int | None) -> Any:
    if given is not None:
        return given
    try:
        library = import_module("elasticsearch")
    except ImportError as error:
        raise MissingDependency.of("searching words", "elasticsearch") from error
    return library.Elasticsearch(f"http://{host or 'localhost'}:{port or 9200}")


def _open(file: str | os.PathLike[str], mode: str, storage_options: Mapping[str, Any] | None) -> Any:
    import fsspec

    return fsspec.open(os.fspath(file), mode, **(storage_options or {}))
