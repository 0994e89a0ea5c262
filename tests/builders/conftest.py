"""Small files, read by a builder and by the reference."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from arrowsets.builders.arrow import ArrowBuilder
from arrowsets.builders.csv import CsvBuilder
from arrowsets.builders.json import JsonBuilder
from arrowsets.builders.parquet import ParquetBuilder
from arrowsets.builders.text import TextBuilder

from arrowsets.builder import Builder
from arrowsets.files import DataFile

BUILDERS: dict[str, type[Builder[Any]]] = {
    "csv": CsvBuilder,
    "json": JsonBuilder,
    "text": TextBuilder,
    "parquet": ParquetBuilder,
    "arrow": ArrowBuilder,
}


class Read(NamedTuple):
    """What came out: types as text, and rows."""

    types: dict[str, str]
    rows: list[dict[str, Any]]


def read_all(builder: Builder[Any], files: list[DataFile]) -> Read:
    tables = [table for shard in builder.shards(files) for table in builder.read(shard)]
    types = {field.name: str(field.type) for table in tables[:1] for field in table.schema}
    return Read(types, [row for table in tables for row in table.to_pylist()])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., DataFile]:
    """Write content to a file of its own."""
    numbers = itertools.count()

    def write(content: str | bytes, extension: str = ".csv") -> DataFile:
        path = tmp_path / f"{next(numbers)}{extension}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return DataFile(str(path))

    return write


@pytest.fixture
def ours(write: Callable[..., DataFile]) -> Callable[..., Read]:
    """Read content with a builder."""

    def ours(name: str, content: str | bytes, extension: str = "", **options: Any) -> Read:
        builder = BUILDERS[name].from_keywords(options)
        return read_all(builder, [write(content, extension or next(iter(builder.extensions)))])

    return ours


@pytest.fixture
def reference(write: Callable[..., DataFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Read]:
    """Read content with the reference, offline and into a cache of its own."""
    # Read once, when it is imported; it must not stay, for we honour it too.
    with monkeypatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()

    def reference(name: str, content: str | bytes, extension: str = "", **options: Any) -> Read:
        file = write(content, extension or next(iter(BUILDERS[name].extensions)))
        # A stream has the same reader and skips the store: ten times faster.
        stream = datasets.load_dataset(
            name, data_files=file.url, split="train", cache_dir=str(tmp_path / "cache"), streaming=True, **options
        )
        table = pa.concat_tables(stream.with_format("arrow").iter(1000))
        types = {field.name: _spelled(field.type) for field in table.schema}
        return Read(types, table.to_pylist())

    return reference


def _spelled(dtype: pa.DataType) -> str:
    # pandas 3 gives large_string, pandas 2 string: we always give string.
    return str(dtype).replace("large_string", "string")
