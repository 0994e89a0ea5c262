"""Patterns, and the files they find: the reference's answers, and where ours differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from datasets.data_files import DataFilesDict, get_data_patterns, sanitize_patterns

from arrowsets.errors import DataFilesNotFound
from arrowsets.files import DataFile
from arrowsets.files.find import find


def found(root: Path, data_files: object = None) -> dict[str, list[str]]:
    files = find(data_files, base=root)  # type: ignore[arg-type]
    return {split: [Path(file.url).relative_to(root).as_posix() for file in listed] for split, listed in files.items()}


def reference(root: Path, data_files: object = None) -> dict[str, list[str]]:
    patterns = get_data_patterns(str(root)) if data_files is None else sanitize_patterns(data_files)
    resolved = DataFilesDict.from_patterns(patterns, base_path=str(root))
    return {
        str(split): [Path(str(file)).relative_to(root).as_posix() for file in listed]
        for split, listed in resolved.items()
    }


MakeTree = Callable[..., Path]

LAYOUTS = [
    ["a.csv", "a10.csv", "a2.csv", "b/c.csv", "B.csv", "a-b/x.csv", "a/x.csv"],
    ["train.csv", "test.csv"],
    ["test.csv", "validation.csv", "train.csv"],
    ["my_train_1.csv", "train_2.csv", "training.csv"],
    ["x/train/test/a.csv", "dev/b.csv"],
    ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/zed-00000-of-00001.parquet",
     "data/test-00000-of-00001.parquet", "data/abc-00000-of-00001-x.parquet", "other.csv"],
    ["data/train-00000-of-00001", "data/x.txt"],
    ["data/train-00000-of-00001.parquet", "data/sub/test-00000-of-00001.parquet"],
    ["sub/data/train-00000-of-00001.parquet"],
    ["__a.csv", "_b.csv", ".c.csv", "__d/e.csv", ".f/g.csv", "h/i.csv", "README.md", "config.json", "sub/README.md"],
    ["Train.csv", "TEST.csv"],
    ["train/a.csv", "test.csv"],
    ["train1/a.csv", "2test/a.csv", "trainer/x.csv", "pretrain/q.csv"],
    ["train/validation/a.csv", "x/train/b.csv", "train-1/c.csv", "1-train/d.csv"],
    ["train", "test"],
    ["x.eval", "a.csv"],
    ["a/val.csv", "b/dev.csv", "eval.csv", "my evaluation set.csv"],
    ["train é/a.csv", "tëst/b.csv"],
    ["testing.csv", "evaluation/x"],
    ["dataset_dict.json", "a/state.json"],
]  # fmt: skip


@pytest.mark.parametrize("names", LAYOUTS, ids=lambda names: names[0])
def test_splits_are_inferred_as_the_reference_does(tree: MakeTree, names: list[str]) -> None:
    root = tree(*names)
    ours, theirs = found(root), reference(root)
    assert ours == theirs
    assert list(ours) == list(theirs)


PATTERNS = [
    (["a.csv", "x/b.csv", "x/y/c.csv"], "**/*.csv"),
    (["a.csv", "x/b.csv", "x/y/c.csv"], "x/**"),
    (["a.csv", "x/b.csv", "x/y/c.csv"], "*/*.csv"),
    (["a.csv", "x/b.csv", "x/y/c.csv"], "**"),
    (["__a.csv", ".c.csv", "__d/e.csv", ".f/g.csv", "README.md"], ["*"]),
    (["__a.csv", ".f/g.csv", "q/.f/g.csv", "q/.r/.s/g.csv"], ["**/.*/*"]),
    (["__a.csv", ".c.csv"], [".c.csv"]),
    ([".f/g.csv"], [".f/*"]),
    (["__d/g.csv", "a__d/b.csv"], ["__*/*"]),
    (["__d/.x/a.csv", "__d/b.csv"], "__d/**"),
    (["a/b", "a/__c/d/e.txt"], "**/__c/**"),
    (["x/.h.csv", "x/a.csv"], "x/.*"),
    (["README.md", "config.json"], "README.md"),
    (["x/config.json"], "x/config.json"),
    (["a.csv", "b.csv"], {"train": "b.csv", "test": ["a.csv", "a.csv"]}),
    (["a1.csv", "a2.csv", "ab.csv"], "a[0-9].csv"),
    (["a1.csv", "a2.csv", "ab.csv"], "a[!0-9].csv"),
    (["a1.csv", "a2.csv", "ab.csv"], "a?.csv"),
    (["a b.csv", "a%20b.csv"], "a%20b.csv"),
    (["a.csv"], ["./a.csv"]),
    (["a.csv"], [{"split": "train", "path": "a.csv"}]),
    (["a.csv", "b.csv"], [{"split": "x", "path": ["a.csv"]}, {"split": "y", "path": "*"}]),
]


@pytest.mark.parametrize(("names", "pattern"), PATTERNS, ids=str)
def test_patterns_match_as_in_the_reference(tree: MakeTree, names: list[str], pattern: object) -> None:
    root = tree(*names)
    assert found(root, pattern) == reference(root, pattern)


@pytest.mark.parametrize(
    ("names", "pattern", "expected"),
    [
        (["train-train-1.csv"], None, ["train-train-1.csv"]),
        (["a.csv", "b.csv"], ["b.csv", "*.csv"], ["b.csv", "a.csv"]),
        (["a1.csv", "a2.csv", "ab.csv"], "{a1,ab}.csv", ["a1.csv", "ab.csv"]),
        (["x/1.csv", "y/2.csv", "z/3.csv"], "{x/1,y/*}.csv", ["x/1.csv", "y/2.csv"]),
        (["a[1].csv", "a1.csv"], "a[1].csv", ["a[1].csv"]),
        (["x/b.csv", "x/y/c.csv", "d.csv"], "x", ["x/b.csv", "x/y/c.csv"]),
        (["x/a.csv"], "x//*.csv", ["x/a.csv"]),
    ],
)
def test_patterns_do_more_than_in_the_reference(
    tree: MakeTree, names: list[str], pattern: object, expected: list[str]
) -> None:
    assert found(tree(*names), pattern) == {"train": expected}


def test_data_dir_lies_under_base(tree: MakeTree) -> None:
    root = tree("a.csv", "sub/train.csv", "sub/test.csv")
    assert list(find(data_dir="sub", base=root)) == ["train", "test"]
    (file,) = find("t*n.csv", "sub", root)["train"]
    assert Path(file.url) == root / "sub" / "train.csv"


def test_absolute_paths_path_objects_and_file_urls_are_named_alike(tree: MakeTree) -> None:
    root = tree("a.csv")
    file = root / "a.csv"
    answers = [
        find(form, base="/elsewhere")["train"] for form in (str(file), file, file.as_uri(), [DataFile(str(file))])
    ]
    assert {answer[0].url for answer in answers} == {str(file)}


def test_an_edited_file_has_another_etag(tree: MakeTree) -> None:
    root = tree("a.csv")
    (before,) = find("a.csv", base=root)["train"]
    (root / "a.csv").write_text("1.csv")
    (after,) = find("*.csv", base=root)["train"]
    assert before.size == after.size
    assert before.etag != after.etag
    assert find("a.csv", base=root)["train"] == (after,)


def test_linked_directories_are_followed_once(tree: MakeTree) -> None:
    root = tree("a/x.csv", "b/y.csv")
    (root / "b" / "loop").symlink_to(root)
    (root / "c").symlink_to(root / "a")
    assert found(root)["train"] == ["a/x.csv", "b/y.csv", "c/x.csv"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nope.csv", r"'.*nope\.csv' does not exist; there are 'a\.csv', 'x/b\.csv'"),
        ("*.json", r"no file matches '\*\.json' \(split 'train'\) in '.*root'; there are 'a\.csv'"),
        ("sub/*.csv", "no file matches"),
        ([], "names no files"),
    ],
)
def test_nothing_found_says_what_is_there(tree: MakeTree, pattern: object, message: str) -> None:
    with pytest.raises(DataFilesNotFound, match=message):
        found(tree("a.csv", "x/b.csv"), pattern)


def test_an_empty_directory_has_no_data_files(tree: MakeTree) -> None:
    with pytest.raises(DataFilesNotFound, match=r"no data files in .*; there are 'README.md'"):
        found(tree("README.md"))
    with pytest.raises(DataFilesNotFound, match="that directory does not exist"):
        find(base="/nowhere")


@pytest.mark.parametrize(
    ("patterns", "error", "message"),
    [
        ("**.csv", ValueError, r"write '\*\*/\*\.csv'"),
        ({"tr-ain": "a.csv"}, ValueError, "bad split name 'tr-ain'"),
        ({"train": None}, TypeError, "data_files holds None"),
        (3, TypeError, "data_files holds 3"),
        ([{"split": "x", "path": "a.csv"}] * 2, ValueError, "'x' is named twice"),
        ([{"path": "a.csv"}], ValueError, "the keys 'split' and 'path'"),
    ],
)
def test_what_is_no_pattern_is_refused(tree: MakeTree, patterns: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        found(tree("a.csv"), patterns)


def test_a_shard_with_a_bad_split_name_is_shown(tree: MakeTree) -> None:
    with pytest.raises(ValueError, match=r"bad split name 'tr-ain' in 'data/tr-ain-00000-of-00001\.parquet'"):
        found(tree("data/tr-ain-00000-of-00001.parquet"))
