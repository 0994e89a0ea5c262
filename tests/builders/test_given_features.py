"""`features=` says what values become: names of classes their numbers, paths images."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from arrowsets import ClassLabel, Features, Image, Value, load_dataset
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
