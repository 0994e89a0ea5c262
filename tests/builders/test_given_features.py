"""`features=` says what values become: names of classes their numbers, paths images."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import PIL.Image
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from arrowsets import ClassLabel, Dataset, Features, Image, Value, load_dataset
from arrowsets.errors import BadData, SchemaConflict

WRITE: dict[str, Callable[[list[Any], Path], object]] = {
    "csv": lambda values, path: path.write_text(
        "a\n" + "".join(f'"{v}"\n' if v is not None else '""\n' for v in values)
    ),
    "json": lambda values, path: path.write_text("".join(json.dumps({"a": v}) + "\n" for v in values)),
    "parquet": lambda values, path: pq.write_table(pa.table({"a": values}), path),
    "arrow": lambda values, path: feather.write_feather(pa.table({"a": values}), str(path), compression="uncompressed"),
}


@pytest.fixture(params=WRITE)
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    def read(values: list[Any], feature: Any) -> Any:
        WRITE[request.param](values, tmp_path / "a")
        dataset = load_dataset(
            request.param,
            data_files=str(tmp_path / "a"),
            features=Features({"a": feature}),
            split="train",
            cache_dir=tmp_path / "cache",
        )
        assert dataset.features == {"a": feature}
        return dataset

    return read


@pytest.mark.parametrize(
    ("values", "names", "codes"),
    [
        (["yes", "no", None], ["no", "yes"], [1, 0, None]),
        (["2", "1"], ["1", "2", "3"], [1, 0]),
        (["yes", "0"], ["no", "yes"], [1, 0]),
    ],
)
def test_names_become_class_labels(values: list[Any], names: list[str], codes: list[Any], load: Any) -> None:
    assert load(values, ClassLabel(names=names))["a"][:] == codes


def test_numbers_stay_class_labels(load: Any) -> None:
    assert load([1, 0, -1], ClassLabel(names=["no", "yes"]))["a"][:] == [1, 0, -1]


@pytest.mark.parametrize("value", ["maybe", 7])
def test_what_is_no_class_is_refused(value: Any, load: Any) -> None:
    with pytest.raises((BadData, SchemaConflict), match=rf"(?s)a.*{value}"):
        load([value], ClassLabel(names=["no", "yes"]))


def test_paths_become_images(load: Any, tmp_path: Path) -> None:
    pil = pytest.importorskip("PIL.Image")
    pil.new("RGB", (3, 2)).save(tmp_path / "i.png")
    assert load([str(tmp_path / "i.png")], Image())[0]["a"].size == (3, 2)


@pytest.mark.parametrize("value", [1.5, "x"])
def test_what_is_no_integer_is_refused(value: Any, load: Any) -> None:
    with pytest.raises((BadData, SchemaConflict), match=str(value)):
        load([value], Value("int64"))


def test_an_item_that_is_no_integer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a":[1]}\n{"a":[2.5]}\n')
    features = Features({"a": [Value("int64")]})
    with pytest.raises(BadData, match=r"row 1, column a: \[2.5\] .* 2.5 is no integer"):
        load_dataset("json", data_files=str(tmp_path / "a.json"), features=features, cache_dir=str(tmp_path / "c"))


def test_a_column_may_be_missing_from_the_first_file(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('{"a":1}\n')
    (tmp_path / "2.json").write_text('{"a":2,"b":"x"}\n')
    features = Features({"a": Value("int64"), "b": Value("string")})
    files = [str(tmp_path / "1.json"), str(tmp_path / "2.json")]
    read = load_dataset("json", data_files=files, features=features, split="train", cache_dir=str(tmp_path / "c"))
    assert read.to_dict() == {"a": [1, 2], "b": [None, "x"]}


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Data with two columns or more in each format that takes features for a few of them."""
    (tmp_path / "a.csv").write_text("x,y\n1,a\n2,b\n")
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"], file["y"] = [1, 2], [0.5, 1.5]
    for name in ("cat", "dog"):
        (tmp_path / "images" / name).mkdir(parents=True)
        PIL.Image.new("RGB", (2, 2)).save(tmp_path / "images" / name / "a.png")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, data in {"0.x.json": b"1", "0.y.txt": b"a", "1.x.json": b"2", "1.y.txt": b"b"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT 1 AS x, 'a' AS y UNION ALL SELECT 2, 'b'")
        connection.commit()
    return {
        "csv": {"data_files": str(tmp_path / "a.csv")},
        "hdf5": {"data_files": str(tmp_path / "a.h5")},
        "imagefolder": {"data_dir": str(tmp_path / "images")},
        "webdataset": {"data_files": str(tmp_path / "a.tar")},
        "sql": {"sql": "numbers", "con": f"sqlite:///{tmp_path / 'a.db'}"},
    }


@pytest.mark.parametrize(
    ("builder", "name", "feature", "values"),
    [
        ("csv", "x", Value("int32"), [1, 2]),
        ("csv", "y", Value("string"), ["a", "b"]),
        ("hdf5", "y", Value("float32"), [0.5, 1.5]),
        ("imagefolder", "label", ClassLabel(names=["cat", "dog"]), [0, 1]),
        ("webdataset", "x.json", Value("int64"), [1, 2]),
        ("sql", "x", Value("int32"), [1, 2]),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
def test_features_of_a_few_columns_leave_the_others_out(
    builder: str, name: str, feature: Any, values: list[Any], streaming: bool, sources: Any
) -> None:
    features = Features({name: feature})
    data = load_dataset(builder, split="train", features=features, streaming=streaming, **sources[builder])
    assert (data.features, list(data)) == (features, [{name: value} for value in values])


def test_a_name_that_no_column_has_is_an_error_where_a_few_are_enough(sources: Any) -> None:
    features = Features({"x": Value("int64"), "why": Value("string")})
    with pytest.raises(SchemaConflict, match=r"not in the file: \['why'\]; not in features=: \['y'\]"):
        load_dataset("csv", features=features, **sources["csv"])


@pytest.mark.parametrize(("builder", "extension"), [("text", "txt"), ("xml", "xml")])
@pytest.mark.parametrize("streaming", [False, True])
def test_the_one_column_has_the_name_that_is_given(
    builder: str, extension: str, streaming: bool, tmp_path: Path
) -> None:
    (tmp_path / f"a.{extension}").write_text("<a/>")
    features = Features({"words": Value("large_string")})
    data = load_dataset(
        builder, data_files=str(tmp_path / f"a.{extension}"), split="train", features=features, streaming=streaming
    )
    assert (data.features, list(data)) == (features, [{"words": "<a/>"}])


@pytest.mark.parametrize(
    ("dtype", "texts", "values"),
    [
        ("decimal128(38, 2)", ["12345678901234567890123.45", " -0.5 ", "1e3"], ["12345678901234567890123.45", "-0.5", "1000"]),
        ("decimal256(76, 2)", ["1" + "0" * 60, "", "2."], ["1" + "0" * 60, None, "2"]),
        ("decimal128(5, 2)", ["1", "2"], ["1", "2"]),
        ("int64", ["9007199254740993", "1.0", "2e1"], [9007199254740993, 1, 20]),
    ],
)  # fmt: skip
def test_csv_numbers_keep_all_their_digits(dtype: str, texts: list[str], values: list[Any], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(["c,d", *(f"{text},x" for text in texts)]) + "\n")
    ds = Dataset.from_csv(str(tmp_path / "a.csv"), features=Features({"c": Value(dtype), "d": Value("string")}))
    expected = [Decimal(value) if isinstance(value, str) else value for value in values]
    assert ds["c"] == expected


@pytest.mark.parametrize(("dtype", "text"), [("decimal128(5, 2)", "1.239"), ("int64", "1.5"), ("int8", "1e3")])
def test_csv_numbers_that_would_lose_digits_are_errors(dtype: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"c\n1.0\n{text}\n")
    with pytest.raises(BadData, match=f"row 1, column c: '{text}' is no"):
        Dataset.from_csv(str(tmp_path / "a.csv"), features=Features({"c": Value(dtype)}))
