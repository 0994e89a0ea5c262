"""What scripts pass by position and by name, catch, and get, of everything besides the methods of datasets."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import arrowsets
from arrowsets import (
    ClassLabel,
    Dataset,
    DatasetDict,
    DatasetInfo,
    Features,
    IterableDataset,
    Value,
    exceptions,
    load,
    utils,
)

TYPES = [
    *("Array2D", "Array3D", "Array4D", "Array5D", "Audio", "BioSequence", "BioStructure", "ClassLabel", "Features"),
    *("Image", "Json", "LargeList", "List", "Mesh", "Nifti", "Pdf", "Translation", "TranslationVariableLanguages"),
    *("Value", "Video", "DatasetInfo", "ReadInstruction", "SplitGenerator", "SplitInfo"),
]
# These take one value each, which nobody names.
BY_POSITION = {"encode_example", "decode_example", "setdefault", "update"}


def parameters(function: Any) -> list[inspect.Parameter]:
    return [each for each in inspect.signature(function).parameters.values() if each.name != "self"]


def positional(function: Any) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters(function) if each.kind in kinds]


def methods(cls: str, reference: ModuleType) -> Iterator[tuple[str, Any, Any]]:
    theirs, ours = getattr(reference, cls), getattr(arrowsets, cls)
    yield cls, theirs, ours
    for name in dir(theirs):
        if not name.startswith("_") and callable(getattr(theirs, name)) and name not in BY_POSITION:
            yield name, getattr(theirs, name), getattr(ours, name)


@pytest.mark.parametrize("cls", TYPES)
def test_types_and_their_methods_take_what_those_of_the_reference_take(cls: str, reference: ModuleType) -> None:
    for name, theirs, ours in methods(cls, reference):
        try:
            wanted = positional(theirs)
        except ValueError:
            continue  # a method of dict
        assert positional(ours)[: len(wanted)] == wanted, name
        required = [each.name for each in parameters(ours) if each.default is each.empty]
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        must = {each.name for each in parameters(theirs) if each.default is each.empty}
        optional = {each.name for each in parameters(ours) if each.kind in kinds}
        assert set(required) - optional <= must, name


def test_every_error_of_the_reference_can_be_caught(reference: ModuleType) -> None:
    theirs = {
        name
        for name, value in vars(reference.exceptions).items()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == "datasets.exceptions"
    }
    assert theirs == set(exceptions.__all__)
    for name in theirs:
        assert issubclass(getattr(exceptions, name), exceptions.DatasetsError)


def test_names_are_where_scripts_look_for_them() -> None:
    assert load.load_dataset_builder is arrowsets.load_dataset_builder
    assert utils.VerificationMode is arrowsets.VerificationMode


@pytest.mark.parametrize(
    ("flags", "call"),
    [
        ({}, lambda row, split: {"got": split}),
        ({"with_indices": True}, lambda row, index, split: {"got": f"{index} {split}"}),
        ({"with_rank": True}, lambda row, rank, split: {"got": f"{rank} {split}"}),
        ({"with_indices": True, "with_rank": True}, lambda row, index, rank, split: {"got": f"{index} {rank} {split}"}),
        ({"input_columns": ["x", "y"]}, lambda x, y, split: {"got": f"{x} {y} {split}"}),
    ],
)
def test_the_split_is_passed_last(flags: dict[str, Any], call: Any, reference: ModuleType) -> None:
    columns = {"x": [1], "y": [2]}
    ours = DatasetDict({"train": Dataset.from_dict(columns)}).map(call, with_split=True, **flags)
    theirs = reference.DatasetDict({"train": reference.Dataset.from_dict(columns)}).map(call, with_split=True, **flags)
    assert ours["train"].to_list() == theirs["train"].to_list()


def test_a_split_without_a_seed_is_an_error() -> None:
    splits = DatasetDict({"train": Dataset.from_dict({"x": [1]}), "test": Dataset.from_dict({"x": [1]})})
    with pytest.raises(KeyError, match="no split 'test'; the splits are 'train'"):
        splits.shuffle(seeds={"train": 1})


def test_an_item_with_another_key_adds_a_column(reference: ModuleType) -> None:
    item = {"y": "b", "z": [1.5]}
    theirs = reference.Dataset.from_dict({"x": [1, 2]}).add_item(item)
    ours = Dataset.from_dict({"x": [1, 2]}).select([0, 1]).add_item(item)
    assert ours.to_list() == theirs.to_list()
    assert ours.features.to_dict() == theirs.features.to_dict()


def test_types_may_stand_in_the_info() -> None:
    info = DatasetInfo(features=Features({"x": ClassLabel(names=["no", "yes"])}))
    made = Dataset.from_dict({"x": [1, 0]}, info=info)
    assert made.features == info.features
    assert Dataset(made.data.cast(Features({"x": Value("int64")}).arrow_schema), info).features == info.features
    with pytest.raises(ValueError, match=r"features= and info.features differ"):
        Dataset.from_dict({"x": [1]}, Features({"x": Value("int8")}), info)
    with pytest.raises(ValueError, match=r"info.features names \['x'\]"):
        Dataset(Dataset.from_dict({"y": [1]}).data, info)


def test_a_list_of_other_things_than_rows_is_an_error() -> None:
    with pytest.raises(TypeError, match="row 1 is no dict: 2"):
        Dataset.from_list([{"x": 1}, 2])  # type: ignore[list-item]


def test_a_dataset_cannot_be_repeated_without_end() -> None:
    with pytest.raises(ValueError, match="repeat a stream"):
        Dataset.from_dict({"x": [1]}).repeat(None)  # type: ignore[arg-type]


def test_a_stream_has_the_shards_it_was_asked_for() -> None:
    rows = {"x": list(range(10))}
    stream = Dataset.from_dict(rows).shuffle(seed=1).to_iterable_dataset(num_shards=4)
    assert stream.num_shards == IterableDataset.from_dict(rows, num_shards=4).num_shards == 4
    assert [row["x"] for row in stream] == Dataset.from_dict(rows).shuffle(seed=1)["x"]
    assert sorted(row["x"] for row in stream.shuffle(seed=2, buffer_size=2)) == rows["x"]
    assert [row["x"] for i in range(3) for row in stream.shard(3, i)] == [row["x"] for row in stream]
    with pytest.raises(ValueError, match="num_shards"):
        IterableDataset.from_dict(rows, num_shards=11)


def test_the_first_label_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="class label 3 is out of range"):
        Dataset.from_dict({"x": [0, 3, 9]}).cast_column("x", ClassLabel(num_classes=3))


def test_an_info_is_written_to_urls_as_well(tmp_path: Path) -> None:
    info = DatasetInfo(description="ü", license="free")
    options: dict[str, Any] = {"auto_mkdir": True}
    info.write_to_directory(f"file://{tmp_path}/made", storage_options=options)
    assert (tmp_path / "made" / "LICENSE").read_text() == "free"
    assert (
        DatasetInfo.from_directory(f"file://{tmp_path}/made", options)
        == info
        == DatasetInfo.from_directory(tmp_path / "made")
    )
