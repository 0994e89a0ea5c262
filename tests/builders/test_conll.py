"""CoNLL files: sentences as rows, fields as lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arrowsets.builders.conll import ConllBuilder

from arrowsets import load_dataset
from arrowsets.errors import BadData
from arrowsets.features import ClassLabel, Features, List, Value
from arrowsets.files import DataFile

CONLL = b"-DOCSTART- -X- O\n\nEU NNP B-ORG\r\nrejects VBZ\n \n\nPeter\tNNP B-PER extra\n"
CONLLU = b"# text = A b\n1\tA b\ta\tDET\t_\t_\t2\tdet\t_\t_\n\n# next\n1\tc\tc\tX\t_\t_\t0\troot\t_\t_\n"
CASES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "tokens": (CONLL, {}),
    "columns": (CONLL, {"column_names": ["word", "pos", "ner"]}),
    "documents": (CONLL, {"skip_docstart": False}),
    "tabs": (b"a b\tc\n\nd\te\n", {"delimiter": "\t", "column_names": ["x", "y"]}),
    "comments": (b"% a\nb c\n", {"comment_prefix": "%"}),
    "latin-1": (b"\xe9 x\n", {"encoding": "latin-1"}),
    "replaced": (b"\xe9 x\n", {"encoding_errors": "replace"}),
    "no line end": (b"a\nb", {}),
}


def read(path: Path, **options: Any) -> list[dict[str, Any]]:
    builder = ConllBuilder.from_keywords(options)
    return [row for table in builder.read(DataFile(str(path))) for row in table.to_pylist()]


@pytest.mark.parametrize(("content", "options"), CASES.values(), ids=CASES)
def test_sentences_are_those_of_the_reference(content: bytes, options: dict[str, Any], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "a.conll"
    path.write_bytes(content)
    stream = datasets.load_dataset(
        "conll", data_files=str(path), split="train", streaming=True, cache_dir=str(tmp_path), **options
    )
    assert read(path, **options) == list(stream)


def test_missing_fields_are_empty_and_further_ones_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(CONLL)
    assert read(tmp_path / "a.conll", column_names=["word", "pos", "ner"]) == [
        {"word": ["EU", "rejects"], "pos": ["NNP", "VBZ"], "ner": ["B-ORG", ""]},
        {"word": ["Peter"], "pos": ["NNP"], "ner": ["B-PER"]},
    ]


def test_universal_dependencies_have_their_ten_columns(tmp_path: Path) -> None:
    (tmp_path / "a.conllu").write_bytes(CONLLU)
    dataset = load_dataset(str(tmp_path / "a.conllu"), split="train", cache_dir=str(tmp_path / "store"))
    assert dataset.column_names == ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"]
    assert dataset["form"][:] == [["A b"], ["c"]]


def test_tags_become_labels(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(b"EU B\nis O\n")
    features = Features({"w": List(Value("string")), "t": List(ClassLabel(names=["O", "B"]))})
    dataset = load_dataset(
        "conll",
        data_files=str(tmp_path / "a.conll"),
        column_names=["w", "t"],
        features=features,
        split="train",
        cache_dir=str(tmp_path / "store"),
    )
    assert dataset[0] == {"w": ["EU", "is"], "t": [1, 0]}


def test_bytes_of_another_encoding_are_named_or_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(b"\xe9\n")
    with pytest.raises(BadData, match="give encoding="):
        read(tmp_path / "a.conll")
    assert read(tmp_path / "a.conll", on_bad_files="skip") == []
