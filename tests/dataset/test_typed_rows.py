"""Rows as objects of a class of the user's."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NotRequired, TypedDict

import pytest

from arrowsets import ClassLabel, Dataset, DatasetDict, Features, Value
from arrowsets.errors import ColumnNotFound, SchemaConflict


@dataclass
class Film:
    title: str
    stars: int | None = 0
    tags: list[str] = field(default_factory=list)


class Pair(NamedTuple):
    title: str
    stars: float = 0.5


class Row(TypedDict):
    title: str
    note: NotRequired[str]


@dataclass
class Person:
    name: str


@dataclass
class Cast:
    lead: Person
    others: list[Person]
    guest: Person | None


@pytest.fixture
def films() -> Dataset:
    return Dataset.from_dict({"title": ["Älien", "", "Cube"], "stars": [5, None, 4], "unread": [b"", b"", None]})


def test_rows_are_objects(films: Dataset) -> None:
    rows = films.as_rows(Film)
    assert rows[0] == Film("Älien", 5) == rows[-3]
    assert list(rows) == [Film("Älien", 5), Film("", None), Film("Cube", 4)]
    assert len(rows) == 3
    assert list(rows[1:][::-1]) == [Film("Cube", 4), Film("", None)]
    assert rows.__getitems__([2, 0]) == [rows[2], rows[0]]
    assert rows[0] in rows
    with pytest.raises(IndexError):
        rows[3]


def test_other_columns_are_not_read(films: Dataset) -> None:
    assert films.as_rows(Pair)[0] == ("Älien", 5)
    assert films.as_rows(Row)[0] == {"title": "Älien"}


def test_structs_are_objects_as_well() -> None:
    made: list[dict[str, Any]] = [
        {"lead": {"name": "a"}, "others": [{"name": "b"}], "guest": None},
        {"lead": {"name": "c"}, "others": None},
    ]
    rows = Dataset.from_list(made).cast_column("guest", {"name": Value("string")}).as_rows(Cast)
    assert list(rows) == [
        Cast(Person("a"), [Person("b")], None),
        Cast(Person("c"), None, None),  # type: ignore[arg-type]
    ]


def test_rows_of_other_formats_and_transforms(films: Dataset) -> None:
    assert films.with_format("numpy").as_rows(Pair)[0].title == "Älien"
    shown = films.with_transform(lambda batch: {"title": [text * 2 for text in batch["title"]], "more": [1] * 3})
    assert shown.as_rows(Row)[2] == {"title": "CubeCube"}
    with pytest.raises(TypeError, match="tables"):
        films.with_format("pandas").as_rows(Film)


def test_labels_and_whole_numbers_are_numbers() -> None:
    types = Features({"title": Value("string"), "stars": ClassLabel(names=["bad", "good"])})
    assert Dataset.from_dict({"title": ["x"], "stars": ["good"]}, types).as_rows(Film)[0] == Film("x", 1)


def test_what_does_not_fit_is_said_at_once(films: Dataset) -> None:
    with pytest.raises(ColumnNotFound, match="Film.title: no column 'title'; the columns are 'name'"):
        Dataset.from_dict({"name": ["x"]}).as_rows(Film)
    with pytest.raises(SchemaConflict, match=r"'title' holds Value\('int64'\), but Film.title is str"):
        Dataset.from_dict({"title": [1]}).as_rows(Film)
    for other in (dict, str, 3):
        with pytest.raises(TypeError, match="a dataclass, a named tuple or a TypedDict"):
            films.as_rows(other)  # type: ignore[arg-type]


def test_streams_and_splits(films: Dataset) -> None:
    stream = films.to_iterable_dataset()
    assert list(stream.as_rows(Film)) == list(films.as_rows(Film))
    changed = stream.map(lambda row: {"stars": 1}).filter(lambda row: row["title"] > "")
    assert list(changed.as_rows(Pair)) == [("Älien", 1), ("Cube", 1)]
    splits: Any = DatasetDict({"train": films}).as_rows(Film)
    assert splits["train"][2] == Film("Cube", 4)


def test_they_can_be_pickled(films: Dataset) -> None:
    assert list(pickle.loads(pickle.dumps(films.as_rows(Film)))) == list(films.as_rows(Film))


def test_a_data_loader_takes_them(films: Dataset) -> None:
    data = pytest.importorskip("torch.utils.data")
    (batch,) = data.DataLoader(films.as_rows(Film), 3, collate_fn=list)
    assert batch == list(films.as_rows(Film))
