"""Weaving: texts of several columns joined row by row, by one gather over all of them.

Arrow's own kernel for this takes twice as long for each piece, and wants each as an array. Here a piece may also be rows
of a small table of texts (numbers up to 32,767, "True" and "False"), which are never written out by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.features.buffers import is_valid, of_numpy, texts
from arrowsets.lazy import pc
from arrowsets.record import dataclass

__all__ = ["Looked", "Piece", "woven"]

# Offsets of 32 bits are used up to here.
_LARGE = 1 << 28


@dataclass(frozen=True, eq=False)
class Looked:
    """Texts of a table, one for each row.

    Attributes:
        rows: Where in the table each text stands.
        valid: Which are not null. None: all.
    """

    table: Any
    rows: npt.NDArray[np.integer[Any]]
    valid: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.rows)


Piece: TypeAlias = "str | Looked | pa.Array[Any]"


def woven(pieces: Iterable[Any], missing: str | None = "null") -> Any:
    """Join pieces row by row, as an array of texts.

    Args:
        pieces: Arrays of strings, rows of tables, and texts that are the same in each row.
        missing: What stands for null. None: one null makes the whole text null.
    """
    merged = _merged(pieces)
    count = next((len(piece) for piece in merged if not isinstance(piece, str)), 0)
    loom = _Loom(count, missing)
    for piece in _fused(merged, count):
        if isinstance(piece, str):
            loom.columns.append(loom.constant(piece))
        elif isinstance(piece, Looked):
            loom.add(piece.rows, loom.values(piece.table, f"table {id(piece.table)}"), piece.valid)
        else:
            loom.add(np.arange(count), loom.values(_shown(piece)), is_valid(piece) if piece.null_count else None)
    return loom.result()


class _Loom:
    def __init__(self, count: int, missing: str | None) -> None:
        self.count, self.missing = count, missing
        self.columns: list[Any] = []
        self._arrays: list[Any] = []
        self._starts: dict[str, int] = {}
        self._total = self._bytes = 0
        self._valid: npt.NDArray[np.bool_] | None = None

    def values(self, array: Any, key: str | None = None) -> int:
        """Note texts to take from; return where the first is."""
        start = self._total if key is None else self._starts.setdefault(key, self._total)
        if start == self._total:
            self._arrays.append(array)
            self._total += len(array)
            # A table's texts may be taken again and again.
            self._bytes += array.nbytes if key is None else 24 * self.count
        return start

    def constant(self, text: str) -> int:
        """Note a text; return where it is."""
        self._bytes += len(text.encode()) * self.count
        return self.values(texts([text]), f"text {text}")

    def add(self, rows: Any, start: int, valid: npt.NDArray[np.bool_] | None) -> None:
        """Append a piece to each row."""
        places = np.add(rows, start, dtype=np.int64)
        if valid is not None and self.missing is not None:
            places = np.where(valid, places, self.constant(self.missing))
        elif valid is not None:
            places = np.where(valid, places, start)
            self._valid = valid if self._valid is None else self._valid & valid
        self.columns.append(places)

    def result(self) -> Any:
        large = self._bytes > _LARGE or any(pa.types.is_large_string(array.type) for array in self._arrays)
        dtype: Any = pa.large_string() if large else pa.string()
        width = len(self.columns)
        # Filled by columns and turned round, which is faster than writing every tenth number.
        places = np.empty((width, self.count), np.int32 if self._total < 1 << 31 else np.int64)
        for at, column in enumerate(self.columns):
            places[at] = column
        whole = pa.concat_arrays([array if array.type == dtype else array.cast(dtype) for array in self._arrays])
        taken: Any = pc.take(whole, of_numpy(places.T.reshape(-1)), boundscheck=False)
        _, offsets, data = taken.buffers()
        ends = np.frombuffer(offsets, np.int64 if large else np.int32)[taken.offset :][: self.count * width + 1 : width]
        bits = None if self._valid is None else of_numpy(self._valid).buffers()[1]
        made: Any = np.ascontiguousarray(ends)
        return pa.Array.from_buffers(dtype, self.count, [bits, pa.py_buffer(made), data])


def _merged(pieces: Iterable[Any]) -> list[Any]:
    """Join texts that follow each other; leave out those that are empty."""
    merged: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return [piece for piece in merged if not isinstance(piece, str) or piece] or [""]


def _fused(pieces: list[Any], count: int) -> list[Any]:
    """Put texts that stand beside rows of a small table into the table: a piece less for each row."""
    fused: list[Any] = []
    for piece in pieces:
        before = fused[-1] if fused else None
        if isinstance(before, str) and _takes_in(piece, count):
            fused[-1] = _around(before, piece, "")
        elif isinstance(piece, str) and _takes_in(before, count):
            fused[-1] = _around("", before, piece)
        else:
            fused.append(piece)
    return fused


def _takes_in(piece: Any, count: int) -> bool:
    return isinstance(piece, Looked) and piece.valid is None and 8 * len(piece.table) < count


def _around(before: str, piece: Any, after: str) -> Looked:
    return Looked(pc.binary_join_element_wise(before, piece.table, after, ""), piece.rows)


def _shown(array: Any) -> Any:
    """Return the texts of an array without its nulls' places being marked, which `take` would have to look at."""
    if not array.null_count:
        return array
    _, offsets, data = array.buffers()
    return pa.Array.from_buffers(array.type, len(array), [None, offsets, data], offset=array.offset)
