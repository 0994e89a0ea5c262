"""What states say of a plan besides the position: how it is made, and the seeds that were drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from arrowsets.engine.plan import Beside, Concatenated, Mixed, Plan, Shards
from arrowsets.engine.steps import Shuffle

__all__ = ["seeded", "seeds_of", "signature"]


def signature(plan: Plan) -> str:
    """Name the source and the steps of a plan."""
    source = plan.source
    if isinstance(source, Shards):
        shown = f"{len(source.shards)} shards"
    else:
        kind = {Mixed: "mix", Concatenated: "concatenate", Beside: "beside"}[type(source)]
        shown = f"{kind}({', '.join(map(signature, source.plans))})"
    return " > ".join([shown, *(step.name for step in plan.steps)])


def seeds_of(plan: Plan) -> list[int]:
    """Return the seeds of the shuffles of a plan."""
    return [step.seed for step in _shuffles(plan)]


def _shuffles(plan: Plan) -> Iterator[Shuffle]:
    if isinstance(plan.source, (Mixed, Concatenated, Beside)):
        for inner in plan.source.plans:
            yield from _shuffles(inner)
    yield from (step for step in plan.steps if isinstance(step, Shuffle))


def seeded(plan: Plan, seeds: Sequence[int]) -> Plan:
    """Return the plan with the seeds that a state brought, where none were given.

    Raises:
        ValueError: if other seeds were given.
    """
    for step, seed in zip(_shuffles(plan), seeds, strict=True):
        if step.seed != seed and not step.drawn:
            raise ValueError(f"the state is of a stream shuffled with seed {seed}, and this one has seed {step.seed}")
    return _with_seeds(plan, iter(seeds))


def _with_seeds(plan: Plan, seeds: Iterator[int]) -> Plan:
    source = plan.source
    if isinstance(source, (Mixed, Concatenated, Beside)):
        source = replace(source, plans=tuple(_with_seeds(inner, seeds) for inner in source.plans))
    steps = tuple(step.seeded(next(seeds)) if isinstance(step, Shuffle) else step for step in plan.steps)
    return Plan(source, steps)
