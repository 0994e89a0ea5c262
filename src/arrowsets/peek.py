"""Peeking: the first rows of files, read without preparing the files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

from arrowsets import registry
from arrowsets.dataset import Dataset
from arrowsets.errors import SplitNotFound
from arrowsets.files import DataFile
from arrowsets.resolve import resolve

__all__ = ["first_rows"]


def first_rows(
    path: str | os.PathLike[str], count: int, split: str | None = None, **keywords: Any
) -> list[dict[str, Any]]:
    """Return the first rows that `load_dataset(path, split=split)` would have.

    No more is read than is needed, so a value may have a narrower type than after loading: 1 where a later row makes
    the column a float.

    Args:
        split: None: the first one.
        keywords: As `load_dataset` takes them.

    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "words.txt"
    >>> _ = file.write_text("one\\ntwo\\nthree")
    >>> first_rows(file, 2)
    [{'text': 'one'}, {'text': 'two'}]
    """
    recipe = resolve(path, **keywords)
    files = recipe.data(keywords.get("cache_dir"))
    name = next(iter(files)) if split is None else split
    if name not in files:
        raise SplitNotFound.of(name, files)
    return list(islice(_rows(recipe.builder, recipe.keywords, files[name]), count))


def _rows(builder_name: str, keywords: Any, files: tuple[DataFile, ...]) -> Iterator[dict[str, Any]]:
    builder = registry.builder(builder_name).from_keywords(keywords)
    for file in files:
        # A file at a time, because cutting a file into shards may mean looking through it.
        for shard in builder.shards([file]):
            for table in builder.read(shard):
                yield from Dataset.from_arrow(table)
