"""Lists of fixed length in lists of fixed length: Arrow 26 gathers wrong values from slices of them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from arrowsets import Dataset

LEAVES: dict[str, tuple[pa.DataType, Any]] = {
    "int8": (pa.int8(), lambda n: n % 100),
    "int64": (pa.int64(), lambda n: n),
    "float32": (pa.float32(), lambda n: n / 2),
    "fixed bytes": (pa.binary(3), lambda n: b"%03d" % n),
}


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize("within", ["alone", "in a list", "in a struct", "thrice"])
def test_rows_of_a_slice_are_those_asked_for(leaf: str, within: str) -> None:
    kind, make = LEAVES[leaf]
    numbers = range(60)
    dtype: pa.DataType = pa.list_(pa.list_(kind, 2), 3)
    values: list[Any] = [[[make(n + i), make(n + i + 1)] for i in range(3)] for n in numbers]
    if within == "in a list":
        dtype, values = pa.list_(dtype), [[value] for value in values]
    elif within == "in a struct":
        dtype, values = pa.struct([("s", dtype)]), [{"s": value} for value in values]
    elif within == "thrice":
        dtype, values = pa.list_(dtype, 1), [[value] for value in values]
    table = pa.table({"a": pa.array(values, dtype).slice(11)})
    rows = [40, 3, 3, 0, 17, 48]
    dataset = Dataset(table)
    assert dataset[rows]["a"] == [values[11 + row] for row in rows]
    assert dataset.select(rows)["a"][:] == [values[11 + row] for row in rows]
