"""From what the user named to a recipe."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from arrowsets import registry
from arrowsets.builder import FileBuilder
from arrowsets.errors import DataFilesNotFound, OfflineError, UnknownName
from arrowsets.features import Features, Value
from arrowsets.files import DataFile
from arrowsets.resolve import Recipe, card_of, resolve

MakeTree = Callable[[Mapping[str, Any]], Path]

OURS: dict[str, dict[str, dict[str, Any]]] = {
    "csv": {".csv": {}, ".tsv": {"sep": "\t"}},
    "json": {".json": {}, ".jsonl": {}},
    "parquet": {".parquet": {}},
    "text": {".txt": {}},
    "xml": {".xml": {}},
    "imagefolder": {".jpg": {}, ".png": {}},
    "audiofolder": {".wav": {}},
    "webdataset": {".tar": {}},
}


def fake(builder: str, known: Mapping[str, Mapping[str, Any]]) -> type[FileBuilder]:
    class Fake(FileBuilder):
        name = builder
        extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = known
        companions: ClassVar[frozenset[str]] = frozenset({"metadata.csv"} if builder.endswith("folder") else ())

        def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
            return iter(())

    return Fake


@pytest.fixture(autouse=True)
def _builders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_plugins", dict)
    monkeypatch.setattr(registry, "_registered", {name: fake(name, known) for name, known in OURS.items()})


@pytest.fixture
def make(tmp_path: Path) -> MakeTree:
    """Make a directory; a mapping as content is a zip."""

    def write(contents: Mapping[str, Any]) -> Path:
        root = tmp_path / "my-Data"
        for name, content in contents.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.write_text(content)
                continue
            with zipfile.ZipFile(path, "w") as archive:
                for member, data in content.items():
                    archive.writestr(member, data)
        return root

    return write


def names(recipe: Recipe, root: Path) -> dict[str, list[str]]:
    return {split: [Path(f.url).relative_to(root).as_posix() for f in files] for split, files in recipe.files.items()}


FORMATS = [
    (["a.csv"], "csv", ["a.csv"]),
    (["a.csv", "b.json"], "json", ["b.json"]),
    (["a.txt", "b.csv"], "csv", ["b.csv"]),
    (["a.txt", "b.xml"], "xml", ["b.xml"]),
    (["a.jpg", "b.txt"], "text", ["b.txt"]),
    (["a.jpg", "b.wav"], "audiofolder", ["b.wav"]),
    (["a.csv", "b.parquet"], "parquet", ["b.parquet"]),
    (["a.jpg", "metadata.csv"], "imagefolder", ["a.jpg", "metadata.csv"]),
    (["a.jpg", "b.jpg", "x.csv"], "imagefolder", ["a.jpg", "b.jpg"]),
    (["a.jpg", "x.csv", "y.csv"], "csv", ["x.csv", "y.csv"]),
    (["metadata.csv"], "csv", ["metadata.csv"]),
    (["metadata.jsonl", "b.txt"], "text", ["b.txt"]),
    (["a.csv.gz", "notes.md"], "csv", ["a.csv.gz"]),
    (["a.CSV"], "csv", ["a.CSV"]),
    (["a.tar", "b.tar.gz"], "webdataset", ["a.tar", "b.tar.gz"]),
]


@pytest.mark.parametrize(("files", "builder", "kept"), FORMATS, ids=str)
def test_the_most_frequent_format_is_taken(make: MakeTree, files: list[str], builder: str, kept: list[str]) -> None:
    root = make(dict.fromkeys(files, ""))
    recipe = resolve(root)
    assert (recipe.builder, names(recipe, root)) == (builder, {"train": kept})
    assert (recipe.config_name, recipe.dataset_name) == ("default", "my_data")


def test_an_extension_implies_keywords(make: MakeTree) -> None:
    root = make({"a.tsv": ""})
    assert resolve(root).keywords == {"sep": "\t"}
    assert resolve(root, keywords={"sep": ";"}).keywords == {"sep": ";"}
    assert resolve("csv", data_files=str(root / "a.tsv")).keywords == {"sep": "\t"}


@pytest.mark.parametrize("files", [["train.csv", "test.json"], ["train.tsv", "test.csv"]])
def test_splits_of_different_formats_are_refused(make: MakeTree, files: list[str]) -> None:
    with pytest.raises(ValueError, match=r"different formats .*train: csv.*test: "):
        resolve(make(dict.fromkeys(files, "")))


def test_files_that_no_builder_reads_are_told(make: MakeTree) -> None:
    with pytest.raises(DataFilesNotFound, match=r"no builder reads these files: \.foo \(2\), no extension \(1\)"):
        resolve(make({"a.foo": "", "b.foo": "", "c": ""}))


def test_extensions_that_imply_different_keywords_are_refused(make: MakeTree) -> None:
    root = make({"a.csv": "", "b.tsv": ""})
    with pytest.raises(ValueError, match=r"different options for 'csv' \(\.csv: none, \.tsv: "):
        resolve(root)
    assert len(resolve(root, keywords={"sep": "\t"}).files["train"]) == 2


def test_zips_are_looked_into(make: MakeTree) -> None:
    root = make({"train.zip": {"x/1.jpg": "1", "x/2.jpg": "2", "x/notes.txt": ""}, "test.zip": {"3.jpg": "3"}})
    recipe = resolve(root)
    assert recipe.builder == "imagefolder"
    data = recipe.data()
    assert [file.path for file in data["train"]] == ["x/1.jpg", "x/2.jpg"]
    assert [file.path for file in data["test"]] == ["3.jpg"]


def test_a_zip_beside_files_gives_what_is_of_their_format(make: MakeTree) -> None:
    recipe = resolve(make({"a.csv": "", "b.zip": {"c.csv": "", "d.json": ""}}))
    assert [file.name for file in recipe.data()["train"]] == ["a.csv", "c.csv"]


def test_archives_that_a_builder_reads_stay_whole(make: MakeTree) -> None:
    root = make({"a.tar": ""})
    assert resolve(root).data()["train"] == resolve(root).files["train"]


README = """---
configs:
- config_name: one
  data_files:
  - split: x
    path: a*.csv
  sep: ';'
- config_name: two
  data_dir: sub
  default: true
dataset_info:
- config_name: one
  splits:
  - name: x
    num_bytes: 1
    num_examples: 2
---
"""
FILES = {
    "README.md": README,
    "a.csv": "",
    "b.csv": "",
    "sub/train.csv": "",
    "sub/test.csv": "",
    "sub2/c.json": "",
}


def test_a_configuration_says_files_keywords_and_info(make: MakeTree) -> None:
    root = make(FILES)
    one = resolve(root, "one")
    assert names(one, root) == {"x": ["a.csv"]}
    assert one.keywords == {"sep": ";"}
    assert one.info.splits is not None
    assert one.info.splits["x"].num_examples == 2
    assert resolve(root, "one", keywords={"sep": ","}).keywords == {"sep": ","}


def test_the_default_configuration_is_taken(make: MakeTree) -> None:
    root = make(FILES)
    two = resolve(root)
    assert (two.config_name, names(two, root)) == (
        "two",
        {"train": ["sub/train.csv"], "test": ["sub/test.csv"]},
    )


def test_files_of_the_caller_replace_those_of_the_configuration(make: MakeTree) -> None:
    root = make(FILES)
    recipe = resolve(root, "one", data_files={"test": "b.csv"})
    assert names(recipe, root) == {"test": ["b.csv"]}
    assert (recipe.keywords, recipe.info.splits) == ({"sep": ";"}, None)
    assert resolve(root, "one", data_dir="sub2").builder == "json"


def test_each_configuration_has_its_own_format(make: MakeTree) -> None:
    readme = "---\nconfigs:\n- config_name: c\n  data_files: a.csv\n- config_name: j\n  data_files: b.json\n---\n"
    root = make({"README.md": readme, "a.csv": "", "b.json": ""})
    assert [resolve(root, name).builder for name in ("c", "j")] == ["csv", "json"]


@pytest.mark.parametrize(("name", "error"), [("zero", UnknownName), (None, ValueError)])
def test_a_configuration_must_exist_and_be_clear(make: MakeTree, name: str | None, error: type[Exception]) -> None:
    root = make({**FILES, "README.md": README.replace("  default: true\n", "")})
    with pytest.raises(error, match="'one', 'two'"):
        resolve(root, name)
    assert card_of(root).config_names == ("one", "two")


def test_older_infos_are_read(make: MakeTree) -> None:
    features = {"a": {"dtype": "string", "_type": "Value"}}
    root = make({"a.csv": "", "dataset_infos.json": json.dumps({"default": {"features": features}})})
    assert resolve(root).info.features == Features({"a": Value("string")})


def test_a_builder_by_name(make: MakeTree) -> None:
    root = make({"train.csv": "", "test.csv": "", "x_train.json": ""})
    recipe = resolve("csv", data_dir=root)
    assert names(recipe, root) == {"train": ["train.csv"], "test": ["test.csv"]}
    assert (recipe.builder, recipe.dataset_name, recipe.config_name) == ("csv", "csv", "default")
    named = resolve("csv", "mine", data_files=[str(root / "x_train.json")])
    assert (named.config_name, names(named, root)) == ("mine", {"train": ["x_train.json"]})


def test_a_builder_by_name_needs_files() -> None:
    with pytest.raises(ValueError, match="'csv' needs data_files= or data_dir="):
        resolve("csv")


def test_a_path_can_be_a_file(make: MakeTree) -> None:
    root = make({"some Data.jsonl.gz": "", "b.csv": ""})
    recipe = resolve(root / "some Data.jsonl.gz")
    assert (recipe.builder, recipe.dataset_name) == ("json", "some_data")
    with pytest.raises(ValueError, match="is a file"):
        resolve(root / "b.csv", data_files="c.csv")


@pytest.mark.parametrize("path", ["x/script.py", "script.py"])
def test_scripts_are_refused(path: str) -> None:
    with pytest.raises(RuntimeError, match=r"Dataset scripts are no longer supported, but found script\.py"):
        resolve(path)


@pytest.mark.parametrize("files", [["dataset_dict.json", "train/state.json"], ["state.json", "dataset_info.json"]])
def test_a_saved_dataset_is_sent_to_load_from_disk(make: MakeTree, files: list[str]) -> None:
    with pytest.raises(ValueError, match="load_from_disk"):
        resolve(make(dict.fromkeys([*files, "data.arrow"], "{}")))


@pytest.mark.parametrize("path", ["ns/name", "name", "ns/name@v1"])
def test_other_names_go_to_the_hub(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OfflineError, match=f"nothing is called '{path}'; tried: .*; a dataset on a hub: .*offline"):
        resolve(path)


def test_two_revisions_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="'ns/name@a' names the revision 'a', and revision='b' another"):
        resolve("ns/name@a", revision="b")


@pytest.mark.parametrize(
    ("path", "tried"),
    [("/nope/x", "'/nope/x'"), ("a/b/c", r"a builder \(there are .*csv"), ("./a", "/a'")],
)
def test_nothing_of_that_name_says_what_was_tried(path: str, tried: str) -> None:
    with pytest.raises(DataFilesNotFound, match=f"nothing is called '{path}'; tried: .*{tried}"):
        resolve(path)


def test_an_edited_file_changes_the_identity(make: MakeTree) -> None:
    root = make({"a.csv": "1"})
    before = resolve(root).identity()
    assert resolve(root).identity() == before
    (root / "a.csv").write_text("2")
    assert resolve(root).identity() != before
    json.dumps(before)


def test_keywords_of_a_caller_are_kept_whole(make: MakeTree) -> None:
    marker = object()
    assert resolve(make({"a.csv": ""}), keywords={"sep": marker}).keywords["sep"] is marker
