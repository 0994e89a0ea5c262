"""Choosing, naming, typing and adding columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from arrowsets import export
from arrowsets.dataset.core import DatasetCore
from arrowsets.errors import ColumnNotFound
from arrowsets.features import Features, FeatureType, Value
from arrowsets.late import chunks, derive, distinct, encode, label, transforms
from arrowsets.lineage import Lineage
from arrowsets.table import View

if TYPE_CHECKING:
    from arrowsets.derive import Execution
    from arrowsets.transforms.cast import Cast, Encode

__all__ = ["ColumnMethods"]


class ColumnMethods(DatasetCore):
    """Methods of `Dataset` about columns."""

    def select_columns(self, column_names: str | Sequence[str], new_fingerprint: str | None = None) -> Self:
        """Keep only these columns, in this order.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1], "y": [2]}).select_columns("y").column_names
        ['y']
        """
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        self._check_columns(names)
        return self._showing("select_columns", names, new_fingerprint)

    def remove_columns(self, column_names: str | Sequence[str], new_fingerprint: str | None = None) -> Self:
        """Remove columns."""
        names = [column_names] if isinstance(column_names, str) else list(column_names)
        self._check_columns(names)
        kept = [name for name in self._view.columns if name not in names]
        return self._showing("remove_columns", kept, new_fingerprint)

    def _showing(self, operation: str, names: Sequence[str], new_fingerprint: str | None) -> Self:
        return self._derive(
            operation,
            {"columns": list(names)},
            view=self._view.select_columns(names),
            features=Features({name: self._features[name] for name in names}),
            format=self._format.keeping(names),
            new_fingerprint=new_fingerprint,
        )

    def rename_column(
        self, original_column_name: str, new_column_name: str, new_fingerprint: str | None = None
    ) -> Self:
        """Give a column another name.

        Raises:
            ValueError: if a column of the new name is there already, or the name is empty.
        """
        return self.rename_columns({original_column_name: new_column_name}, new_fingerprint)

    def rename_columns(self, column_mapping: Mapping[str, str], new_fingerprint: str | None = None) -> Self:
        """Give columns other names, old name to new name; names may be swapped.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1], "y": [2]}).rename_columns({"x": "y", "y": "x"})[0]
        {'y': 1, 'x': 2}
        """
        self._check_columns(list(column_mapping))
        names = [column_mapping.get(name, name) for name in self._view.columns]
        for old, new in column_mapping.items():
            if not isinstance(new, str) or not new:
                raise ValueError(f"column {old!r} cannot be named {new!r}; a name is a string that is not empty")
            if names.count(new) > 1:
                raise ValueError(f"column {old!r} cannot be named {new!r}: another column has that name")
        return self._derive(
            "rename_columns",
            {"names": dict(column_mapping)},
            view=self._view.rename(column_mapping),
            features=Features(zip(names, self._features.values(), strict=True)),
            format=self._format.renamed(column_mapping),
            new_fingerprint=new_fingerprint,
        )

    def add_column(
        self,
        name: str,
        column: Any,
        new_fingerprint: str | None = None,
        feature: Any = None,
    ) -> Self:
        """Add a column of values: a list or an array with one for each row.

        Args:
            feature: Its type, instead of that of the values.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1]}).add_column("y", ["a"])[0]
        {'x': 1, 'y': 'a'}
        """
        if name in self._features:
            raise ValueError(f"column {name!r} is there already; remove it first, or choose another name")
        if len(column) != self.num_rows:
            raise ValueError(
                f"column {name!r} has {len(column)} values for {self.num_rows} rows; give one for each row"
            )
        kind = None if feature is None else Features({name: feature})[name]
        array, kind = encode.array_of(transforms.own_column(column), kind, column=name)
        features = Features({**self._features, name: kind})
        schema = Features({name: kind}).arrow_schema
        added = View.from_table(pa.Table.from_arrays([array], schema=schema))
        return self._derive(
            "add_column",
            lineage=Lineage("add_column", (self._lineage,), {"name": name, "values": array}),
            view=self._view.join(added),
            features=features,
            new_fingerprint=new_fingerprint,
        )

    def flatten(self, new_fingerprint: str | None = None, max_depth: int = 16) -> Self:
        """Replace each struct column by its fields, named `column.field`, down to `max_depth` levels.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"s": [{"x": 1, "y": 2}]}).flatten()[0]
        {'s.x': 1, 's.y': 2}
        """
        view, features = self._view, self._features
        for _ in range(1, max_depth):
            flat = features.flatten(max_depth=2)
            structs = [name for name in features if name not in flat]
            if not structs:
                break
            for name in structs:
                view = view.flatten_column(name)
            features = Features({name: flat[name] for name in view.columns})
        spec = self._format
        if spec.columns is not None:
            outer = tuple(
                name for name in view.columns for shown in spec.columns if name == shown or name.startswith(f"{shown}.")
            )
            spec = replace(spec, columns=outer)
        return self._derive(
            "flatten",
            {"max_depth": max_depth},
            view=view,
            features=features,
            format=spec,
            new_fingerprint=new_fingerprint,
        )

    def cast(
        self,
        features: Features,
        batch_size: int | None = 1000,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        num_proc: int | None = None,
    ) -> Self:
        """Convert the columns to other types. Only columns whose storage changes are written.

        Args:
            features: A type for each column, in the order that they are to have; the names must be the dataset's.

        Raises:
            SchemaConflict: if a value does not fit its new type without loss; names the column and the value.

        >>> from arrowsets import Dataset, Features, Value
        >>> Dataset.from_dict({"x": ["1", "2"]}).cast(Features({"x": Value("int8")}))[:]
        {'x': [1, 2]}
        """
        del batch_size, writer_batch_size
        if sorted(features) != sorted(self._features):
            raise ValueError(
                f"cast needs a type for exactly the columns {self._view.columns}, it was given {list(features)}; "
                "use cast_column for one column"
            )
        how = derive.Execution(
            num_proc=num_proc,
            reuse=load_from_cache_file is not False,
            in_memory=keep_in_memory or None,
            description="Cast",
            store=self._store,
        )
        wanted = Features({name: features[name] for name in self._view.columns})
        made = self._cast(wanted, how, None)
        if list(features) != list(wanted):
            made = made.select_columns(list(features))
            wanted = made._features
        if cache_file_name is not None:
            export.write_file(made._view, wanted, cache_file_name)
        return made

    def cast_column(self, column: str, feature: Any, new_fingerprint: str | None = None) -> Self:
        """Convert one column to another type; see `cast`."""
        self._check_columns([column])
        wanted = Features({**self._features, column: feature})
        return self._cast(wanted, derive.Execution(description="Cast", store=self._store), new_fingerprint)

    def _cast(self, wanted: Features, how: Execution, new_fingerprint: str | None) -> Self:
        schema = wanted.arrow_schema
        moved = Features(
            {name: wanted[name] for name in wanted if schema.field(name).type != self._view.schema.field(name).type}
        )
        lineage = Lineage("cast", (self._lineage,), {"features": wanted.to_dict()})
        self._check_labels(wanted, moved)
        if not moved:
            return self._derive("cast", lineage=lineage, features=wanted, new_fingerprint=new_fingerprint)
        return self._converted("cast", transforms.Cast(moved), tuple(moved), wanted, lineage, how, new_fingerprint)

    def _check_labels(self, wanted: Features, moved: Features) -> None:
        """Look at numbers that become labels where they lie: they are not written again."""
        check = transforms.Cast(
            Features(
                {n: f for n, f in wanted.items() if n not in moved and f != self._features[n] and chunks.has_labels(f)}
            )
        )
        if check.features:
            offset = 0
            for table in self._view.batches(check.block_rows, columns=list(check.features)):
                check.apply(transforms.Batch(table, offset))
                offset += table.num_rows

    def _converted(
        self,
        operation: str,
        transform: Cast | Encode,
        columns: tuple[str, ...],
        wanted: Features,
        lineage: Lineage,
        how: Execution,
        new_fingerprint: str | None,
    ) -> Self:
        if self.num_rows == 0:
            view = self._view.with_group(wanted.arrow_schema.empty_table().select(list(columns)))
            return self._derive(operation, lineage=lineage, view=view, features=wanted)
        derived = derive.derive(
            self._view, self._features, lineage, transform, how, label=operation, columns=columns, on_mixed=None
        )
        return self._derive(
            operation,
            lineage=lineage,
            view=derived.view,
            features=wanted,
            new_fingerprint=new_fingerprint,
            pins=derived.pins,
            origin=derived.origin,
        )

    def class_encode_column(self, column: str, include_nulls: bool = False) -> Self:
        """Number the values of a column: its type becomes a `ClassLabel` of the values as strings, in order.

        Args:
            include_nulls: Null becomes the class "None"; else it stays null.

        >>> from arrowsets import Dataset
        >>> dataset = Dataset.from_dict({"y": ["b", "a", "b"]}).class_encode_column("y")
        >>> dataset["y"].tolist(), dataset.features["y"].names
        ([1, 0, 1], ['a', 'b'])
        """
        self._check_columns([column])
        feature = self._features[column]
        if isinstance(feature, label.ClassLabel):
            return self
        if not isinstance(feature, Value):
            raise ValueError(f"column {column!r} is {feature}; only columns of plain values can be numbered as classes")
        values = [value for value in self.unique(column) if value is not None or include_nulls]
        names = sorted({str(value) for value in values})
        encode = transforms.Encode(column, tuple(names), include_nulls)
        wanted = Features({**self._features, column: label.ClassLabel(names=names)})
        lineage = Lineage("class_encode_column", (self._lineage,), {"column": column, "include_nulls": include_nulls})
        how = derive.Execution(description="Class encode", store=self._store)
        return self._converted("class_encode_column", encode, (column,), wanted, lineage, how, None)

    def unique(self, column: str) -> list[Any]:
        """List the different values of a column, in the order in which they first occur.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [2, 1, 2]}).unique("x")
        [2, 1]
        """
        if column not in self._features:
            raise ColumnNotFound.of(column, self._view.columns)
        feature: FeatureType = self._features[column]
        decode = feature.decoder()
        found = distinct.distinct(self._view.column(column))
        return found if decode is None else [decode(value) for value in found]

    def align_labels_with_mapping(self, label2id: Mapping[str, int], label_column: str) -> Self:
        """Renumber a `ClassLabel` column as `label2id` numbers its names (compared in lower case)."""
        self._check_columns([label_column])
        feature = self._features[label_column]
        if not isinstance(feature, label.ClassLabel):
            raise ValueError(f"column {label_column!r} is {feature}; only a ClassLabel can be aligned with a mapping")
        ids = {name.lower(): number for name, number in label2id.items()}
        missing = [name for name in feature.names if name.lower() not in ids]
        if missing:
            raise ValueError(f"label2id has no number for {missing}; it names {list(label2id)}")
        names = sorted(ids, key=lambda name: ids[name])
        numbers = [ids[name.lower()] for name in feature.names]
        wanted = Features({**self._features, label_column: label.ClassLabel(names=names)})
        lineage = Lineage("align_labels", (self._lineage,), {"column": label_column, "label2id": dict(label2id)})
        encode = transforms.Encode(
            label_column, tuple(map(str, range(len(numbers)))), nulls=False, numbers=tuple(numbers)
        )
        how = derive.Execution(description="Align labels", store=self._store)
        return self._converted("align_labels", encode, (label_column,), wanted, lineage, how, None)
