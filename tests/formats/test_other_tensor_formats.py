"""The jax and tensorflow formats, where those are installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.formats import get_format

TABLE = pa.table({
    "i": [1, 2],
    "f": [1.5, 2.5],
    "b": [True, False],
    "s": ["a", "b"],
    "l": [[1, 2], [3, 4]],
    "r": [[1], [2, 3]],
})  # fmt: skip


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist()


def test_jax_columns_are_arrays() -> None:
    pytest.importorskip("jax")
    batch = get_format("jax").batch(TABLE)
    assert {name: str(batch[name].dtype) for name in "ifbl"} == {
        "i": "int32",
        "f": "float32",
        "b": "bool",
        "l": "int32",
    }
    assert batch["s"] == ["a", "b"]
    assert [_plain(part) for part in batch["r"]] == [[1], [2, 3]]
    assert _plain(batch["l"]) == [[1, 2], [3, 4]]


def test_jax_rows_are_arrays() -> None:
    pytest.importorskip("jax")
    rows = list(get_format("jax", dtype="float16").rows(TABLE))
    assert _plain(rows[1]["l"]) == [3, 4]
    assert str(rows[1]["i"].dtype) == "float16"
    assert rows[1]["s"] == "b"


def test_jax_changes_no_integer_silently() -> None:
    pytest.importorskip("jax")
    with pytest.raises(OverflowError, match="1099511627776 needs more"):
        get_format("jax").column(pa.array([1, 2**40]))


def test_jax_devices_are_chosen_by_their_text() -> None:
    jax = pytest.importorskip("jax")
    device = jax.devices()[0]
    shown = get_format("jax", device=device)
    assert shown.options == {"device": str(device)}
    assert shown.column(pa.array([1])).devices() == {device}


def test_tensorflow_columns_are_tensors() -> None:
    tf = pytest.importorskip("tensorflow")
    batch = get_format("tensorflow").batch(TABLE)
    assert [batch[name].dtype for name in "ifbsl"] == [tf.int64, tf.float32, tf.bool, tf.string, tf.int64]
    assert isinstance(batch["r"], tf.RaggedTensor)
    assert batch["r"].to_list() == [[1], [2, 3]]


def test_tensorflow_rows_are_tensors() -> None:
    tf = pytest.importorskip("tensorflow")
    row = get_format("tensorflow").row(pa.table({"i": [1], "s": ["a"], "t": [["x", "y"]], "n": pa.nulls(1)}))
    assert (row["i"].dtype, row["s"].numpy(), row["n"]) == (tf.int64, b"a", None)
    assert row["t"].numpy().tolist() == [b"x", b"y"]
