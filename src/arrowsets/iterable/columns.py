"""Choosing, naming, typing and adding columns of a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from arrowsets.engine.stages_apply import Bound, Work
from arrowsets.engine.steps import AddColumn, Apply, Columns, Conform, Flatten
from arrowsets.features import ClassLabel, Features, array_of
from arrowsets.features.media import Media
from arrowsets.iterable.core import IterableCore
from arrowsets.table.distinct import distinct, hashable
from arrowsets.transforms.cast import Cast, Encode

__all__ = ["ColumnMethods"]


class ColumnMethods(IterableCore):
    """Methods of `IterableDataset` about columns."""

    def select_columns(self, column_names: str | Sequence[str]) -> Self:
        """Keep only these columns, in this order; those of Parquet files that are not named are not read."""
        names = (column_names,) if isinstance(column_names, str) else tuple(column_names)
        self._check_columns(names)
        types = None if self._features is None else Features({name: self._features[name] for name in names})
        spec = self._format.keeping(names)
        return self._then("select_columns", {"columns": names}, Columns(names), features=types, format=spec)

    def remove_columns(self, column_names: str | Sequence[str]) -> Self:
        """Remove columns."""
        names = (column_names,) if isinstance(column_names, str) else tuple(column_names)
        self._check_columns(names)
        if self._features is not None:
            return self.select_columns([name for name in self._features if name not in names])
        return self._then("remove_columns", {"columns": names}, Columns(removed=names), features=None)

    def rename_column(self, original_column_name: str, new_column_name: str) -> Self:
        """Give a column another name."""
        return self.rename_columns({original_column_name: new_column_name})

    def rename_columns(self, column_mapping: Mapping[str, str]) -> Self:
        """Give columns other names, old name to new name; names may be swapped."""
        self._check_columns(list(column_mapping))
        names = [column_mapping.get(name, name) for name in self._features or column_mapping]
        for old, new in column_mapping.items():
            if not isinstance(new, str) or not new:
                raise ValueError(f"column {old!r} cannot be named {new!r}; a name is a string that is not empty")
            if names.count(new) > 1:
                raise ValueError(f"column {old!r} cannot be named {new!r}: another column has that name")
        types = None if self._features is None else Features(zip(names, self._features.values(), strict=True))
        step = Columns(renamed=tuple(column_mapping.items()))
        spec = self._format.renamed(column_mapping)
        return self._then("rename_columns", {"names": dict(column_mapping)}, step, features=types, format=spec)

    def add_column(self, name: str, column: Any, feature: Any = None) -> Self:
        """Add a column of values: a list or an array with one for each row."""
        if self._features is not None and name in self._features:
            raise ValueError(f"column {name!r} is there already; remove it first, or choose another name")
        if self.num_rows is not None and len(column) != self.num_rows:
            raise ValueError(
                f"column {name!r} has {len(column)} values for {self.num_rows} rows; give one for each row"
            )
        array, kind = array_of(column, None if feature is None else Features({name: feature})[name])
        types = None if self._features is None else Features({**self._features, name: kind})
        return self._then("add_column", {"name": name, "values": array}, AddColumn(name, array, kind), features=types)

    def flatten(self, max_depth: int = 16) -> Self:
        """Replace each struct column by its fields, named `column.field`, down to `max_depth` levels."""
        types = None if self._features is None else self._features.flatten(max_depth)
        return self._then("flatten", {"max_depth": max_depth}, Flatten(max_depth), features=types)

    def cast(self, features: Features) -> Self:
        """Convert the columns to other types; see `Dataset.cast`."""
        wanted = Features(features)
        if self._features is not None and sorted(wanted) != sorted(self._features):
            raise ValueError(
                f"cast needs a type for exactly the columns {list(self._features)}, it was given {list(wanted)}; "
                "use cast_column for one column"
            )
        ordered = wanted if self._features is None else Features({name: wanted[name] for name in self._features})
        work = Work("cast", Bound(Cast(ordered)), rowwise=True)
        given = {"features": ordered.to_dict()}
        return self._then("cast", given, Apply(work), Conform(ordered, exact=True), features=ordered)

    def cast_column(self, column: str, feature: Any) -> Self:
        """Convert one column to another type."""
        self._check_columns([column])
        kind = Features({column: feature})
        types = None if self._features is None else Features({**self._features, column: kind[column]})
        work = Work("cast_column", Bound(Cast(kind)), columns=(column,), rowwise=True)
        return self._then("cast_column", {"column": column, "feature": kind.to_dict()}, Apply(work), features=types)

    def decode(self, enable: bool = True, num_threads: int | None = None) -> Self:
        """Decode images and audio when rows are read, or show what is stored."""
        del num_threads
        if self._features is None:
            raise ValueError("decode needs to know the types; give features= to map, or cast the columns")
        types = Features({name: _decoding(feature, enable) for name, feature in self._features.items()})
        return self._then("decode", {"enable": enable}, Conform(types), features=types)

    def class_encode_column(self, column: str, names: Sequence[str], include_nulls: bool = False) -> Self:
        """Number the values of a column by their place among `names`, which a stream cannot find out by itself."""
        self._check_columns([column])
        classes = [str(name) for name in names]
        encode = Encode(column, tuple(classes), include_nulls)
        kind = ClassLabel(names=classes)
        typed = Conform(Features({column: kind}), only=True)
        types = None if self._features is None else Features({**self._features, column: kind})
        work = Work("class_encode_column", Bound(encode), columns=(column,), rowwise=True)
        given = {"column": column, "names": classes, "include_nulls": include_nulls}
        return self._then("class_encode_column", given, Apply(work), typed, features=types)

    def unique(self, column: str) -> list[Any]:
        """Read the stream and list the different values of a column, in the order in which they first occur."""
        self._check_columns([column])
        found: dict[Any, Any] = {}
        decode = None
        for chunk in self.select_columns([column])._chunks(1 << 16):
            decode = chunk.features[column].decoder()
            for value in distinct(chunk.table.column(column)):
                found.setdefault(hashable(value), value)
        values = list(found.values())
        return values if decode is None else [decode(value) for value in values]


def _decoding(feature: Any, enable: bool) -> Any:
    if isinstance(feature, Media):
        return type(feature).from_json({**feature.to_json(), "decode": enable})
    return feature
