"""Datasets are pushed to a hub: what lies there afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfApi, hf_hub_download

from arrowsets import Dataset, DatasetDict, Image, load_dataset
from arrowsets.errors import BadData, BadToken, HubError, OfflineError, RepositoryNotFound, SchemaConflict, UnknownName
from arrowsets.iterable import IterableDatasetDict


def api(world: Any) -> HfApi:
    return HfApi(endpoint=world.server.url, token=world.token)


def files(world: Any, repo: str, revision: str = "main") -> list[str]:
    found = api(world).list_repo_files(repo, repo_type="dataset", revision=revision)
    return sorted(name for name in found if name != ".gitattributes")


def card(world: Any, repo: str) -> str:
    path = hf_hub_download(
        repo, "README.md", repo_type="dataset", endpoint=world.server.url, cache_dir=world.home / "c"
    )
    return Path(path).read_bytes().decode()


def test_the_layout_is_that_of_the_reference(world: Any) -> None:
    repo = world.id("layout")
    made = Dataset.from_dict({"x": [1, 2, 3]}).push_to_hub(repo, num_shards=2)
    assert files(world, repo) == ["README.md", "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"]
    assert made.oid == api(world).dataset_info(repo).sha
    assert made.commit_message == "Upload dataset"


def test_pages_are_cut_by_content_and_indexed(world: Any) -> None:
    repo = world.id("pages")
    Dataset.from_dict({"x": [1, 2, 3]}).push_to_hub(repo)
    path = hf_hub_download(
        repo, "data/train-00000-of-00001.parquet", repo_type="dataset", endpoint=world.server.url, cache_dir=world.home
    )
    footer = pq.ParquetFile(path).metadata
    assert b"content_defined_chunking" in (footer.metadata or {})
    assert footer.row_group(0).column(0).has_offset_index


def test_a_second_push_replaces_the_files_of_its_split_only(world: Any) -> None:
    repo = world.id("twice")
    Dataset.from_dict({"x": [1, 2, 3]}).push_to_hub(repo, num_shards=3)
    Dataset.from_dict({"x": [8]}).push_to_hub(repo, split="test")
    Dataset.from_dict({"x": [9]}).push_to_hub(repo, split="train")
    assert files(world, repo)[1:] == ["data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"]
    loaded = load_dataset(repo)
    assert {name: part["x"][:] for name, part in loaded.items()} == {"train": [9], "test": [8]}


def test_an_unchanged_push_uploads_nothing(world: Any, proxy: Any) -> None:
    repo = world.id("unchanged")
    first = Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    proxy.requests.clear()
    assert Dataset.from_dict({"x": [1]}).push_to_hub(repo).oid == first.oid
    assert proxy.count("^PUT") == 0


def test_configurations_stand_side_by_side(world: Any) -> None:
    repo = world.id("configs")
    DatasetDict({"train": Dataset.from_dict({"x": [1]}), "dev": Dataset.from_dict({"x": [2]})}).push_to_hub(repo, "en")
    Dataset.from_dict({"y": ["a"]}).push_to_hub(repo, "fr", set_default=True)
    assert load_dataset(repo, split="train")[0] == {"y": "a"}
    assert load_dataset(repo, "en").num_rows == {"train": 1, "dev": 1}
    assert "fr/train-00000-of-00001.parquet" in files(world, repo)


def test_a_dict_of_splits_is_the_whole_configuration(world: Any) -> None:
    repo = world.id("whole")
    DatasetDict({"train": Dataset.from_dict({"x": [1]}), "dev": Dataset.from_dict({"x": [2]})}).push_to_hub(repo)
    DatasetDict({"train": Dataset.from_dict({"z": [1]})}).push_to_hub(repo)
    assert list(load_dataset(repo)) == ["train"]


def test_rows_are_appended(world: Any) -> None:
    repo = world.id("growing")
    for start in (0, 2, 4):
        Dataset.from_dict({"x": [start, start + 1]}).push_to_hub(repo, mode="append")
    assert load_dataset(repo, split="train")["x"][:] == [0, 1, 2, 3, 4, 5]
    assert files(world, repo)[1:] == [f"data/train-0000{number}-of-00003.parquet" for number in range(3)]
    assert "num_examples: 6" in card(world, repo)


def test_what_is_appended_must_have_the_types(world: Any) -> None:
    repo = world.id("odd")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    with pytest.raises(SchemaConflict, match="cast"):
        Dataset.from_dict({"x": ["a"]}).push_to_hub(repo, mode="append")
    with pytest.raises(SchemaConflict, match="the splits 'train' of the configuration 'default' have other types"):
        Dataset.from_dict({"x": ["a"]}).push_to_hub(repo, split="test")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_and_other_keys_of_the_card_stay(world: Any, end: str) -> None:
    repo = world.id(f"card{len(end)}")
    api(world).create_repo(repo, repo_type="dataset")
    head = "---\nlicense: mit  # ours\ntags: [a, b]\nconfigs:\n- config_name: csv  # by hand\n  data_files: '*.csv'\n"
    head, text = head.replace("\n", end), "---\n# Title\n\nText: é\n".replace("\n", end)
    before = f"{head}{text}".encode()
    api(world).upload_file(path_or_fileobj=before, path_in_repo="README.md", repo_id=repo, repo_type="dataset")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    after = card(world, repo)
    assert after.startswith(f"{head}- config_name: default{end}")
    assert after.endswith(f"{end}{text}")
    assert after.count("\n") == after.count(end)


def test_a_card_that_cannot_be_read_is_not_written_over(world: Any) -> None:
    repo = world.id("broken")
    api(world).create_repo(repo, repo_type="dataset")
    api(world).upload_file(path_or_fileobj=b"hello", path_in_repo="x.txt", repo_id=repo, repo_type="dataset")
    world.monkeypatch.setattr("arrowsets.hub.snapshot.Snapshot.read_text", lambda self, path: "---\na: [\n---\n")
    with pytest.raises(BadData, match="so nothing can be added to it"):
        Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    assert files(world, repo) == ["x.txt"]


def test_files_that_were_data_stay_data(world: Any) -> None:
    repo = world.id("inferred")
    api(world).create_repo(repo, repo_type="dataset")
    api(world).upload_file(path_or_fileobj=b"x\n1", path_in_repo="train.csv", repo_id=repo, repo_type="dataset")
    Dataset.from_dict({"y": [2]}).push_to_hub(repo, "more")
    assert load_dataset(repo, split="train")[0] == {"x": 1}
    assert load_dataset(repo, "more", split="train")[0] == {"y": 2}


def test_the_file_that_wins_over_the_card_is_kept_up(world: Any) -> None:
    repo = world.id("override")
    api(world).create_repo(repo, repo_type="dataset")
    text = b"configs:\n- config_name: a\n  data_files: a.csv\n"
    for path, data in ((".huggingface.yaml", text), ("a.csv", b"x\n1")):
        api(world).upload_file(path_or_fileobj=data, path_in_repo=path, repo_id=repo, repo_type="dataset")
    Dataset.from_dict({"y": [2]}).push_to_hub(repo, "b")
    assert load_dataset(repo, "b", split="train")[0] == {"y": 2}
    assert load_dataset(repo, "a", split="train")[0] == {"x": 1}


def test_branches_and_proposals(world: Any) -> None:
    repo = world.id("branches")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    Dataset.from_dict({"x": [2]}).push_to_hub(repo, revision="next")
    made = Dataset.from_dict({"x": [3]}).push_to_hub(repo, create_pr=True)
    assert made.pr_num == 1
    assert load_dataset(repo, split="train")["x"][:] == [1]
    assert load_dataset(repo, split="train", revision="next")["x"][:] == [2]
    assert load_dataset(repo, split="train", revision="refs/pr/1")["x"][:] == [3]


def test_a_bare_name_is_the_users_own(world: Any) -> None:
    Dataset.from_dict({"x": [1]}).push_to_hub("mine", private=True)
    assert api(world).dataset_info(world.id("mine")).private
    with pytest.raises(RepositoryNotFound):
        load_dataset(world.id("mine"), token=False)


def test_local_files_go_into_the_cells(world: Any, tmp_path: Path) -> None:
    from PIL import Image as Picture

    Picture.new("RGB", (2, 2), (7, 8, 9)).save(tmp_path / "a.png")
    data = Dataset.from_dict({"i": [str(tmp_path / "a.png"), None]}).cast_column("i", Image())
    data.push_to_hub(world.id("pictures"))
    (tmp_path / "a.png").unlink()
    loaded = load_dataset(world.id("pictures"), split="train")
    assert loaded[0]["i"].getpixel((0, 0)) == (7, 8, 9)
    assert loaded[1]["i"] is None


def test_streams_are_pushed(world: Any) -> None:
    repo = world.id("streams")
    stream = Dataset.from_dict({"x": [1, 2, 3]}).to_iterable_dataset().map(lambda row: {"x": 2 * row["x"]})
    stream.push_to_hub(repo)
    IterableDatasetDict({"a": stream, "b": stream.take(1)}).push_to_hub(repo, "both")
    assert load_dataset(repo, split="train")["x"][:] == [2, 4, 6]
    assert load_dataset(repo, "both").num_rows == {"a": 3, "b": 1}


def test_processes_write_the_same_files(world: Any) -> None:
    data = Dataset.from_dict({"x": list(range(1000))})
    one = data.push_to_hub(world.id("one"), num_shards=4)
    two = data.push_to_hub(world.id("two"), num_shards=4, num_proc=2)
    listed = [
        [
            getattr(item, "blob_id", None)
            for item in api(world).list_repo_tree(world.id(name), "data", repo_type="dataset")
        ]
        for name in ("one", "two")
    ]
    assert listed[0] == listed[1]
    assert one.oid != two.oid


def test_an_empty_dataset_keeps_its_types(world: Any) -> None:
    data = Dataset.from_dict({"x": [1]}).select([])
    data.push_to_hub(world.id("empty"))
    assert load_dataset(world.id("empty"), split="train").features == data.features


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"mode": "replace"}, UnknownName, "unknown mode 'replace'"),
        ({"split": "a-b"}, ValueError, "bad split name 'a-b'"),
        ({"config_name": "../x"}, ValueError, "no directory in a repository"),
        ({"config_name": "a*b"}, ValueError, "no directory in a repository"),
        ({"config_name": "[a]"}, ValueError, "no directory in a repository"),
        ({"config_name": "en/plain"}, ValueError, "has / in it"),
        ({"data_dir": "/x"}, ValueError, "no directory in a repository"),
        ({"data_dir": "x/[0]"}, ValueError, "no directory in a repository"),
        ({"num_shards": 2, "max_shard_size": "1MB"}, ValueError, "not both"),
        ({"token": "hf_wrong"}, BadToken, "does not know the token"),
    ],
)
def test_what_cannot_be_is_said(world: Any, given: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Dataset.from_dict({"x": [1]}).push_to_hub(world.id("never"), **given)


def test_nothing_is_pushed_offline(world: Any) -> None:
    world.set(HF_HUB_OFFLINE="1")
    with pytest.raises(OfflineError):
        Dataset.from_dict({"x": [1]}).push_to_hub(world.id("never"))


def test_others_files_are_refused(world: Any) -> None:
    repo = world.id("theirs")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    with pytest.raises((PermissionError, ConnectionError), match=repo):
        Dataset.from_dict({"x": [2]}).push_to_hub(repo, token=world.server.token("mallory"))


def test_a_hub_without_room_is_said(world: Any) -> None:
    world.monkeypatch.setattr("arrowsets.server.hub.lfs._SPARE", 1 << 60)
    with pytest.raises(HubError, match="does not take a file for .*disk has no room"):
        Dataset.from_dict({"x": ["no room for this"]}).push_to_hub(world.id("full"))
