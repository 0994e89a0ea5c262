"""From one library's datasets to the other's and back, without copying rows."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrowsets
from arrowsets import (
    Array2D,
    ClassLabel,
    Dataset,
    DatasetDict,
    DatasetInfo,
    Features,
    Image,
    IterableDatasetDict,
    Json,
    LargeList,
    List,
    Value,
)

ROWS = {
    "x": [3, 1, None],
    "text": ["a", None, "ü"],
    "label": [0, 1, -1],
    "many": [[1.5], [], None],
    "far": [[1], [2, 3], []],
    "grid": [[[1, 2]], [[3, 4]], [[5, 6]]],
    "any": [{"a": 1}, "b", None],
    "pair": [{"p": 1, "q": "x"}, {"p": 2, "q": None}, None],
}
FEATURES = Features(
    {
        "x": Value("int64"),
        "text": Value("string"),
        "label": ClassLabel(names=["no", "yes"]),
        "many": List(Value("float32")),
        "far": LargeList(Value("int16")),
        "grid": Array2D((1, 2), "int32"),
        "any": Json(),
        "pair": {"p": Value("int8"), "q": Value("string")},
    }
)


def made(tmp_path: Path, *, stored: bool) -> Dataset:
    dataset = Dataset.from_dict(ROWS, FEATURES, DatasetInfo(description="rows"), "train")
    if not stored:
        return dataset
    dataset.save_to_disk(str(tmp_path / "saved"))
    return Dataset.load_from_disk(str(tmp_path / "saved"))


def plain(rows: Any) -> Any:
    """Return rows without NumPy's arrays, which have no equality of their own."""
    return [{k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in row.items()} for row in rows]


def addresses(column: pa.ChunkedArray[Any]) -> set[int]:
    return {buffer.address for chunk in column.chunks for buffer in chunk.buffers() if buffer is not None}


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "file"])
def test_rows_and_types_are_the_same_there_and_back(tmp_path: Path, reference: ModuleType, stored: bool) -> None:
    dataset = made(tmp_path, stored=stored)
    theirs = dataset.to_hf()
    assert type(theirs) is reference.Dataset
    assert theirs.features.to_dict() == reference.Features.from_dict(FEATURES.to_dict()).to_dict()
    assert plain(theirs) == plain(dataset)
    back = arrowsets.from_hf(theirs)
    assert type(back) is Dataset
    assert back.features == FEATURES
    assert plain(back) == plain(dataset)


def test_split_description_and_fingerprint_are_carried_over(tmp_path: Path, reference: ModuleType) -> None:
    dataset = made(tmp_path, stored=True)
    theirs = dataset.to_hf()
    assert (str(theirs.split), theirs.info.description, theirs._fingerprint) == ("train", "rows", dataset._fingerprint)
    back = arrowsets.from_hf(theirs)
    assert (str(back.split), back.info.description, back._fingerprint) == ("train", "rows", dataset._fingerprint)


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "file"])
def test_buffers_are_shared(tmp_path: Path, reference: ModuleType, stored: bool) -> None:
    dataset = made(tmp_path, stored=stored)
    theirs = dataset.to_hf()
    back = arrowsets.from_hf(theirs)
    for name in ("x", "text", "many"):
        own = addresses(dataset.data[name])
        assert addresses(theirs.data.table[name]) == addresses(back.data[name]) == own != set()


def test_rows_in_another_order_become_indices(tmp_path: Path, reference: ModuleType) -> None:
    dataset = made(tmp_path, stored=True)
    shuffled = dataset.select([2, 0, 2, 1])
    theirs = shuffled.to_hf()
    assert theirs._indices.column(0).to_pylist() == [2, 0, 2, 1]
    assert addresses(theirs.data.table["text"]) == addresses(dataset.data["text"])
    assert theirs["text"][:] == arrowsets.from_hf(theirs)["text"][:] == ["ü", "a", "ü", None]


def test_columns_in_orders_of_their_own_are_gathered(reference: ModuleType) -> None:
    dataset = Dataset.from_dict({"x": [1, 2, 3]}).select([2, 0, 1]).add_column("y", [7, 8, 9])
    assert dataset.to_hf()[:] == {"x": [3, 1, 2], "y": [7, 8, 9]}


def test_reversed_rows(reference: ModuleType) -> None:
    assert Dataset.from_dict({"x": [1, 2, 3]}).select(range(2, -1, -1)).to_hf()["x"][:] == [3, 2, 1]


def test_the_format_is_carried_over(tmp_path: Path, reference: ModuleType) -> None:
    dataset = made(tmp_path, stored=False).with_format("numpy", columns=["x"], output_all_columns=True)
    theirs = dataset.to_hf()
    assert theirs.format == dataset.format
    assert arrowsets.from_hf(theirs).format == dataset.format


def test_images_stay_what_is_stored(tmp_path: Path, reference: ModuleType) -> None:
    pixels = [np.full((2, 2, 3), value, np.uint8) for value in (1, 2)]
    dataset = Dataset.from_dict({"image": pixels}, Features({"image": Image()}))
    theirs = dataset.to_hf()
    assert np.asarray(theirs[1]["image"]).tolist() == pixels[1].tolist()
    back = arrowsets.from_hf(theirs)
    assert back.features == dataset.features
    assert back.data == dataset.data


def test_an_empty_dataset(reference: ModuleType) -> None:
    dataset = Dataset.from_dict({"x": []}, Features({"x": Value("int8")}))
    assert dataset.to_hf().num_rows == arrowsets.from_hf(dataset.to_hf()).num_rows == 0
    assert Dataset.from_dict({}).to_hf().num_columns == 0


def test_dictionaries_of_splits(reference: ModuleType) -> None:
    splits = DatasetDict({"train": Dataset.from_dict({"x": [1]}), "test": Dataset.from_dict({"x": [2]})})
    theirs = splits.to_hf()
    assert type(theirs) is reference.DatasetDict
    back = arrowsets.from_hf(theirs)
    assert type(back) is DatasetDict
    assert {name: each["x"][:] for name, each in back.items()} == {"train": [1], "test": [2]}


def test_streams(tmp_path: Path, reference: ModuleType) -> None:
    stream = made(tmp_path, stored=True).to_iterable_dataset().skip(1)
    theirs = stream.to_hf()
    assert type(theirs) is reference.IterableDataset
    assert plain(theirs) == plain(stream)
    back = arrowsets.from_hf(theirs)
    assert back.features == FEATURES
    assert plain(back) == plain(stream)
    both = IterableDatasetDict({"train": stream}).to_hf()
    assert plain(arrowsets.from_hf(both)["train"]) == plain(stream)


def test_a_stream_of_unknown_columns(reference: ModuleType) -> None:
    stream = Dataset.from_dict({"x": [1, 2]}).to_iterable_dataset().map(lambda row: {"y": row["x"] + 1})
    assert list(stream.to_hf()) == [{"x": 1, "y": 2}, {"x": 2, "y": 3}]
    assert list(arrowsets.from_hf(stream.to_hf())) == [{"x": 1, "y": 2}, {"x": 2, "y": 3}]


def test_ours_and_what_is_no_dataset() -> None:
    dataset = Dataset.from_dict({"x": [1]})
    assert arrowsets.from_hf(dataset) is dataset
    with pytest.raises(TypeError, match="list"):
        arrowsets.from_hf([1])


def test_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(ImportError, match="pip install datasets"):
        Dataset.from_dict({"x": [1]}).to_hf()
