"""Which rows of which splits: `train[:10%]+test[5:]`.

    spec     = part ("+" part)*
    part     = name slice?
    name     = word ("." word)*                      "all" stands for every split, one after the other
    slice    = "[" bound? ":" bound? "]" rounding?
    bound    = "-"? digits "%"?                      negative counts from the end; one "%" makes both bounds percent
    rounding = "(" ("closest" | "pct1_dropremainder") ")"

Spaces may stand between any two of these. "closest" rounds a percentage to the nearest row (halves to the even row);
"pct1_dropremainder" makes all percents equally many rows and drops the rest.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Self, cast

from arrowsets.errors import SplitNotFound
from arrowsets.lazy import pattern
from arrowsets.record import dataclass

__all__ = ["NamedSplit", "NamedSplitAll", "ReadInstruction", "Split", "SplitBase", "SplitRows", "parse", "percent"]

Unit = Literal["%", "abs"]
Rounding = Literal["closest", "pct1_dropremainder"]

_ALL: Final = "all"
_UNITS: Final = ("%", "abs")
_ROUNDINGS: Final = ("closest", "pct1_dropremainder")
_NAME: Final = pattern(r"\w+(?:\.\w+)*")
_BOUND: Final = pattern(r"(-?[0-9]+(?:_[0-9]+)*)\s*(%?)")
_ROUNDING: Final = pattern(r"\(\s*(closest|pct1_dropremainder)\s*\)")
_SPACE: Final = pattern(r"\s*")
_PLUS: Final = pattern(r"\+")
_OPEN: Final = pattern(r"\[")
_COLON: Final = pattern(":")
_CLOSE: Final = pattern(r"\]")


class SplitRows(NamedTuple):
    """Rows `start` (included) to `stop` (excluded) of a split."""

    split: str
    start: int
    stop: int


@dataclass(frozen=True)
class _Part:
    split: str
    start: int | None = None
    stop: int | None = None
    unit: Unit = "abs"
    rounding: Rounding | None = None

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise ValueError(f"unknown unit {self.unit!r}; allowed: '%', 'abs'")
        if self.rounding is not None and self.rounding not in _ROUNDINGS:
            raise ValueError(f"unknown rounding {self.rounding!r}; allowed: 'closest', 'pct1_dropremainder'")
        if self.unit != "%" and self.rounding is not None:
            raise ValueError(f"rounding={self.rounding!r} needs percents; bounds in rows are exact")
        for bound in (self.start, self.stop):
            if self.unit == "%" and bound is not None and abs(bound) > 100:
                raise ValueError(f"{bound}% of {self.split!r}: percents go from -100 to 100")

    def __str__(self) -> str:
        if self.start is None and self.stop is None:
            return self.split
        mark = "%" if self.unit == "%" else ""
        start, stop = ("" if bound is None else f"{bound}{mark}" for bound in (self.start, self.stop))
        rounding = "(pct1_dropremainder)" if self.rounding == "pct1_dropremainder" else ""
        return f"{self.split}[{start}:{stop}]{rounding}"

    def rows(self, split: str, num_rows: int) -> SplitRows:
        sliced = (self.start, self.stop) != (None, None)
        if sliced and self.rounding == "pct1_dropremainder" and num_rows < 100:
            raise ValueError(
                f"{self}: one percent of the {num_rows} rows of {split!r} is no row; use rounding 'closest'"
            )
        start = 0 if self.start is None else self._absolute(self.start, num_rows)
        stop = num_rows if self.stop is None else self._absolute(self.stop, num_rows)
        return SplitRows(split, start, max(start, stop))

    def _absolute(self, bound: int, num_rows: int) -> int:
        if self.unit == "%":
            equal = self.rounding == "pct1_dropremainder"
            bound = bound * (num_rows // 100) if equal else _percent(bound, num_rows)
        return min(max(0, num_rows + bound if bound < 0 else bound), num_rows)


def _percent(percent: int, num_rows: int) -> int:
    # In integers: a float rounds wrong beyond 2**53 rows, and halves just below it.
    quotient, rest = divmod(abs(percent) * num_rows, 100)
    rounded = quotient + (rest > 50 or (rest == 50 and quotient % 2 == 1))
    return rounded if percent >= 0 else -rounded


class _Parser:
    """One text and the position in it."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def spec(self) -> tuple[_Part, ...]:
        parts = [self._part()]
        while self._accept(_PLUS):
            parts.append(self._part())
        if self._at < len(self._text):
            raise self._expected("'+', '[' or the end")
        return tuple(parts)

    def _part(self) -> _Part:
        begin = self._at
        name = self._accept(_NAME)
        if name is None:
            raise self._expected("the name of a split")
        bracket = self._at
        if not self._accept(_OPEN):
            return _Part(name[0])
        if name[0] == _ALL:
            raise self._expected("no slice after 'all'", bracket)
        start = self._accept(_BOUND)
        self._demand(_COLON, "':'")
        stop = self._accept(_BOUND)
        self._demand(_CLOSE, "']'")
        rounding_at = self._at
        rounding = self._accept(_ROUNDING)
        if rounding is None and self._text.startswith("(", self._at):
            raise self._expected("(closest) or (pct1_dropremainder)", rounding_at)
        try:
            return self._sliced(name[0], start, stop, rounding)
        except ValueError as error:
            raise self._wrong(str(error), begin) from error

    def _sliced(
        self,
        name: str,
        start: re.Match[str] | None,
        stop: re.Match[str] | None,
        rounding: re.Match[str] | None,
    ) -> _Part:
        bounds = [bound for bound in (start, stop) if bound is not None]
        unit: Unit = "%" if any(bound[2] for bound in bounds) else "abs"
        first, last = (None if bound is None else int(bound[1]) for bound in (start, stop))
        return _Part(name, first, last, unit, cast(Rounding, rounding[1]) if rounding else None)

    def _accept(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._skip(self._at))
        if match:
            self._at = self._skip(match.end())
        return match

    def _skip(self, at: int) -> int:
        space = _SPACE.match(self._text, at)
        return space.end() if space else at

    def _demand(self, pattern: re.Pattern[str], what: str) -> None:
        if not self._accept(pattern):
            raise self._expected(what)

    def _expected(self, what: str, at: int | None = None) -> ValueError:
        return self._wrong(f"expected {what}", self._at if at is None else at)

    def _wrong(self, what: str, at: int) -> ValueError:
        return ValueError(f"bad split {self._text!r}: {what} at column {at + 1}\n  {self._text}\n  {' ' * at}^")


class SplitBase:
    """What names of splits are, to `isinstance`."""

    __slots__ = ()

    def subsplit(
        self, arg: Any = None, k: int | None = None, percent: slice | None = None, weighted: Sequence[int] | None = None
    ) -> Any:
        """Return a part of a split, or parts of equal size or of given weights.

        Args:
            arg: Any of the others, told apart by its type.
            k: The number of parts.
            percent: The part from one percentage to another, as `percent[:10]` makes it.
            weighted: The weights of the parts.

        >>> Split.TRAIN.subsplit(percent[:10])
        NamedSplit('train[:10%]')
        >>> Split.TRAIN.subsplit([1, 3])
        (NamedSplit('train[0%:25%]'), NamedSplit('train[25%:100%]'))
        """
        if sum(value is not None for value in (arg, k, percent, weighted)) != 1:
            raise ValueError("give one of k=, percent= and weighted=")
        if isinstance(arg, int):
            k = arg
        elif isinstance(arg, slice):
            percent = arg
        elif arg is not None:
            weighted = arg
        if percent is not None:
            return _sliced(str(self), percent)
        if k is not None and not 0 < k <= 100:
            raise ValueError(f"k={k!r}: a split has 1 to 100 parts of whole percents")
        parts = [1] * k if k is not None else list(weighted or ())
        if not parts or min(parts) <= 0:
            raise ValueError(f"weighted={weighted!r}: weights are greater than 0")
        ends = [100 * sum(parts[:count]) // sum(parts) for count in range(len(parts) + 1)]
        return tuple(_sliced(str(self), slice(*bounds)) for bounds in itertools.pairwise(ends))


class _Percent:
    """Makes parts of splits: `percent[10:20]`."""

    def __getitem__(self, bounds: slice) -> slice:
        return bounds

    def __repr__(self) -> str:
        return "percent"


percent: Final = _Percent()


def _sliced(split: str, bounds: slice) -> NamedSplit:
    if bounds.step is not None:
        raise ValueError(f"percents of a split take no step: {bounds.step!r}")
    start, stop = ("" if bound is None else f"{bound}%" for bound in (bounds.start, bounds.stop))
    return NamedSplit(split if start == stop == "" else f"{split}[{start}:{stop}]")


class NamedSplit(str, SplitBase):
    """The name of a split, or an instruction such as `train[:10%]`.

    >>> NamedSplit("train") == "train"
    True
    """

    __slots__ = ()

    def __new__(cls, name: str) -> Self:
        """Check the name's form."""
        _Parser(name).spec()
        return super().__new__(cls, name)

    def __repr__(self) -> str:
        return f"NamedSplit({str(self)!r})"

    def __add__(self, other: str) -> str:
        # Two splits make the union of their rows; a split and a text make a text, as for a file's name.
        return NamedSplit(f"{self!s}+{other!s}") if isinstance(other, NamedSplit) else str(self) + other

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)


class NamedSplitAll(NamedSplit):
    """All splits, one after the other: `Split.ALL`."""

    __slots__ = ()

    def __new__(cls, name: str = _ALL) -> Self:
        """Take no other name than "all"."""
        if name != _ALL:
            raise ValueError(f"the union of all splits is called 'all', not {name!r}")
        return super().__new__(cls, name)

    def __repr__(self) -> str:
        return "NamedSplitAll()"


class Split:
    """The usual names of splits; `Split("dev")` makes another."""

    TRAIN: Final = NamedSplit("train")
    TEST: Final = NamedSplit("test")
    VALIDATION: Final = NamedSplit("validation")
    ALL: Final = NamedSplitAll()

    def __new__(cls, name: str) -> NamedSplit:  # type: ignore[misc]  # callers expect a name
        """Return a split name."""
        return NamedSplit(name)


class ReadInstruction:
    """Which rows to read; see the module for its text form.

    >>> ReadInstruction("train", from_=10, to=20, unit="%")
    ReadInstruction('train[10%:20%]')

    Args:
        rounding: "closest" (also None) or "pct1_dropremainder"; for percents only.
        from_: First row or percent; negative counts from the end. None: the beginning.
        to: First row or percent not read. None: the end.
        unit: "%" or "abs" (also None): rows.
    """

    __slots__ = ("_parts",)

    def __init__(
        self,
        split_name: str,
        rounding: Rounding | None = None,
        from_: int | None = None,
        to: int | None = None,
        unit: Unit | None = None,
    ) -> None:
        for name, bound in (("from_", from_), ("to", to)):
            if bound is not None and (not hasattr(bound, "__index__") or isinstance(bound, bool)):
                raise TypeError(f"{name}={bound!r}: a bound is a whole number")
        start, stop = (None if bound is None else bound.__index__() for bound in (from_, to))
        if str(split_name) == _ALL and (start, stop) != (None, None):
            raise ValueError("'all' takes no slice; slice the splits, or the dataset with select")
        self._parts: tuple[_Part, ...] = (_Part(str(split_name), start, stop, unit or "abs", rounding),)

    @classmethod
    def from_spec(cls, spec: str) -> ReadInstruction:
        """Read the text form.

        Raises:
            ValueError: points at the column where the text stops making sense.

        >>> ReadInstruction.from_spec("train[:10%]+test[5:]").to_absolute({"train": 50, "test": 9})
        [SplitRows(split='train', start=0, stop=5), SplitRows(split='test', start=5, stop=9)]
        """
        return cls._of(_Parser(str(spec)).spec())

    @classmethod
    def _of(cls, parts: tuple[_Part, ...]) -> ReadInstruction:
        made = cls.__new__(cls)
        object.__setattr__(made, "_parts", parts)
        return made

    def to_spec(self) -> str:
        """Return the text form."""
        return "+".join(map(str, self._parts))

    def to_absolute(self, name2len: Mapping[str, int]) -> list[SplitRows]:
        """Return the rows, given the number of rows of each split.

        Raises:
            SplitNotFound: for a split that is not among them.
        """
        found: list[SplitRows] = []
        for part in self._parts:
            if part.split == _ALL and _ALL not in name2len:
                found += [part.rows(str(split), num_rows) for split, num_rows in name2len.items()]
            elif part.split in name2len:
                found.append(part.rows(part.split, name2len[part.split]))
            else:
                raise SplitNotFound.of(part.split, name2len)
        return found

    def split_names(self) -> tuple[str, ...]:
        """Return the splits that are named, each once; "all" as it is."""
        return tuple(dict.fromkeys(part.split for part in self._parts))

    def is_whole_split(self) -> bool:
        """Tell whether this is one split, all of it."""
        return len(self._parts) == 1 and str(self._parts[0]) == self._parts[0].split != _ALL

    def __add__(self, other: ReadInstruction) -> ReadInstruction:
        if not isinstance(other, ReadInstruction):
            return NotImplemented
        return ReadInstruction._of(self._parts + other._parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReadInstruction) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __str__(self) -> str:
        return self.to_spec()

    def __repr__(self) -> str:
        return f"ReadInstruction({self.to_spec()!r})"


def parse(spec: str | ReadInstruction) -> ReadInstruction:
    """Return the instruction that a text, a split or an instruction means."""
    return spec if isinstance(spec, ReadInstruction) else ReadInstruction.from_spec(spec)
