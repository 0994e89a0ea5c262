"""What a directory says of itself."""

from __future__ import annotations

import json

import pytest

from arrowsets.errors import BadData, UnknownName
from arrowsets.files.card import Card, Config, front_matter, read_card


def card(readme: str | None = None, **others: str) -> Card:
    texts = {"README.md": None if readme is None else f"---\n{readme}\n---\n# Title\n", **others}
    return read_card(texts.get)


TWO = "configs:\n- config_name: one\n  data_files: a.csv\n- config_name: two\n  data_dir: sub\n  sep: ';'\n"


@pytest.mark.parametrize(
    ("readme", "head"),
    [
        ("---\na: 1\n---\ntext", "a: 1"),
        ("\ufeff---\r\na: 1\r\nb: 2\r\n---\r\n", "a: 1\nb: 2"),
        ("# no head\n---\na: 1\n---\n", None),
        ("---\nnever closed\n", None),
        ("---\n---\n", ""),
        ("", None),
    ],
)
def test_the_head_stands_between_lines_at_the_top(readme: str, head: str | None) -> None:
    assert front_matter(readme) == head


def test_configs_are_read_in_order() -> None:
    assert card(TWO).configs == (Config("one", "a.csv"), Config("two", None, "sub", keywords={"sep": ";"}))
    assert card(TWO).config_names == ("one", "two")


def test_without_configs_there_is_the_default() -> None:
    assert card("license: mit").config_names == ("default",)
    assert card().config(None) == Config("default")


@pytest.mark.parametrize(
    ("readme", "chosen"),
    [
        (TWO.replace("sub", "sub\n  default: true"), "two"),
        (TWO.replace("two", "default"), "default"),
        ("configs:\n- config_name: solo\n", "solo"),
    ],
)
def test_the_default_configuration_is_marked_named_so_or_alone(readme: str, chosen: str) -> None:
    assert card(readme).config(None).name == chosen


def test_without_a_default_one_must_be_named() -> None:
    with pytest.raises(ValueError, match="name one of 'one', 'two'"):
        card(TWO).config(None)


def test_an_unknown_configuration_is_told_with_those_there() -> None:
    with pytest.raises(
        UnknownName, match="unknown configuration 'tow'; allowed: 'one', 'two'; did you mean 'two'"
    ):
        card(TWO).config("tow")


@pytest.mark.parametrize(
    ("readme", "message"),
    [
        ("configs: {config_name: x}", "a list of mappings"),
        ("configs: [{data_files: x}]", "with a `config_name`"),
        ("configs: [{config_name: x}, {config_name: x}]", "names 'x' twice"),
        (
            "configs: [{config_name: x, default: true}, {config_name: y, default: true}]",
            "several defaults: 'x', 'y'",
        ),
        ("dataset_info: 3", "`dataset_info` is a mapping"),
        ("- a list", "is a list and not a mapping"),
        ("configs: [", r"file README\.md: its YAML cannot be read"),
        ("a: !!python/object/apply:os.system ['true']", "cannot be read"),
    ],
)
def test_what_is_written_wrong_is_told(readme: str, message: str) -> None:
    with pytest.raises((ValueError, BadData), match=message):
        card(readme)


def test_the_hidden_yaml_overrides_the_readme() -> None:
    both = card(
        TWO + "dataset_info: {config_name: one, download_size: 1}",
        **{".huggingface.yaml": "configs: [{config_name: h}]"},
    )
    assert both.config_names == ("h",)
    assert both.infos["one"][1]["download_size"] == 1


def test_infos_are_one_or_a_list() -> None:
    assert list(card("dataset_info: {download_size: 1}").infos) == ["default"]
    assert list(card("dataset_info: [{config_name: a}, {config_name: b}]").infos) == ["a", "b"]


def test_the_readme_wins_over_the_older_file() -> None:
    legacy = json.dumps({"default": {"download_size": 1}, "x": {"download_size": 2}})
    infos = card("dataset_info: {download_size: 3}", **{"dataset_infos.json": legacy}).infos
    assert infos["default"] == ("yaml", {"download_size": 3})
    assert infos["x"] == ("json", {"download_size": 2})


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_broken_older_file_is_told(text: str) -> None:
    with pytest.raises(BadData, match=r"dataset_infos\.json"):
        card(**{"dataset_infos.json": text})
