"""Readers that run ahead in threads: what comes is as if they had run one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from arrowsets.engine.ahead import ahead


def _numbers(reader: int, count: int) -> Iterator[tuple[int, int]]:
    for number in range(count):
        yield reader, number


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("counts", [[], [0], [3], [5, 0, 1, 7], [1] * 20])
def test_items_come_in_the_order_of_their_readers(threads: int, counts: list[int]) -> None:
    readers = [partial(_numbers, reader, count) for reader, count in enumerate(counts)]
    expected = [(reader, number) for reader, count in enumerate(counts) for number in range(count)]
    assert list(ahead(readers, threads)) == expected


def test_an_error_comes_in_its_place() -> None:
    def broken() -> Iterator[tuple[int, int]]:
        yield 1, 0
        raise ValueError("here")

    readers: list[Callable[[], Iterator[tuple[int, int]]]] = [partial(_numbers, 0, 2), broken, partial(_numbers, 2, 2)]
    got = ahead(readers, 3)
    assert [next(got) for _ in range(3)] == [(0, 0), (0, 1), (1, 0)]
    with pytest.raises(ValueError, match="here"):
        next(got)


def test_no_thread_is_left_when_it_is_given_up() -> None:
    before = threading.active_count()
    got = ahead([partial(_numbers, reader, 1000) for reader in range(4)], 4)
    next(got)
    got.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_readers_are_no_more_than_an_item_ahead() -> None:
    made: list[int] = []

    def counted() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    for taken, _ in enumerate(ahead([counted], 1), 1):
        assert len(made) <= taken + 2
