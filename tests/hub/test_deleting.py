"""A configuration is removed by a pull request: its files, unless others read them, and what the card tells of it."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from datasets.hub import delete_from_hub as their_delete
from huggingface_hub import CommitOperationAdd, HfApi

import arrowsets
from arrowsets import Dataset, get_dataset_config_names, load_dataset
from arrowsets.cli import main
from arrowsets.errors import BadData, RepositoryNotFound, UnknownName
from arrowsets.hub import delete_from_hub

CARD = """---
license: mit  # ours
configs:
- config_name: en
  data_files: "en/*.csv"
# both
- config_name: all
  data_files: ["en/a.csv", "fr/*.csv"]
- config_name: gone
  data_files: nothing/*.csv
---
# Words
"""


def client(world: Any) -> HfApi:
    return HfApi(endpoint=world.server.url, token=world.token)


def made(world: Any, name: str, files: dict[str, str]) -> str:
    repo = world.id(name)
    api = client(world)
    api.create_repo(repo, repo_type="dataset")
    api.create_commit(
        repo,
        [CommitOperationAdd(path, text.encode()) for path, text in files.items()],
        commit_message="Files",
        repo_type="dataset",
    )
    return str(repo)


def files(world: Any, repo: str, revision: str | None = None) -> set[str]:
    return set(client(world).list_repo_files(repo, repo_type="dataset", revision=revision)) - {".gitattributes"}


def card(world: Any, repo: str, revision: str | None) -> str:
    path = client(world).hf_hub_download(repo, "README.md", repo_type="dataset", revision=revision)
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def words(world: Any, name: str, **more: str) -> str:
    texts = {"en/a.csv": "x\n1\n", "en/b.csv": "x\n2\n", "fr/c.csv": "x\n3\n", "README.md": CARD, **more}
    return made(world, name, texts)


def test_it_is_called_as_the_reference_is() -> None:
    assert arrowsets.hub.delete_from_hub is delete_from_hub
    ours, theirs = (inspect.signature(each).parameters for each in (delete_from_hub, their_delete))
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]


def test_it_is_proposed_and_done_when_that_is_merged(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    repo = world.id("proposed")
    for config in ("default", "fr"):
        Dataset.from_dict({"x": [1, 2]}).push_to_hub(repo, config)
    info = delete_from_hub(repo, "fr")
    assert (info.pr_num, info.pr_revision) == (1, "refs/pr/1")
    assert capsys.readouterr().out.split()[-1] == info.pr_url
    assert get_dataset_config_names(repo) == ["default", "fr"]
    assert get_dataset_config_names(repo, revision="refs/pr/1") == ["default"]
    client(world).merge_pull_request(repo, 1, repo_type="dataset")
    assert files(world, repo) == {"README.md", "data/train-00000-of-00001.parquet"}
    assert load_dataset(repo, split="train")["x"][:] == [1, 2]
    script = f"import datasets; print(datasets.load_dataset({repo!r}, split='train')['x'][:])"
    assert world.python(script) == "[1, 2]"


def test_files_that_another_configuration_reads_stay(world: Any) -> None:
    repo = words(world, "shared")
    info = delete_from_hub(repo, "en")
    assert files(world, repo, info.pr_revision) == {"README.md", "en/a.csv", "fr/c.csv"}
    assert card(world, repo, info.pr_revision) == CARD.replace('- config_name: en\n  data_files: "en/*.csv"\n', "")
    assert load_dataset(repo, "all", revision=info.pr_revision, split="train")["x"][:] == [1, 3]


def test_a_configuration_without_files_goes_from_the_card(world: Any) -> None:
    repo = words(world, "no-files")
    info = delete_from_hub(repo, "gone")
    assert files(world, repo, info.pr_revision) == files(world, repo)
    assert get_dataset_config_names(repo, revision=info.pr_revision) == ["en", "all"]


def test_older_and_overriding_files_tell_nothing_of_it_any_more(world: Any) -> None:
    override = "configs:\n- config_name: a\n  data_files: a.csv\n- config_name: b\n  data_files: b.csv\n"
    known = json.dumps({"a": {"description": "A"}, "b": {"description": "B"}})
    texts = {"a.csv": "x\n1\n", "b.csv": "x\n1\n", ".huggingface.yaml": override, "dataset_infos.json": known}
    repo = made(world, "older", texts)
    info = delete_from_hub(repo, "a")
    assert get_dataset_config_names(repo, revision=info.pr_revision) == ["b"]
    path = client(world).hf_hub_download(repo, "dataset_infos.json", repo_type="dataset", revision=info.pr_revision)
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        assert list(json.load(file)) == ["b"]


def test_the_only_configuration_leaves_an_empty_dataset(world: Any) -> None:
    repo = world.id("only")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    info = delete_from_hub(repo, "default")
    assert files(world, repo, info.pr_revision) == {"README.md"}
    assert "config" not in card(world, repo, info.pr_revision)


def test_a_branch_is_read_and_left_as_well(world: Any) -> None:
    repo = world.id("branched")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo, "one")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo, "two", revision="next")
    with pytest.raises(UnknownName, match="unknown configuration 'two'; allowed: 'one'"):
        delete_from_hub(repo, "two")
    info = delete_from_hub(repo, "two", revision="next")
    assert get_dataset_config_names(repo, revision=info.pr_revision) == get_dataset_config_names(repo)


def test_what_is_not_there_or_a_stranger_s_card_is_refused(world: Any) -> None:
    with pytest.raises(RepositoryNotFound):
        delete_from_hub(world.id("absent"), "en")
    outside = "---\nconfigs:\n- config_name: a\n  data_files: a.csv\n- config_name: b\n  data_files: /etc/passwd\n---\n"
    repo = made(world, "outside", {"a.csv": "x\n1\n", "README.md": outside})
    with pytest.raises(BadData, match="does not lie in the dataset"):
        delete_from_hub(repo, "a")


def test_the_reference_proposes_the_same(world: Any) -> None:
    repo = world.id("both")
    for config in ("default", "fr", "en"):
        Dataset.from_dict({"x": [1, 2]}).push_to_hub(repo, config)
    world.python(f"from datasets.hub import delete_from_hub; delete_from_hub({repo!r}, 'fr')")
    info = delete_from_hub(repo, "fr")
    theirs, ours = (files(world, repo, revision) for revision in ("refs/pr/1", info.pr_revision))
    assert theirs == ours
    names = [get_dataset_config_names(repo, revision=revision) for revision in ("refs/pr/1", info.pr_revision)]
    assert names == [["default", "en"], ["default", "en"]]


def test_the_command_line_does_the_same(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    repo = words(world, "typed")
    assert main(["delete_from_hub", repo, "en", "--token", world.token]) == 0
    assert capsys.readouterr().out.endswith(f"/datasets/{repo}/discussions/1\n")
    assert main(["delete_from_hub", repo, "de"]) == 1
    assert "unknown configuration 'de'; allowed: 'en', 'all', 'gone'" in capsys.readouterr().err
