"""Pushing a dataset to a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.dataset.core import DatasetCore
from arrowsets.late import push

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

__all__ = ["PushMethods"]


class PushMethods(DatasetCore):
    """`Dataset.push_to_hub`."""

    def push_to_hub(
        self,
        repo_id: str,
        config_name: str = "default",
        set_default: bool | None = None,
        split: str | None = None,
        data_dir: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        private: bool | None = None,
        token: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = False,
        max_shard_size: int | str | None = None,
        num_shards: int | None = None,
        embed_external_files: bool = True,
        num_proc: int | None = None,
        *,
        mode: str = "overwrite",
    ) -> CommitInfo:
        """Upload all rows to a dataset on the hub as Parquet files, and return the commit.

        The files become those of one split; other splits, configurations and the text of the card stay. Nobody sees
        half of it. Called again after it was cut off, it uploads only what is missing; if others commit at the same
        time, both commits are kept.

        Args:
            repo_id: "user/name"; "name" is a dataset of the user whose token it is. It is made if it does not exist.
            config_name: The configuration that the split belongs to.
            set_default: Whether that is the one that `load_dataset` takes if none is named. None: as it was.
            split: The split's name. None: that of this dataset, or "train".
            data_dir: Directory of the files. None: "data", or the configuration's name.
            commit_message: "Upload dataset" unless given.
            private: Whether only those may see it who are let in; matters when the dataset is made.
            token: None takes the saved one.
            revision: A branch, which is made if it does not exist. None: "main".
            create_pr: Propose the commit instead of making it.
            max_shard_size: Bytes of a file before compression, about: "500MB" unless given.
            num_shards: The number of files, instead.
            embed_external_files: Write images and their like that lie on this machine into the files.
            num_proc: Processes that write files; the files do not depend on it.
            mode: "append" adds the rows to those that the split has.

        Raises:
            SchemaConflict: if other splits of the configuration, or the rows to append to, have other types.
            BadToken, RepositoryNotFound, HubError: what the hub refuses.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2]}).push_to_hub("alice/numbers", split="train")  # doctest: +SKIP
        CommitInfo(commit_url='https://huggingface.co/datasets/alice/numbers/commit/8d1c…', …)
        """
        options = push.PushOptions(
            repo_id,
            config_name,
            set_default,
            data_dir,
            commit_message,
            commit_description,
            private,
            token,
            revision,
            bool(create_pr),
            max_shard_size,
            num_shards,
            embed_external_files,
            num_proc,
            mode,
        )
        name = split or str(self._split or "train")
        return push.push({name: push.Rows(self._view, self._features)}, options, whole_config=False)
