"""What a push changes in a card, and what it leaves."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from arrowsets import Features, Value
from arrowsets.errors import SchemaConflict
from arrowsets.files.card import front_matter
from arrowsets.hub.card import ConfigChange, changed_cards
from arrowsets.hub.readme import edit_yaml, with_head
from arrowsets.info import SplitInfo

ENTRIES = st.lists(
    st.dictionaries(st.sampled_from(["config_name", "a", "b"]), st.text("ab#:- ", max_size=3), min_size=1)
)
PLAIN = st.one_of(st.integers(), st.booleans(), st.text(max_size=5), st.lists(st.text(max_size=3), max_size=2))
MAPPING = st.dictionaries(st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=6), PLAIN)


def change(name: str = "default", **given: object) -> ConfigChange:
    features = Features({"x": Value("int64")})
    options = {"only": False, "default": None, **given}
    return ConfigChange(name, "data", features, {"train": SplitInfo("train", 8, 1)}, 100, **options)  # type: ignore[arg-type]


def head(text: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(front_matter(text) or "")
    return found


@settings(deadline=None)
@given(MAPPING, MAPPING, st.sampled_from([None, True]))
def test_editing_is_merging(before: dict[str, object], changed: dict[str, object], flow: bool | None) -> None:
    text = yaml.safe_dump(before, default_flow_style=flow, sort_keys=False)
    assert yaml.safe_load(edit_yaml(text, changed)) == {**before, **changed}


@settings(deadline=None)
@given(ENTRIES, ENTRIES)
def test_lists_are_edited_item_by_item(before: list[object], after: list[object]) -> None:
    text = yaml.safe_dump({"a": 1, "configs": before, "z": 2}, sort_keys=False)
    assert yaml.safe_load(edit_yaml(text, {"configs": after})) == {"a": 1, "configs": after, "z": 2}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1  # one\n# about b\nb: 2\n\n# about c\nc: 3\n", "a: 1  # one\n# about b\nb: 9\n\n# about c\nc: 3\n"),
        ("b:\n- 1\n- 2\nc: 3\n", "b: 9\nc: 3\n"),
        ("b:\n  - x: 1\n\n  - x: 2\n'c': 3\n", "b: 9\n'c': 3\n"),
        ("c: |\n  b: 5\n", "c: |\n  b: 5\nb: 9\n"),
        ("{a: 1, b: 2}\n", "a: 1\nb: 9\n"),
        ("x: &n 5\nb: *n\n", "x: &n 5\nb: 9\n"),
        ("b: &n 5\nx: *n\n", "b: 9\nx: 5\n"),
    ],
)
def test_other_lines_stay(before: str, after: str) -> None:
    assert edit_yaml(before, {"b": 9}) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "---\na: 1\n---\n"),
        ("# Title\n", "---\na: 1\n---\n# Title\n"),
        ("---\r\nb: 2\r\n---\r\ntext\r\n", "---\r\nb: 2\r\na: 1\r\n---\r\ntext\r\n"),
        ("---\n---\n", "---\na: 1\n---\n"),
        ("---\nb: 2\n\n---\ntext", "---\nb: 2\na: 1\n\n---\ntext"),
        ("---\r\n\r\n---\r\n", "---\r\na: 1\r\n\r\n---\r\n"),
        ("# Title\r\n", "---\r\na: 1\r\n---\r\n# Title\r\n"),
        ('---\nb: "x\u2028y"\n---\n\u2028---\n', '---\nb: "x\u2028y"\na: 1\n---\n\u2028---\n'),
        ("---\nb: 2\n---", "---\nb: 2\na: 1\n---"),
        ("---\nnever closed", "---\na: 1\n---\n---\nnever closed"),
    ],
)
def test_a_readme_gets_a_head(before: str | None, after: str) -> None:
    assert with_head(before, {"a": 1}) == after


CONFIGS = """\
# all languages
configs:  # more to come
  # the first
  - config_name: de  # German
    data_files: de/*.csv
    sep: ";"  # as Excel has it

  # the second
  - config_name: en
    # two files
    data_files: [a.csv, b.csv]
    default: true
license: mit  # ours
"""


def test_comments_of_other_configurations_stay() -> None:
    configs = yaml.safe_load(CONFIGS)["configs"]
    assert edit_yaml(CONFIGS, {"configs": configs}) == CONFIGS
    added = edit_yaml(CONFIGS, {"configs": [*configs, {"config_name": "fr", "data_files": ["x", "y"]}]})
    assert added == CONFIGS.replace("license", "  - config_name: fr\n    data_files:\n    - x\n    - y\nlicense")
    new = {"config_name": "en", "data_files": "c.csv", "sep": ","}
    changed = edit_yaml(CONFIGS, {"configs": [configs[0], new]})
    assert changed == CONFIGS.replace("[a.csv, b.csv]\n    default: true\n", "c.csv\n    sep: ','\n")
    assert edit_yaml(CONFIGS, {"configs": configs[1:]}) == CONFIGS.replace(
        '  # the first\n  - config_name: de  # German\n    data_files: de/*.csv\n    sep: ";"  # as Excel has it\n', ""
    )


def test_a_card_that_is_right_is_not_changed() -> None:
    card = changed_cards({"README.md": None}, [], change())["README.md"]
    assert changed_cards({"README.md": card}, ["data/train-00000-of-00001.parquet"], change()) == {}


def test_unknown_keys_of_a_configuration_stay() -> None:
    before = "---\nconfigs:\n- config_name: default\n  data_files: old.csv\n  sep: ';'\n  version: 3\n---\n"
    after = head(changed_cards({"README.md": before}, [], change(only=True))["README.md"])
    files = [{"split": "train", "path": "data/train-*"}]
    assert after["configs"] == [{"config_name": "default", "data_files": files, "sep": ";", "version": 3}]


def test_only_one_configuration_is_the_default_one() -> None:
    before = "---\nconfigs:\n- config_name: a\n  data_files: a.csv\n  default: true\n---\n"
    after = head(changed_cards({"README.md": before}, [], change("b", default=True))["README.md"])
    assert [entry.get("default") for entry in after["configs"]] == [None, True]  # type: ignore[attr-defined]
    named = "---\nconfigs:\n- config_name: default\n  data_files: a.csv\n---\n"
    with pytest.raises(ValueError, match="there is a configuration named 'default'"):
        changed_cards({"README.md": named}, [], change("b", default=True))


def test_splits_that_stay_must_have_the_types() -> None:
    before = changed_cards({"README.md": None}, [], change())["README.md"]
    other = ConfigChange("default", "data", Features({"x": Value("string")}), {"test": SplitInfo("test", 1, 1)}, 1)
    with pytest.raises(SchemaConflict, match="the splits 'train'"):
        changed_cards({"README.md": before}, [], other)
