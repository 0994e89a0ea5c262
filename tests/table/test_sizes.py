"""The size of rows is the same whether it is summed over each or told by the ends of what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowsets.table.sizes import row_bits, total_bits

INNER = pa.struct([("a", pa.int16()), ("b", pa.list_(pa.string())), ("c", pa.bool_())])
TYPES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int32": (pa.int32(), [1, 2, -3]),
    "bool": (pa.bool_(), [True, False]),
    "string": (pa.string(), ["", "a", "éé", "long" * 9]),
    "large_binary": (pa.large_binary(), [b"", b"abc"]),
    "string_view": (pa.string_view(), ["", "abc", "longer than twelve bytes"]),
    "list": (pa.list_(pa.int64()), [[], [1], [1, None, 3]]),
    "large_list": (pa.large_list(pa.bool_()), [[], [True], [None, False, True]]),
    "list of texts": (pa.list_(pa.string()), [[], ["a"], ["", None, "bcd"]]),
    "list of lists": (pa.list_(pa.list_(pa.int8())), [[], [[]], [[1, 2], None, [3]]]),
    "fixed list": (pa.list_(pa.float32(), 2), [[1.0, 2.0], [3.0, None]]),
    "fixed list of texts": (pa.list_(pa.string(), 1), [["a"], ["bcd"]]),
    "fixed list of nothing": (pa.list_(pa.int8(), 0), [[]]),
    "struct": (INNER, [{"a": 1, "b": ["x", "yz"], "c": True}, {"a": None, "b": None, "c": False}]),
    "list of structs": (pa.list_(INNER), [[], [{"a": 1, "b": ["x"], "c": None}, None]]),
    "map": (pa.map_(pa.string(), pa.int32()), [[], [("a", 1), ("bc", None)]]),
    "null": (pa.null(), [None]),
    "nothing in it": (pa.struct([]), [{}]),
}


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_the_sum_is_that_of_the_rows(kind: str, data: st.DataObject) -> None:
    dtype, values = TYPES[kind]
    rows = data.draw(st.lists(st.sampled_from([*values, None] if data.draw(st.booleans()) else values), max_size=20))
    start = data.draw(st.integers(0, 8))
    array: Any = pa.array(rows, dtype).slice(start, data.draw(st.integers(0, 20)))
    each = row_bits(array)
    assert total_bits(array) == int(np.broadcast_to(each, len(array)).sum())
    cut = data.draw(st.integers(0, len(array)))
    assert total_bits(array) == total_bits(array.slice(0, cut)) + total_bits(array.slice(cut))


def test_what_lies_under_a_null_does_not_count() -> None:
    offsets, values = pa.array([0, 2, 5], pa.int32()), pa.array([1, 2, 3, 4, 5], pa.int64())
    array = pa.ListArray.from_arrays(offsets, values, mask=pa.array([False, True]))
    assert total_bits(array) == 2 * 32 + 2 * 64
