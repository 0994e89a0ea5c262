"""Settings are read from the environment."""

from __future__ import annotations

import pytest

from arrowsets.config import Settings
from arrowsets.errors import UnknownName


@pytest.mark.parametrize(("text", "size"), [("", None), ("1000", 1000), ("10GB", 10**10), ("1.5 MiB", 3 << 19)])
def test_the_size_of_the_cache_may_have_a_unit(text: str, size: int | None) -> None:
    assert Settings.from_environment({"ARROWSETS_MAX_CACHE_BYTES": text}).max_cache_bytes == size


def test_a_size_that_is_none_names_the_variable() -> None:
    with pytest.raises(UnknownName, match="ARROWSETS_MAX_CACHE_BYTES: 'much' is no size"):
        Settings.from_environment({"ARROWSETS_MAX_CACHE_BYTES": "much"})


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"ARROWSETS_CACHE": "/a"}, "/a"),
        ({"HF_DATASETS_CACHE": "/b"}, "/b/arrowsets"),
        ({"HF_HOME": "/c"}, "/c/arrowsets"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/arrowsets"),
    ],
)
def test_the_cache_directory(environ: dict[str, str], folder: str) -> None:
    assert Settings.from_environment(environ).cache_dir.as_posix() == folder


@pytest.mark.parametrize("name", ["ARROWSETS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_mode_by_any_of_its_names(name: str) -> None:
    assert Settings.from_environment({name: "1"}).offline
    assert not Settings.from_environment({name: "0"}).offline
