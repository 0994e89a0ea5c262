"""Scripts of the reference run: the same methods, with the same parameters in the same places."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import arrowsets

# What the reference has and we lack. A name may only leave these sets.
MISSING: dict[str, set[str]] = {
    cls: set() for cls in ("Dataset", "DatasetDict", "IterableDataset", "IterableDatasetDict")
}
# Defaults that differ.
OTHERWISE = {
    # The reference maps a dict of splits otherwise than a split.
    ("DatasetDict.map", "on_mixed_types"),
}


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


@pytest.mark.parametrize("cls", MISSING)
def test_only_these_methods_are_missing(cls: str, reference: ModuleType) -> None:
    missing = public(getattr(reference, cls)) - public(getattr(arrowsets, cls))
    assert missing <= MISSING[cls]


def parameters(function: Any) -> list[tuple[str, Any]]:
    return [
        (parameter.name, parameter.default)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD} and parameter.name != "self"
    ]


def shared(cls: str) -> Iterator[str]:
    datasets = pytest.importorskip("datasets")
    theirs, ours = getattr(datasets, cls), getattr(arrowsets, cls)
    own = vars(dict)
    for name in sorted(public(theirs) & public(ours)):
        if callable(getattr(theirs, name)) and name not in own:
            yield name


def comparable(default: Any) -> Any:
    return None if default is inspect.Parameter.empty else default


@pytest.mark.parametrize("name", [f"{cls}.{name}" for cls in MISSING for name in shared(cls)])
def test_parameters_are_those_of_the_reference(name: str, reference: ModuleType) -> None:
    cls, method = name.split(".")
    theirs = parameters(getattr(getattr(reference, cls), method))
    function = getattr(getattr(arrowsets, cls), method)
    ours = dict(parameters(function))
    order = [parameter for parameter, _ in parameters(function)]
    assert order[: len(theirs)] == [parameter for parameter, _ in theirs]
    for parameter, default in theirs:
        if (name, parameter) not in OTHERWISE and default is not inspect.Parameter.empty:
            assert comparable(ours[parameter]) == comparable(default), parameter


FUNCTIONS = [
    "concatenate_datasets",
    "get_dataset_config_info",
    "get_dataset_config_names",
    "get_dataset_default_config_name",
    "get_dataset_infos",
    "get_dataset_split_names",
    "interleave_datasets",
    "load_dataset",
    "load_dataset_builder",
    "load_from_disk",
    "BuilderConfig",
    "DatasetBuilder",
    "DownloadConfig",
    "DownloadManager",
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_the_parameters_of_the_reference(name: str, reference: ModuleType) -> None:
    theirs, ours = parameters(getattr(reference, name)), parameters(getattr(arrowsets, name))
    assert [parameter for parameter, _ in ours][: len(theirs)] == [parameter for parameter, _ in theirs]
