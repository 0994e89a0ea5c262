"""The page of a builder, made of its options."""

from __future__ import annotations

import dataclasses
import runpy
from pathlib import Path

import pytest

from arrowsets import builder_help
from arrowsets.errors import UnknownName
from arrowsets.registry import builder, builder_names


@pytest.mark.parametrize("name", builder_names())
def test_a_page_lists_every_option(name: str) -> None:
    page = builder_help(name)
    assert page.startswith(f"# {name}\n")
    for field in dataclasses.fields(builder(name).options):
        assert f"\n| `{field.name}` | " in page


@pytest.mark.parametrize("name", ["conll", "hdf5", "lance", "webdataset", "xml", "audiofolder", "parquet"])
def test_every_option_is_explained(name: str) -> None:
    assert "|  |" not in builder_help(name)


def test_a_page_tells_defaults_and_extensions() -> None:
    page = builder_help("conll")
    assert "Extensions: `.conll` `.conllu`" in page
    assert "| `delimiter` | `None` | What lies between fields. None: any blanks. |" in page


def test_an_unknown_builder_is_named() -> None:
    with pytest.raises(UnknownName, match="unknown builder 'cnll'.*did you mean 'conll'"):
        builder_help("cnll")


def test_the_pages_in_docs_are_up_to_date() -> None:
    docs = Path(__file__).parents[2] / "docs"
    pages = runpy.run_path(str(docs / "write_readers.py"))["pages"]()
    assert {path.name: path.read_text(encoding="utf-8") for path in (docs / "readers").glob("*.md")} == pages, (
        "run: python docs/write_readers.py"
    )
