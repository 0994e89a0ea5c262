"""A viewer on a free loopback port, and a client that holds every public answer against the API's description."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from arrowsets import Audio, ClassLabel, Dataset, Features, Image, List, Value
from arrowsets.server.viewer import ViewerSettings
from arrowsets.server.viewer.openapi import description
from arrowsets.server.viewer.serve import running

DESCRIPTION = description()
PAUSE = 0.05
FILES = {"Image": "Picture", "Audio": "Audio", "Video": "Video", "Pdf": "Pdf"}


@dataclass
class Client:
    """Somebody who has the token."""

    url: str
    token: str
    where: dict[str, str]

    def send(self, method: str, path: str, **given: Any) -> requests.Response:
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **given.pop("headers", {})}
        address = path if path.startswith("http") else f"{self.url}{path}"
        return requests.request(method, address, headers=headers, timeout=30, **given)

    def get(self, path: str, **params: Any) -> requests.Response:
        """Ask the public API, of the split in `where` unless told otherwise."""
        named = {key: value for key, value in {**self.where, **params}.items() if value is not None}
        answer = self.send("GET", path, params=named)
        if path in DESCRIPTION["paths"]:
            check(path, answer)
        return answer

    def own(self, path: str, **params: Any) -> Any:
        """Ask our part of the API."""
        lists = {key: json.dumps(value) if isinstance(value, list) else value for key, value in params.items()}
        return self.send("GET", f"/api/x/{path}", params=lists).json()

    def numbers(self, **params: Any) -> list[int]:
        """Return the numbers of the rows that are shown."""
        answer = self.own("rows", **params)
        assert "rows" in answer, answer
        return [row["row_idx"] for row in answer["rows"]]

    def sql(self, query: str, **more: Any) -> requests.Response:
        return self.send("POST", "/api/x/sql", json={"query": query, **more})


def check(path: str, answer: requests.Response) -> None:
    """Hold an answer against the description."""
    responses = DESCRIPTION["paths"][path]["get"]["responses"]
    assert str(answer.status_code) in responses, (path, answer.status_code, answer.text)
    validate(responses[str(answer.status_code)]["content"]["application/json"]["schema"], answer.json())
    for row in answer.json().get("rows", ()):
        for feature in answer.json()["features"]:
            if feature["name"] not in row["truncated_cells"]:
                check_files(feature["type"], row["row"][feature["name"]])
    if answer.status_code != 200:
        assert answer.headers["X-Error-Code"]


def validate(schema: Any, value: Any) -> None:
    Draft202012Validator({**schema, "components": DESCRIPTION["components"]}).validate(value)


def check_files(kind: Any, value: Any) -> None:
    """Hold files in a cell, nested ones too, against the description of their type."""
    if value is None or not isinstance(kind, dict):
        return
    if (name := FILES.get(str(kind.get("_type")))) is not None:
        validate({"$ref": f"#/components/schemas/{name}"}, value)
    elif kind.get("_type") == "List":
        for item in value:
            check_files(kind["feature"], item)
    elif "_type" not in kind:
        for field, inner in kind.items():
            check_files(inner, value[field])


@pytest.fixture
def show() -> Iterator[Callable[..., Client]]:
    """Serve data until the test ends."""
    with ExitStack() as stack:

        def shown(data: Any, **given: Any) -> Client:
            viewer = stack.enter_context(running(data, settings=ViewerSettings(**given)))
            client = Client(viewer.url, viewer.token, {})
            listed = client.own("dataset")["datasets"][0]
            config = listed["configs"][0]
            split = config["splits"][0]["split"] if config["splits"] else "train"
            client.where = {"dataset": listed["dataset"], "config": config["config"], "split": split}
            return client

        yield shown


Show = Callable[..., Client]


@pytest.fixture(name="png")
def make_png() -> Callable[..., bytes]:
    """Return what makes images."""
    return png


def png(width: int = 30, height: int = 20, mode: str = "RGB") -> bytes:
    """Return an image."""
    import PIL.Image

    out = io.BytesIO()
    PIL.Image.new(mode, (width, height)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def typed() -> Dataset:
    """Return a dataset with a column of each kind."""
    wav = Audio().encode({"array": [0.0] * 800, "sampling_rate": 8000})["bytes"]
    columns = {
        "int": [1, 2**60, None],
        "float": [1.5, float("nan"), float("inf")],
        "bool": [True, None, False],
        "text": ["a", "<script>", "x" * 5000],
        "label": [0, -1, None],
        "bytes": [b"\0\xff", None, b""],
        "list": [[1], [], None],
        "struct": [{"a": 1, "b": ["x"]}, None, {"a": None, "b": []}],
        "image": [png(), None, png(mode="RGBA")],
        "images": [[png(), png()], [], None],
        "audio": [wav, None, wav],
        "date": ["2020-01-01", None, "2020-01-03"],
    }
    features = Features(
        {
            "int": Value("int64"),
            "float": Value("float64"),
            "bool": Value("bool"),
            "text": Value("string"),
            "label": ClassLabel(names=["no", "yes"]),
            "bytes": Value("binary"),
            "list": List(Value("int64")),
            "struct": {"a": Value("int64"), "b": List(Value("string"))},
            "image": Image(),
            "images": List(Image()),
            "audio": Audio(),
            "date": Value("string"),
        }
    )
    return Dataset.from_dict(columns, features=features)
