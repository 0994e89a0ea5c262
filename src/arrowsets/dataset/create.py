"""Making datasets of what is in memory: Python values, data frames, Arrow tables and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa

from arrowsets.config import settings
from arrowsets.dataset.core import DatasetCore
from arrowsets.errors import ColumnNotFound, SchemaConflict
from arrowsets.features import Features, array_of, cast_column
from arrowsets.features.rows import uniform_columns
from arrowsets.info import DatasetInfo
from arrowsets.lineage import Lineage
from arrowsets.sizes import parse_size
from arrowsets.table import FileRef, View
from arrowsets.transforms.owned import own_column
from arrowsets.transforms.returned import frame_table

__all__ = ["CreateMethods", "fits_memory", "read_copy", "stored_as"]


class CreateMethods(DatasetCore):
    """Class methods of `Dataset` that make one of what is in memory."""

    def __init__(
        self,
        arrow_table: pa.Table,
        info: DatasetInfo | None = None,
        split: str | None = None,
        indices_table: pa.Table | None = None,
        fingerprint: str | None = None,
    ) -> None:
        """Make a dataset of an Arrow table.

        Args:
            arrow_table: The rows; types are taken from its schema and the features in its metadata.
            indices_table: One column of positions: the rows that are shown, in their order.
            fingerprint: The dataset's fingerprint, instead of one of the table's content.
        """
        features = _given(None, info) or Features.from_arrow_schema(arrow_table.schema)
        if list(features) != arrow_table.column_names:
            raise ValueError(f"info.features names {list(features)}, but the table has {arrow_table.column_names}")
        view = View.from_table(stored_as(arrow_table, features))
        if indices_table is not None:
            view = view.select(indices_table.column(0).to_numpy())
        lineage = Lineage.of_digest("table", fingerprint) if fingerprint else Lineage.of_table(arrow_table)
        self._init(view, features, lineage, info, split)

    @classmethod
    def from_dict(
        cls,
        mapping: Mapping[str, Any],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        on_mixed_types: Literal["use_json"] | None = None,
    ) -> Self:
        """Make a dataset in memory of columns: lists, arrays, Series or tensors of one length.

        Args:
            features: Types of all columns. None: those of the values.
            on_mixed_types: "use_json" stores a column with values of several kinds as JSON; None raises.

        Raises:
            SchemaConflict: for values that do not fit a type; names the column and the row.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, None], "y": ["a", "b"]})[1]
        {'x': None, 'y': 'b'}
        """
        features = _given(features, info)
        if features is not None and set(features) != set(mapping):
            raise ValueError(
                f"features= names the columns {list(features)} but the data has {list(mapping)}; name the same columns"
            )
        arrays, kinds = {}, {}
        wanted = None if features is None else Features(features)
        for name in mapping if wanted is None else wanted:
            try:
                kind = None if wanted is None else wanted[name]
                arrays[name], kinds[name] = array_of(own_column(mapping[name]), kind, on_mixed=on_mixed_types)
            except (pa.ArrowInvalid, pa.ArrowTypeError, SchemaConflict) as error:
                raise SchemaConflict(f"column {name!r}: {error}", column=name) from error
        lengths = {name: len(array) for name, array in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the columns have different lengths: {lengths}; make them equal")
        return cls._of_arrays(arrays, Features(kinds), info, split)

    @classmethod
    def from_list(
        cls,
        mapping: Iterable[Mapping[str, Any]],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        on_mixed_types: Literal["use_json"] | None = None,
    ) -> Self:
        """Make a dataset in memory of rows. The columns are the keys of all rows; what a row lacks is null.

        >>> from arrowsets import Dataset
        >>> Dataset.from_list([{"x": 1}, {"x": 2, "y": "b"}])[0]
        {'x': 1, 'y': None}
        """
        rows = list(mapping)
        # Nearly always all rows have the same keys, which is found out without a look at each.
        if (columns := uniform_columns(rows)) and (features is None or features.keys() == columns.keys()):
            return cls.from_dict(columns, features, info, split, on_mixed_types)
        names: dict[str, None] = dict.fromkeys(features) if features is not None else {}
        ragged = False
        for index, row in enumerate(rows):
            try:
                if row.keys() == names.keys():
                    continue
            except AttributeError:
                raise TypeError(f"row {index} is no dict: {row!r}; for columns of values, use from_dict") from None
            ragged = ragged or index > 0 or features is not None
            if features is not None and (unknown := [name for name in row if name not in features]):
                raise ColumnNotFound(f"row {index}: {ColumnNotFound.of(unknown[0], features)}")
            names.update(dict.fromkeys(row))
        # The first loop is Python's, the second is C's.
        columns = {
            name: [row.get(name) for row in rows] if ragged else list(map(itemgetter(name), rows)) for name in names
        }
        return cls.from_dict(columns, features, info, split, on_mixed_types)

    @classmethod
    def from_pandas(
        cls,
        df: Any,
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        preserve_index: bool | None = None,
    ) -> Self:
        """Make a dataset in memory of a pandas data frame.

        Args:
            preserve_index: Keep the index as a column. None: if it is more than a range of numbers.
        """
        table = frame_table(df, preserve_index=preserve_index)
        return cls._of_table(_without_pandas(table), features, info, split)

    @classmethod
    def from_polars(
        cls, df: Any, features: Features | None = None, info: DatasetInfo | None = None, split: str | None = None
    ) -> Self:
        """Make a dataset in memory of a polars data frame; a lazy one is collected."""
        frame = df.collect() if hasattr(df, "collect") else df
        return cls._of_table(frame.to_arrow(), features, info, split)

    @classmethod
    def from_arrow(
        cls, table: Any, features: Features | None = None, info: DatasetInfo | None = None, split: str | None = None
    ) -> Self:
        """Make a dataset of an Arrow table, record batch or reader, or anything that speaks Arrow's C stream protocol."""
        made = table if isinstance(table, pa.Table) else pa.table(table)
        return cls._of_table(made, features, info, split)

    @classmethod
    def from_file(
        cls,
        filename: str | Path,
        info: DatasetInfo | None = None,
        split: str | None = None,
        indices_filename: str | Path | None = None,
        in_memory: bool = False,
    ) -> Self:
        """Open one Arrow file (of the file or the stream format) by mapping it into memory.

        Args:
            indices_filename: An Arrow file with one column of positions: the rows that are shown.
            in_memory: Read it instead of mapping it.
        """
        view = View.from_files([FileRef(str(filename))])
        if in_memory:
            view = View.from_table(read_copy(view))
        paths = [filename]
        if indices_filename is not None:
            rows = View.from_files([FileRef(str(indices_filename))])
            view = view.select(rows.read(range(rows.num_rows)).column(0).to_numpy())
            paths.append(indices_filename)
        features = Features.from_arrow_schema(view.schema)
        return cls._make(view, features, Lineage.of_files(paths), info, split)

    @classmethod
    def from_buffer(
        cls,
        buffer: pa.Buffer,
        info: DatasetInfo | None = None,
        split: str | None = None,
        indices_buffer: pa.Buffer | None = None,
    ) -> Self:
        """Make a dataset of a buffer that holds an Arrow stream."""
        table = pa.ipc.open_stream(buffer).read_all()
        indices = None if indices_buffer is None else pa.ipc.open_stream(indices_buffer).read_all()
        return cls(table, info, split, indices)

    @classmethod
    def _of_arrays(
        cls, arrays: Mapping[str, pa.Array[Any]], features: Features, info: DatasetInfo | None, split: str | None
    ) -> Self:
        schema = features.arrow_schema
        table = pa.Table.from_arrays([arrays[name] for name in features], schema=schema)
        return cls._make(View.from_table(table), features, Lineage.of_table(table), info, split)

    @classmethod
    def _of_table(cls, table: pa.Table, features: Features | None, info: DatasetInfo | None, split: str | None) -> Self:
        found, features = Features.from_arrow_schema(table.schema), _given(features, info)
        if features is not None and set(features) != set(found):
            raise ValueError(
                f"features= names the columns {list(features)} but the data has {list(found)}; name the same columns"
            )
        wanted = found if features is None else Features({name: features[name] for name in features})
        stored = stored_as(table, wanted)
        return cls._make(View.from_table(stored), wanted, Lineage.of_table(stored), info, split)


def _given(features: Features | None, info: DatasetInfo | None) -> Features | None:
    """Return the types of the columns, where they are given in one way or the other."""
    known = None if info is None else info.features
    if features is None or known is None:
        return known if features is None else features
    if Features(features) != known:
        raise ValueError(f"features= and info.features differ: {features} and {known}; give one of them")
    return features


def stored_as(table: pa.Table, features: Features) -> pa.Table:
    """Return the columns in the types that store the features."""
    if not features:
        return table.select([])
    columns = [cast_column(table.column(name), feature) for name, feature in features.items()]
    return pa.Table.from_arrays(columns, schema=features.arrow_schema)


def _without_pandas(table: pa.Table) -> pa.Table:
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != b"pandas"}
    return table.replace_schema_metadata(metadata or None)


def fits_memory(*views: View) -> bool:
    """Tell whether datasets that are loaded together are so small that the settings want them read into memory."""
    most = settings().in_memory_max_size
    limit = parse_size(most) if isinstance(most, str) else most
    return limit > 0 and sum(view.nbytes for view in views) < limit


def read_copy(view: View) -> pa.Table:
    """Read all rows into memory that is not mapped from a file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, view.schema) as writer:
        for table in view.batches(1 << 16):
            writer.write_table(table)
    return pa.ipc.open_stream(sink.getvalue()).read_all()
