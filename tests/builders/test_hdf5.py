"""HDF5 files: datasets as columns, groups as structs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arrowsets.builders import hdf5
from arrowsets.builders.hdf5 import Hdf5Builder

from arrowsets import load_dataset
from arrowsets.errors import BadData, MissingDependency
from arrowsets.files import DataFile

h5py = pytest.importorskip("h5py", reason="pip install 'arrowsets[hdf5]'")


def lists() -> Any:
    values = np.empty(3, object)
    values[:] = [np.array([1, 2], "i4"), np.array([], "i4"), np.array([3], "i4")]
    return values


COLUMNS: dict[str, Any] = {
    "integers": np.array([1, -2, 3], "i4"),
    "halves": np.array([0.5, 1, 2], "f2"),
    "flags": np.array([True, False, True]),
    "rows": np.arange(6, dtype="f4").reshape(3, 2),
    "nothing": np.zeros((3, 0), "f4"),
    "pictures": np.arange(12, dtype="u1").reshape(3, 2, 2),
    "volumes": np.arange(24, dtype="u1").reshape(3, 2, 2, 2),
    "bytes": np.array([b"a", b"bc", b"d"]),
    "text": np.array(["a", "é", ""], h5py.string_dtype()),
    "complex": np.array([1 + 2j, 3, 4], "c8"),
    "compound": np.array([(1, 2.5)] * 3, [("a", "i4"), ("b", "f8")]),
    "lists": (lists(), h5py.vlen_dtype("i4")),
    "enum": np.array([0, 1, 0], h5py.enum_dtype({"A": 0, "B": 1}, "i1")),
}


def write(path: Path, **columns: Any) -> DataFile:
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            if isinstance(values, tuple):
                file.create_dataset(name, data=values[0], dtype=values[1])
            else:
                file[name] = values
    return DataFile(str(path))


def read(file: DataFile, **options: Any) -> Any:
    builder = Hdf5Builder.from_keywords(options)
    tables = [table for shard in builder.shards([file]) for table in builder.read(shard)]
    return builder.schema([file]), [row for table in tables for row in table.to_pylist()]


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_those_of_the_reference(name: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features, rows = read(write(tmp_path / "a.h5", **{name: COLUMNS[name]}))
    reference = datasets.load_dataset(
        "hdf5", data_files=str(tmp_path / "a.h5"), split="train", streaming=True, cache_dir=str(tmp_path)
    )
    assert json.loads(json.dumps(features.to_dict())) == json.loads(json.dumps(reference.features.to_dict()))
    assert rows == list(reference)


def test_either_byte_order_is_read(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.h5", n=np.array([1, 2], ">i8")))[1] == [{"n": 1}, {"n": 2}]


def test_groups_are_structs(tmp_path: Path) -> None:
    file = write(tmp_path / "a.h5", **{"g/x": np.arange(2), "g/h/y": np.ones((2, 1)), "z": np.arange(2)})
    assert read(file)[1] == [{"g": {"h": {"y": [1]}, "x": i}, "z": i} for i in range(2)]


def test_rows_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "SHARD_BYTES", 32)
    file = write(tmp_path / "a.h5", n=np.arange(10), t=np.array(["x"] * 10, h5py.string_dtype()))
    assert len(Hdf5Builder().shards([file])) == 10
    assert read(file, batch_size=3)[1] == [{"n": i, "t": "x"} for i in range(10)]


def test_types_of_several_files_are_joined(tmp_path: Path) -> None:
    write(tmp_path / "a.h5", n=np.arange(2, dtype="i4"), a=np.arange(2))
    write(tmp_path / "b.h5", n=np.arange(1, dtype="f8"))
    dataset = load_dataset(str(tmp_path), split="train", cache_dir=str(tmp_path / "store"))
    assert dataset.to_dict() == {"a": [0, 1, None], "n": [0, 1, 0]}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": np.arange(3), "b": np.arange(2)}, "equally many rows .* /a: 3, /b: 2"),
        ({"a": 5}, "/a: no axis"),
        ({"a": np.array([b"x"], "V1")}, r"dataset /a: no type holds \|V1"),
        ({"a": h5py.ExternalLink("other.h5", "/x")}, "/a is a link to another file"),
    ],
)
def test_what_cannot_be_rows_is_named(columns: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadData, match=message):
        read(write(tmp_path / "a.h5", **columns))


def test_data_in_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"12345678")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("a", (1,), "i8", external=[(str(tmp_path / "secret"), 0, 8)])
        file["g/own"] = h5py.SoftLink("/a")
    with pytest.raises(BadData, match="the data of /a lie in another file"):
        read(DataFile(str(tmp_path / "a.h5")))


def test_a_group_within_itself_is_noticed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("g")
        group["g"] = group
    with pytest.raises(BadData, match="32 deep"):
        read(DataFile(str(tmp_path / "a.h5")))


def test_damaged_files_are_named_or_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"no HDF5")
    file = DataFile(str(tmp_path / "a.h5"))
    with pytest.raises(BadData, match=r"a\.h5: no HDF5 file"):
        read(file)
    assert read(file, on_bad_files="skip") == (None, [])


def test_a_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.h5", a=np.arange(2))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[hdf5\]'"):
        read(file)
