"""Feeding TensorFlow, and being fed by Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Self

import numpy as np

from arrowsets.dataset.create import CreateMethods
from arrowsets.errors import ColumnNotFound, MissingDependency, SchemaConflict
from arrowsets.features import Features

__all__ = ["FeedMethods", "spark_frame"]

Names = str | Sequence[str] | None


class FeedMethods(CreateMethods):
    """Methods of `Dataset` that hand rows to TensorFlow or take them from Spark."""

    def to_tf_dataset(
        self,
        batch_size: int | None = None,
        columns: Names = None,
        shuffle: bool = False,
        collate_fn: Callable[..., Any] | None = None,
        drop_remainder: bool = False,
        collate_fn_args: Mapping[str, Any] | None = None,
        label_cols: Names = None,
        prefetch: bool = True,
        num_workers: int = 0,
        num_test_batches: int = 20,
    ) -> Any:
        """Return a `tf.data.Dataset` of batches: a dict of tensors by column, or (features, labels).

        Args:
            batch_size: Rows of a batch. None: rows one by one.
            columns: The features; a name alone gives a tensor instead of a dict. None: all but the labels.
            shuffle: Another random order in each iteration.
            collate_fn: Makes a batch of a list of rows, dicts of NumPy values; it pads lists of unequal length.
            drop_remainder: Leave out a last batch that has fewer rows.
            collate_fn_args: Passed to `collate_fn`.
            label_cols: The labels; a name alone gives a tensor instead of a dict.
            prefetch: Read ahead while the model computes.
            num_workers: Taken for compatibility: rows are read in the background anyway.
            num_test_batches: Batches that are looked at to find out types and shapes.

        Raises:
            MissingDependency: if tensorflow is not installed.
        """
        del num_workers
        try:
            tf = import_module("tensorflow")
        except ImportError as error:
            raise MissingDependency.of("to_tf_dataset", "tensorflow") from error
        feed = _Feed(self, batch_size, columns, label_cols, collate_fn, dict(collate_fn_args or {}), drop_remainder)
        signature = feed.signature(tf, num_test_batches)
        made = tf.data.Dataset.from_generator(lambda: feed.batches(shuffle=shuffle), output_signature=signature)
        made = made.apply(tf.data.experimental.assert_cardinality(len(feed)))
        return made.prefetch(tf.data.experimental.AUTOTUNE) if prefetch else made

    @classmethod
    def from_spark(
        cls,
        df: Any,
        split: Any = None,
        features: Features | None = None,
        keep_in_memory: bool = False,
        cache_dir: str | None = None,
        working_dir: str | None = None,
        load_from_cache_file: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Make a dataset in memory of a Spark data frame, which is collected as Arrow data.

        For more than fits into memory, let Spark write Parquet files and load those.
        """
        del keep_in_memory, cache_dir, working_dir, load_from_cache_file, kwargs
        table = spark_frame(df).toArrow()
        return cls.from_arrow(table, features, split=None if split is None else str(split))


def spark_frame(df: Any) -> Any:
    """Return a Spark data frame as it is.

    Raises:
        MissingDependency: if pyspark 4 is not installed, which is the first that hands out Arrow data.
        TypeError: for anything else.
    """
    try:
        import_module("pyspark")
    except ImportError as error:
        raise MissingDependency.of("from_spark", "pyspark") from error
    if type(df).__module__.partition(".")[0] != "pyspark":
        raise TypeError(f"from_spark takes a data frame of pyspark, not {type(df).__name__}")
    if not hasattr(df, "toArrow"):
        raise MissingDependency("from_spark needs pyspark 4 or newer: pip install 'pyspark>=4'")
    return df


class _Feed:
    """Batches of one dataset, as NumPy arrays in the shape that was asked for."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None,
        columns: Names,
        labels: Names,
        collate: Callable[..., Any] | None,
        arguments: dict[str, Any],
        drop: bool,
    ) -> None:
        self.columns, self.labels = columns, labels
        self.size, self.collate, self.arguments, self.drop = batch_size, collate, arguments, drop
        wanted = None if columns is None else {*_listed(columns), *_listed(labels)}
        if collate is None and (unknown := [name for name in wanted or () if name not in dataset.features]):
            raise ColumnNotFound.of(unknown[0], dataset.column_names)
        # What collate_fn makes of other columns may be asked for: then all are given to it.
        known = wanted is None or wanted - set(dataset.column_names)
        kept = dataset if known else dataset.select_columns(sorted(wanted or ()))
        self.rows = kept.with_format("numpy")

    def __len__(self) -> int:
        size = self.size or 1
        return len(self.rows) // size if self.drop else -(-len(self.rows) // size)

    def batches(self, *, shuffle: bool) -> Iterator[Any]:
        """Yield the batches of one iteration."""
        order = np.random.default_rng().permutation(len(self.rows)) if shuffle else np.arange(len(self.rows))
        size = self.size or 1
        for number in range(len(self)):
            yield self._shaped(self._batch(order[number * size : (number + 1) * size]))

    def _batch(self, rows: Any) -> dict[str, Any]:
        if self.collate is not None:
            made = self.collate(self.rows.__getitems__(rows.tolist()), **self.arguments)
        else:
            made = self.rows[rows]
        batch = {name: _array(name, value) for name, value in made.items()}
        return {name: value[0] for name, value in batch.items()} if self.size is None else batch

    def _shaped(self, batch: dict[str, Any]) -> Any:
        labels = _listed(self.labels)
        names = _listed(self.columns) if self.columns is not None else [name for name in batch if name not in labels]
        features = _chosen(batch, names, alone=isinstance(self.columns, str))
        return (
            features
            if self.labels is None
            else (features, _chosen(batch, labels, alone=isinstance(self.labels, str) or len(labels) == 1))
        )

    def signature(self, tf: Any, tested: int) -> Any:
        """Find out types and shapes; sizes that differ between batches are left open."""
        seen = [self._batch(rows) for rows in self._samples(tested)]
        if not seen:
            raise ValueError("the dataset has no rows, so there is no batch to tell types and shapes of")
        return self._shaped({name: self._spec(tf, [batch[name] for batch in seen]) for name in seen[0]})

    def _samples(self, count: int) -> Iterator[Any]:
        size = self.size or 1
        last = max(len(self.rows) - size, 0)
        for start in dict.fromkeys(np.linspace(0, last, max(count, 1)).astype(int).tolist()):
            rows = np.arange(start, min(start + size, len(self.rows)))
            if len(rows):
                yield rows

    def _spec(self, tf: Any, values: list[Any]) -> Any:
        shapes = {value.shape for value in values}
        shape = [sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True)]
        if self.size is not None and shape:
            shape[0] = self.size if self.drop else None
        dtype = tf.string if values[0].dtype.kind in "OSU" else tf.as_dtype(values[0].dtype)
        return tf.TensorSpec(shape, dtype)


def _listed(names: Names) -> list[str]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _chosen(batch: dict[str, Any], names: list[str], *, alone: bool) -> Any:
    for name in names:
        if name not in batch:
            raise ColumnNotFound.of(name, batch)
    return batch[names[0]] if alone else {name: batch[name] for name in names}


def _array(name: str, value: Any) -> Any:
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    if array.dtype.kind == "O" and not all(isinstance(item, (str, bytes)) for item in array.flat):
        raise SchemaConflict(
            f"column {name!r} makes no tensor: its values are no numbers or texts, or lists of unequal length, "
            "which a collate_fn can pad",
            column=name,
        )
    return array
