"""Folders of images read as the reference reads them."""

from __future__ import annotations

import gc
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from arrowsets.builders.imagefolder import ImageFolderBuilder

from arrowsets.errors import BadData, SchemaConflict
from arrowsets.features import ClassLabel, Features
from arrowsets.files import DataFile

CASES = {
    "labels": (["cat/0.png", "cat/1.png", "dog/2.png"], {}, {}),
    "no labels": (["cat/0.png", "dog/2.png"], {}, {"drop_labels": True}),
    "flat": (["a.png", "b.png"], {}, {}),
    "flat with labels": (["a.png", "b.png"], {}, {"drop_labels": False}),
    "uneven depths": (["b.png", "cat/a.png"], {}, {}),
    "deep": (["x/cat/a.png", "y/dog/b.png"], {}, {}),
    "one label": (["cat/a.png", "cat/b.png"], {}, {}),
    "metadata": (["a.png", "b.png"], {"metadata.csv": "file_name,caption,n\nb.png,hello,1\na.png,yo,2\n"}, {}),
    "nested metadata": (["a.png"], {"metadata.jsonl": '{"file_name":"a.png","o":{"x":[1,2]}}\n'}, {}),
    "metadata of some": (["a.png", "b.png"], {"metadata.csv": "file_name,n\na.png,1\n"}, {}),
    "metadata dropped": (["a.png"], {"metadata.csv": "file_name,n\na.png,1\n"}, {"drop_metadata": True}),
    "metadata dropped, directories": (
        ["cat/a.png", "dog/b.png"],
        {"metadata.csv": "file_name,n\ncat/a.png,1\n"},
        {"drop_metadata": True},
    ),
    "metadata before labels": (["cat/a.png", "dog/b.png"], {"metadata.csv": "file_name,n\ncat/a.png,1\n"}, {}),
    "two columns": (["a.png"], {"metadata.jsonl": '{"left_file_name":"a.png","right_file_name":"a.png","c":1}\n'}, {}),
    "lists": (["a.png"], {"metadata.jsonl": '{"file_names":["a.png"],"c":1}\n'}, {}),
    "named lists": (["a.png"], {"metadata.jsonl": '{"frames_file_names":["a.png"],"c":1}\n'}, {}),
    "within": (["a.png"], {"metadata.jsonl": '{"s":{"file_name":"a.png","k":2},"l":[{"file_name":"a.png"}]}\n'}, {}),
    "filters": (["a.png"], {"metadata.csv": "file_name,n\na.png,1\na.png,2\n"}, {"filters": [("n", "==", 2)]}),
    "other names": (["a.png"], {"info.csv": "file_name,n\na.png,1\n"}, {"metadata_filenames": ["info.csv"]}),
    "no file": (["a.png"], {"metadata.jsonl": '{"file_name":null,"n":1}\n{"file_name":"a.png","n":2}\n'}, {}),
}


@pytest.fixture
def folder(tmp_path: Any) -> Any:
    from PIL import Image

    def folder(images: Any, texts: Any) -> Any:
        root = tmp_path / "root"
        for name in [*images, *texts]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
        for name in images:
            Image.new("RGB", (1, 1)).save(root / name)
        for name, text in texts.items():
            (root / name).write_text(text)
        return root, [DataFile(str(root / name)) for name in [*images, *texts]]

    return folder


def read(builder: Any, files: Any) -> Any:
    tables = [table for shard in builder.shards(files) for table in builder.read(shard)]
    return Features.from_arrow_schema(tables[0].schema), pa.concat_tables(tables).to_pylist()


# The reference leaves metadata files open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("images", "texts", "options"), CASES.values(), ids=CASES.keys())
def test_a_folder_reads_as_in_the_reference(images: Any, texts: Any, options: Any, folder: Any, tmp_path: Any) -> None:
    datasets = pytest.importorskip("datasets")
    root, files = folder(images, texts)
    loaded = datasets.load_dataset(
        "imagefolder", data_dir=str(root), split="train", cache_dir=str(tmp_path / "cache"), **options
    )
    gc.collect()  # what it left open must not warn in another test
    features, rows = read(ImageFolderBuilder.from_keywords(options), files)
    assert rows == loaded.data.table.to_pylist()
    assert str(features.to_dict()) == str(loaded.features.to_dict()).replace("large_string", "string")


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ({"metadata.csv": "name\na.png\n"}, BadData, "no column of the metadata names files"),
        ({"m/metadata.csv": "file_name,n\n../a.png,1\n"}, BadData, "leads out of the metadata's directory"),
        ({"metadata.csv": "file_name,n\n/etc/passwd,1\n"}, BadData, "leads out of the metadata's directory"),
        ({"metadata.csv": "file_name,image\na.png,1\n"}, SchemaConflict, "two columns become 'image'"),
    ],
)
def test_bad_metadata_is_named(texts: Any, error: Any, message: Any, folder: Any) -> None:
    _, files = folder(["a.png"], texts)
    with pytest.raises(error, match=message):
        read(ImageFolderBuilder(), files)


def test_all_splits_have_the_labels_of_each(folder: Any) -> None:
    _, files = folder(["train/cat/0.png", "train/dog/1.png", "test/dog/2.png"], {})
    builder = ImageFolderBuilder().over({"train": files[:2], "test": files[2:]})
    features, rows = read(builder, files[2:])
    assert (features["label"], rows[0]["label"]) == (ClassLabel(names=["cat", "dog"]), 1)


def test_members_of_archives_are_read_in(folder: Any, tmp_path: Any) -> None:
    root, _ = folder(["a.png"], {})
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(root / "a.png", "x/a.png")
        archive.writestr("x/metadata.csv", "file_name,n\na.png,1\n")
    member = DataFile(f"zip://x/metadata.csv::{tmp_path / 'z.zip'}")
    _, rows = read(ImageFolderBuilder(), [member])
    assert rows == [{"image": {"bytes": Path(root / "a.png").read_bytes(), "path": "a.png"}, "n": 1}]


def test_labels_instead_of_metadata_can_be_asked_for(folder: Any) -> None:
    _, files = folder(["cat/a.png", "dog/b.png"], {"metadata.csv": "file_name,n\ncat/a.png,1\n"})
    features, rows = read(ImageFolderBuilder.from_keywords({"drop_metadata": True, "drop_labels": False}), files)
    assert features["label"] == ClassLabel(names=["cat", "dog"])
    assert [row["label"] for row in rows] == [0, 1]
