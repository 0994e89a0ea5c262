"""Where the reference is silently wrong, loses work or fails without a word, map and filter differ from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from arrowsets import ClassLabel, Dataset, Features, Json, List, Value
from arrowsets.errors import ColumnNotFound, SchemaConflict, ShapeConflict, TransformError

X = {"x": [1, 2, 3]}


def test_a_list_of_bools_is_a_mask(make: Any) -> None:
    assert make(X)[[True, False, True]] == {"x": [1, 3]}
    assert make(X)[np.array([False, False, True])] == {"x": [3]}
    assert make(X).select([False, True, False]).to_dict() == {"x": [2]}


@pytest.mark.parametrize("mask", [[True], [True] * 4, np.array([True, False])])
def test_a_mask_of_another_length_is_refused(mask: Any, make: Any) -> None:
    with pytest.raises((IndexError, ShapeConflict), match="3 rows"):
        make(X)[mask]


@pytest.mark.parametrize("mask", [[True], [True] * 4, True, {"x": True}, "yes"])
def test_a_filter_answers_one_truth_value_for_each_row(mask: Any, make: Any) -> None:
    with pytest.raises((TransformError, TypeError)):
        make(X).filter(lambda batch: mask, batched=True)


def test_rows_have_the_keys_of_all_of_them() -> None:
    assert Dataset.from_list([{"a": 1}, {"b": "x"}]).to_dict() == {"a": [1, None], "b": [None, "x"]}


def test_none_leaves_a_row_as_it_is(make: Any) -> None:
    mapped = make(X).map(lambda row: {"x": row["x"] * 10} if row["x"] == 2 else None)
    assert mapped.to_dict() == {"x": [1, 20, 3]}


@pytest.mark.parametrize("at", [0, 999, 1000, 2499])
def test_none_on_some_rows_of_many(at: int) -> None:
    mapped = Dataset.from_dict({"x": range(2500)}).map(lambda row: {"y": 1} if row["x"] == at else None)
    assert [i for i, y in enumerate(mapped["y"]) if y] == [at]
    assert mapped["x"][:] == list(range(2500))


@pytest.mark.parametrize("at", [0, 999, 1000, 2499])
def test_a_key_that_some_rows_lack_is_null(at: int) -> None:
    mapped = Dataset.from_dict({"x": range(2500)}).map(lambda row: {"a": 1, "b": 2} if row["x"] == at else {"a": 1})
    assert [i for i, b in enumerate(mapped["b"]) if b] == [at]


def test_a_removed_column_does_not_come_back_for_rows_that_lack_it() -> None:
    dataset = Dataset.from_dict({"x": range(2000)})
    mapped = dataset.map(lambda row: {"x": -1} if row["x"] < 1000 else {"y": 1}, remove_columns=["x"])
    assert mapped["x"][1000:] == [None] * 1000


def test_values_of_an_untouched_block_keep_their_type() -> None:
    mapped = Dataset.from_dict({"x": range(2000)}).map(lambda row: {"x": "s"} if row["x"] >= 1000 else None)
    assert mapped.features["x"] == Json()
    assert (mapped[0]["x"], mapped[1999]["x"]) == (0, "s")


def test_a_stretch_of_nulls_does_not_decide_a_type() -> None:
    dataset = Dataset.from_dict({"x": [None] * 1500 + [1] * 500})
    mapped = dataset.map(lambda row: {"x": None if row["x"] is None else "one"})
    assert mapped.features["x"] == Value("string")


OLD_AND_NEW = [
    ("int8", 5, "int8"),
    ("int8", 1001, "int64"),
    ("int64", "1", "string"),
    ("int64", 1.5, "float64"),
    ("float32", 1, "float32"),
    ("float32", 0.5, "float32"),
    ("string", 1, "int64"),
    ("string", "x", "string"),
    ("large_string", "x", "large_string"),
    ("bool", 1, "int64"),
    ("int64", True, "bool"),
    ("int64", None, "int64"),
    ("timestamp[s]", None, "timestamp[s]"),
]


@pytest.mark.parametrize(("old", "value", "new"), OLD_AND_NEW)
@pytest.mark.parametrize("batched", [False, True])
def test_the_kind_of_the_values_decides_the_type(old: str, value: Any, new: str, batched: bool) -> None:
    dataset = Dataset.from_dict({"x": [None, None]}, features=Features({"x": Value(old)}))
    answer = [value, value] if batched else value
    assert dataset.map(lambda _: {"x": answer}, batched=batched).features == Features({"x": Value(new)})


def test_without_the_original_type_values_decide_alone() -> None:
    dataset = Dataset.from_dict({"x": [1]}, features=Features({"x": Value("int8")}))
    mapped = dataset.map(lambda row: {"x": row["x"] + 1}, try_original_type=False)
    assert mapped.features["x"] == Value("int64")


def test_mixed_types_are_json_or_an_error() -> None:
    dataset = Dataset.from_dict(X)
    assert dataset.map(lambda row: {"y": 1 if row["x"] == 1 else "s"})["y"][:] == [1, "s", "s"]
    with pytest.raises(SchemaConflict, match="'y'.*row 1"):
        dataset.map(lambda row: {"y": 1 if row["x"] == 1 else "s"}, on_mixed_types=None)


def test_labels_stay_labels() -> None:
    features = Features({"y": ClassLabel(names=["a", "b"])})
    dataset = Dataset.from_dict({"y": [0, 1]}, features=features)
    assert dataset.map(lambda row: {"y": 1 - row["y"]}).features == features
    assert dataset.map(lambda row: {"y": "text"}).features["y"] == Value("string")


def test_numbers_that_are_no_labels_are_refused() -> None:
    with pytest.raises(SchemaConflict, match="5 is out of range"):
        Dataset.from_dict({"y": [0, 5]}).cast_column("y", ClassLabel(names=["a", "b"]))
    with pytest.raises(SchemaConflict, match="5 is out of range"):
        Dataset.from_pandas(pd.DataFrame({"y": [5]}), features=Features({"y": ClassLabel(names=["a"])}))


def test_nested_values_changed_in_place_are_kept(make: Any) -> None:
    def change(row: Any) -> Any:
        row["l"].append(9)
        row["s"]["a"] = -1
        return row

    rows = {"l": [[1], [2, 3]], "s": [{"a": 1}, {"a": 2}]}
    assert make(rows).map(change).to_dict() == {"l": [[1, 9], [2, 3, 9]], "s": [{"a": -1}, {"a": -1}]}


def test_a_zero_keeps_its_sign(make: Any) -> None:
    mapped = make({"x": [-0.0], "l": [[-0.0]]}).map(lambda row: {"x": abs(row["x"]), "l": [0.0]})
    assert str(mapped.to_dict()) == "{'x': [0.0], 'l': [[0.0]]}"


def test_deleting_from_some_rows_only_is_refused(make: Any) -> None:
    def delete(row: Any) -> Any:
        if row["x"] == 2:
            del row["t"]
        return row

    with pytest.raises(TransformError, match="'t'.*some rows"):
        make({**X, "t": ["a", "b", "c"]}).map(delete)


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        ([1], TypeError, "list for row 0"),
        ("text", TypeError, "str for row 0"),
        (pd.DataFrame({"y": [1, 2]}), TransformError, "2 rows for row 0"),
        ({1: 2}, TypeError, "column named 1"),
    ],
)
def test_answers_that_cannot_be_kept_are_named(answer: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Dataset.from_dict(X).map(lambda row: answer)


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        ({"y": 1}, TypeError, "int for column 'y'"),
        ({"y": "abc"}, TypeError, "str for column 'y'"),
        ({"y": (1, 2, 3)}, TypeError, "tuple for column 'y'"),
        ({"y": [1], "z": [1, 2]}, TransformError, "different lengths"),
        ({"y": [1]}, TransformError, "1 rows for 3, so column 'x' cannot be kept"),
        ([1], TypeError, "list for a batch"),
    ],
)
def test_batches_that_cannot_be_kept_are_named(answer: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Dataset.from_dict(X).map(lambda batch: answer, batched=True)


@pytest.mark.parametrize("workers", [None, 2])
def test_an_error_names_function_and_row(workers: int | None) -> None:
    def reciprocal(row: Any) -> Any:
        return {"y": 1 / row["x"]}

    with pytest.raises(ZeroDivisionError) as caught:
        Dataset.from_dict({"x": [1, 2, 0, 3]}).map(reciprocal, num_proc=workers)
    assert any("reciprocal on row 2" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("call", ["map", "filter"])
@pytest.mark.parametrize("option", ["input_columns", "remove_columns"])
def test_unknown_columns_are_named(call: str, option: str) -> None:
    if (call, option) == ("filter", "remove_columns"):
        return
    with pytest.raises(ColumnNotFound, match="text.*'t'"):
        getattr(Dataset.from_dict({"t": ["a"]}), call)(lambda *_: {}, **{option: ["text"]})


def test_values_that_the_declared_types_cannot_hold_are_named() -> None:
    with pytest.raises(SchemaConflict, match="'y'"):
        Dataset.from_dict(X).map(lambda row: {"y": "no"}, features=Features({"x": Value("int64"), "y": Value("int8")}))


def test_a_returned_column_that_is_not_declared_is_named() -> None:
    with pytest.raises(ColumnNotFound, match="'y'"):
        Dataset.from_dict(X).map(lambda row: {"y": 1}, features=Features({"x": Value("int64")}))


def test_declared_types_hold_for_rows_for_which_nothing_was_returned() -> None:
    dataset = Dataset.from_dict({"x": range(2000)})
    mapped = dataset.map(lambda row: {"x": "s"} if row["x"] > 999 else None, features=Features({"x": Value("string")}))
    assert (mapped[0]["x"], mapped[1000]["x"]) == ("0", "s")


@pytest.mark.parametrize("batched", [False, True])
def test_a_buffer_that_is_filled_again_is_no_answer_twice(batched: bool) -> None:
    buffer = np.zeros(1, dtype=np.int64)

    def fill(row: Any, index: Any) -> Any:
        buffer[:] = index
        return {"y": buffer}

    mapped = Dataset.from_dict(X).map(fill, with_indices=True, batched=batched, batch_size=1)
    assert mapped["y"][:] == ([0, 1, 2] if batched else [[0], [1], [2]])


def test_a_dict_that_is_filled_again_is_no_answer_twice() -> None:
    answer: dict[str, Any] = {"l": []}

    def fill(row: Any) -> Any:
        answer["y"] = row["x"]
        answer["l"].append(row["x"])
        return answer

    assert Dataset.from_dict(X).map(fill).to_dict() == {"x": [1, 2, 3], "l": [[1], [1, 2], [1, 2, 3]], "y": [1, 2, 3]}


def test_a_dataset_does_not_change_with_what_it_was_made_of() -> None:
    values, frame, rows = np.array([1, 2]), pd.DataFrame({"x": [1, 2]}), np.array([1, 0])
    made = [Dataset.from_dict({"x": values}), Dataset.from_pandas(frame), Dataset.from_dict({"x": [1, 2]}).select(rows)]
    made.append(Dataset.from_dict({"y": [1, 2]}).add_column("x", values).remove_columns("y"))
    values[:], frame.loc[:, "x"], rows[:] = 9, 9, 0
    assert [dataset["x"][:] for dataset in made] == [[1, 2], [1, 2], [2, 1], [1, 2]]


def test_an_expression_filters_without_python(make: Any) -> None:
    dataset = make({"x": [1, None, 3], "t": ["a", "b", "c"]})
    assert dataset.filter(pc.field("x") > 1).to_dict() == {"x": [3], "t": ["c"]}
    assert dataset.with_format("numpy", columns=["x"]).filter(pc.field("t") == "a").num_rows == 1


def test_a_table_replaces_all_columns(make: Any) -> None:
    mapped = make({**X, "t": ["a", "b", "c"]}).map(lambda b: pa.table({"y": b["x"][:1]}), batched=True)
    assert mapped.to_dict() == {"y": [1]}


def test_tables_and_dicts_are_not_mixed(make: Any) -> None:
    def either(batch: Any) -> Any:
        return pa.table({"y": [1]}) if batch["x"][0] == 1 else {"y": [2]}

    with pytest.raises(TransformError, match="one of the two"):
        make(X).map(either, batched=True, batch_size=1)


def test_lists_without_values_do_not_decide_a_type() -> None:
    mapped = Dataset.from_dict({"x": range(2000)}).map(lambda row: {"l": [] if row["x"] < 1500 else ["a"]})
    assert mapped.features["l"] == List(Value("string"))


@pytest.mark.parametrize("name", ["v1.0", "a b/c", "é", "x" * 300])
def test_a_fingerprint_may_be_any_text(name: str, make: Any) -> None:
    mapped = make(X).map(lambda row: {"y": 1}, new_fingerprint=name)
    assert mapped._fingerprint == name


def test_a_value_that_a_column_cannot_hold_is_named_with_it() -> None:
    with pytest.raises(SchemaConflict, match="'x'"):
        Dataset.from_dict(X).add_item({"x": "text"})
    with pytest.raises(SchemaConflict, match="'y'"):
        Dataset.from_dict(X).add_column("y", [1, "text", 3])
