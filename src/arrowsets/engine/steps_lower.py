"""Lowering: a plan becomes pieces of shards and the steps over them, and these become stages.

Steps that choose rows are done to the pieces where that is the same as doing them to rows:

    take, skip      where all steps before them keep rows one to one, and rows are counted
    share           where all steps before it do the same to a share as to the whole
    shuffle         its order of units, where all steps before it may see units in any order

Elsewhere they become stages: a take behind a filter reads what the filter reads, and readers that share a mix each read
all of it and keep their rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field, replace
from functools import partial
from itertools import groupby

from arrowsets.engine.plan import Beside, Concatenated, Context, Mixed, Piece, Plan, Shards, Step
from arrowsets.engine.plan_pieces import Pieces
from arrowsets.engine.stages import ReadStage, Stage
from arrowsets.engine.stages_beside import BesideStage
from arrowsets.engine.stages_mix import MixStage
from arrowsets.engine.stages_rows import ChainStage, RepeatStage
from arrowsets.engine.steps import Columns, Repeat, Share, Shift, Shuffle, Skip, Take, Units
from arrowsets.features import Features
from arrowsets.record import dataclass

__all__ = ["Lowered", "count_rows", "in_order_shares", "lower", "open_plan"]

LARGEST_GRAIN = 1 << 17
SMALLEST_SHARE = 10_000
NOTHING = Pieces((), (), (), ())


@dataclass(frozen=True)
class Branch:
    """Shards and the steps that belong to them alone.

    Attributes:
        base: Position of the first row among those of all branches.
        zero: The position, counted in shards, of that first row.
    """

    shards: Shards
    steps: tuple[Step, ...] = ()
    base: int = 0
    zero: int = 0


@dataclass
class Lowered:
    """A plan that can be opened.

    Attributes:
        branches: What pieces are of. Empty: the plan is over a mix.
        sized: Pieces are rows of the plan one to one, and counted.
        mix: Plans that must run before anything is known of their rows.
        steps: What is done to the rows that were read.
        shuffled: The shuffle over several readers side by side, and what comes before it is done in each.
    """

    branches: list[Branch]
    pieces: Pieces
    sized: bool
    mix: Mixed | Concatenated | Beside | None = None
    steps: list[Step] = field(default_factory=list)
    shuffled: int | None = None

    @property
    def num_rows(self) -> int | None:
        """How many rows there are, where that is known before they are read."""
        known = self.sized and all(step.one_to_one or isinstance(step, Shuffle) for step in self.steps)
        return self.pieces.num_rows if known else None


def open_plan(plan: Plan, context: Context, upto: int | None = None) -> Stage:
    """Make the stages of a plan.

    Args:
        upto: Only those of so many of the steps that are left after lowering.
    """
    lowered = lower(plan, context)
    steps = lowered.steps[:upto]
    repeats = [index for index, step in enumerate(steps) if isinstance(step, Repeat)]
    if repeats:
        last = repeats[-1]
        repeat = steps[last]
        assert isinstance(repeat, Repeat)
        stage: Stage = RepeatStage(lambda number: open_plan(plan, context.again(number), last), repeat.times)
        steps = steps[last + 1 :]
    elif lowered.shuffled is not None and lowered.shuffled < len(steps):
        shuffle = steps[lowered.shuffled]
        assert isinstance(shuffle, Shuffle)
        before = steps[: lowered.shuffled]
        lanes = [_read(lowered, pieces, before, context) for pieces in lowered.pieces.lanes(shuffle.inputs)]
        stage = shuffle.open_lanes(lanes, context)
        steps = steps[lowered.shuffled + 1 :]
    else:
        return _read(lowered, lowered.pieces, steps, context)
    return _over(stage, steps, context)


def _over(stage: Stage, steps: Sequence[Step], context: Context) -> Stage:
    for step in steps:
        stage = step.open(stage, context)
    return stage


def _read(lowered: Lowered, pieces: Pieces, steps: Sequence[Step], context: Context) -> Stage:
    return _over(_source(lowered, pieces, context), steps, context)


def _source(lowered: Lowered, pieces: Pieces, context: Context) -> Stage:
    mix = lowered.mix
    if isinstance(mix, Concatenated):
        return ChainStage([partial(open_plan, plan, context) for plan in mix.plans], None)
    if isinstance(mix, Beside):
        return BesideStage([open_plan(plan, context) for plan in mix.plans])
    if mix is not None:
        makers = [partial(_again, plan, context) for plan in mix.plans]
        return MixStage(makers, mix.probabilities, mix.seed, mix.stopping)
    if len(lowered.branches) == 1:
        return _branch(lowered, 0, pieces.pieces, context)
    runs = [(number, tuple(run)) for number, run in groupby(pieces.pieces, key=lambda piece: piece.branch)]
    bases = [lowered.branches[number].base for number, _ in runs] if lowered.sized else None
    return ChainStage([partial(_branch, lowered, number, run, context) for number, run in runs], bases)


def _again(plan: Plan, context: Context, number: int) -> Stage:
    return open_plan(plan, context.again(number) if number else context)


def _branch(lowered: Lowered, number: int, pieces: tuple[Piece, ...], context: Context) -> Stage:
    branch = lowered.branches[number]
    counted = all(shard.num_rows is not None for shard in branch.shards.shards)
    grain = lowered.pieces.grains[number]
    stage = ReadStage(branch.shards.shards, pieces, branch.shards.features, counted=counted, block=grain)
    return _over(stage, branch.steps, context)


def count_rows(plan: Plan) -> int | None:
    """Return how many rows a plan has, if that is known before they are read."""
    lowered = lower(plan, Context())
    times = 1
    for step in lowered.steps:
        if isinstance(step, Repeat):
            if step.times is None:
                return None
            times *= max(step.times, 0)
    kept = [step for step in lowered.steps if not isinstance(step, Repeat)]
    counted = replace(lowered, steps=kept).num_rows
    return None if counted is None else counted * times


def in_order_shares(plan: Plan, most: int) -> int:
    """Return into how many shares a plan can be cut that are the whole when they are put one after the other."""
    lowered = lower(plan, Context())
    fixed = any(isinstance(step, (Shuffle, Repeat)) for step in lowered.steps)
    if lowered.mix is not None or fixed or not _shares(lowered):
        return 1
    rows = lowered.pieces.num_rows
    return max(1, min(most, len(lowered.pieces.pieces) if rows is None else rows // SMALLEST_SHARE))


# Lowering


def lower(plan: Plan, context: Context, *, shared: bool = False) -> Lowered:
    """Move what can be done to pieces to them.

    Args:
        shared: The plan is a part of one that is shared out.
    """
    lowered = _lowered_source(plan, context, shared or any(isinstance(step, Share) for step in plan.steps))
    for step in plan.steps:
        _add(lowered, step, context)
    return lowered


def _lowered_source(plan: Plan, context: Context, shared: bool) -> Lowered:
    source = plan.source
    if isinstance(source, Shards):
        return _of_shards(_narrowed(_counted(source) if shared else source, plan.steps))
    if isinstance(source, (Mixed, Beside)):
        return Lowered([], NOTHING, sized=False, mix=source)
    parts = [lower(inner, context, shared=shared) for inner in source.plans]
    if any(_is_barred(part) for part in parts):
        return Lowered([], NOTHING, sized=False, mix=source)
    return _joined(parts)


def _is_barred(part: Lowered) -> bool:
    """Tell whether a plan is more than pieces that may be shared out and put in any order."""
    free = all(step.shares and step.permutes and not isinstance(step, (Repeat, Shuffle)) for step in part.steps)
    return part.mix is not None or not free or _counts(part)


def _counted(source: Shards) -> Shards:
    """Count the rows of shards, so that shares of them are even; where not all can be counted, whole shards are dealt."""
    if all(shard.num_rows is not None for shard in source.shards):
        return source
    counted = tuple(shard.counted() for shard in source.shards)
    return replace(source, shards=counted) if all(shard.num_rows is not None for shard in counted) else source


def _narrowed(source: Shards, steps: Sequence[Step]) -> Shards:
    """Leave out columns that the first steps drop, where shards can leave them unread."""
    features = source.features
    names = None if features is None else _kept(list(features), steps)
    if features is None or not names or len(names) == len(features):
        return source
    shards = tuple(shard.only(names) for shard in source.shards)
    if any(own is shard for own, shard in zip(shards, source.shards, strict=True)):
        return source
    return Shards(shards, Features({name: features[name] for name in names}))


def _kept(names: list[str], steps: Sequence[Step]) -> list[str] | None:
    """Return which columns are left by the first steps, if these only drop some, or choose rows; None for others."""
    for step in steps:
        if isinstance(step, Columns):
            gone = set(step.removed)
            wanted = set(names) - gone if step.names is None else set(step.names)
            if not wanted | gone <= set(names):
                return None  # the step is going to say so
            names = [name for name in names if name in wanted]
        if not isinstance(step, (Share, Take, Skip, Shuffle, Repeat)) and (
            not isinstance(step, Columns) or step.renamed
        ):
            break
    return names


def _of_shards(source: Shards) -> Lowered:
    pieces, edges, at = [], [], 0
    counted = True
    for number, shard in enumerate(source.shards):
        rows = shard.num_rows
        if rows != 0:
            pieces.append(Piece(0, number, 0, rows, at if rows is not None else 0))
        counted = counted and rows is not None
        at += rows or 0
        edges.append(shard.edges)
    return Lowered([Branch(source)], Pieces(tuple(pieces), (tuple(edges),), (1,), (0,)), sized=counted)


def _joined(parts: Sequence[Lowered]) -> Lowered:
    branches: list[Branch] = []
    pieces: list[Piece] = []
    edges, grains, zeros = [], [], []
    sized = all(part.num_rows is not None for part in parts)
    base = 0
    for part in parts:
        first = len(branches)
        for number, branch in enumerate(part.branches):
            grain = _grain(part.steps)
            zero = part.pieces.zeros[number]
            grains.append(math.lcm(grain, part.pieces.grains[number]))
            # Batches of the steps to come are counted over all branches, unless a branch has batches of its own.
            zeros.append(zero if grains[-1] > 1 or not sized else zero - base)
            branches.append(Branch(branch.shards, (*branch.steps, *part.steps), base + branch.base, branch.zero + zero))
            edges.append(part.pieces.edges[number])
        pieces += [replace(piece, branch=piece.branch + first) for piece in part.pieces.pieces]
        base += part.num_rows or 0
    return Lowered(branches, Pieces(tuple(pieces), tuple(edges), tuple(grains), tuple(zeros)), sized)


def _grain(steps: Sequence[Step]) -> int:
    """Return how many rows must not be parted, because a step looks at them together."""
    grain = 1
    for step in steps:
        grain = math.lcm(grain, step.grain)
        if isinstance(step, (Shuffle, Repeat, Take, Skip, Share)):
            break
    return grain if grain <= LARGEST_GRAIN else max(step.grain for step in steps)


def _cuttable(lowered: Lowered) -> Pieces:
    grain = _grain(lowered.steps)
    pieces = lowered.pieces
    return replace(pieces, grains=tuple(math.lcm(own, grain) for own in pieces.grains)) if grain > 1 else pieces


def _add(lowered: Lowered, step: Step, context: Context) -> None:
    if isinstance(step, (Take, Skip)) and _slices(lowered):
        _slice(lowered, step)
    elif isinstance(step, Share):
        _add_share(lowered, step)
    elif isinstance(step, (Shuffle, Units)):
        _shuffle(lowered, step, context)
    else:
        lowered.steps.append(step)


def _add_share(lowered: Lowered, step: Share) -> None:
    if _shares(lowered) and lowered.mix is None:
        _share(lowered, step)
    elif _shares(lowered) and _mixes_shares(lowered):
        assert lowered.mix is not None
        lowered.mix = replace(lowered.mix, plans=tuple(plan.then(step) for plan in lowered.mix.plans))
    else:
        lowered.steps.append(replace(step, block=_grain(lowered.steps)))


def _mixes_shares(lowered: Lowered) -> bool:
    """Tell whether mixes of shares hold the rows of the mix: it ends when all do, and no step looks at several rows."""
    mix = lowered.mix
    ends = isinstance(mix, Concatenated) or (
        isinstance(mix, Mixed) and mix.stopping == "all_exhausted_without_replacement"
    )
    return ends and all(step.grain == 1 for step in lowered.steps)


def _slices(lowered: Lowered) -> bool:
    return lowered.mix is None and lowered.sized and all(step.one_to_one for step in lowered.steps)


def _slice(lowered: Lowered, step: Take | Skip) -> None:
    if isinstance(step, Take):
        lowered.pieces = lowered.pieces.slice(0, max(step.rows, 0))
        return
    lowered.pieces = lowered.pieces.slice(max(step.rows, 0))
    _shift(lowered, max(step.rows, 0))


def _shift(lowered: Lowered, rows: int) -> None:
    """Count positions from a later row on for the steps to come."""
    if not rows:
        return
    pieces = lowered.pieces
    lowered.pieces = replace(pieces, zeros=tuple(zero + rows for zero in pieces.zeros))
    lowered.steps.append(Shift(rows))


def _shares(lowered: Lowered) -> bool:
    return all(step.shares for step in lowered.steps) and not _counts(lowered)


def _counts(lowered: Lowered) -> bool:
    """Tell whether a step depends on positions that only a reader of all rows, in their order, knows."""
    known = lowered.sized
    for step in lowered.steps:
        if step.positional and not known:
            return True
        known = known and step.one_to_one
    return False


def _share(lowered: Lowered, step: Share) -> None:
    pieces = _cuttable(lowered)
    before = pieces.pieces
    lowered.pieces = pieces.share(step.count, step.index, step.even)
    after = lowered.pieces.pieces
    plain = lowered.sized and all(each.one_to_one for each in lowered.steps)
    if step.even is None and plain and before and after and not any(piece.begins for piece in before):
        first = _position(lowered, after[0]) - _position(lowered, before[0])
        _shift(lowered, first)


def _position(lowered: Lowered, piece: Piece) -> int:
    branch = lowered.branches[piece.branch]
    return piece.offset - branch.zero + branch.base


def _shuffle(lowered: Lowered, step: Shuffle | Units, context: Context) -> None:
    free = all(each.permutes for each in lowered.steps) and not _counts(lowered)
    if isinstance(lowered.mix, Beside):
        free = False  # rows of the plans belong together
    if lowered.mix is not None and free:
        plans = tuple(plan.then(Units(step.seed + number)) for number, plan in enumerate(lowered.mix.plans))
        lowered.mix = replace(lowered.mix, plans=plans)
    elif lowered.mix is None and free:
        lowered.pieces = _cuttable(lowered).permuted(context.seeds(step.seed))
        if all(each.parallel for each in lowered.steps) and lowered.shuffled is None and isinstance(step, Shuffle):
            lowered.shuffled = len(lowered.steps)
    if isinstance(step, Shuffle):
        lowered.steps.append(step)
