"""Handing rows to TensorFlow, taking them from Spark."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from arrowsets import Dataset, Features, IterableDataset, Value


def made() -> Dataset:
    return Dataset.from_dict(
        {"x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "n": [[1], [1, 2], []], "text": ["a", "b", "c"], "label": [0, 1, 0]}
    )


@pytest.fixture
def tf() -> Any:
    return pytest.importorskip("tensorflow")


def padded(rows: list[dict[str, Any]], to: int = 2) -> dict[str, Any]:
    return {"n": np.array([list(row["n"]) + [0] * (to - len(row["n"])) for row in rows])}


def test_batches_are_dicts_of_tensors(tf: Any) -> None:
    batches = list(made().to_tf_dataset(2, columns=["x", "text"]))
    assert [batch["x"].numpy().tolist() for batch in batches] == [[[1, 2], [3, 4]], [[5, 6]]]
    assert batches[1]["text"].numpy().tolist() == [b"c"]
    assert batches[0]["x"].dtype == tf.float32


def test_labels_stand_beside_features(tf: Any) -> None:
    dataset = made().to_tf_dataset(3, columns="x", label_cols="label")
    features, labels = next(iter(dataset))
    assert (features.shape.as_list(), labels.numpy().tolist()) == ([3, 2], [0, 1, 0])
    assert labels.dtype == tf.int64


def test_shapes_are_known_where_they_are_fixed(tf: Any) -> None:
    dataset = made().to_tf_dataset(2, columns=["x"], drop_remainder=True)
    assert dataset.element_spec["x"].shape.as_list() == [2, 2]
    assert len(dataset) == len(list(dataset)) == 1
    assert made().to_tf_dataset(2, columns=["x"]).element_spec["x"].shape.as_list() == [None, 2]


def test_lists_of_unequal_length_are_padded_by_a_function(tf: Any) -> None:
    with pytest.raises(ValueError, match="collate_fn can pad"):
        made().to_tf_dataset(2, columns=["n"])
    dataset = made().to_tf_dataset(2, columns="n", collate_fn=padded, collate_fn_args={"to": 3})
    assert [batch.numpy().tolist() for batch in dataset] == [[[1, 0, 0], [1, 2, 0]], [[0, 0, 0]]]


def test_rows_one_by_one_and_in_random_order(tf: Any) -> None:
    rows = made().to_tf_dataset(columns="label", prefetch=False)
    assert [row.numpy() for row in rows] == [0, 1, 0]
    shuffled = Dataset.from_dict({"x": range(50)}).to_tf_dataset(50, columns="x", shuffle=True)
    first, second = (next(iter(shuffled)).numpy().tolist() for _ in range(2))
    assert sorted(first) == list(range(50)) != first != second


def test_a_column_that_is_not_there_is_told(tf: Any) -> None:
    with pytest.raises(ValueError, match="no column 'z'"):
        made().to_tf_dataset(2, columns=["z"])


@pytest.mark.parametrize(
    "call", [lambda: made().to_tf_dataset(), lambda: Dataset.from_spark(None)], ids=["tf", "spark"]
)
def test_the_package_to_install_is_named(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tensorflow", "pyspark"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install (tensorflow|pyspark)"):
        call()


@pytest.fixture(scope="module")
def frame() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    builder = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.getOrCreate()
    yield session.createDataFrame([(1, "a", [1.5]), (2, None, [])], "x long, t string, v array<double>")
    session.stop()


ROWS = [{"x": 1, "t": "a", "v": [1.5]}, {"x": 2, "t": None, "v": []}]


@pytest.mark.filterwarnings("ignore")
def test_a_data_frame_of_spark(frame: Any) -> None:
    dataset = Dataset.from_spark(frame, "train")
    assert (list(dataset), str(dataset.split)) == (ROWS, "train")
    typed = Features({"x": Value("int8"), "t": Value("string"), "v": [Value("float32")]})
    assert Dataset.from_spark(frame, features=typed).features == typed
    assert list(IterableDataset.from_spark(frame)) == ROWS


def test_what_is_no_data_frame_of_spark() -> None:
    pytest.importorskip("pyspark")
    with pytest.raises(TypeError, match="not list"):
        Dataset.from_spark([1])
