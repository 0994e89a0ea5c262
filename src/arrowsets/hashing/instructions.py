"""Instructions of a code object, cleaned of what only the layout of the source decides.

NOPs, cache entries, line-dependent super-instructions, jumps to jumps, annotations of inner functions and
what a class body stores about its place are removed or undone. What is left is the same for two sources that
mean the same, nearly always; where it is not, the price is one recomputation.
"""

from __future__ import annotations

import dis
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import CodeType

from arrowsets.record import dataclass

__all__ = ["Step", "handlers", "plain_steps", "positions", "steps_of"]

_DROPPED = frozenset({"NOP", "CACHE", "EXTENDED_ARG", "RESUME", "MAKE_CELL", "COPY_FREE_VARS", "NOT_TAKEN"})
_PLACE_NAMES = frozenset(
    {
        *("__firstlineno__", "__static_attributes__", "__qualname__", "__module__", "__doc__"),
        *("__annotate__", "__annotate_func__"),
    }
)
_JUMPS_ALWAYS = frozenset({"JUMP", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})
_LOAD_CONST = frozenset({"LOAD_SMALL_INT", "LOAD_CONST_IMMORTAL", "LOAD_CONST_MORTAL"})
# Two jumps may point at each other: while True: pass.
_LONGEST_JUMP_CHAIN = 8


@dataclass
class Step:
    """An instruction.

    Attributes:
        value: The resolved argument: a constant, a name.
        text: The argument as `dis` shows it.
        target: The offset it jumps to, or -1.
        effect: By how much it makes the stack grow.
    """

    offset: int
    name: str
    value: object = None
    text: str = ""
    target: int = -1
    effect: int = 0


def steps_of(code: CodeType) -> list[Step]:
    """Return the instructions that matter."""
    steps = [step for item in dis.get_instructions(code) for step in _steps(item)]
    _thread_jumps(steps)
    steps = [step for step in steps if step.name not in _DROPPED]
    return _without_jumps_ahead(_without_detours(_without_places(_without_annotations(steps))))


def plain_steps(code: CodeType) -> list[Step]:
    """Return every instruction that does something, as it stands there, with fused ones undone."""
    steps = (step for item in dis.get_instructions(code) for step in _steps(item))
    return [step for step in steps if step.name not in _DROPPED]


def positions(steps: Sequence[Step]) -> Callable[[int], int]:
    """Return the function from byte offsets to indices into `steps`; dropped ones count as the next."""
    offsets = [step.offset for step in steps]
    return lambda offset: bisect_left(offsets, offset)


def handlers(code: CodeType, position: Callable[[int], int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the exception handlers as (start, end, target, depth), neighbours with one target joined."""
    last: tuple[int, int, int, int] | None = None
    for start, end, target, depth in _exception_table(code.co_exceptiontable):
        entry = (position(start), position(end), position(target), depth)
        if entry[0] == entry[1]:
            continue
        if last is not None and last[1] == entry[0] and last[2:] == entry[2:]:
            last = (last[0], entry[1], *entry[2:])
            continue
        if last is not None:
            yield last
        last = entry
    if last is not None:
        yield last


def _exception_table(table: bytes) -> Iterator[tuple[int, int, int, int]]:
    # Entries of four numbers, six bits a byte, most significant first; bit 6 says that another byte follows.
    numbers: list[int] = []
    value = 0
    for byte in table:
        value = (value << 6) | (byte & 63)
        if not byte & 64:
            numbers.append(value)
            value = 0
    for at in range(0, len(numbers) - 3, 4):
        start, length, target, depth = numbers[at : at + 4]
        yield start * 2, (start + length) * 2, target * 2, depth


def _steps(item: dis.Instruction) -> list[Step]:
    """Read an instruction, with fused and borrowing loads undone: the compiler fuses only within a line."""
    name, at = item.opname.replace("_BORROW", ""), item.offset
    if name == "RETURN_CONST":
        return [Step(at, "LOAD_CONST", item.argval, effect=1), Step(at, "RETURN_VALUE", effect=-1)]
    if name in _LOAD_CONST:
        return [Step(at, "LOAD_CONST", item.argval, effect=1)]
    if name.count("_FAST") == 2 and isinstance(item.argval, tuple):
        first, second = re.findall(r"[A-Z]+_FAST", name)
        return [
            Step(at, part, value, effect=1 if part == "LOAD_FAST" else -1)
            for part, value in zip((first, second), item.argval, strict=True)
        ]
    text = item.argrepr or ("" if item.arg is None else str(item.arg))
    if name == "LOAD_SUPER_ATTR" and item.arg is not None:
        text = f"{item.argval} {item.arg & 3}"
    jumps = item.opcode in dis.hasjrel or item.opcode in dis.hasjabs
    effect = dis.stack_effect(item.opcode, item.arg if item.opcode >= dis.HAVE_ARGUMENT else None, jump=False)
    return [Step(at, name, item.argval, text, item.argval if jumps else -1, effect)]


def _thread_jumps(steps: list[Step]) -> None:
    """Let a jump to a jump go where that one goes."""
    landing: dict[int, Step] = {}
    after: Step | None = None
    for step in reversed(steps):
        if step.name not in _DROPPED or after is None:
            after = step
        landing[step.offset] = after
    for step in steps:
        for _ in range(_LONGEST_JUMP_CHAIN):
            goal = landing.get(step.target)
            if goal is None or goal.name not in _JUMPS_ALWAYS:
                break
            step.target = goal.target


_OPPOSITE = {"IF_TRUE": "IF_FALSE", "IF_FALSE": "IF_TRUE", "IF_NONE": "IF_NOT_NONE", "IF_NOT_NONE": "IF_NONE"}


def _without_detours(steps: list[Step]) -> list[Step]:
    """Turn a conditional jump over an unconditional one into the opposite conditional jump."""
    kept: list[Step] = []
    over: Step | None = None
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        condition = over.name[over.name.find("IF_") :] if over is not None else ""
        skips = over is not None and after is not None and step.offset < over.target <= after.offset
        if over is not None and skips and step.name in _JUMPS_ALWAYS and condition in _OPPOSITE:
            over.name, over.target = f"POP_JUMP_{_OPPOSITE[condition]}", step.target
        else:
            kept.append(step)
        over = step if step.name.startswith("POP_JUMP_") else None
    return kept


def _without_jumps_ahead(steps: list[Step]) -> list[Step]:
    kept = [
        step
        for step, after in pairwise(steps)
        if not (step.name in _JUMPS_ALWAYS and step.offset < step.target <= after.offset)
    ]
    return kept + steps[-1:]


def _without_places(steps: list[Step]) -> list[Step]:
    """Drop what a class body stores about its place in the file."""
    kept: list[Step] = []
    for step in steps:
        if step.name == "STORE_NAME" and step.value in _PLACE_NAMES:
            del kept[_expression(kept, len(kept)) :]
        else:
            kept.append(step)
    return kept


def _without_annotations(steps: list[Step]) -> list[Step]:
    """Drop the annotations that are computed where an inner function is defined."""
    kept: list[Step] = []
    for step in steps:
        if step.name == "MAKE_FUNCTION" and "annotations" in step.text:
            flags = [flag for flag in step.text.split(", ") if flag != "annotations"]
            # Below the code object lie the closure, then the annotations.
            end = _expression(kept, len(kept))
            if "closure" in flags:
                end = _expression(kept, end)
            del kept[_expression(kept, end) : end]
            step.text, step.effect = ", ".join(flags), -len(flags)
        elif step.name == "SET_FUNCTION_ATTRIBUTE" and "annot" in step.text:
            end = _expression(kept, len(kept))
            del kept[_expression(kept, end) : end]
            continue
        kept.append(step)
    return kept


def _expression(steps: Sequence[Step], end: int) -> int:
    """Return where the straight-line expression begins that ends before `end`."""
    height = 0
    for start in range(end - 1, -1, -1):
        height += steps[start].effect
        if height == 1:
            return start
    return end
