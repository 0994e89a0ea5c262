"""Folders of sound, video, documents, volumes and meshes are read as folders of images are."""

from __future__ import annotations

import dataclasses
import gc
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from arrowsets import load_dataset
from arrowsets.features import Audio, BioStructure, ClassLabel, Mesh, Nifti, Pdf, Video

FOLDERS: dict[str, tuple[Any, str, str]] = {
    "audiofolder": (Audio, "audio", ".wav"),
    "videofolder": (Video, "video", ".mp4"),
    "pdffolder": (Pdf, "pdf", ".pdf"),
    "niftifolder": (Nifti, "nifti", ".nii"),
    "meshfolder": (Mesh, "mesh", ".ply"),
    "pdb": (BioStructure, "structure", ".pdb"),
    "mmcif": (partial(BioStructure, "mmcif"), "structure", ".cif"),
}
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(params=FOLDERS)
def folder(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The builder's name and type, its column, its extension, and an empty directory."""
    monkeypatch.setenv("ARROWSETS_CACHE", str(tmp_path / "store"))
    (tmp_path / "root").mkdir()
    return request.param, *FOLDERS[request.param], tmp_path / "root"


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def read(builder: str, column: str, root: Path, cache: Path, **options: Any) -> Any:
    dataset = load_dataset(builder, data_dir=str(root), split="train", cache_dir=str(cache), **options)
    undecoded = dataclasses.replace(dataset.features[column], decode=False)
    return dataset.features, dataset.cast_column(column, undecoded).to_list()


def test_directories_are_labels(folder: Any, tmp_path: Path) -> None:
    builder, kind, column, extension, root = folder
    write(root, f"cat/a{extension}", f"dog/b{extension.upper()}", "dog/notes.txt")
    features, rows = read(builder, column, root, tmp_path / "store")
    assert features == {column: kind(), "label": ClassLabel(names=["cat", "dog"])}
    assert [(Path(row[column]["path"]).name, row["label"]) for row in rows] == [
        (f"a{extension}", 0),
        (f"b{extension.upper()}", 1),
    ]


def test_metadata_name_files(folder: Any, tmp_path: Path) -> None:
    builder, kind, column, extension, root = folder
    write(root, f"x/a{extension}", f"b{extension}")
    (root / "metadata.jsonl").write_text(f'{{"file_name":"x/a{extension}","n":1,"more_file_names":["b{extension}"]}}\n')
    features, rows = read(builder, column, root, tmp_path / "store")
    assert set(features) == {column, "n", "more"}
    assert features["more"].feature == kind()
    assert rows[0][column] == {"bytes": None, "path": str(root / f"x/a{extension}")}


@pytest.mark.parametrize("metadata", [False, True])
def test_features_and_paths_are_those_of_the_reference(folder: Any, metadata: bool, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    builder, _, column, extension, root = folder
    if builder == "audiofolder":
        pytest.importorskip("torchcodec", reason="without it the reference writes no audio")
    write(root, f"cat/a{extension}", f"dog/b{extension}")
    if metadata:
        (root / "metadata.csv").write_text(f"file_name,n\ndog/b{extension},1\ncat/a{extension},2\n")
    reference = datasets.load_dataset(builder, data_dir=str(root), split="train", cache_dir=str(tmp_path / "theirs"))
    gc.collect()
    features, rows = read(builder, column, root, tmp_path / "store")
    assert features.to_dict() == reference.features.to_dict()
    assert rows == reference.data.table.to_pylist()


def test_sound_is_heard(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    root = tmp_path / "root"
    root.mkdir()
    soundfile.write(root / "a.flac", [0.0, 0.5], 8000)
    dataset = load_dataset(str(root), split="train", cache_dir=str(tmp_path / "store"))
    assert dataset[0]["audio"]["array"].tolist() == [0, 0.5]
