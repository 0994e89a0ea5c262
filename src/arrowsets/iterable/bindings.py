"""Transforms of a stream before the types of its rows are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from arrowsets.dataset.reading import FormatSpec
from arrowsets.engine.stages_apply import Binding
from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features
from arrowsets.formats import Format, get_format
from arrowsets.lazy import pc
from arrowsets.record import dataclass
from arrowsets.transforms.base import Transform
from arrowsets.transforms.call import Call
from arrowsets.transforms.filter import ExpressionFilter, Filter
from arrowsets.transforms.group import Group
from arrowsets.transforms.map import Map
from arrowsets.transforms.types import Typing

__all__ = ["ExpressionBinding", "FilterBinding", "GroupBinding", "MapBinding"]


def _input_format(spec: FormatSpec, call: Call, features: Features) -> Format:
    shown: Sequence[str] = list(features) if spec.columns is None else spec.columns
    names = shown if call.input_columns is None else call.input_columns
    _check(names, features, "input_columns")
    return get_format(spec.type, Features({name: features[name] for name in names}), **spec.options)


def _check(names: Sequence[str], features: Features, what: str) -> None:
    for name in names:
        if name not in features:
            raise ColumnNotFound(f"{what}: {ColumnNotFound.of(name, features)}")


@dataclass(frozen=True)
class MapBinding(Binding):
    """A `Map`; see there."""

    call: Call
    spec: FormatSpec
    declared: Features | None
    batched: bool
    batch_size: int | None
    removed: tuple[str, ...] = ()
    keep: bool = True
    on_mixed: Literal["use_json"] | None = "use_json"

    @property
    def by_row(self) -> bool:  # type: ignore[override]
        return not self.batched

    def bind(self, features: Features) -> Transform:
        _check(self.removed, features, "remove_columns")
        typing = Typing(features, self.declared, self.keep, self.on_mixed)
        shown = _input_format(self.spec, self.call, features)
        return Map(self.call, shown, typing, self.batched, self.batch_size, removed=frozenset(self.removed))


@dataclass(frozen=True)
class FilterBinding(Binding):
    """A `Filter`; see there."""

    call: Call
    spec: FormatSpec
    batched: bool
    batch_size: int | None

    @property
    def by_row(self) -> bool:  # type: ignore[override]
        return not self.batched

    def bind(self, features: Features) -> Transform:
        return Filter(self.call, _input_format(self.spec, self.call, features), self.batched, self.batch_size)


@dataclass(frozen=True)
class ExpressionBinding(Binding):
    """An `ExpressionFilter`; see there."""

    expression: pc.Expression
    batch_size: int | None = 1
    by_row: bool = True
    block_rows: int = 1 << 16

    def bind(self, features: Features) -> Transform:
        del features
        return ExpressionFilter(self.expression)


@dataclass(frozen=True)
class GroupBinding(Binding):
    """A `Group`; see there."""

    size: int | None
    keys: tuple[str, ...] | None = None

    @property
    def batch_size(self) -> int | None:  # type: ignore[override]
        return self.size

    def bind(self, features: Features) -> Transform:
        _check(self.keys or (), features, "by_column")
        return Group(features, self.size, self.keys)
