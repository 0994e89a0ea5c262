"""Pickles are not read, by any way of asking."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from arrowsets import load_dataset
from arrowsets.errors import BadData


def test_a_pickle_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": [1]}))
    with pytest.raises(BadData, match=r"a\.pkl: pickles are not read.*to_parquet"):
        load_dataset("pandas", data_files=str(tmp_path / "a.pkl"), cache_dir=str(tmp_path / "s"))
