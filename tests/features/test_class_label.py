"""ClassLabel: integers that stand for names."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrowsets.errors import SchemaConflict, UnknownName
from arrowsets.features import ClassLabel, array_of, cast

LABEL = ClassLabel(names=["no", "yes"])


def test_names_come_from_a_number_a_list_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "names").write_text("no\nyes\n\n", encoding="utf-8")
    assert ClassLabel(2).names == ["0", "1"]
    assert ClassLabel(names_file=str(tmp_path / "names")) == LABEL
    assert (LABEL.num_classes, LABEL.dtype, repr(LABEL)) == (2, "int64", "ClassLabel(names=['no', 'yes'])")
    assert pickle.loads(pickle.dumps(LABEL)).num_classes == 2


@pytest.mark.parametrize(
    "arguments",
    [{}, {"names": ["a", "a"]}, {"num_classes": 3, "names": ["a"]}, {"names": ["a"], "names_file": "f"}],
)
def test_contradicting_arguments_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="name"):
        ClassLabel(**arguments)


def test_names_and_integers_are_translated_one_or_many() -> None:
    assert (LABEL.str2int("yes"), LABEL.str2int(["no", "1"])) == (1, [0, 1])
    assert (LABEL.int2str(1), LABEL.int2str([0, 1]), LABEL.int2str(np.array([1]))) == (
        "yes",
        ["no", "yes"],
        ["yes"],
    )


def test_unknown_name_lists_the_names() -> None:
    with pytest.raises(UnknownName, match="'no', 'yes'; did you mean 'yes'"):
        LABEL.str2int("yess")


@pytest.mark.parametrize("code", [-1, 2])
def test_integer_without_a_name_is_an_error(code: int) -> None:
    with pytest.raises(ValueError, match="no class label"):
        LABEL.int2str(code)


@pytest.mark.parametrize(
    "values",
    [
        ["yes", None, "0"],
        [1, None, 0],
        ["yes", None, 0],
        pa.array(["yes", None, "0"]),
        pa.array([1.0, None, 0]),
    ],
)
def test_names_numbers_and_their_texts_are_encoded(values: Any) -> None:
    assert array_of(values, LABEL)[0].to_pylist() == [1, None, 0]


def test_no_label_is_minus_one_or_null() -> None:
    assert array_of([-1, None], LABEL)[0].to_pylist() == [-1, None]


@pytest.mark.parametrize("values", [[0, 2], [0, -2], ["no", "2"], ["no", "maybe"], [0, 0.5]])
def test_label_out_of_range_names_the_row(values: list[Any]) -> None:
    with pytest.raises(SchemaConflict, match="row 1"):
        array_of(values, LABEL)
    with pytest.raises(SchemaConflict, match="row 1"):
        cast(pa.array(values), LABEL)
