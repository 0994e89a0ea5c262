"""Columns of texts that come again and again: the same values, and one object for each text."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets import Dataset
from arrowsets.formats import python

WORDS = ["", "a", "é\n", "中文", "\x00", "long " * 20, None]
TYPES = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.string_view()]


@pytest.fixture(autouse=True)
def many_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python, "MANY", 8)
    monkeypatch.setattr(python, "PIECE", 40)
    monkeypatch.setattr(python, "SAMPLE", 6)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@given(chunks=st.lists(st.lists(st.sampled_from(WORDS), max_size=90), max_size=4), start=st.integers(0, 5))
def test_the_values_are_those_of_arrow(dtype: pa.DataType, chunks: list[list[Any]], start: int) -> None:
    binary = pa.types.is_binary(dtype) or pa.types.is_large_binary(dtype)
    given_chunks = [[word.encode() if binary and word is not None else word for word in chunk] for chunk in chunks]
    column = _chunked(given_chunks, dtype).slice(start)
    assert python.PythonFormat().column(column) == column.to_pylist()


@given(st.lists(st.text(max_size=3), min_size=8, max_size=60))
def test_texts_that_are_all_others_are_read_as_well(texts: list[str]) -> None:
    assert python.PythonFormat().column(pa.array(texts)) == texts


def test_each_text_is_made_once() -> None:
    column = python.PythonFormat().column(pa.array(["one word", "two words", None] * 100))
    assert column == ["one word", "two words", None] * 100
    # Once in each of eight pieces.
    assert len({id(word) for word in column}) == 2 * 8 + 1


def test_a_column_of_a_dataset_and_its_batches_agree() -> None:
    texts = ["yes", "no", "no", None] * 10
    dataset = Dataset.from_dict({"answer": texts, "number": range(40)})
    assert dataset["answer"][:] == texts
    assert dataset[:]["answer"] == texts
    assert dataset["answer"][5:25] == texts[5:25]


def _chunked(chunks: list[list[Any]], dtype: Any) -> pa.ChunkedArray[Any]:
    return pa.chunked_array([pa.array(chunk, dtype) for chunk in chunks], dtype)
