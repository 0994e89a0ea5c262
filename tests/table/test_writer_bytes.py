"""Equal rows are written as equal bytes, however they came in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import ipc

from arrowsets.table import ShardWriter

LEAVES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-9, 9)),
    (pa.float16(), st.sampled_from([0.5, 1.0])),
    (pa.bool_(), st.booleans()),
    (pa.string(), st.text("aé", max_size=3)),
    (pa.large_binary(), st.binary(max_size=3)),
    (pa.string_view(), st.sampled_from(["a", "long enough to lie elsewhere"])),
    (pa.binary(3), st.sampled_from([b"abc", b"xyz"])),
    (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["a", "b", "c"])),
    (pa.decimal128(5), st.decimals(0, 99, places=0)),
    (pa.null(), st.none()),
]
Typed = tuple[pa.DataType, st.SearchStrategy[Any]]


def nested(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    def listed(make: Any) -> st.SearchStrategy[Typed]:
        return inner.map(lambda typed: (make(typed[0]), st.lists(maybe(typed[1]), max_size=3)))

    def pair(typed: Typed) -> Typed:
        return pa.list_(typed[0], 2), st.lists(maybe(typed[1]), min_size=2, max_size=2)

    def struct(one: Typed, other: Typed) -> Typed:
        fields = [pa.field("p", one[0]), pa.field("q", other[0])]
        return pa.struct(fields), st.fixed_dictionaries({"p": maybe(one[1]), "q": maybe(other[1])})

    def mapping(typed: Typed) -> Typed:
        entry = st.tuples(st.sampled_from("kl"), maybe(typed[1]))
        return pa.map_(pa.string(), typed[0]), st.lists(entry, max_size=2)

    return st.one_of(
        listed(pa.list_), listed(pa.large_list), listed(pa.list_view), inner.map(pair), inner.map(mapping),
        st.builds(struct, inner, inner),
    )  # fmt: skip


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


TYPES = st.recursive(st.sampled_from(LEAVES), nested, max_leaves=3)


def write(path: Path, schema: pa.Schema, tables: list[pa.Table], **options: Any) -> bytes:
    with ShardWriter(path, schema, **options) as writer:
        for table in tables:
            writer.write(table)
    return path.read_bytes()


def pieces(data: st.DataObject, values: list[Any], dtype: pa.DataType) -> list[pa.Table]:
    """The same rows in chunks of their own making, or in slices of something longer."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=3)))
    tables = []
    for start, stop in zip([0, *cuts], [*cuts, len(values)], strict=True):
        before, after = (data.draw(st.integers(0, 3)) if values else 0 for _ in range(2))
        around = [*values[:before], *values[start:stop], *values[:after]]
        chunk = pa.array(around, dtype).slice(min(before, len(values)), stop - start)
        tables.append(pa.table({"x": chunk}))
    return tables


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_chunks_and_slices_do_not_show(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    dtype, strategy = data.draw(TYPES)
    values = data.draw(st.lists(maybe(strategy), max_size=12))
    path = tmp_path_factory.getbasetemp() / "shard.arrow"
    schema = pa.schema([pa.field("x", dtype)])
    options = {"max_rows": data.draw(st.integers(1, 8)), "max_bytes": data.draw(st.integers(1, 200))}
    whole = pa.table({"x": pa.array(values, dtype)})
    expected = write(path, schema, [whole], **options)
    assert ipc.open_file(pa.BufferReader(expected)).read_all().column(0).to_pylist() == whole.column(0).to_pylist()
    assert write(path, schema, pieces(data, values, dtype), **options) == expected


def hidden() -> dict[str, tuple[pa.Array[Any], pa.Array[Any]]]:
    """The same values twice, the second with something else under its nulls or past its end."""
    bitmap = pa.py_buffer(b"\xf5")
    mask = pa.array([False, True, False])
    ints = pa.Array.from_buffers(pa.int32(), 3, [bitmap, pa.py_buffer(np.array([1, 99, 3], "i4").tobytes())])
    text = pa.Array.from_buffers(
        pa.string(), 3, [bitmap, pa.py_buffer(np.array([0, 1, 4, 5], "i4").tobytes()), pa.py_buffer(b"azzzb")]
    )
    lists = pa.Array.from_buffers(
        pa.list_(pa.int8()), 3, [bitmap, pa.py_buffer(np.array([0, 1, 3, 4], "i4").tobytes())],
        children=[pa.array([1, 8, 9, 2], pa.int8())],
    )  # fmt: skip
    fixed = pa.FixedSizeListArray.from_arrays(pa.array([1, 2, 8, 9, 3, 4]), 2, mask=mask)
    struct = pa.StructArray.from_arrays([pa.array([1, 9, 3])], ["a"], mask=mask)
    flags = pa.Array.from_buffers(pa.bool_(), 3, [None, pa.py_buffer(b"\xfd")])
    valid = pa.Array.from_buffers(pa.int8(), 3, [pa.py_buffer(b"\xff"), pa.py_buffer(b"\1\2\3")])
    words = pa.DictionaryArray.from_arrays(pa.array([2, None, 0]), pa.array(["b", "unused", "a"]))
    return {
        "int": (pa.array([1, None, 3], pa.int32()), ints),
        "text": (pa.array(["a", None, "b"]), text),
        "list": (pa.array([[1], None, [2]], pa.list_(pa.int8())), lists),
        "fixed list": (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)), fixed),
        "struct": (pa.array([{"a": 1}, None, {"a": 3}]), struct),
        "past the end": (pa.array([True, False, True]), flags),
        "all valid": (pa.array([1, 2, 3], pa.int8()), valid),
        "dictionary": (pa.array(["a", None, "b"], pa.dictionary(pa.int64(), pa.string())), words),
    }


@pytest.mark.parametrize("name", hidden())
def test_what_lies_under_nulls_does_not_show(tmp_path: Path, name: str) -> None:
    plain, odd = hidden()[name]
    assert plain.to_pylist() == odd.to_pylist()
    schema = pa.schema([pa.field("x", plain.type)])
    first, second = (write(tmp_path / "a.arrow", schema, [pa.table({"x": array})]) for array in (plain, odd))
    assert first == second
    wrapped = [pa.table({"x": pa.ListArray.from_arrays([0, 3], array)}) for array in (plain, odd)]
    first, second = (write(tmp_path / "a.arrow", table.schema, [table]) for table in wrapped)
    assert first == second


def test_a_dictionary_grows_from_batch_to_batch(tmp_path: Path) -> None:
    values = ["a", "b", "a", "c", None, "b", "d"]
    table = pa.table({"x": pa.array(values, pa.dictionary(pa.int8(), pa.string()))})
    data = write(tmp_path / "a.arrow", table.schema, [table], max_rows=2)
    assert ipc.open_file(pa.BufferReader(data)).read_all().column(0).to_pylist() == values
