"""Libraries that ask for classes of Hugging Face `datasets` take ours for them."""

from __future__ import annotations

import copy
import pickle
from types import ModuleType
from typing import Any

import pytest

import arrowsets
from arrowsets import Dataset, DatasetDict, Features, Image, IterableDatasetDict, Json, Value


def made() -> dict[str, Any]:
    dataset = Dataset.from_dict({"x": [1, 2]})
    stream = dataset.to_iterable_dataset()
    return {
        "Dataset": dataset,
        "DatasetDict": DatasetDict({"train": dataset}),
        "IterableDataset": stream,
        "IterableDatasetDict": IterableDatasetDict({"train": stream}),
        "Column": dataset["x"],
    }


NAMES = ["Dataset", "DatasetDict", "IterableDataset", "IterableDatasetDict", "Column"]


@pytest.mark.parametrize("name", NAMES)
def test_ours_are_taken_for_those_of_the_reference(name: str, reference: ModuleType) -> None:
    assert isinstance(made()[name], getattr(reference, name))


@pytest.mark.parametrize("name", NAMES)
def test_ours_stay_what_they_are(name: str, reference: ModuleType) -> None:
    value = made()[name]
    assert type(value) is getattr(arrowsets, name)
    assert isinstance(value, getattr(arrowsets, name))
    others = [other for other in NAMES if other != name]
    assert not any(isinstance(value, getattr(reference, other)) for other in others)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Column"])
def test_ours_are_pickled_and_copied_all_the_same(name: str, reference: ModuleType) -> None:
    value = made()[name]
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert type(again) is type(value)
        assert again.column_names == value.column_names


def test_a_stream_is_taken_for_both_libraries(reference: ModuleType) -> None:
    torch_data = pytest.importorskip("torch.utils.data")
    stream = made()["IterableDataset"]
    theirs = reference.IterableDataset.from_generator(lambda: iter([{"x": 1}]))  # from now on it is one of PyTorch's
    assert isinstance(theirs, torch_data.IterableDataset)
    assert isinstance(stream, torch_data.IterableDataset)
    assert isinstance(stream, reference.IterableDataset)


@pytest.mark.parametrize("feature", [Image(decode=False), Json(decode=False), Image(), Json()])
def test_decode_is_the_flag_that_was_given(feature: Any) -> None:
    assert feature.decode is ("decode=False" not in repr(feature)) is feature.needs_decode


def test_decode_example_decodes_a_cell() -> None:
    assert Json().decode_example("[1, 2]") == [1, 2]
    assert Features({"x": Json(), "y": Value("int8")}).decode_example({"x": "1", "y": 2}) == {"x": 1, "y": 2}
