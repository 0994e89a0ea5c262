"""Builders by name and by extension."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from arrowsets import registry
from arrowsets.builder import FileBuilder
from arrowsets.errors import MissingDependency, UnknownName
from arrowsets.files import DataFile


class Fake(FileBuilder):
    name = "fake"
    extensions: ClassVar[dict[str, dict[str, Any]]] = {".fake": {}, ".fk": {"sep": "\t"}}

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        return iter(())


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """Entry points of the builders, a list that a test fills."""
    points: list[EntryPoint] = []

    def entry_points(*, group: str) -> Sequence[EntryPoint]:
        return [point for point in points if point.group == group]

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    registry.forget()
    yield points
    monkeypatch.undo()
    registry.forget()


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, registry.GROUP)


def test_names_are_known_without_importing(installed: list[EntryPoint]) -> None:
    installed += [point("zzz", "no_such_module:B"), point("aaa", "nor_this:A")]
    assert registry.builder_names() == ("aaa", *sorted(registry.CLASSES), "zzz")


def test_the_table_of_classes_is_what_is_installed() -> None:
    points = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]["entry-points"][registry.GROUP]
    assert points == {name: f"arrowsets.builders.{name}:{cls}" for name, cls in registry.CLASSES.items()}


@pytest.mark.parametrize("name", ["csv", "imagefolder", "sql"])
def test_our_builders_are_found_without_looking_through_packages(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", None)
    registry.forget()
    assert registry.is_builder(name)
    assert registry.builder(name).name == name


def test_a_plugin_is_a_builder_and_a_path_is_none(installed: list[EntryPoint]) -> None:
    installed.append(point("fake", "no_such_module:B"))
    assert registry.is_builder("fake")
    assert not registry.is_builder("data/fake")


def test_a_builder_is_loaded_by_name(installed: list[EntryPoint], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plugin", type(sys)("plugin"))
    monkeypatch.setattr(sys.modules["plugin"], "Fake", Fake, raising=False)
    installed.append(point("fake", "plugin:Fake"))
    assert registry.builder("fake") is Fake
    assert registry.builder_of_extension(".fake") == "fake"
    assert registry.extension_keywords("fake", ".fk") == {"sep": "\t"}


def test_an_unknown_name_lists_those_that_exist(installed: list[EntryPoint]) -> None:
    installed.append(point("fake", "x:Y"))
    with pytest.raises(
        UnknownName, match="unknown builder 'cvs'; allowed: .*'csv', 'eval', 'fake', .*; did you mean 'csv'"
    ):
        registry.builder("cvs")


def test_a_broken_plugin_says_why(installed: list[EntryPoint]) -> None:
    installed.append(point("broken", "no_such_module:B"))
    with pytest.raises(MissingDependency, match=r"'broken' .* cannot be imported: No module named 'no_such_module'"):
        registry.builder("broken")
    assert registry.builder_of_extension(".any") is None


def test_ours_come_before_anothers_of_the_same_name(installed: list[EntryPoint]) -> None:
    installed += [point("csv", "evil:Csv"), point("csv", "arrowsets.builders.csv:CsvBuilder")]
    assert registry.builder_of_extension(".tsv") == "csv"
    assert registry.builder("csv").__module__ == "arrowsets.builders.csv"


def test_our_extensions_import_nothing(installed: list[EntryPoint]) -> None:
    installed += [point("fake", "no_such_module:B")]
    assert registry.builder_of_extension(".jpeg") == "imagefolder"
    assert registry.builder_of_extension(".fk") is None
    assert registry.builder_of_extension("") is None


def test_a_registered_builder_comes_first(installed: list[EntryPoint]) -> None:
    installed.append(point("fake", "no_such_module:B"))
    registry.register("fake", Fake)
    try:
        assert registry.builder("fake") is Fake
        assert registry.builder_of_extension(".fk") == "fake"
        assert set(registry.builder_names()) == {"fake", *registry.CLASSES}
    finally:
        registry.unregister("fake")


@pytest.mark.parametrize("name", sorted(registry.EXTENSIONS))
def test_the_table_of_extensions_is_what_the_classes_say(name: str) -> None:
    if name not in registry.builder_names():
        pytest.skip(f"{name} is not installed")
    try:
        cls = registry.builder(name)
    except MissingDependency as error:
        pytest.skip(str(error))
    assert set(cls.extensions) == set(registry.EXTENSIONS[name].split())


def test_importing_the_registry_imports_no_builder() -> None:
    code = "import sys, arrowsets.registry as r; r.builder_names(); r.builder_of_extension('.csv')\n"
    code += (
        "sys.exit(any(m.startswith('arrowsets.builders') or m in ('pandas', 'requests', 'yaml') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path.cwd()).returncode == 0
