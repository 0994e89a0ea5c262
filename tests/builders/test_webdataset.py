"""WebDatasets: samples of tar archives, decoded by the names of their files."""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from arrowsets.builders.webdataset import WebDatasetBuilder

from arrowsets import load_dataset
from arrowsets.errors import BadData, MissingDependency
from arrowsets.features import Audio, Features, Image, Json, List, Mesh, Value, Video
from arrowsets.files import DataFile


def packed(members: Any) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def saved(function: Any, *args: Any, **arrays: Any) -> bytes:
    file = io.BytesIO()
    function(file, *args, **arrays)
    return file.getvalue()


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(members: Any, name: str = "a.tar", **options: Any) -> Any:
        data = members if isinstance(members, bytes) else packed(members)
        (tmp_path / name).write_bytes(data)
        builder = WebDatasetBuilder.from_keywords(options)
        (table,) = builder.read(DataFile(str(tmp_path / name)))
        rows = [{key: value for key, value in row.items() if key != "__url__"} for row in table.to_pylist()]
        return Features.from_arrow_schema(table.schema), rows, builder.rejects

    return read


NPY = saved(np.save, np.arange(3, dtype=np.int16))
VALUES: dict[str, tuple[str, bytes, Any, Any]] = {
    "json": ("json", b'{"x":[1]}', {"x": List(Value("int64"))}, {"x": [1]}),
    "upper case": ("JSN", b"1", Value("int64"), 1),
    "text": ("caption.txt", "é\n".encode(), Value("string"), "é\n"),
    "class": ("cls", b"3", Value("int64"), 3),
    "array": ("npy", NPY, List(Value("int16")), [0, 1, 2]),
    "scalar": ("npy", saved(np.save, np.float32(2)), Value("float32"), 2.0),
    "arrays": (
        "npz",
        saved(np.savez, a=np.ones((1, 2), "f4"), b=np.arange(1)),
        {"a": List(List(Value("float32"))), "b": List(Value("int64"))},
        {"a": [[1, 1]], "b": [0]},
    ),
    "compressed": ("txt.gz", gzip.compress(b"hi", mtime=0), Value("string"), "hi"),
    "msgpack": ("mp", b"\x81\xa1a\x01", {"a": Value("int64")}, {"a": 1}),
    "image": ("seg.PNG", b"x", Image(), {"bytes": b"x", "path": "d/0.seg.PNG"}),
    "audio": ("flac", b"x", Audio(), {"bytes": b"x", "path": "d/0.flac"}),
    "video": ("mp4", b"x", Video(), {"bytes": b"x", "path": "d/0.mp4"}),
    "mesh": ("glb", b"x", Mesh(), {"bytes": b"x", "path": "d/0.glb"}),
    "other": ("html", b"<a>", Value("binary"), b"<a>"),
    "pickle": ("pkl", b"x", Value("binary"), b"x"),
    "tensor": ("pth", b"x", Value("binary"), b"x"),
}


@pytest.mark.parametrize(("column", "data", "kind", "value"), VALUES.values(), ids=VALUES)
def test_names_say_how_files_are_decoded(column: str, data: bytes, kind: Any, value: Any, read: Any) -> None:
    if column == "mp":
        pytest.importorskip("msgpack")
    features, rows, _ = read([(f"d/0.{column}", data)])
    assert features == Features({column: kind, "__key__": Value("string"), "__url__": Value("string")})
    assert rows == [{column: value, "__key__": "d/0"}]


@pytest.mark.parametrize("name", ["json", "text", "class", "array", "arrays", "scalar", "image", "mesh", "compressed"])
def test_values_are_those_of_the_reference(name: str, read: Any, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    column, data, _, _ = VALUES[name]
    members = [(f"d/{key}.{column}", data) for key in range(2)]
    features, rows, _ = read(members)
    stream = datasets.load_dataset(
        "webdataset", data_files=str(tmp_path / "a.tar"), split="train", streaming=True, cache_dir=str(tmp_path)
    )
    assert dict(features.to_dict()) == dict(stream.features.to_dict())
    for row, theirs in zip(rows, stream.decode(enable=False), strict=True):
        value = theirs[column]
        plain = {key: np.asarray(part).tolist() for key, part in value.items()} if name == "arrays" else value
        assert row[column] == (np.asarray(plain).tolist() if name in {"array", "scalar"} else plain)
        assert row["__key__"] == theirs["__key__"]


def test_cbor_is_read(read: Any) -> None:
    pytest.importorskip("cbor2", reason="pip install 'arrowsets[webdataset]'")
    assert read([("0.cbor", b"\xa1\x61a\x01")])[1] == [{"cbor": {"a": 1}, "__key__": "0"}]


@pytest.mark.parametrize(
    ("column", "data"),
    [
        ("cbor", b"\xff\xff"),
        ("cbor", b"\x9b\x7f" + b"\xff" * 7),
        ("cbor", b"\x81" * 100_000),
        ("mp", b"\xc1"),
        ("mp", b"\x92\x01"),
        ("json", b"[" * 100_000),
    ],
)
def test_what_cannot_be_decoded_names_its_sample(column: str, data: bytes, read: Any) -> None:
    with pytest.raises(BadData, match=rf"a\.tar, row 1, column {column}: '1\.{column}' cannot be read as {column}: \w"):
        read([(f"0.{column}", b"\x01" if column != "json" else b"1"), (f"1.{column}", data)])


def test_types_are_those_of_all_samples(read: Any) -> None:
    members = [(f"{i}.json", b'{"a":1}') for i in range(7)] + [("7.json", b'{"a":"x","b":2}'), ("7.cls", b"5")]
    features, rows, _ = read(members)
    assert features["json"] == Features({"x": {"a": Json(), "b": Value("int64")}})["x"]
    assert (rows[0]["cls"], rows[7]["cls"]) == (None, 5)


def test_types_of_late_samples_reach_the_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrowsets.builders.webdataset.TABLE_ROWS", 2)
    members = [(f"{i}.cls", b"1") for i in range(3)] + [("3.cls", b"2"), ("3.npy", NPY), ("4.json", b"[1]")]
    (tmp_path / "a.tar").write_bytes(packed(members))
    (tmp_path / "b.tar").write_bytes(packed([("5.json", b'{"x":1}')]))
    files = [str(tmp_path / name) for name in ("a.tar", "b.tar")]
    dataset = load_dataset("webdataset", data_files=files, split="train", cache_dir=str(tmp_path / "store"))
    assert dataset["cls"][:] == [1, 1, 1, 2, None, None]
    assert dataset["npy"][:] == [None, None, None, [0, 1, 2], None, None]
    assert dataset["json"][:] == [None, None, None, None, [1], {"x": 1}]


@pytest.mark.parametrize(
    ("name", "key", "column"),
    [("./1.txt", "./1", "txt"), ("d.e/f.g.txt", "d.e/f", "g.txt"), ("x/_y.txt", "x/_y", "txt")],
)
def test_keys_end_at_the_first_dot_of_the_file(name: str, key: str, column: str, read: Any) -> None:
    assert read([(name, b"a")])[1] == [{column: "a", "__key__": key}]


def test_files_that_belong_to_no_sample_are_passed_over(read: Any) -> None:
    assert (
        len(read([("a.txt", b"1"), ("README", b""), (".x.txt", b""), ("__meta__.json", b"{}"), ("b.txt", b"")])[1]) == 2
    )


def test_compressed_archives_are_read(read: Any) -> None:
    assert read(gzip.compress(packed([("0.txt", b"a")])), "a.tar.gz")[1] == [{"txt": "a", "__key__": "0"}]


def test_files_are_kept_as_they_are(read: Any) -> None:
    features, rows, _ = read([("0.png", b"x"), ("0.cls", b"y")], decode=False)
    assert (features["png"], rows[0]["cls"]) == (Value("binary"), b"y")


def test_a_pickle_in_an_array_is_not_run(read: Any) -> None:
    evil = saved(np.save, np.array([print], dtype=object))
    with pytest.raises(BadData, match=r"row 0, column npy: '0.npy' cannot be read as npy: .*allow_pickle=False"):
        read([("0.npy", evil)])


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("0.cls", b"1"), ("1.cls", b"x")], r"row 1, column cls: '1.cls' cannot be read as cls"),
        ([("0.txt", b"\xff")], "'0.txt' cannot be read as txt: 'utf-8' codec"),
        ([("0.txt.gz", b"x")], "cannot be read as txt"),
        ([("0.txt", b"a"), ("0.txt", b"b")], "sample '0' has two files 'txt'"),
        ([("0.txt", b"a"), ("1.txt", b"b"), ("0.cls", b"1")], "files of sample '0' do not lie together"),
        (packed([("0.txt", b"a" * 2000)])[:1024], "the archive is damaged"),
    ],
)
def test_what_is_wrong_is_named(members: Any, message: str, read: Any) -> None:
    with pytest.raises(BadData, match=message):
        read(members)


def test_bad_samples_and_archives_are_left_out(read: Any, tmp_path: Path) -> None:
    _, rows, rejects = read([("0.cls", b"1"), ("1.cls", b"x"), ("2.cls", b"3")], on_bad_rows="skip")
    assert [row["cls"] for row in rows] == [1, 3]
    assert [(row, "cannot be read" in why) for _, row, why, _ in rejects.rows] == [(1, True)]
    cut = packed([("0.cls", b"1"), ("1.cls", b"2"), ("2.txt", b"a" * 2000)])[:3100]
    _, rows, rejects = read(cut, on_bad_files="skip")
    assert ([row["cls"] for row in rows], len(rejects.files)) == ([1], 1)


def test_an_empty_archive_has_no_samples(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(packed([]))
    assert list(WebDatasetBuilder().read(DataFile(str(tmp_path / "a.tar")))) == []


def test_given_types_are_obeyed(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(packed([("0.cls", b"1"), ("0.json", b'{"x":1}')]))
    types: dict[str, Any] = {"__key__": pa.string(), "cls": pa.float32(), "new": pa.int8()}
    schema = pa.schema(types)
    (table,) = WebDatasetBuilder().read(DataFile(str(tmp_path / "a.tar")), schema)
    assert table.schema.equals(schema)
    assert table.to_pylist() == [{"__key__": "0", "cls": 1.0, "new": None}]


@pytest.mark.parametrize(("column", "package"), [("cbor", "cbor2"), ("mp", "msgpack")])
def test_missing_packages_say_what_to_install(column: str, package: str, read: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependency, match=r"pip install 'arrowsets\[webdataset\]'"):
        read([(f"0.{column}", b"\x01")])
