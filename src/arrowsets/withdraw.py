"""Withdrawing: a configuration of a dataset on a hub is proposed to be removed, with the files that are of it alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from arrowsets import hub
from arrowsets.errors import DataFilesNotFound
from arrowsets.files import DataFile
from arrowsets.files.card import Card, read_card
from arrowsets.files.find import find
from arrowsets.resolve import resolve

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

__all__ = ["delete_from_hub"]

_CARDS: Final = ("README.md", ".huggingface.yaml", "dataset_infos.json")


def delete_from_hub(
    repo_id: str,
    config_name: str,
    revision: str | None = None,
    token: bool | str | None = None,
) -> CommitInfo:
    """Propose to remove a configuration: a pull request of one commit, whose address is printed and in the result.

    What goes are its data files, but none that another configuration reads, and what the card tells of it. The dataset
    stays as it is until somebody merges the pull request: on its page, or by `HfApi().merge_pull_request(repo_id,
    info.pr_num, repo_type="dataset")`.

    Args:
        repo_id: "user/name".
        config_name: The configuration.
        revision: The branch that it is to be removed from. None: the main one.
        token: A token, True for the saved one. None: the saved one, if there is one.

    Raises:
        UnknownName: lists the configurations that there are.
        RepositoryNotFound, RevisionNotFound, GatedRepository, BadToken: what the hub refuses.
    """
    access = hub.Access.given(token)
    wanted = hub.HubId.parse(repo_id)
    head = hub.open_snapshot(hub.HubId(wanted.name, revision or wanted.revision), access)
    card = read_card(head.read_text)
    hub.refuse_outside(card, head)
    card.config(config_name)
    operations = _operations(head, card, config_name, token)

    def request() -> CommitInfo:
        return access.api.create_commit(
            head.name,
            operations,
            commit_message=f"Delete {config_name!r} config",
            commit_description=f"Delete {config_name!r} config.",
            repo_type="dataset",
            revision=revision or wanted.revision,
            create_pr=True,
            parent_commit=head.commit,
        )

    # Once: an answer that is lost may be that of a pull request that was made.
    made = access.ask(head.name, request, revision=revision, attempts=1)
    print(f"You can find your PR to delete the dataset config at: {made.pr_url}")
    return made


def _operations(head: hub.Snapshot, card: Card, name: str, token: bool | str | None) -> list[Any]:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    kept = set(_CARDS) | set(_read_by_others(head, card, name, token))
    gone = sorted(set(_own_files(head, name, token)) - kept)
    texts = hub.cards_without({path: head.read_text(path) for path in _CARDS}, name)
    operations: list[Any] = [CommitOperationDelete(path) for path in gone]
    operations += [CommitOperationAdd(path, text.encode()) for path, text in texts.items()]
    if not operations:
        raise DataFilesNotFound(f"{head.name!r} has no files of the configuration {name!r} to delete")
    return operations


def _own_files(head: hub.Snapshot, name: str, token: bool | str | None) -> Iterator[str]:
    try:
        found = resolve(head.url, name, token=token).files
    except DataFilesNotFound:
        # What has no files is nevertheless removed from the card.
        return
    for files in found.values():
        yield from _inside(head, files)


def _read_by_others(head: hub.Snapshot, card: Card, name: str, token: bool | str | None) -> Iterator[str]:
    trees = hub.Trees(token)
    trees.add(head)
    for config in card.configs:
        if config.name == name:
            continue
        try:
            found = find(config.data_files, config.data_dir, head.url, open_tree=trees)
        except DataFilesNotFound:
            continue
        for files in found.values():
            yield from _inside(head, files)


def _inside(head: hub.Snapshot, files: tuple[DataFile, ...]) -> Iterator[str]:
    """Yield the paths of those files that lie in the repository; of members of an archive, that of the archive."""
    for file in files:
        whole = file.url.rpartition("::")[2]
        if whole.startswith(f"{head.url}/"):
            yield whole.removeprefix(f"{head.url}/")
