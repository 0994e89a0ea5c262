"""A sample as one HTML file: nothing but its own script may run, nothing is loaded, and the data are in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from arrowsets import Dataset, DatasetDict, Features, Image
from arrowsets.errors import ArrowsetsError
from arrowsets.server.viewer.export import bundle, export
from arrowsets.server.viewer.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = "</script><script>alert(1)</script><!--"


def _exported(data: Any, tmp_path: Path, **given: Any) -> str:
    return export(open_source(data), tmp_path / "page.html", **given).read_text(encoding="utf-8")


def _carried(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="arrowsets-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_the_script_and_the_style_and_nothing_else(tmp_path: Path) -> None:
    page = _exported(Dataset.from_dict({"x": [EVIL]}), tmp_path)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert (len(scripts), len(styles)) == (2, 1)
    assert f"script-src {_hash(scripts[1])};" in page
    assert f"style-src {_hash(styles[0])};" in page
    assert page.count("default-src 'none'") == 1
    assert "unsafe" not in page.partition("</head>")[0].partition("<style>")[0]


def test_data_stand_in_the_page_as_they_are(tmp_path: Path) -> None:
    carried = _carried(_exported(Dataset.from_dict({"x": [EVIL, None]}), tmp_path))
    rows = carried["samples"][0]["rows"]
    assert [row["row"]["x"] for row in rows["rows"]] == [EVIL, None]
    assert carried["samples"][0]["statistics"]["statistics"][0]["column_statistics"]["nan_count"] == 1


def test_a_sample_says_that_it_is_one(tmp_path: Path) -> None:
    data = DatasetDict({"train": Dataset.from_dict({"x": range(500)}), "test": Dataset.from_dict({"x": [1]})})
    carried = _carried(_exported(data, tmp_path, rows=10))
    assert [len(sample["rows"]["rows"]) for sample in carried["samples"]] == [10, 1]
    assert "10 of 500" in carried["dataset"]["warnings"][0]
    assert carried["samples"][0]["statistics"]["num_examples"] == 500


def test_images_are_in_the_page_and_small(tmp_path: Path, png: Callable[..., bytes]) -> None:
    data = Dataset.from_dict({"i": [png(3000, 2000)]}, features=Features({"i": Image()}))
    page = _exported(data, tmp_path)
    source = _carried(page)["samples"][0]["rows"]["rows"][0]["row"]["i"]["src"]
    assert source.startswith("data:image/jpeg;base64,")
    assert len(source) < 50_000


def test_nothing_is_loaded(tmp_path: Path) -> None:
    head = _exported(Dataset.from_dict({"x": [1]}), tmp_path).partition("<style>")[0]
    assert "src=" not in head
    assert "href=" not in head


def test_one_split_is_exported_alone(tmp_path: Path) -> None:
    data = DatasetDict({"train": Dataset.from_dict({"x": [1]}), "test": Dataset.from_dict({"x": [2]})})
    assert [sample["split"] for sample in _carried(_exported(data, tmp_path, split="test"))["samples"]] == ["test"]


def test_modules_become_one_script_in_order_of_need(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text(
        'import { one as first } from "./b.js";\nimport * as b from "./b.js";\nfirst(b.two);\n'
    )
    (tmp_path / "b.js").write_text("export const two = 2;\nexport function one(x) {}\nexport class C {}\n")
    assert bundle(tmp_path) == (
        "const module_b = (() => {\nconst two = 2;\nfunction one(x) {}\nclass C {}\n\nreturn { two, one, C };\n})();\n"
        "const module_app = (() => {\nconst { one: first } = module_b;\nconst b = module_b;\nfirst(b.two);\n\nreturn {  };\n})();"
    )


@pytest.mark.parametrize(
    "text", ['import "./b.js";', "export default 1;", 'export * from "./b.js";', 'import { a } from "./app.js";']
)
def test_modules_that_cannot_be_joined_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "app.js").write_text(f"{text}\n")
    with pytest.raises(ArrowsetsError, match=r"app\.js"):
        bundle(tmp_path)
