"""Datasets of a hub are loaded by their id."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from huggingface_hub import HfApi

from arrowsets import Dataset, DatasetDict, get_dataset_config_names, load_dataset
from arrowsets.errors import BadData, DataFilesNotFound
from arrowsets.hub import HubId


def upload(world: Any, name: str, files: Mapping[str, str | bytes], **more: Any) -> str:
    """Make a dataset of files and return its id."""
    api = HfApi(endpoint=world.server.url, token=world.token)
    repo = str(world.id(name))
    api.create_repo(repo, repo_type="dataset", exist_ok=True, **more)
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        api.upload_file(path_or_fileobj=io.BytesIO(data), path_in_repo=path, repo_id=repo, repo_type="dataset")
    return repo


def test_files_are_sorted_into_splits(world: Any) -> None:
    repo = upload(world, "plain", {"train.csv": "x\n1\n2", "test.csv": "x\n3"})
    loaded = load_dataset(repo)
    assert {name: part["x"][:] for name, part in loaded.items()} == {"train": [1, 2], "test": [3]}
    assert loaded["train"].info.dataset_name == "plain"


def test_a_bare_name_and_a_new_name_lead_to_the_dataset(world: Any) -> None:
    repo = upload(world, "before", {"train.csv": "x\n1"})
    HfApi(endpoint=world.server.url, token=world.token).move_repo(repo, world.id("after"), repo_type="dataset")
    assert load_dataset(repo, split="train")["x"][:] == [1]
    world.set(HF_HUB_OFFLINE="1")
    assert load_dataset(repo, split="train")["x"][:] == [1]
    assert load_dataset(world.id("after"), split="train")["x"][:] == [1]


def test_configurations_may_be_of_different_formats(world: Any) -> None:
    card = """---
configs:
- config_name: c
  data_files: c.csv
- config_name: j
  data_files:
  - split: dev
    path: j/*.jsonl
  default: true
---"""
    repo = upload(world, "mixed", {"README.md": card, "c.csv": "x\n1", "j/a.jsonl": '{"y": "a"}\n'})
    assert get_dataset_config_names(repo) == ["c", "j"]
    assert load_dataset(repo)["dev"][0] == {"y": "a"}
    assert load_dataset(repo, "c", split="train")[0] == {"x": 1}
    with pytest.raises(ValueError, match="unknown configuration 'k'; allowed: 'c', 'j'"):
        load_dataset(repo, "k")


def test_types_of_the_card_are_taken(world: Any) -> None:
    card = "---\ndataset_info:\n  features:\n  - name: x\n    dtype: string\n---"
    repo = upload(world, "typed", {"README.md": card, "train.csv": "x\n007"})
    assert load_dataset(repo, split="train")[0] == {"x": "007"}


def test_the_older_infos_are_read(world: Any) -> None:
    infos = {"default": {"features": {"x": {"dtype": "string", "_type": "Value"}}}}
    repo = upload(world, "older", {"dataset_infos.json": json.dumps(infos), "train.csv": "x\n007"})
    assert load_dataset(repo, split="train")[0] == {"x": "007"}


def test_a_file_of_its_own_wins_over_the_card(world: Any) -> None:
    files = {
        "README.md": "---\nconfigs:\n- config_name: a\n  data_files: a.csv\n---",
        ".huggingface.yaml": "configs:\n- config_name: b\n  data_files: b.csv\n",
        "a.csv": "x\n1",
        "b.csv": "x\n2",
    }
    assert load_dataset(upload(world, "two-cards", files), split="train")["x"][:] == [2]


def test_files_and_directories_are_chosen(world: Any) -> None:
    repo = upload(world, "many", {"a/one.csv": "x\n1", "b/two.csv": "x\n2", "b/three.csv": "x\n3"})
    assert load_dataset(repo, data_dir="b", split="train")["x"][:] == [3, 2]
    assert load_dataset(repo, data_files="b/t*o.csv", split="train")["x"][:] == [2]
    assert load_dataset(repo, data_files={"dev": "a/one.csv"}, split="dev")["x"][:] == [1]
    url = f"hf://datasets/{repo}/b/*.csv"
    assert load_dataset("csv", data_files=url, split="train")["x"][:] == [3, 2]
    assert load_dataset(f"hf://datasets/{repo}/a/one.csv", split="train")["x"][:] == [1]
    with pytest.raises(DataFilesNotFound, match=r"there are 'a/one.csv', 'b/three.csv', 'b/two.csv'"):
        load_dataset(repo, data_files="c.csv")


def test_revisions(world: Any) -> None:
    repo = upload(world, "moving", {"train.csv": "x\n1"})
    api = HfApi(endpoint=world.server.url, token=world.token)
    first = api.dataset_info(repo).sha
    api.create_tag(repo, tag="v1", repo_type="dataset")
    upload(world, "moving", {"train.csv": "x\n2"})
    assert load_dataset(repo, split="train")["x"][:] == [2]
    for revision in ("v1", first):
        assert load_dataset(repo, split="train", revision=revision)["x"][:] == [1]
    assert load_dataset(f"{repo}@v1", split="train")["x"][:] == [1]


def test_a_branch_may_have_been_a_directory_of_branches(world: Any) -> None:
    repo = upload(world, "branches", {"train.csv": "x\n1"})
    api = HfApi(endpoint=world.server.url, token=world.token)
    for branch in ("dev", "dev/new", "dev"):
        api.create_branch(repo, branch=branch, repo_type="dataset")
        assert load_dataset(repo, split="train", revision=branch)["x"][:] == [1]
        api.delete_branch(repo, branch=branch, repo_type="dataset")


def test_a_new_commit_that_changes_no_data_reads_nothing_again(world: Any) -> None:
    repo = upload(world, "same", {"train.csv": "x\n1"})
    first = load_dataset(repo, split="train")
    upload(world, "same", {"README.md": "# Hello"})
    assert load_dataset(repo, split="train").cache_files == first.cache_files


def test_a_stream_reads_files_over_the_network(world: Any, proxy: Any) -> None:
    repo = world.id("stream")
    Dataset.from_dict({"x": list(range(1000))}).push_to_hub(repo, num_shards=2)
    world.forget()
    stream = load_dataset(repo, split="train", streaming=True)
    assert [row["x"] for row in stream] == list(range(1000))
    assert not list((world.home.parent / "home-other").glob("hub/*/snapshots/*/data/*"))
    assert list(load_dataset(repo, split="train[10:12]", streaming=True)) == [{"x": 10}, {"x": 11}]


def test_a_local_directory_of_that_name_wins(world: Any, tmp_path: Any) -> None:
    repo = upload(world, "shadowed", {"train.csv": "x\n1"})
    folder = tmp_path / repo
    folder.mkdir(parents=True)
    (folder / "train.csv").write_text("x\n2")
    world.monkeypatch.chdir(tmp_path)
    assert load_dataset(repo, split="train")["x"][:] == [2]


@pytest.mark.parametrize("pattern", ["/etc/passwd", "file:///etc/passwd", "~/x.csv", "s3://bucket/x.csv"])
def test_a_card_cannot_name_files_of_this_machine(world: Any, pattern: str) -> None:
    card = f"---\nconfigs:\n- config_name: a\n  data_files: {pattern}\n---"
    repo = upload(world, "nosy", {"README.md": card, "train.csv": "x\n1"})
    with pytest.raises(BadData, match="does not lie in the dataset"):
        load_dataset(repo)


def test_a_script_is_never_run(world: Any) -> None:
    repo = upload(world, "script", {"script.py": "raise SystemExit"})
    with pytest.raises(RuntimeError, match="Dataset scripts are no longer supported, but found script.py"):
        load_dataset(repo)


def test_an_image_folder(world: Any) -> None:

    from PIL import Image

    Image.new("RGB", (2, 2), (9, 9, 9)).save(png := io.BytesIO(), "png")
    repo = upload(world, "pictures", {"train/cat/1.png": png.getvalue(), "train/dog/2.png": png.getvalue()})
    for streaming in (False, True):
        rows = list(load_dataset(repo, split="train", streaming=streaming))
        assert [row["label"] for row in rows] == [0, 1]
        assert rows[0]["image"].getpixel((0, 0)) == (9, 9, 9)


def test_archives_are_opened(world: Any) -> None:
    import zipfile

    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("train.csv", "x\n1")
    repo = upload(world, "packed", {"all.zip": packed.getvalue()})
    assert load_dataset(repo, split="train")["x"][:] == [1]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("name", ("name", None, "")),
        ("user/name@refs/pr/1", ("user/name", "refs/pr/1", "")),
        ("hf://datasets/user/name/a/b.csv", ("user/name", None, "a/b.csv")),
        ("hf://datasets/user/name@refs%2Fpr%2F1/b.csv", ("user/name", "refs/pr/1", "b.csv")),
        ("hf://datasets/user/name@refs/convert/parquet/b.csv", ("user/name", "refs/convert/parquet", "b.csv")),
    ],
)
def test_ids_have_parts(text: str, parts: tuple[str, str | None, str]) -> None:
    parsed = HubId.parse(text)
    assert (parsed.name, parsed.revision, parsed.path) == parts


def test_splits_are_a_dict(world: Any) -> None:
    repo = world.id("dict")
    DatasetDict({"train": Dataset.from_dict({"x": [1]}), "dev": Dataset.from_dict({"x": [2]})}).push_to_hub(repo)
    assert load_dataset(repo).num_rows == {"train": 1, "dev": 1}
