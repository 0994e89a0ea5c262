"""Search indexes over the rows of a dataset: nearest vectors, and words through Elasticsearch.

Vectors are searched with faiss where it is installed, and by comparing with every row in NumPy where it is not. Both write
the same files, as long as the index is a flat one.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from arrowsets.errors import BadData, MissingDependency, ShapeConflict, UnknownName

__all__ = [
    "BatchedNearestExamplesResults",
    "BatchedSearchResults",
    "ElasticSearchIndex",
    "FaissIndex",
    "NearestExamplesResults",
    "NumpyIndex",
    "SearchIndex",
    "SearchResults",
    "VectorIndex",
    "batches_of",
    "read_vectors",
    "vector_index",
]

INNER_PRODUCT, L2 = 0, 1  # faiss's numbers
_BLOCK_BYTES = 64 << 20
_BULK = 1000
_HEADER = struct.Struct("<4siqqq?i")
_KINDS = {INNER_PRODUCT: b"IxFI", L2: b"IxF2"}

Vectors = npt.NDArray[np.float32]


class SearchResults(NamedTuple):
    """Scores and positions of the rows that were found, best first."""

    scores: Any
    indices: Any


class BatchedSearchResults(NamedTuple):
    """The same for several queries."""

    total_scores: Any
    total_indices: Any


class NearestExamplesResults(NamedTuple):
    """Scores and rows that were found, best first."""

    scores: Any
    examples: Any


class BatchedNearestExamplesResults(NamedTuple):
    """The same for several queries."""

    total_scores: Any
    total_examples: Any


class SearchIndex(ABC):
    """Finds rows."""

    @abstractmethod
    def search(self, query: Any, k: int = 10, **options: Any) -> SearchResults:
        """Return the `k` best rows for a query."""

    @abstractmethod
    def search_batch(self, queries: Any, k: int = 10, **options: Any) -> BatchedSearchResults:
        """Return the `k` best rows for each query."""


class VectorIndex(SearchIndex):
    """Finds the rows whose vectors are nearest to a vector."""

    @abstractmethod
    def add_vectors(self, batches: Iterable[Any], train_size: int | None = None) -> None:
        """Add the vectors of rows, in their order."""

    @abstractmethod
    def find(self, queries: Vectors, k: int, **options: Any) -> tuple[Any, Any]:
        """Return scores and positions, a line for each query; -1 where there are less than `k` rows."""

    @abstractmethod
    def write(self, file: BinaryIO) -> None:
        """Write the index to an open file."""

    def search(self, query: Any, k: int = 10, **options: Any) -> SearchResults:
        """Return the `k` nearest rows: squared distances or inner products, and positions."""
        vector = np.asarray(query, np.float32)
        if vector.ndim == 1:
            vector = vector[np.newaxis]
        if vector.ndim != 2 or len(vector) != 1:
            raise ShapeConflict(f"a query is one vector, not an array of shape {np.shape(query)}; see search_batch")
        scores, rows = self.find(vector, k, **options)
        return SearchResults(scores[0], rows[0].astype(int))

    def search_batch(self, queries: Any, k: int = 10, **options: Any) -> BatchedSearchResults:
        """Return the `k` nearest rows for each query."""
        vectors = np.asarray(queries, np.float32)
        if vectors.ndim != 2:
            raise ShapeConflict(f"queries are vectors, a line each, not an array of shape {vectors.shape}")
        scores, rows = self.find(vectors, k, **options)
        return BatchedSearchResults(scores, rows.astype(int))


class NumpyIndex(VectorIndex):
    """Compares with every row: exact, and quick enough for some hundred thousand rows."""

    def __init__(self, metric: int = L2, vectors: Vectors | None = None) -> None:
        if metric not in _KINDS:
            raise UnknownName(f"metric_type {metric!r} needs faiss; 0 (inner product) and 1 (L2) do not")
        self.metric = metric
        self.vectors = np.empty((0, 0), np.float32) if vectors is None else vectors

    def add_vectors(self, batches: Iterable[Any], train_size: int | None = None) -> None:
        """Add the vectors of rows, in their order."""
        del train_size
        blocks = [_checked(batch) for batch in batches]
        if blocks:
            self.vectors = np.concatenate(blocks)

    def find(self, queries: Vectors, k: int, **options: Any) -> tuple[Any, Any]:
        """Return scores and positions, a line for each query; -1 where there are less than `k` rows."""
        if options:
            raise MissingDependency.of(f"searching with {', '.join(options)}=", "faiss-cpu")
        if len(self.vectors) and queries.shape[1] != self.vectors.shape[1]:
            raise ShapeConflict(f"the query has {queries.shape[1]} dimensions, the index {self.vectors.shape[1]}")
        at_once = max(1, _BLOCK_BYTES // (4 * max(1, len(self.vectors))))
        parts = [self._nearest(queries[at : at + at_once], k) for at in range(0, len(queries), at_once)]
        if not parts:
            return np.empty((0, k), np.float32), np.empty((0, k), np.int64)
        scores, rows = (np.concatenate(each) for each in zip(*parts, strict=True))
        return scores, rows

    def _nearest(self, queries: Vectors, k: int) -> tuple[Any, Any]:
        missing = np.finfo(np.float32).max * (1 if self.metric == L2 else -1)
        found = min(k, len(self.vectors))
        scores = np.full((len(queries), k), missing, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        if found:
            distance = self._distances(queries)
            nearest = np.argpartition(distance, found - 1, axis=1)[:, :found]
            order = np.lexsort((nearest, np.take_along_axis(distance, nearest, 1)), axis=1)
            rows[:, :found] = np.take_along_axis(nearest, order, 1)
            best = np.take_along_axis(distance, rows[:, :found], 1)
            scores[:, :found] = best if self.metric == L2 else -best
        return scores, rows

    def _distances(self, queries: Vectors) -> Vectors:
        products: Vectors = queries @ self.vectors.T
        if self.metric == INNER_PRODUCT:
            return -products
        own = np.einsum("ij,ij->i", self.vectors, self.vectors)
        theirs = np.einsum("ij,ij->i", queries, queries)
        products *= -2
        products += own
        products += theirs[:, np.newaxis]
        return np.maximum(products, 0, out=products)

    def write(self, file: BinaryIO) -> None:
        """Write what faiss writes for a flat index."""
        count, size = self.vectors.shape
        file.write(_HEADER.pack(_KINDS[self.metric], size, count, 1 << 20, 1 << 20, True, self.metric))
        file.write(struct.pack("<Q", count * size))
        file.write(np.ascontiguousarray(self.vectors, "<f4").tobytes())

    @classmethod
    def read(cls, file: BinaryIO, name: str) -> NumpyIndex:
        """Read a flat index that faiss or `write` wrote."""
        head = file.read(_HEADER.size)
        kinds = {kind: metric for metric, kind in _KINDS.items()}
        if len(head) < _HEADER.size or head[:4] not in kinds:
            raise MissingDependency.of(f"{name!r} is no flat index: reading it", "faiss-cpu")
        _, size, count, *_ = _HEADER.unpack(head)
        (values,) = struct.unpack("<Q", file.read(8))
        data = file.read(4 * values)
        if values != count * size or len(data) != 4 * values:
            raise BadData("the index is cut off", file=name)
        return cls(kinds[head[:4]], np.frombuffer(data, "<f4").reshape(count, size))


class FaissIndex(VectorIndex):
    """An index of faiss, which is `faiss_index`."""

    def __init__(
        self,
        device: int | Sequence[int] | None = None,
        string_factory: str | None = None,
        metric_type: int | None = None,
        custom_index: Any = None,
        faiss_index: Any = None,
        verbose: bool = False,
    ) -> None:
        if string_factory is not None and custom_index is not None:
            raise ValueError("give string_factory= or custom_index=, not both")
        self.device, self.string_factory, self.metric_type = device, string_factory, metric_type
        self.faiss_index = custom_index if custom_index is not None else faiss_index
        self._verbose = verbose

    def add_vectors(self, batches: Iterable[Any], train_size: int | None = None) -> None:
        """Add the vectors of rows, in their order; those of the first `train_size` rows are trained on before."""
        found = map(_checked, batches)
        first = next(found, None)
        if first is None:
            return
        if self.faiss_index is None:
            self.faiss_index = _on_device(self._new(first.shape[1]), self.device)
        self.faiss_index.verbose = self._verbose
        waiting = [first]
        if train_size is not None:
            while sum(map(len, waiting)) < train_size and (more := next(found, None)) is not None:
                waiting.append(more)
            self.faiss_index.train(np.concatenate(waiting)[:train_size])
        for vectors in (*waiting, *found):
            self.faiss_index.add(vectors)

    def _new(self, size: int) -> Any:
        faiss = _faiss("an index")
        metric = () if self.metric_type is None else (self.metric_type,)
        if self.string_factory is not None:
            return faiss.index_factory(size, self.string_factory, *metric)
        return faiss.IndexFlat(size, *metric)

    def find(self, queries: Vectors, k: int, **options: Any) -> tuple[Any, Any]:
        """Return scores and positions, a line for each query; -1 where there are less than `k` rows."""
        if self.faiss_index is None:
            return np.zeros((len(queries), k), np.float32), np.full((len(queries), k), -1)
        scores, rows = self.faiss_index.search(np.ascontiguousarray(queries), k, **options)
        return scores, rows

    def write(self, file: BinaryIO) -> None:
        """Write the index to an open file."""
        faiss = _faiss("writing an index")
        index = self.faiss_index
        if self.device is not None:
            index = faiss.index_gpu_to_cpu(index)
        file.write(faiss.serialize_index(index).tobytes())


class ElasticSearchIndex(SearchIndex):
    """Finds rows by their words; the index lies on an Elasticsearch server.

    Args:
        client: An `elasticsearch.Elasticsearch`.
        name: The index's name on the server.
    """

    def __init__(self, client: Any, name: str, config: Mapping[str, Any] | None = None) -> None:
        self.es_client, self.es_index_name, self.es_index_config = client, name, dict(config or _TEXT)

    def add_documents(self, texts: Iterable[str | None]) -> None:
        """Make the index on the server and add the texts of rows, in their order."""
        self.es_client.indices.create(index=self.es_index_name, **self.es_index_config)
        numbered = enumerate(texts)
        while chunk := list(islice(numbered, _BULK)):
            operations: list[Mapping[str, Any]] = []
            for row, text in chunk:
                operations += [{"index": {"_index": self.es_index_name, "_id": str(row)}}, {"text": text}]
            answer = self.es_client.bulk(operations=operations)
            if answer.get("errors"):
                failed = next(item["index"] for item in answer["items"] if "error" in item["index"])
                raise BadData(f"Elasticsearch refused a text: {failed['error']}", row=int(failed["_id"]))
        self.es_client.indices.refresh(index=self.es_index_name)

    def search(self, query: Any, k: int = 10, **options: Any) -> SearchResults:
        """Return the `k` rows whose texts match the words of a query best."""
        match = {"multi_match": {"query": query, "fields": ["text"], "type": "cross_fields"}}
        answer = self.es_client.search(index=self.es_index_name, query=match, size=k, **options)
        hits = answer["hits"]["hits"]
        return SearchResults([hit["_score"] for hit in hits], [int(hit["_id"]) for hit in hits])

    def search_batch(self, queries: Any, k: int = 10, **options: Any) -> BatchedSearchResults:
        """Return the `k` best rows for each query."""
        found = [self.search(query, k, **options) for query in queries]
        return BatchedSearchResults([each.scores for each in found], [each.indices for each in found])


_TEXT = {"mappings": {"properties": {"text": {"type": "text", "analyzer": "standard"}}}}


def vector_index(
    device: int | Sequence[int] | None = None,
    string_factory: str | None = None,
    metric_type: int | None = None,
    custom_index: Any = None,
    verbose: bool = False,
) -> VectorIndex:
    """Return an empty index: one of faiss, or NumPy's where faiss is not installed and nothing else was asked for."""
    if device is None and string_factory is None and custom_index is None and not _has_faiss():
        return NumpyIndex(L2 if metric_type is None else metric_type)
    if custom_index is None:
        _faiss("an index with string_factory= or device=")
    return FaissIndex(device, string_factory, metric_type, custom_index, verbose=verbose)


def read_vectors(file: BinaryIO, name: str, device: int | Sequence[int] | None = None) -> VectorIndex:
    """Read an index that `write` wrote."""
    if not _has_faiss():
        if device is not None:
            _faiss("an index with device=")
        return NumpyIndex.read(file, name)
    index = _faiss("an index").deserialize_index(np.frombuffer(file.read(), np.uint8))
    return FaissIndex(device, faiss_index=_on_device(index, device))


def _on_device(index: Any, device: int | Sequence[int] | None) -> Any:
    if device is None:
        return index
    faiss = _faiss("an index")
    if not hasattr(faiss, "index_cpu_to_all_gpus"):
        raise MissingDependency.of(f"device={device!r}", "faiss-gpu")
    if isinstance(device, int):
        if device < 0:
            return faiss.index_cpu_to_all_gpus(index)
        return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), device, index)
    return faiss.index_cpu_to_gpus_list(index, gpus=list(device))


def _has_faiss() -> bool:
    try:
        import_module("faiss")
    except ImportError:
        return False
    return True


def _faiss(what: str) -> Any:
    try:
        return import_module("faiss")
    except ImportError as error:
        raise MissingDependency.of(what, "faiss-cpu") from error


def _checked(batch: Any) -> Vectors:
    try:
        vectors = np.asarray(batch, np.float32)
    except (TypeError, ValueError) as error:
        raise ShapeConflict(f"vectors are numbers, equally many in each row: {error}") from error
    if vectors.ndim != 2:
        raise ShapeConflict(f"vectors are numbers, equally many in each row, got an array of shape {vectors.shape}")
    return np.ascontiguousarray(vectors)


def batches_of(array: Any, size: int) -> Iterator[Any]:
    """Cut an array into batches of rows."""
    return (array[at : at + size] for at in range(0, len(array), size))
