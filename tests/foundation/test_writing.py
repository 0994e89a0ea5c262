"""Writing files: all bytes arrive in order, whatever is written at once, and what was there before is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets import writing


def test_a_file_is_written_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"something long", b"short", b""):
        with writing.create(path) as file:
            file.write(content)
        assert path.read_bytes() == content


def test_a_new_file_has_the_permissions_of_one(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"")
    writing.create(tmp_path / "ours").close()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory|denied"):
        writing.create(tmp_path)


@given(st.lists(st.integers(0, 300), max_size=30))
def test_all_bytes_come_in_order(lengths: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "SMALL", 8)
        patch.setattr(writing, "LARGE", 64)
        patch.setattr(writing, "TELLING", 16)
        patch.setattr(writing, "SETTLED", 200)
        patch.setattr(writing, "_pace", writing._Pace())
        for length in lengths:
            content = bytes(range(256))[:length] * 2
            found = list(writing.pieces(memoryview(content)))
            assert b"".join(found) == content
            assert all(0 < len(piece) <= 64 for piece in found)


def test_what_takes_less_time_is_gone_on_with_until_it_is_tried_again() -> None:
    pace = writing._Pace()
    tried = []
    while pace._left <= 0:
        size = pace.size()
        tried.append(size)
        pace.note(size, 1 << 20, 3.0 if size == writing.SMALL else 2.0)
    assert tried == [writing.SMALL, writing.LARGE] * writing.TRIES
    assert pace.size() == writing.LARGE
    pace.note(writing.LARGE, writing.SETTLED, 9.0)
    assert pace.size() == writing.SMALL
