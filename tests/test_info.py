"""Dataset info, splits and versions, and their written forms."""

from __future__ import annotations

import json
from pathlib import Path

import datasets as reference
import pytest
from datasets.splits import SplitDict as ReferenceSplitDict
from datasets.splits import SplitInfo as ReferenceSplitInfo

from arrowsets.errors import SplitNotFound
from arrowsets.features import ClassLabel, Features, Value
from arrowsets.info import DatasetInfo, SplitDict, SplitInfo, Version


def ours() -> DatasetInfo:
    return DatasetInfo(
        description="d",
        license="mit",
        features=Features({"a": Value("int64"), "l": ClassLabel(names=["x", "y"])}),
        supervised_keys=("a", "l"),  # type: ignore[arg-type]
        builder_name="csv",
        config_name="c",
        version="1.2.3",  # type: ignore[arg-type]
        splits=SplitDict(
            {"train": SplitInfo("train", 10, 2, [1, 1], None, "n"), "test": SplitInfo("test", 5, 1)}
        ),
        download_size=7,
    )


def theirs() -> reference.DatasetInfo:
    return reference.DatasetInfo(
        description="d",
        license="mit",
        features=reference.Features(
            {"a": reference.Value("int64"), "l": reference.ClassLabel(names=["x", "y"])}
        ),
        supervised_keys=("a", "l"),
        builder_name="csv",
        config_name="c",
        version="1.2.3",
        splits=ReferenceSplitDict(
            {
                "train": ReferenceSplitInfo("train", 10, 2, [1, 1], None, "n"),
                "test": ReferenceSplitInfo("test", 5, 1),
            }
        ),
        download_size=7,
    )


def test_the_json_file_is_byte_for_byte_the_references(tmp_path: Path) -> None:
    written = []
    for name, info in (("ours", ours()), ("theirs", theirs())):
        (tmp_path / name).mkdir()
        info.write_to_directory(tmp_path / name)
        written.append([(tmp_path / name / file).read_text() for file in ("dataset_info.json", "LICENSE")])
    assert written[0] == written[1]


def test_the_references_json_file_reads_back(tmp_path: Path) -> None:
    theirs().write_to_directory(str(tmp_path))
    assert DatasetInfo.from_directory(tmp_path).to_dict() == ours().to_dict()


def test_the_yaml_form_is_the_references() -> None:
    assert ours().to_yaml() == theirs()._to_yaml_dict()
    assert list(ours().to_yaml()) == list(theirs()._to_yaml_dict())


def test_the_yaml_form_reads_back() -> None:
    again = DatasetInfo.from_yaml(ours().to_yaml())
    assert again.features == ours().features
    assert again.splits == SplitDict({"train": SplitInfo("train", 10, 2), "test": SplitInfo("test", 5, 1)})


def test_an_empty_info_writes_only_its_texts() -> None:
    assert DatasetInfo().to_dict() == {"description": "", "citation": "", "homepage": "", "license": ""}
    assert DatasetInfo().to_yaml() == {}


def test_unknown_keys_are_ignored() -> None:
    info = DatasetInfo.from_dict(
        {"zzz": 1, "splits": {"train": {"name": "train", "num_examples": 2, "new": 1}}}
    )
    assert info.splits == {"train": SplitInfo("train", 0, 2)}


def test_an_info_shares_its_features() -> None:
    features = Features({"a": Value("int64")})
    assert DatasetInfo(features=features).features is features


def test_a_copy_is_independent() -> None:
    info = ours()
    copied = info.copy()
    assert copied == info
    assert copied.splits is not None
    copied.splits["train"].num_examples = 9
    assert info != copied


def test_the_representation_shows_what_is_known() -> None:
    info = DatasetInfo(splits=SplitDict({"train": SplitInfo("train", 0, 2)}), license="mit")
    assert (
        repr(info) == "DatasetInfo(license='mit', splits={'train': SplitInfo(name='train', num_examples=2)})"
    )


def test_merged_texts_are_joined_once_each() -> None:
    merged = DatasetInfo.from_merge([DatasetInfo("x", license="m"), None, DatasetInfo("y", license="m")])
    assert merged == DatasetInfo(description="x\n\ny", license="m")


def test_equal_infos_merge_to_themselves() -> None:
    assert DatasetInfo.from_merge([ours(), ours()]) == ours()


def test_update_takes_what_the_other_knows() -> None:
    info = DatasetInfo("x", builder_name="csv")
    info.update(DatasetInfo("y"))
    assert (info.description, info.builder_name) == ("y", "csv")


def test_an_unknown_split_is_named_with_those_that_exist() -> None:
    with pytest.raises(SplitNotFound, match="'trian'.*'train', 'test'"):
        SplitDict({"train": SplitInfo("train"), "test": SplitInfo("test")})["trian"]


def test_splits_add_up() -> None:
    splits = SplitDict({"train": SplitInfo("train", 10, 2)})
    splits.add(SplitInfo("test", 5, 1))
    assert splits.total_num_examples == 3
    with pytest.raises(ValueError, match="'test' is there already"):
        splits.add(SplitInfo("test"))


def test_versions_compare_as_numbers() -> None:
    assert Version("1.10.0") > "1.9.9"
    assert Version("1.2.3") == "1.2.3"
    assert sorted([Version("2.0.0"), Version("1.0.10"), Version("1.0.9")]) == ["1.0.9", "1.0.10", "2.0.0"]
    assert json.loads(json.dumps(Version("1.2.3").to_json()))["patch"] == 3


@pytest.mark.parametrize("bad", ["1.2", "a", "1.2.3.4", "1.2.*", ""])
def test_a_version_is_three_numbers(bad: str) -> None:
    with pytest.raises(ValueError, match="three numbers"):
        Version(bad)
