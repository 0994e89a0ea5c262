"""Text reads as the reference reads it."""

from __future__ import annotations

from typing import Any

import pytest

from arrowsets.errors import BadData, UnknownName

CONTENTS = {
    "lines": "a\nb\n",
    "no line end": "a\nb",
    "blank lines": "a\n\nb\n\n",
    "carriage returns and line feeds": "a\r\nb\r\n\r\nc",
    "carriage returns": "a\rb\r",
    "other separators": "a\x0bb\x0cc\x1cd\x85e\u2028f\n",
    "one line feed": "\n",
    "byte order mark": "\ufeffa\nb\n",
    "zero byte": "a\0b\n",
    "mixed line ends": "a\r\n\rb\n\n",
    "white space": "  a  \n\t\n",
    "paragraphs": "\n\na\nb\n\n c\n \n\n\n\nd\n\n\n",
}


@pytest.mark.parametrize(
    "options", [{}, {"keep_linebreaks": True}, {"sample_by": "paragraph"}, {"sample_by": "document"}]
)
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_reads_as_in_the_reference(content: Any, options: Any, ours: Any, reference: Any) -> None:
    assert ours("text", content, **options) == reference("text", content, **options)


@pytest.mark.parametrize("options", [{"encoding": "latin-1"}, {"encoding_errors": "replace"}])
def test_other_bytes_read_as_in_the_reference(options: Any, ours: Any, reference: Any) -> None:
    assert ours("text", b"a\xff\n", **options) == reference("text", b"a\xff\n", **options)


def test_an_empty_file_has_no_rows(ours: Any) -> None:
    assert ours("text", "") == ({"text": "string"}, [])


def test_bytes_that_are_no_text_are_named(ours: Any) -> None:
    with pytest.raises(BadData, match="row 1: byte 0xff is no UTF-8"):
        ours("text", b"a\nb\xff\n")


def test_an_unknown_sample_is_told(ours: Any) -> None:
    with pytest.raises(UnknownName, match="'line', 'paragraph', 'document'"):
        ours("text", "a", sample_by="word")
