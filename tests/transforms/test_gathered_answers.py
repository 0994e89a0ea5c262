"""Small batches of numbers are answered one by one and made into columns many at a time: nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arrowsets import ClassLabel, Dataset, Features, Value, load_from_disk
from arrowsets.errors import SchemaConflict
from arrowsets.transforms import gathered
from arrowsets.transforms import map as map_module

ROWS = 103

Form = Callable[[Any], Any]
FORMS: dict[str, Form] = {
    "int": lambda x: {"y": x * 2},
    "float": lambda x: {"y": x / 2},
    "small": lambda x: {"y": x.astype(np.int8)},
    "vectors": lambda x: {"y": np.outer(x, [1.0, 2.0])},
    "longer vectors": lambda x: {"y": np.outer(x, [1.0, 2.0, 3.0])},
    "two": lambda x: {"y": x, "z": x > 3},
    "two the other way": lambda x: {"z": x > 3, "y": x},
    "list": lambda x: {"y": x.tolist()},
    "nothing": lambda x: None,
    "fewer rows": lambda x: {"y": x[:1]},
    "more rows": lambda x: {"y": np.repeat(x, 2)},
    "in place": lambda x: {"x": x + 1},
    "as it was": lambda x: {"x": x},
    "backwards": lambda x: {"y": x[::-1]},
    "big end first": lambda x: {"y": x.astype(">i4")},
    "dates": lambda x: {"y": x.astype("datetime64[s]")},
    "text": lambda x: {"y": np.array(["a"] * len(x))},
}
SAME_ROWS = [name for name in FORMS if name not in {"fewer rows", "more rows"}]


def _dataset() -> Dataset:
    return Dataset.from_dict({"x": list(range(ROWS)), "name": ["n"] * ROWS}).with_format("numpy")


def _mapped(forms: list[str], batch_size: int, together: int, **how: Any) -> Any:
    calls = iter(range(10**6))

    def function(batch: Any) -> Any:
        return FORMS[forms[next(calls) % len(forms)]](batch["x"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(map_module, "TOGETHER", together)
        try:
            found = _dataset().map(function, batched=True, batch_size=batch_size, keep_in_memory=True, **how)
        except Exception as error:  # noqa: BLE001 - the same one is to come from both
            return type(error), str(error), getattr(error, "__notes__", [])
    return found.features, found.with_format("arrow")[:].to_pydict()


@given(st.lists(st.sampled_from(SAME_ROWS), min_size=1, max_size=6), st.integers(1, 40), st.integers(2, 9))
@example(["int"], 10, 4)
@example(["int", "int", "float", "int"], 5, 8)
@example(["two", "two", "list", "nothing"], 7, 5)
@example(["as it was", "in place"], 10, 4)
def test_answers_are_the_same_as_one_by_one(forms: list[str], batch_size: int, together: int) -> None:
    assert _mapped(forms, batch_size, together) == _mapped(forms, batch_size, 1)


@pytest.mark.parametrize("form", ["fewer rows", "more rows"])
def test_batches_may_become_of_other_lengths(form: str) -> None:
    removed = {"remove_columns": ["x", "name"]}
    assert _mapped(["int", "int", form], 10, 8, **removed) == _mapped(["int", "int", form], 10, 1, **removed)
    assert _mapped(["int", form], 10, 8) == _mapped(["int", form], 10, 1)  # columns that stay do not fit: an error


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many rows columns were made, each time."""
    counts: list[int] = []
    columns = gathered.Gathered.columns

    def counted(self: gathered.Gathered) -> dict[str, Any]:
        counts.append(self.rows)
        return columns(self)

    monkeypatch.setattr(gathered.Gathered, "columns", counted)
    return counts


def test_answers_are_put_together(made: list[int]) -> None:
    assert _dataset().map(lambda batch: {"y": batch["x"]}, batched=True, batch_size=10)["y"][:].tolist() == [
        *range(ROWS)
    ]
    assert sum(made) == ROWS
    assert len(made) < ROWS / 10


def test_a_function_may_fill_one_array_again_and_again() -> None:
    out = np.empty(10, np.int64)

    def function(batch: Any) -> Any:
        rows = len(batch["x"])
        out[:rows] = batch["x"] + 1
        return {"y": out[:rows]}

    assert _dataset().map(function, batched=True, batch_size=10)["y"][:].tolist() == [*range(1, ROWS + 1)]


def test_what_is_done_to_the_arrays_given_is_done_to_no_others() -> None:
    seen: list[int] = []

    def function(batch: Any) -> Any:
        seen.append(int(batch["x"][0]))
        batch["x"][:] = -1
        return {"y": batch["x"]}

    made = _dataset().map(function, batched=True, batch_size=10)
    assert made["y"][:].tolist() == [-1] * ROWS
    assert made["x"][:].tolist() == [*range(ROWS)]
    assert seen == [*range(0, ROWS, 10)]


def test_indices_and_errors_name_the_rows_of_the_batch() -> None:
    def function(batch: Any, indices: list[int]) -> Any:
        assert indices == batch["x"].tolist()
        if 47 in indices:
            raise ValueError("no")
        return {"y": batch["x"]}

    with pytest.raises(ValueError, match="no") as raised:
        _dataset().map(function, batched=True, batch_size=10, with_indices=True)
    assert "on rows 40 to 49" in raised.value.__notes__[0]


def test_columns_whose_look_depends_on_other_rows_are_given_batch_by_batch() -> None:
    """Integers with nulls are floats, in the batches that have nulls."""
    seen: list[str] = []

    def function(batch: Any) -> Any:
        seen.append(batch["x"].dtype.name)
        return {"y": np.ones(len(batch["x"]))}

    table = pa.table({"x": pa.array([*range(20), None, *range(9)], pa.int64())})
    Dataset(table).with_format("numpy").map(function, batched=True, batch_size=10)
    assert seen == ["int64", "int64", "float32"]


def test_large_answers_are_not_copied_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "ROOM_BYTES", 1000)
    assert _mapped(["vectors"], 40, 8) == _mapped(["vectors"], 40, 1)


def _in_labels(batch: Any) -> Any:
    # Some batches fit the labels of the column that they replace, and others do not.
    return {"label": batch["x"] * (batch["x"] // 10 % 2)}


@pytest.mark.parametrize("together", [2, 7, 32])
def test_types_do_not_depend_on_which_batches_are_put_together(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features({"x": Value("int64"), "label": ClassLabel(names=["a", "b"])})
    dataset = Dataset.from_dict({"x": list(range(3000)), "label": [1] * 3000}, features=features).with_format("numpy")
    found = []
    for batches in (1, together):
        monkeypatch.setattr(map_module, "TOGETHER", batches)
        made = dataset.map(_in_labels, batched=True, batch_size=10, load_from_cache_file=False)
        found.append((made.features, made.with_format(None)["label"][:]))
    assert found[0] == found[1]


def test_an_answer_that_is_of_no_declared_type_is_named_as_one_by_one() -> None:
    features = Features({"x": Value("int64"), "name": Value("string"), "y": Value("float32")})
    one_by_one = _mapped(["vectors"], 10, 1, features=features)
    assert one_by_one[0] is SchemaConflict
    assert _mapped(["vectors"], 10, 8, features=features) == one_by_one


def test_answers_before_an_error_are_not_lost(tmp_path: Path) -> None:
    Dataset.from_dict({"x": list(range(400))}).save_to_disk(tmp_path / "data")
    dataset = load_from_disk(tmp_path / "data").with_format("numpy")
    broken, calls = tmp_path / "broken", tmp_path / "calls"
    broken.touch()

    def function(batch: Any, broken: str, calls: str) -> Any:
        with Path(calls).open("a") as file:
            file.write("*")
        if batch["x"][0] == 200 and Path(broken).exists():
            raise ValueError("no")
        return {"y": batch["x"] * 3}

    how: Any = {"batched": True, "batch_size": 10, "fn_kwargs": {"broken": str(broken), "calls": str(calls)}}
    with pytest.raises(ValueError, match="no"):
        dataset.map(function, **how)
    assert len(calls.read_text()) == 21
    broken.unlink()
    assert dataset.map(function, **how)["y"][:].tolist() == [3 * x for x in range(400)]
    assert len(calls.read_text()) < 21 + 25


def test_slow_answers_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch, made: list[int]) -> None:
    monkeypatch.setattr(map_module, "TOGETHER_SECONDS", 0)
    ticks = iter(range(10**6))
    monkeypatch.setattr(map_module, "monotonic", lambda: next(ticks))
    _dataset().map(lambda batch: {"y": batch["x"]}, batched=True, batch_size=10)
    assert made == [10] * 10 + [3]


def test_the_number_of_workers_does_not_show(tmp_path: Path) -> None:
    dataset = Dataset.from_dict({"x": list(range(5000))}).with_format("numpy")
    alone = dataset.map(_squared, batched=True, batch_size=16, cache_file_name=str(tmp_path / "a.arrow"))
    beside = dataset.map(
        _squared,
        batched=True,
        batch_size=16,
        num_proc=2,
        load_from_cache_file=False,
        cache_file_name=str(tmp_path / "b.arrow"),
    )
    assert alone["y"][:].tolist() == beside["y"][:].tolist() == [x * x for x in range(5000)]
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()


def _squared(batch: Any) -> Any:
    return {"y": batch["x"] ** 2}
