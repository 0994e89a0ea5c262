"""Files behind fsspec URLs."""

from __future__ import annotations

import io
import pickle
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import fsspec
import pytest

from arrowsets.errors import DataFilesNotFound
from arrowsets.files import expand
from arrowsets.files.download import download
from arrowsets.files.find import find


@pytest.fixture
def bucket() -> Iterator[str]:
    """A folder in memory with a few files."""
    fs = fsspec.filesystem("memory")
    root = f"/{uuid.uuid4().hex}"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/z.csv", "z")
    contents = {
        "train/a.csv": b"a",
        "train/b.csv": b"b",
        "test/c.csv": b"c",
        ".h/x.csv": b"h",
        "p/x.zip": packed.getvalue(),
    }
    for name, content in contents.items():
        fs.pipe(f"{root}/{name}", content)
    yield f"memory://{root}"
    fs.rm(root, recursive=True)


def names(files: Mapping[str, tuple[object, ...]], root: str) -> dict[str, list[str]]:
    return {split: [str(file).removeprefix(root + "/") for file in listed] for split, listed in files.items()}


def test_splits_are_inferred_behind_a_url(bucket: str) -> None:
    found = find(base=bucket)
    assert names(found, bucket) == {"train": ["train/a.csv", "train/b.csv"], "test": ["test/c.csv"]}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("**/*.csv", ["test/c.csv", "train/a.csv", "train/b.csv"]),
        ("train/*", ["train/a.csv", "train/b.csv"]),
        ("t*/?.csv", ["test/c.csv", "train/a.csv", "train/b.csv"]),
        ("train/a.csv", ["train/a.csv"]),
        ("train", ["train/a.csv", "train/b.csv"]),
        (".h/*", [".h/x.csv"]),
    ],
)
def test_patterns_match_behind_a_url(bucket: str, pattern: str, expected: list[str]) -> None:
    assert names(find(pattern, base=bucket), bucket) == {"train": expected}
    assert names(find(f"{bucket}/{pattern}", base="/elsewhere"), bucket) == {"train": expected}


def test_files_are_read_and_downloaded(bucket: str, tmp_path: Path) -> None:
    (file,) = find(f"{bucket}/train/a.csv")["train"]
    assert file.size == 1
    assert file.etag
    with pickle.loads(pickle.dumps(file)).open() as stream:
        assert stream.read() == b"a"
    (local,) = download([file], tmp_path)
    path = local.local_path()
    assert path is not None
    assert path.read_bytes() == b"a"


def test_an_overwritten_file_has_another_etag(bucket: str) -> None:
    (before,) = find(f"{bucket}/train/a.csv")["train"]
    fsspec.filesystem("memory").pipe(before.path if before.path.startswith("/") else "/" + before.path, b"A")
    (after,) = find(f"{bucket}/train/a.csv")["train"]
    assert before.etag != after.etag


def test_an_archive_behind_a_url_is_expanded(bucket: str, tmp_path: Path) -> None:
    (file,) = expand(find(f"{bucket}/p/x.zip")["train"], tmp_path)
    assert (file.path, file.url) == ("in/z.csv", f"zip://in/z.csv::{bucket}/p/x.zip")
    with file.open() as stream:
        assert stream.read() == b"z"


def test_what_is_not_there_is_told(bucket: str) -> None:
    with pytest.raises(DataFilesNotFound, match=r"nope\.csv.*there are 'p/x\.zip'"):
        find("nope.csv", base=bucket)
    with pytest.raises(DataFilesNotFound, match="no file matches"):
        find("*.json", base=bucket)
