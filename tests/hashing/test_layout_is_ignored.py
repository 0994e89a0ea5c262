"""Edits that do not change what a function does."""

# ruff: noqa: E501  (a table row is one line)
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from arrowsets.hashing import fingerprint

Define = Callable[..., Any]

PLAIN = "def f(row, k=1):\n    total = row['a'] + k\n    return {'b': total}\n"
SAME = {
    "comment": "def f(row, k=1):\n    # sum\n    total = row['a'] + k  # here\n    return {'b': total}\n",
    "spaces": "def f( row,k = 1 ):\n\n    total=row [ 'a' ]+k\n\n    return { 'b' : total }\n",
    "docstring": "def f(row, k=1):\n    'Add.'\n    total = row['a'] + k\n    return {'b': total}\n",
    "long docstring": "def f(row, k=1):\n    '''Add.\n\n    More.'''\n    total = row['a'] + k\n    return {'b': total}\n",
    "annotations": "def f(row: dict, k: 'int' = 1) -> dict:\n    total: int = row['a'] + k\n    return {'b': total}\n",
    "name of a local": "def f(row, k=1):\n    s = row['a'] + k\n    return {'b': s}\n",
    "name of the first parameter": "def f(example, k=1):\n    total = example['a'] + k\n    return {'b': total}\n",
    "name of the function": "def g(row, k=1):\n    total = row['a'] + k\n    return {'b': total}\nf = g\n",
    "position": "import os\nx = 1\n\n\n" + PLAIN,
    "lines": "def f(\n    row,\n    k=1,\n):\n    total = (\n        row['a']\n        + k\n    )\n    return {\n        'b': total\n    }\n",
    "pass": "def f(row, k=1):\n    total = row['a'] + k\n    pass\n    return {'b': total}\n",
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME)
def test_an_edit_that_changes_nothing_keeps_the_digest(define: Define, source: str) -> None:
    assert fingerprint(define(source)).digest == fingerprint(define(PLAIN)).digest


@pytest.mark.parametrize("filename", ["other.py", "/tmp/ipykernel_7/1234.py", "<ipython-input-1-abc>", "<string>"])
def test_the_name_of_the_file_does_not_count(define: Define, filename: str) -> None:
    assert fingerprint(define(PLAIN, filename=filename)) == fingerprint(define(PLAIN))


def test_two_equal_lambdas_on_one_line_are_equal() -> None:
    first, second = (lambda row: row["a"] + 1), (lambda row: row["a"] + 1)
    assert fingerprint(first) == fingerprint(second)


STRUCTURES = {
    "try": (
        "def f(x):\n  try:\n    return x.y\n  except (ValueError, KeyError) as e:\n    return e\n  finally:\n    x()\n",
        "def f(x):\n  # c\n  try:\n\n    return (x\n      .y)\n\n  except (ValueError,\n    KeyError) as error:\n    return error\n  finally:\n    # c\n    x()\n",
    ),
    "comprehension": (
        "def f(x, a):\n  return any(n.startswith(a) for n in x if n and n.b)\n",
        "def f(x, a):\n  return any(\n    m.startswith(a)\n    for m in x\n    if m\n    and m.b\n  )\n",
    ),
    "class in a function": (
        "def f(x):\n  class A:\n    y = 1\n    def m(self): return x\n  return A()\n",
        "\n\ndef f(x):\n  class A:\n    'A.'\n    y = 1\n\n    def m(self) -> int:\n      'm.'\n      return x\n  return A()\n",
    ),
    "annotated inner function": (
        "def f(x):\n  def g(y, z=1, *, w=2): return x + y\n  return g(1)\n",
        "def f(x):\n  def g(y: int, z: list[str] = 1, *, w: 'W' = 2) -> dict[str, int]: return x + y\n  return g(1)\n",
    ),
    "loop": (
        "def f(x):\n  for a, b in x:\n    if a: continue\n    while b: b -= 1\n  else: return 1\n",
        "def f(x):\n\n  for c, d in x:\n    if c:\n      # skip\n      continue\n    while d:\n      d -= 1\n  else:\n    return 1\n",
    ),
    "with and match": (
        "def f(x):\n  with x as y:\n    match y:\n      case [1, z]: return z\n      case _: return 2\n",
        "def f(x):\n  with (\n    x as q\n  ):\n    match q:\n      # c\n      case [1, w]:\n        return w\n      case _:\n        return 2\n",
    ),
    "async generator": (
        "async def f(x):\n  async for y in x: yield await y\n",
        "async def f(x):\n  async for z in x:\n    # c\n    yield (\n      await z\n    )\n",
    ),
}


@pytest.mark.parametrize(("old", "new"), STRUCTURES.values(), ids=STRUCTURES)
def test_layout_and_names_of_locals_do_not_count_in_any_statement(define: Define, old: str, new: str) -> None:
    assert fingerprint(define(old)).digest == fingerprint(define(new)).digest
