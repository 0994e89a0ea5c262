"""Compiled row makers: functions that build the dict of one row, made once for each number of columns.

A dict display compiled by Python is the fastest way to make a row of known columns. The source that is
compiled holds only positions and fixed text (`{n0: c0, n1: c1}`); column names, which come from data, are
bound as arguments and are never part of any source. What is compiled therefore depends on the number and
kinds of the columns alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

__all__ = ["compile_expression", "iter_row_dicts", "row_dicts", "row_function"]

Row = dict[str, Any]

# Above this width the source grows long, and a row costs so much that the loop around it does not show.
_WIDEST = 200


def compile_expression(parameters: Sequence[str], expression: str) -> Callable[..., Any]:
    """Compile `lambda parameters: expression`.

    Callers pass text that they wrote themselves, with positions filled in; never a name or value out of data.
    """
    # Safe: see the module's docstring. The built-ins stay in reach, for C code that is called from here
    # imports modules through those of the calling frame (pyarrow, for time zones).
    made = eval(f"lambda {', '.join(parameters)}: {expression}", {})  # noqa: S307
    return cast("Callable[..., Any]", made)


def row_dicts(names: Sequence[str], columns: Sequence[Iterable[Any]], num_rows: int) -> list[Row]:
    """Make the rows of columns of equal length.

    >>> row_dicts(["a", "b"], [[1, 2], ["x", "y"]], 2)
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    """
    if not names:
        return [{} for _ in range(num_rows)]
    if len(names) > _WIDEST:
        return list(_wide_rows(names, columns))
    return cast("list[Row]", _maker(len(names), "[{}]")(*names, *columns))


def iter_row_dicts(names: Sequence[str], columns: Sequence[Iterable[Any]]) -> Iterator[Row]:
    """Make the rows of at least one column, each when it is asked for; columns may be iterators."""
    if len(names) > _WIDEST:
        return _wide_rows(names, columns)
    return cast("Iterator[Row]", _maker(len(names), "({})")(*names, *columns))


def row_function(names: Sequence[str], cells: Sequence[Callable[[int], Any]]) -> Callable[[int], Row]:
    """Join functions from a row's position to a cell into one from a row's position to the row.

    >>> row_function(["a", "b"], [[1, 2].__getitem__, "xy".__getitem__])(1)
    {'a': 2, 'b': 'y'}
    """
    return cast("Callable[[int], Row]", _joiner(len(names))(*names, *cells))


@lru_cache(maxsize=256)
def _joiner(width: int) -> Callable[..., Any]:
    names, cells = ([f"{letter}{c}" for c in range(width)] for letter in "nf")
    display = ", ".join(f"{name}: {cell}(i)" for name, cell in zip(names, cells, strict=True))
    return compile_expression([*names, *cells], f"lambda i: {{{display}}}")


@lru_cache(maxsize=256)
def _maker(width: int, brackets: str) -> Callable[..., Any]:
    names, values, columns = ([f"{letter}{c}" for c in range(width)] for letter in "nvc")
    display = ", ".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))
    loop = f"{{{display}}} for {', '.join(values)}, in zip({', '.join(columns)})"
    return compile_expression([*names, *columns], brackets.format(loop))


def _wide_rows(names: Sequence[str], columns: Sequence[Iterable[Any]]) -> Iterator[Row]:
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
