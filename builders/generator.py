"""Reads the rows that a Python generator yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import Builder, BuilderOptions
from arrowsets.errors import BadData, SchemaConflict, UnknownName
from arrowsets.features import Features, Json, array_of, unify
from arrowsets.features.rows import uniform_columns
from arrowsets.files import DataFile
from arrowsets.record import dataclass

__all__ = ["GeneratorBuilder", "GeneratorOptions"]

_BATCH_ROWS = 1000


@dataclass(frozen=True)
class GeneratorOptions(BuilderOptions):
    """Options of the generator builder.

    Attributes:
        generator: A function that returns an iterable of rows, each a dict.
        gen_kwargs: Its arguments. Lists among them may be cut into shards.
        cut: Call it once for each element of the lists, with lists of that one element, instead of once.
    """

    generator: Callable[..., Iterable[Mapping[str, Any]]] | None = None
    gen_kwargs: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False


class GeneratorBuilder(Builder[Mapping[str, Any]]):
    """Reads a generator; a shard is the arguments of one call."""

    name = "generator"
    options: ClassVar[type[BuilderOptions]] = GeneratorOptions

    @property
    def _options(self) -> GeneratorOptions:
        assert isinstance(self.config, GeneratorOptions)
        return self.config

    def shards(self, files: Sequence[DataFile]) -> Sequence[Mapping[str, Any]]:
        """Return the arguments of each call."""
        del files
        arguments = dict(self._options.gen_kwargs)
        lists = {name: value for name, value in arguments.items() if isinstance(value, list)}
        if not self._options.cut or not lists:
            return (arguments,)
        lengths = {len(value) for value in lists.values()}
        if len(lengths) > 1:
            shown = {name: len(value) for name, value in lists.items()}
            raise ValueError(
                f"gen_kwargs has lists of different lengths: {shown}; to share them out they must be equally "
                "long; pass what is not to be shared out as a tuple"
            )
        count = lengths.pop()
        return tuple({**arguments, **{name: [lists[name][i]] for name in lists}} for i in range(count))

    def read(self, shard: Mapping[str, Any], schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the rows of one call."""
        generator = self._options.generator
        if generator is None:
            raise UnknownName("the generator builder needs generator=, a function that yields rows")
        features = None if schema is None else Features.from_arrow_schema(schema)
        rows: list[Mapping[str, Any]] = []
        start = 0
        for row in generator(**shard):
            # The check of an abstract class takes as long as all else that is done here.
            if type(row) is not dict and not isinstance(row, Mapping):
                raise BadData(f"the generator yielded {type(row).__name__}; yield dicts", row=start + len(rows))
            rows.append(row)
            if len(rows) == _BATCH_ROWS:
                yield _table(rows, features, start)
                start += len(rows)
                rows = []
        if rows:
            yield _table(rows, features, start)

    def decodes_text(self) -> bool:
        """Values have their types."""
        return False

    def unify(self, a: Features, b: Features) -> Features:
        """Join types as far as no value is lost; other values of several kinds are JSON."""
        try:
            return unify(a, b)
        except SchemaConflict:
            return Features(dict.fromkeys(a, Json()))


def _table(rows: Sequence[Mapping[str, Any]], features: Features | None, start: int) -> pa.Table:
    columns = uniform_columns(rows)
    names: dict[str, None] = dict.fromkeys(features) if features is not None else {}
    for row in rows[:1] if columns else rows:
        if features is None and row.keys() != names.keys():
            names.update(dict.fromkeys(row))
        elif features is not None and (unknown := [name for name in row if name not in names]):
            raise BadData(f"no column {unknown[0]!r} in features=, which names {list(names)}", row=start)
    arrays, kinds = {}, {}
    for name in names:
        try:
            wanted = None if features is None else features[name]
            values = columns.get(name) or [row.get(name) for row in rows]
            arrays[name], kinds[name] = array_of(values, wanted, on_mixed="use_json")
        except (SchemaConflict, pa.ArrowInvalid) as error:
            raise SchemaConflict(f"column {name!r}, in the rows from {start}: {error}", column=name) from error
    table_schema = Features(kinds).arrow_schema
    return pa.Table.from_arrays([arrays[name] for name in names], schema=table_schema)
