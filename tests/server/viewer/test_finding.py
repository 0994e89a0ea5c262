"""Search in any script, filters with bound values, orders, and conditions in SQL that DuckDB's own parser vouches for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from arrowsets import ClassLabel, Dataset, Features, Value

if TYPE_CHECKING:
    from tests.server.viewer.conftest import Client, Show


TEXTS = ["Hello World", "مَرحبا بالعالم", "你好世界", "Привет Мир", "Crème brûlée 123", "a'; DROP -- /*", None]
DATA = {
    "n": list(range(7)),
    "text": TEXTS,
    "s": [{"b": number, "c": text} for number, text in enumerate(TEXTS)],
    "f": [float("nan"), 1.0, 2.0, None, 4.0, 5.0, 6.0],
    "day": [f"2020-01-0{number + 1}" for number in range(7)],
    "T": list("abcdefg"),
}


@pytest.fixture
def client(show: Show) -> Client:
    return show(Dataset.from_dict(DATA))


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("hello", [0]),
        ("world hello", [0]),
        ('"hello world"', [0]),
        ('"world hello"', []),
        ("مرحبا", [1]),
        ("世界", [2]),
        ("МИР", [3]),
        ("creme BRULEE", [4]),
        ("123", [4]),
        ("'; drop", [5]),
        ("%", []),
        ("nowhere", []),
    ],
)
def test_search_finds_words_of_any_script(client: Client, query: str, rows: list[int]) -> None:
    assert client.numbers(query=query) == rows
    found = client.get("/search", query=query).json()
    assert [row["row_idx"] for row in found["rows"]] == rows
    assert found["num_rows_total"] == len(rows)


@pytest.mark.parametrize(
    ("column", "op", "value", "rows"),
    [
        ("n", "=", 3, [3]),
        ("n", "!=", 3, [0, 1, 2, 4, 5, 6]),
        ("n", "between", [2, 4, True], [2, 3, 4]),
        ("n", "between", [2, 4, False], [2, 3]),
        ("n", "<", "2", [0, 1]),
        ("s.b", ">", 4, [5, 6]),
        ("f", ">", 4, [5, 6]),
        ("f", "is_null", None, [0, 3]),
        ("f", "not_null", None, [1, 2, 4, 5, 6]),
        ("text", "contains", "HELLO", [0]),
        ("text", "contains", "'; DROP --", [5]),
        ("text", "=", "a'; DROP -- /*", [5]),
        ("text", "length_between", [4, 5, True], [2]),
        ("T", "in", ["a", "c"], [0, 2]),
        ("day", ">=", "2020-01-06", [5, 6]),
    ],
)
def test_filters_bind_their_values(client: Client, column: str, op: str, value: Any, rows: list[int]) -> None:
    assert client.numbers(filters=[{"column": column, "op": op, "value": value}]) == rows


@pytest.mark.parametrize(
    "given",
    [
        {"column": "nope", "op": "=", "value": 1},
        {"column": "n", "op": "like", "value": 1},
        {"column": "n", "op": "=", "value": "x"},
        {"column": "n", "op": "between", "value": [1]},
        {"column": "s", "op": "=", "value": 1},
        {"column": "s.nope", "op": "=", "value": 1},
        {"column": ["n"], "op": "=", "value": 1},
        "n = 1",
    ],
)
def test_a_filter_without_sense_is_refused(client: Client, given: Any) -> None:
    assert "error" in client.own("rows", filters=[given])


@pytest.mark.parametrize(
    ("column", "filter_", "rows"),
    [
        ("f", {"value": [None, 2.0, False]}, [0, 2]),
        ("f", {"value": [2.0, None, False]}, [1]),
        ("day", {"value": ["2020-02-01 00:00:00", None], "format": "%d/%m/%Y"}, [1, 2]),
        ("day", {"value": [None, "2020-03-01 00:00:00", False], "format": "%d/%m/%Y"}, [0, 1]),
        ("away", {"value": ["2020-01-01 00:00:00+0000", None], "format": "%Y-%m-%dT%H:%M:%S%z"}, [0, 2]),
    ],
)
def test_ranges_may_have_one_end_and_texts_be_dates(
    show: Show, column: str, filter_: dict[str, Any], rows: list[int]
) -> None:
    data = {
        "f": [1.0, 2.5, float("-inf"), float("nan")],
        "day": ["05/01/2020", "28/2/2020", "01/03/2020", None],
        "away": ["2020-01-01T00:30:00Z", "2020-01-01T00:30:00+01:00", "2019-12-31T23:30:00-0100", "soon"],
    }
    assert show(Dataset.from_dict(data)).numbers(filters=[{"column": column, "op": "between", **filter_}]) == rows


@pytest.mark.parametrize(
    "given",
    [
        {"column": "t", "op": "between", "value": ["1", "2"], "format": "%c"},
        {"column": "t", "op": "between", "value": ["1", "2"], "format": ["%Y"]},
        {"column": "n", "op": "between", "value": [1, 2], "format": "%Y-%m-%d"},
        {"column": "n", "op": "between", "value": [None, None]},
    ],
)
def test_a_range_without_sense_is_refused(show: Show, given: dict[str, Any]) -> None:
    client = show(Dataset.from_dict({"t": ["1"], "n": [1]}))
    assert client.send("GET", "/api/x/rows", params={"filters": json.dumps([given])}).status_code == 422


@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_values_within_values_are_refused(show: Show, value: Any) -> None:
    client = show(Dataset.from_dict({"l": [[1], [2]]}))
    filters = [{"column": "l", "op": "contains", "value": value}]
    assert client.send("GET", "/api/x/rows", params={"filters": json.dumps(filters)}).status_code == 422
    assert client.send("GET", "/api/x/rows", params={"columns": json.dumps([value])}).status_code == 422


def test_filters_and_search_are_one_condition(client: Client) -> None:
    assert client.numbers(query="o", filters=[{"column": "n", "op": ">", "value": 0}]) == [5]


@pytest.mark.parametrize(
    ("sort", "descending", "rows"),
    [("T", "1", [6, 5, 4, 3, 2, 1, 0]), ("f", "", [1, 2, 4, 5, 6, 0, 3]), ("s.b", "1", [6, 5, 4, 3, 2, 1, 0])],
)
def test_rows_are_ordered(client: Client, sort: str, descending: str, rows: list[int]) -> None:
    assert client.numbers(sort=sort, descending=descending) == rows


def test_equal_rows_keep_their_order(show: Show) -> None:
    client = show(Dataset.from_dict({"x": [1, 0] * 50}))
    assert client.numbers(sort="x", length=100) == [*range(1, 100, 2), *range(0, 100, 2)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations_are_ordered(show: Show, unit: str) -> None:
    values = [3 * 86_400, None, -5, 86_400 * 400, 0, 86_399]
    seconds: Any = pa.array(values, pa.duration("s"))
    client = show(Dataset(pa.table({"d": seconds.cast(f"duration[{unit}]")})))
    assert client.numbers(sort="d") == [2, 4, 5, 0, 3, 1]
    long = [{"column": "d", "op": ">", "value": "0:00:01"}]
    assert client.numbers(sort="d", descending="1", filters=long) == [3, 0, 5]
    found = client.get("/filter", where="d IS NOT NULL", orderby="d DESC").json()
    assert [row["row_idx"] for row in found["rows"]] == [3, 0, 5, 4, 2]


def test_pages_of_a_search_are_parts_of_it(show: Show) -> None:
    client = show(Dataset.from_dict({"t": ["yes", "no"] * 500}))
    assert client.numbers(query="yes", offset=500) == []  # the search is at its end
    answer = client.own("rows", query="yes", offset=100, length=3)
    assert [row["row_idx"] for row in answer["rows"]] == [200, 202, 204]
    assert (answer["num_rows"], answer["num_rows_total"]) == (500, 1000)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ('"n" > 3 AND "T" <> \'g\'', [4, 5]),
        ("n IN (1, 2) OR NOT n BETWEEN 0 AND 5", [1, 2, 6]),
        ("s.b = 2", [2]),
        ("text = 'a''; DROP -- /*'", [5]),
        ("text LIKE '%;%' -- a remark", [5]),
        ("n = -1 OR n = 1e0", [1]),
        ('"text" IS NULL', [6]),
        ("T = 'a' OR t = 'b'", [0, 1]),
        ("lower(text) LIKE 'hello%'", [0]),
        ("day >= '2020-01-06'", [5, 6]),
    ],
)
def test_a_condition_in_sql_leads_to_rows(client: Client, where: str, rows: list[int]) -> None:
    found = client.get("/filter", where=where).json()
    assert [row["row_idx"] for row in found["rows"]] == rows


@pytest.mark.parametrize(
    "where",
    [
        "read_text('/etc/passwd') = 'x'",
        "\"text\".read_text('/etc/passwd') = 'x'",
        "n = (SELECT 1)",
        "EXISTS (SELECT 1)",
        "n = ANY(SELECT 1)",
        "1=1) OR (1=1",
        "n=1 UNION SELECT 1",
        "n=1; DROP TABLE data",
        "n=1 LIMIT 1",
        "n=1 ORDER BY n",
        "n=1 GROUP BY n",
        "nope = 1",
        "data.n = 1",
        "row_of_the_split = 1",
        "getvariable('x') = 1",
        "current_setting('threads') = '1'",
        "n::BLOB = 'x'",
        "sum(n) > 1",
        "row_number() OVER () = 1",
        "list_transform([1], x -> x) = [1]",
        "n = ?",
        "n = $1",
        "CASE WHEN n THEN TRUE END",
        "* = 1",
        "",
        "n = 1 AND",
        "x" * 5000,
    ],
)
def test_what_is_no_condition_on_the_columns_is_refused(client: Client, where: str) -> None:
    answer = client.get("/filter", where=where)
    if where:
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (422, "InvalidParameter")
    else:
        assert answer.json()["num_rows_total"] == 7


@pytest.mark.parametrize("orderby", ["random()", "1", "n LIMIT 1", "ALL", "n; SELECT 1", "(SELECT 1)", "nope"])
def test_what_is_no_order_of_the_columns_is_refused(client: Client, orderby: str) -> None:
    assert client.get("/filter", orderby=orderby).status_code == 422


@pytest.mark.parametrize(
    ("orderby", "rows"),
    [
        ('"T" DESC', [6, 5, 4, 3, 2, 1, 0]),
        ("f NULLS FIRST", [3, 1, 2, 4, 5, 6, 0]),
        ("n % 2, n DESC", [6, 4, 2, 0, 5, 3, 1]),
    ],
)
def test_an_order_in_sql_is_followed(client: Client, orderby: str, rows: list[int]) -> None:
    found = client.get("/filter", orderby=orderby).json()
    assert [row["row_idx"] for row in found["rows"]] == rows


def test_text_that_a_backtracking_regex_takes_days_for_is_refused(client: Client) -> None:
    assert client.get("/filter", where='"a".f(' + "1" * 60).status_code == 422


def test_columns_whose_names_differ_in_case_are_told_apart(show: Show) -> None:
    client = show(Dataset.from_dict({"A": [1, 2], "a": [2, 1], 'q"x': [3, 4]}))
    assert client.get("/filter", where='"A" = 1').json()["rows"][0]["row_idx"] == 0
    assert client.get("/filter", where='"a" = 1').json()["rows"][0]["row_idx"] == 1
    assert client.numbers(filters=[{"column": 'q"x', "op": "=", "value": 4}]) == [1]


def test_numbers_beyond_doubles_are_compared_exactly(show: Show) -> None:
    values = [2**60, 2**60 + 1]
    client = show(Dataset.from_dict({"n": values}, features=Features({"n": Value("int64")})))
    assert client.numbers(filters=[{"column": "n", "op": "=", "value": str(values[1])}]) == [1]


def test_a_class_is_meant_by_its_name_even_if_that_is_a_number(show: Show) -> None:
    features = Features({"stars": ClassLabel(names=["1", "2", "3"])})
    client = show(Dataset.from_dict({"stars": [0, 1, 2, 1]}, features=features))
    assert client.numbers(filters=[{"column": "stars", "op": "=", "value": "1"}]) == [0]
    assert client.numbers(filters=[{"column": "stars", "op": "in", "value": ["2", "3"]}]) == [1, 2, 3]
    assert client.numbers(filters=[{"column": "stars", "op": "=", "value": 1}]) == [1, 3]
    refused = client.own("rows", filters=[{"column": "stars", "op": "=", "value": "7"}])
    assert "7" in refused["error"]


def test_texts_are_found_at_any_depth_and_names_of_fields_are_none(show: Show) -> None:
    client = show(
        Dataset(
            pa.table({
                "chat": [[{"role": "user", "content": "it's Ünï"}], [{"role": None, "content": "two"}], None],
                "map": pa.array([[("ka", "va")], [], None], pa.map_(pa.string(), pa.string())),
                "pair": pa.array([["p1", "p2"], ["p3", None], None], pa.list_(pa.string(), 2)),
                "deep": [{"a'b": [["three"], None]}, None, {"a'b": [[None], ["four"]]}],
            })
        )
    )  # fmt: skip
    found = {"it's uni": [0], "two": [1], "KA": [0], "va": [0], "p3": [1], "three": [0], "four": [2]}
    assert {query: client.numbers(query=query) for query in found} == found
    assert [client.numbers(query=query) for query in ("content", "role", "a'b", "null", "[")] == [[]] * 5
