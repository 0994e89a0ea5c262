"""A damaged Arrow file is an error that names it, and never leads past its memory."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc

from arrowsets import Dataset
from arrowsets.errors import BadData

# Three values whose offsets, or indices, can be found among the bytes of a file.
LENGTHS = (171, 37, 59)
OFFSETS = (0, 171, 208, 267)
TEXTS = ["x" * n for n in LENGTHS]


def numbers(values: tuple[int, ...], large: bool = False) -> bytes:
    return struct.pack(f"<{len(values)}{'q' if large else 'i'}", *values)


COLUMNS: dict[str, tuple[pa.Array[Any], bool]] = {
    "string": (pa.array(TEXTS), False),
    "large_binary": (pa.array(TEXTS, pa.large_string()).cast(pa.large_binary()), True),
    "list": (pa.array([[0.5] * n for n in LENGTHS]), False),
    "large_list": (pa.array([[0.5] * n for n in LENGTHS], pa.large_list(pa.float64())), True),
    "map": (pa.array([[("k", 0.5)] * n for n in LENGTHS], pa.map_(pa.string(), pa.float64())), False),
    "struct": (pa.array([{"u": text} for text in TEXTS]), False),
    "list of strings": (pa.array([TEXTS]), False),
    "fixed": (pa.array([TEXTS], pa.list_(pa.string(), 3)), False),
}


def written(path: Path, array: pa.Array[Any], layout: str) -> bytes:
    table = pa.table({"x": array})
    with (ipc.new_file if layout == "file" else ipc.new_stream)(str(path), table.schema) as writer:
        writer.write_table(table)
    return path.read_bytes()


@pytest.mark.parametrize("layout", ["file", "stream"])
@pytest.mark.parametrize("wrong", [(0, -5, 208, 267), (0, 171, 1 << 30, 267), (0, 171, 208, 1 << 30)], ids=str)
@pytest.mark.parametrize("name", COLUMNS)
def test_damaged_offsets(tmp_path: Path, name: str, wrong: tuple[int, ...], layout: str) -> None:
    array, large = COLUMNS[name]
    path = tmp_path / "a.arrow"
    data = written(path, array, layout)
    assert data.count(numbers(OFFSETS, large)) == 1
    path.write_bytes(data.replace(numbers(OFFSETS, large), numbers(wrong, large)))
    with pytest.raises(BadData, match=r"a\.arrow.*'x'") as caught:
        list(Dataset.from_file(str(path)))
    assert caught.value.file == str(path)


@pytest.mark.parametrize("layout", ["file", "stream"])
def test_damaged_indices(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "a.arrow"
    array = pa.DictionaryArray.from_arrays(pa.array([17, 18, 19], pa.int32()), pa.array([f"{i}" for i in range(20)]))
    data = written(path, array, layout)
    assert data.count(numbers((17, 18, 19))) == 1
    path.write_bytes(data.replace(numbers((17, 18, 19)), numbers((17, 1 << 30, 19))))
    with pytest.raises(BadData, match=r"a\.arrow.*'x'"):
        list(Dataset.from_file(str(path)))


@pytest.mark.parametrize("name", COLUMNS)
def test_what_is_sound_is_read(tmp_path: Path, name: str) -> None:
    array, _ = COLUMNS[name]
    nulls = pa.concat_arrays([pa.nulls(2, array.type), array, array[:0]])
    for part in (array, nulls, nulls[1:], array[:0]):
        written(tmp_path / "a.arrow", part, "file")
        assert Dataset.from_file(str(tmp_path / "a.arrow"))["x"][:] == part.to_pylist()
