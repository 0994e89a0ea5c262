"""Memory that allocators hold unused is given back when there is much of it, and not before."""

from __future__ import annotations

from arrowsets.table.paging import Work

MIB = 1 << 20


class Memory:
    """What a process holds, and how often it gave back what it did not use."""

    def __init__(self, held: int | None) -> None:
        self.held, self.released = held, 0

    def release(self) -> None:
        self.released += 1
        self.held = 100 * MIB

    def work(self) -> Work:
        return Work(lambda: self.held, self.release)


def test_little_is_kept_for_what_comes_next() -> None:
    memory = Memory(100 * MIB)
    work = memory.work()
    for _ in range(1000):
        work.add(8 * MIB)
    memory.held = 115 * MIB
    for _ in range(1000):
        work.add(8 * MIB)
    assert memory.released == 0


def test_much_is_given_back_each_time_it_gathers() -> None:
    memory = Memory(100 * MIB)
    work = memory.work()
    work.add(32 * MIB)
    for times in range(1, 4):
        memory.held = 116 * MIB
        work.add(31 * MIB)
        assert memory.released == times - 1  # it is looked at every 32 MiB
        work.add(MIB)
        assert memory.released == times
        work.add(320 * MIB)
        assert memory.released == times


def test_what_was_least_counts() -> None:
    memory = Memory(500 * MIB)
    work = memory.work()
    work.add(32 * MIB)
    memory.held = 200 * MIB  # the user dropped something
    work.add(32 * MIB)
    assert memory.released == 0
    memory.held = 216 * MIB
    work.add(32 * MIB)
    assert memory.released == 1


def test_where_nobody_knows_it_is_given_back_by_bytes() -> None:
    memory = Memory(None)
    work = Work(lambda: None, memory.release)
    for _ in range(10):
        work.add(32 * MIB)
    assert memory.released == 10
