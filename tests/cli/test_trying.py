"""`test` loads what there is, says what it tried, and writes the card when asked to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from arrowsets import load_dataset
from arrowsets.hub import card_with_info
from arrowsets.info import DatasetInfo

Call = Callable[..., tuple[int, str, str]]

CARD = """---
license: mit  # ours
configs:
- config_name: en
  data_dir: en
- config_name: fr
  data_dir: fr
---
# Words
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "words"
    for name, text in {
        "en/train.csv": "x,y\n1,a\n2,b\n",
        "en/test.csv": "x,y\n3,c\n",
        "fr/train.csv": "z\n1\n",
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, encoding="utf-8")
    (made / "README.md").write_text(CARD, encoding="utf-8")
    return made


def test_each_configuration_is_loaded(arrowsets: Call, folder: Path) -> None:
    code, out, _ = arrowsets("test", folder, "--all_configs")
    assert (code, out) == (0, "Testing builder 'en' (1/2)\nTesting builder 'fr' (2/2)\nTest successful.\n")


def test_what_was_found_is_written_into_the_card_and_the_rest_stays(arrowsets: Call, folder: Path) -> None:
    code, out, _ = arrowsets("test", folder, "--all_configs", "--save_info")
    assert (code, f"Dataset card saved at {folder / 'README.md'}" in out) == (0, True)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith(CARD.partition("---\n# Words")[0])
    assert text.endswith("---\n# Words\n")
    infos = yaml.safe_load(text.split("---")[1])["dataset_info"]
    assert [(info["config_name"], [split["num_examples"] for split in info["splits"]]) for info in infos] == [
        ("en", [2, 1]),
        ("fr", [1]),
    ]
    assert load_dataset(str(folder), "en")["test"][0] == {"x": 3, "y": "c"}
    assert arrowsets("test", folder, "--name", "en")[0] == 0


def test_other_numbers_of_rows_than_the_card_has_are_an_error_unless_they_are_ignored(
    arrowsets: Call, folder: Path
) -> None:
    arrowsets("test", folder, "--name", "en", "--save_info")
    card = folder / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("num_examples: 2", "num_examples: 5"), encoding="utf-8")
    code, out, err = arrowsets("test", folder, "--name", "en")
    assert (code, "2 rows but the source declares 5" in err, "successful" in out) == (1, True, False)
    assert arrowsets("test", folder, "--name", "en", "--ignore_verifications")[0] == 0


def test_a_cache_of_its_own_is_empty_afterwards(arrowsets: Call, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    assert arrowsets("test", folder, "--name", "en", "--cache_dir", own, "--clear_cache")[0] == 0
    assert list(own.rglob("*.arrow")) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--clear_cache",), "say where with --cache_dir"),
        (("--name", "en", "--all_configs"), "give one"),
        ((), "name one of 'en', 'fr'"),
        (("--name", "de"), "unknown configuration 'de'"),
    ],
)
def test_what_makes_no_sense_is_one_line(arrowsets: Call, folder: Path, words: tuple[str, ...], told: str) -> None:
    code, out, err = arrowsets("test", folder, *words)
    assert (code, out, told in err, err.count("\n")) == (1, "", True, 1)


def test_a_card_is_made_where_there_is_none() -> None:
    assert card_with_info(None, DatasetInfo(config_name="default", dataset_size=3), "default") == (
        "---\ndataset_info:\n  dataset_size: 3\n---\n"
    )
