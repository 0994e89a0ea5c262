"""CSV reads as the reference reads it."""

from __future__ import annotations

from typing import Any

import pytest

CONTENTS = {
    "leading zeros": "a\n007\n8\n",
    "signs": "a\n+7\n-8\n",
    "spaces around integers": "a,b\n 7 ,x\n8,y\n",
    "spaces around booleans": "a,b\n True,x\nFalse,y\n",
    "booleans of all cases": "a\nTRUE\nfalse\nTrue\n",
    "booleans with missing": "a,b\nTrue,1\n,2\n",
    "boolean and number": "a\nTrue\n1\n",
    "missing words": "a,b\nNA,x\nnull,y\nz,None\n",
    "unsigned": "a\n18446744073709551615\n1\n",
    "unsigned and negative": "a\n18446744073709551615\n-1\n",
    "floats": "a\n1e5\n1.\n.5\ninf\n-Infinity\n+1.5\n",
    "upper case nan": "a\nNAN\n1\n",
    "huge float": "a\n1e400\n1\n",
    "half a float": "a\n1e\n2\n",
    "hexadecimal": "a\n0x1F\n7\n",
    "underscores": "a\n1_000\n",
    "thousands": 'a\n"1,000"\n',
    "dates stay text": "a\n2024-01-01\n",
    "times stay text": "a\n12:34:56\n",
    "blank lines": "a,b\n1,2\n\n3,4\n\n",
    "lines of spaces": "a,b\n1,2\n   \n3,4\n",
    "lines of spaces in one column": "a\nx\n   \ny\n",
    "short rows": "a,b,c\n1,2\nx,4,5.5\n",
    "index without a name": "x,y\nr1,1,2\nr2,3,4\n",
    "names twice": "a,a,b,a\n1,2,3,4\n",
    "names twice and one taken": "a,a,a.1,a.1,a\n1,2,3,4,5\n",
    "no names": ",b,\n1,2,3\n",
    "quoted numbers": 'a,b\n"7",x\n"8",y\n',
    "byte order mark": b"\xef\xbb\xbfa,b\n1,2\n",
    "carriage returns and line feeds": "a,b\r\n1,2\r\n3,4\r\n",
    "carriage returns": "a,b\r1,2\r3,4\r",
    "line feed in quotes": 'a,b\n"x\ny",1\n"z",2\n',
    "quote within": 'a,b\nx"y,1\nz,2\n',
    "text after quotes": 'a,b\n"x"y,1\nz,2\n',
    "doubled quotes": 'a,b\n"x""y",1\n',
    "zero bytes": b"a,b\nx\0y,1\n",
    "no line end": "a,b\n1,2",
    "spaces in names": " a, b\n1,2\n",
    "spaces in text": "a,b\n x , y\n",
    "integer and float": "a\n1\n2.5\n",
    "integer and text": "a\n1\nx\n",
    "unicode": "a\ngröße 漢\n🙂\n",
    "blank lines first": "\n\na,b\n1,2\n",
    "name with a line feed": '"a\nb",c\n1,2\n',
    "vertical white space": "a\n\x0b7\n8\x0c\n",
    "no-break space": "a\n\u00a07\n8\n",
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_reads_as_in_the_reference(content: Any, ours: Any, reference: Any) -> None:
    assert ours("csv", content) == reference("csv", content)


OPTIONS = [
    {"header": None},
    {"names": ["x", "y"]},
    {"column_names": ["x", "y"]},
    {"names": ["x", "y"], "header": 0},
    {"nrows": 1},
    {"usecols": ["b"]},
    {"usecols": [1]},
    {"usecols": ["b", "a"]},
    {"keep_default_na": False},
    {"na_filter": False},
    {"true_values": [" x"], "false_values": ["#NA"], "keep_default_na": False},
    {"skipinitialspace": True},
    {"index_col": "b"},
    {"on_bad_lines": "skip"},
    {"comment": "#"},
    {"quoting": 3},
    {"converters": {"a": str}},
    {"encoding": "latin-1"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options_read_as_in_the_reference(options: Any, ours: Any, reference: Any) -> None:
    content = "a,b\n1, x\n2,#NA\n"
    assert ours("csv", content, **options) == reference("csv", content, **options)


WRITTEN = [
    ("x;y\n1.000,5;2\n", {"sep": ";", "decimal": ",", "thousands": "."}),
    ("x;y\n1.5;2\n", {"sep": ";", "decimal": ","}),
    ("x\ty\n1\t2\n", {"delimiter": "\t"}),
    ('x,y\n"1,000",2\n', {"thousands": ","}),
    ("x,y\na\\,b,2\n", {"escapechar": "\\"}),
    ("x,y\n'a,b',2\n", {"quotechar": "'"}),
    ('x,y\n"a""b",2\n', {"doublequote": False}),
    ("x,y\nyes,2\nTrue,3\n", {"true_values": ["yes"]}),
    ("x|y~1|2~", {"sep": "|", "lineterminator": "~"}),
    ("x::y\n1::2\n", {"sep": "::", "engine": "python"}),
    ("a,b\n1,2\n3,4,5\n6,7\n", {"on_bad_lines": "skip"}),
    ("a,b\n1,2\n3,4,5\n6,7\n", {"on_bad_lines": lambda row: row[:2], "engine": "python"}),
    (b"a\ncaf\xe9\n", {"encoding": "latin-1"}),
    (b"a\ncaf\xe9\n", {"encoding_errors": "replace"}),
    ("x,y,z\nu,v,w\n", {"index_col": ["x", "y"]}),
    ("q\nx,y\n1,2\n", {"skiprows": 1}),
]


def _shown(options: Any) -> str:
    # A function is shown with its address, which is another one in each process.
    return ", ".join(f"{name}={'function' if callable(value) else value}" for name, value in options.items())


@pytest.mark.parametrize(("content", "options"), WRITTEN, ids=[_shown(options) for _, options in WRITTEN])
def test_ways_of_writing_read_as_in_the_reference(content: Any, options: Any, ours: Any, reference: Any) -> None:
    assert ours("csv", content, **options) == reference("csv", content, **options)
