"""Side by side: the columns of several streams that have as many rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from arrowsets.engine.stages import BLOCK_ROWS, Chunk, Cursor, Stage, State
from arrowsets.errors import ShapeConflict
from arrowsets.features import Features, FeatureType

__all__ = ["BesideStage"]


class BesideStage(Stage):
    """Row i has the columns of row i of each stream."""

    def __init__(self, streams: Sequence[Stage]) -> None:
        self._streams = [Cursor(stream) for stream in streams]
        self._count = 0

    def __next__(self) -> Chunk:
        # Chunks are not joined: the types of a row must not depend on where reading began.
        at_hand = [stream.at_hand() for stream in self._streams]
        rows = min(BLOCK_ROWS, *at_hand)
        if not rows:
            self._check_ended(at_hand)
            raise StopIteration
        chunks = [chunk for stream in self._streams if (chunk := stream.upto(rows)) is not None]
        self._count += rows
        table, features = _beside(chunks)
        return Chunk(table, features, self._count - rows)

    def _check_ended(self, left: Sequence[int]) -> None:
        if any(left):
            number = list(left).index(0)
            raise ShapeConflict(
                f"stream {number} of {len(left)} that are side by side ends after {self._count} rows, and others have "
                "more; all must have as many"
            )

    def state(self) -> State:
        return {"streams": [stream.state() for stream in self._streams], "count": self._count}

    def restore(self, state: State) -> None:
        self._count = state["count"]
        for stream, position in zip(self._streams, state["streams"], strict=True):
            stream.restore(position)

    def skip(self, rows: int) -> int:
        skipped = [stream.skip(rows) for stream in self._streams]
        self._count += min(skipped)
        self._check_ended([count - min(skipped) for count in skipped])
        return min(skipped)

    def close(self) -> None:
        for stream in self._streams:
            stream.close()


def _beside(chunks: Sequence[Chunk]) -> tuple[pa.Table, Features]:
    types: dict[str, FeatureType] = {}
    columns: list[pa.ChunkedArray[Any]] = []
    for chunk in chunks:
        for name, kind in chunk.features.items():
            if name in types:
                raise ShapeConflict(f"column {name!r} is in two of the streams that are side by side; rename one")
            types[name] = kind
            columns.append(chunk.table.column(name))
    if not columns:
        return chunks[0].table, chunks[0].features
    return pa.Table.from_arrays(columns, names=list(types)), Features(types)
