"""What somebody else's dataset may name: files of its own directory, in formats that are read without unpacking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from arrowsets.errors import BadData
from arrowsets.files.card import Config
from arrowsets.files.unpack import kind_of
from arrowsets.resolve import Recipe

__all__ = ["check_card", "check_recipe"]

_FORMATS = frozenset(
    {"parquet", "arrow", "csv", "json", "text", "imagefolder", "audiofolder", "videofolder", "pdffolder"}
)
_OPTIONS = frozenset(
    {"sep", "delimiter", "header", "names", "column_names", "field", "encoding", "sample_by", "quotechar"}
)


def check_card(config: Config) -> None:
    """Refuse a configuration whose card names files elsewhere. This comes first: to look for them would be too much.

    Raises:
        BadData: says which.
    """
    for text in (*_texts(config.data_files), *_texts(config.data_dir)):
        parts = text.replace("\\", "/").split("/")
        if "://" in text or "::" in text or text.startswith(("/", "~", "\\")) or ".." in parts or ":" in parts[0]:
            raise BadData(f"the card names {text!r}, which is no file of this dataset")
    if unknown := sorted(set(config.keywords) - _OPTIONS):
        raise BadData(f"the card gives options that are not used here: {', '.join(unknown)}")


def check_recipe(recipe: Recipe, folder: Path) -> None:
    """Refuse files elsewhere, archives, and formats that are more than reading.

    Raises:
        BadData: says which.
    """
    if recipe.builder not in _FORMATS:
        raise BadData(f"data of the format {recipe.builder!r} are not shown here")
    root = str(folder.absolute())
    for files in recipe.files.values():
        for file in files:
            if (
                not Path(file.url).is_absolute()
                or not Path(file.url).is_relative_to(root)
                or ".." in Path(file.url).parts
            ):
                raise BadData(f"{file.url!r} is no file of this dataset")
            if kind_of(file) is not None or file.compression is not None:
                raise BadData(f"{file.name!r} is packed, and is not unpacked here")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(getattr(value, "path", value))
