"""Pickles of pandas, which are refused: reading a pickle runs whatever code its author put into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from arrowsets.builder import FileBuilder
from arrowsets.errors import BadData
from arrowsets.files import DataFile

__all__ = ["PandasBuilder"]


class PandasBuilder(FileBuilder):
    """Say how a pickled DataFrame can be read."""

    name = "pandas"

    def shards(self, files: Sequence[DataFile]) -> Sequence[DataFile]:
        """Refuse."""
        raise _refusal(files[0].url if files else None)

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Refuse."""
        del schema
        raise _refusal(shard.url)


def _refusal(file: str | None) -> BadData:
    return BadData(
        "pickles are not read: unpickling runs any code that the file holds. If you trust it, convert it once with "
        "pandas.read_pickle(file).to_parquet('data.parquet'), or use Dataset.from_pandas(pandas.read_pickle(file))",
        file=file,
    )
