"""XML files: their text, in the encoding that they name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arrowsets.builders.xml import XmlBuilder

from arrowsets import load_dataset
from arrowsets.errors import BadData
from arrowsets.files import DataFile

LATIN = "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>"


def read(path: Path, content: bytes, **options: Any) -> Any:
    path.write_bytes(content)
    tables = XmlBuilder.from_keywords(options).read(DataFile(str(path)))
    return [row["xml"] for table in tables for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        (b"<a>\xc3\xa9</a>\r\n", {}, "<a>é</a>\r\n"),
        (LATIN.encode("latin-1"), {}, LATIN),
        ("<a>é</a>".encode("utf-16"), {}, "<a>é</a>"),
        (b"\xef\xbb\xbf<a/>", {}, "<a/>"),
        (b"<a>\xe9</a>", {"encoding": "latin-1"}, "<a>é</a>"),
        (b"<a>\xe9</a>", {"encoding_errors": "replace"}, "<a>\ufffd</a>"),
        (b"", {}, ""),
    ],
)
def test_a_file_is_one_row(content: bytes, options: dict[str, Any], text: str, tmp_path: Path) -> None:
    assert read(tmp_path / "a.xml", content, **options) == [text]


def test_files_of_a_directory_are_rows(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.xml").write_text(f"<{name}/>")
    dataset = load_dataset(str(tmp_path), split="train", cache_dir=str(tmp_path / "store"))
    assert dataset.to_list() == [{"xml": "<a/>"}, {"xml": "<b/>"}]


def test_bytes_of_another_encoding_are_named_or_left_out(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="give encoding="):
        read(tmp_path / "a.xml", b"\xff")
    assert read(tmp_path / "a.xml", b"\xff", on_bad_files="skip") == []
