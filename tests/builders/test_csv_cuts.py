"""Where a CSV file is cut: at ends of records only, however its quotes are spread over what is counted side by side."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from arrowsets.builders import csv_cuts
from arrowsets.builders.csv_cuts import record_cuts
from arrowsets.builders.csv_records import Dialect
from hypothesis import example, given
from hypothesis import strategies as st

from arrowsets.files import DataFile

WORDS = ["a", ",", "\n", '"', '""', "\r\n", '"a,\nb"', '"x""\n""y",', "\n\n"]


def _cuts(content: bytes, step: int, **dialect: Any) -> list[int] | None:
    handle, name = tempfile.mkstemp(suffix=".csv")
    try:
        os.write(handle, content)
        os.close(handle)
        cuts: list[int] | None = record_cuts(DataFile(url=name, local=name), Dialect(**dialect), 0, len(content), step)
        return cuts
    finally:
        Path(name).unlink()


def _ends(content: bytes, **dialect: Any) -> set[int]:
    """Return where records end with a line feed, walking field by field."""
    stops = [record.stop for record in Dialect(**dialect).records(content) if record.closed]
    after = {stop + (2 if content[stop : stop + 2] == b"\r\n" else 1) for stop in stops}
    return {place for place in after if content[place - 1 : place] == b"\n"} | {0, len(content)}


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=40), st.integers(1, 12), st.integers(1, 9))
@example(['"a,\nb"', "\n"] * 6, 5, 3)
@example(['"x""\n""y",', "a", "\n"] * 5, 4, 2)
def test_a_file_is_cut_where_records_end(words: list[str], step: int, scanned: int) -> None:
    content = "".join(words).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_cuts, "SCAN_BYTES", scanned)
        patch.setattr(csv_cuts, "WINDOW_BYTES", scanned)
        cuts = _cuts(content, step)
    if cuts is not None:
        assert cuts == sorted(set(cuts))
        assert set(cuts) <= _ends(content)


def test_quotes_that_are_whole_fields_hide_nothing() -> None:
    content = b'"a\n""b""\n",1\n' * 50
    assert _cuts(content, 100) == [0, 104, 208, 312, 403, 507, 611, 650]


def test_a_quote_within_a_field_leaves_the_file_whole() -> None:
    assert _cuts(b'5" screen,1\n' * 50, 100) is None


def test_without_quotes_they_are_characters() -> None:
    cuts = _cuts(b'5" screen,1\n' * 50, 100, quote=b"")
    assert cuts is not None
    assert len(cuts) > 5
    assert set(cuts) <= set(range(0, 601, 12))


def test_a_record_longer_than_any_window_is_not_cut() -> None:
    content = b'"' + b"x\n" * 2000 + b'",1\nb,2\n'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_cuts, "WINDOW_BYTES", 16)
        assert _cuts(content, 64) == [0, 4005, len(content)]
