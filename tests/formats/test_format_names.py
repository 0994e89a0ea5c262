"""Formats by their names."""

from __future__ import annotations

from typing import Any

import pytest

from arrowsets.errors import MissingDependency, UnknownName
from arrowsets.formats import format_name, get_format


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        (None, None),
        ("python", None),
        ("np", "numpy"),
        ("pt", "torch"),
        ("pytorch", "torch"),
        ("tf", "tensorflow"),
        ("jax", "jax"),
        ("pd", "pandas"),
        ("pl", "polars"),
        ("pa", "arrow"),
        ("pyarrow", "arrow"),
        ("custom", "custom"),
    ],
)
def test_short_names(alias: str | None, name: str | None) -> None:
    assert format_name(alias) == name


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UnknownName, match=r"'numpy', .* did you mean 'numpy'"):
        get_format("nunpy")


@pytest.mark.parametrize("name", ["torch", "tensorflow", "jax", "pandas", "polars"])
def test_a_missing_package_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, package: str | None = None) -> Any:
        raise ImportError(module)

    monkeypatch.setattr("arrowsets.formats.base.import_module", missing)
    with pytest.raises(MissingDependency, match="pip install"):
        get_format(name)


@pytest.mark.parametrize("name", [None, "arrow"])
def test_formats_without_options_refuse_them(name: str | None) -> None:
    with pytest.raises(UnknownName, match="'dtype'"):
        get_format(name, dtype="int8")
