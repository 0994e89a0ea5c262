"""Functions that use modules: the user's count by what they do, installed ones by version."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arrowsets.hashing import explain, fingerprint, packages

Define = Callable[..., Any]
WriteModule = Callable[[str, str], Any]

OLD, NEW = "def clean(x):\n    return 1\n", "def clean(x):\n    return 2000\n"
USES = {
    "from": "from helpers import clean\ndef f(r): return clean(r)",
    "attribute": "import helpers\ndef f(r): return helpers.clean(r)",
    "alias": "import helpers as h\ndef f(r): return [h.clean(x) for x in r]",
    "inside": "def f(r):\n    from helpers import clean\n    return clean(r)",
    "inside, whole": "def f(r):\n    import helpers\n    return helpers.clean(r)",
    "passed": "import helpers\ndef f(r): return getattr(helpers, 'clean')(r)",
    "wrapper": "from helpers import clean\ndef g(r): return clean(r)\ndef f(r): return g(r)",
    "closure": "import helpers\ndef make(g): return lambda r: g(r)\nf = make(helpers.clean)",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_an_edit_in_an_imported_module_is_seen(define: Define, write_module: WriteModule, use: str) -> None:
    write_module("helpers", OLD)
    old = fingerprint(define(use))
    write_module("helpers", NEW)
    assert fingerprint(define(use)).digest != old.digest


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_comment_in_an_imported_module_is_not(define: Define, write_module: WriteModule, use: str) -> None:
    write_module("helpers", OLD)
    old = fingerprint(define(use))
    write_module("helpers", f"'''Helpers.'''\n# comment\n\n\n{OLD}\n")
    assert fingerprint(define(use)).digest == old.digest


def test_what_is_not_used_of_a_module_does_not_count(define: Define, write_module: WriteModule) -> None:
    write_module("helpers", OLD)
    old = fingerprint(define(USES["attribute"]))
    write_module("helpers", OLD + "def other(x): return 3\nTABLE = [1]\n")
    assert fingerprint(define(USES["attribute"])) == old


def test_modules_are_followed_through_modules(define: Define, write_module: WriteModule) -> None:
    def made(body: str) -> str:
        write_module("deep", body)
        write_module("helpers", "import deep\nclass Tool:\n    def clean(self, x): return deep.clean(x)\n")
        return fingerprint(define("from helpers import Tool\ndef f(r): return Tool().clean(r)")).digest

    assert made(OLD) != made(NEW)


def test_an_import_inside_a_function_hashes_the_same_before_and_after(
    define: Define, write_module: WriteModule
) -> None:
    import sys

    write_module("helpers", OLD)
    del sys.modules["helpers"]
    function = define(USES["inside"])
    before = fingerprint(function)
    function(1)
    assert fingerprint(function) == before


def test_installed_packages_count_by_version(monkeypatch: pytest.MonkeyPatch) -> None:
    function = lambda r: np.log(r + 1)  # noqa: E731
    old = fingerprint(function)
    monkeypatch.setattr(packages, "_versions_at", lambda place: {})
    monkeypatch.setattr(metadata, "version", lambda name: "99.0")
    packages._version.cache_clear()
    packages._package_leaf.cache_clear()
    (difference,) = explain(old, fingerprint(function))
    monkeypatch.undo()
    packages._version.cache_clear()
    packages._package_leaf.cache_clear()
    assert str(difference) == f"global np: numpy {np.__version__} -> numpy 99.0"


@pytest.mark.parametrize("value", [np.log, np.mean, logging.getLogger, str.lower, "a".join, len, np.ndarray, dict])
def test_what_is_installed_is_stable(value: object) -> None:
    assert fingerprint(value).is_stable
    assert fingerprint(value) == fingerprint(value)


def test_a_decorator_from_a_package_does_not_hide_the_function() -> None:
    from contextlib import contextmanager

    one = contextmanager(lambda: iter([1]))
    two = contextmanager(lambda: iter([2]))
    assert fingerprint(one).digest != fingerprint(two).digest


def test_a_module_named_like_one_of_pythons_is_the_users(define: Define, write_module: WriteModule) -> None:
    old = fingerprint(write_module("this", OLD).clean)
    assert fingerprint(write_module("this", NEW).clean).digest != old.digest


def test_versions_are_those_that_the_packages_tell() -> None:
    names = {each.name: each.version for each in metadata.distributions() if each.name.isidentifier()}
    told = {name: packages._version(name) for name in names}
    assert len(told) > 20
    assert told == names


def test_a_package_that_is_there_twice_has_the_version_that_is_found_first(tmp_path: Path) -> None:
    for folder in ("a-1.dist-info", "b-1.0+cpu.dist-info", "b-2.dist-info", "c.dist-info"):
        (tmp_path / folder).mkdir()
    assert packages._versions_at(str(tmp_path)) == {"a": "1"}
    assert packages._versions_at(str(tmp_path / "none")) == {}
