"""What one library pushes the other loads: equal rows, equal types."""

from __future__ import annotations

import json
from typing import Any

import pytest

from arrowsets import (
    Array2D,
    ClassLabel,
    Dataset,
    DatasetDict,
    Features,
    Image,
    LargeList,
    List,
    Value,
    get_dataset_config_info,
    get_dataset_config_names,
    get_dataset_default_config_name,
    get_dataset_infos,
    get_dataset_split_names,
    load_dataset,
    load_dataset_builder,
)

# The same text makes the same dataset in both libraries.
DATA = """
import io
from PIL import Image as Picture

def png():
    Picture.new("RGB", (2, 3), (1, 2, 3)).save(made := io.BytesIO(), "png")
    return {"bytes": made.getvalue(), "path": "a.png"}

def make():
    features = Features({
        "int": Value("int32"),
        "text": Value("string"),
        "label": ClassLabel(names=["no", "yes"]),
        "list": List(Value("float32")),
        "fixed": List(Value("int8"), length=2),
        "large": LargeList(Value("string")),
        "struct": {"a": Value("bool"), "b": List({"c": Value("timestamp[us]")})},
        "array": Array2D((2, 2), "float32"),
        "image": Image(),
        "bytes": Value("binary"),
        "none": Value("null"),
    })
    full = {
        "int": 1, "text": "é \\u4e2d", "label": 1, "list": [1.5, None], "fixed": [1, 2], "large": ["x", None],
        "struct": {"a": True, "b": [{"c": None}, None]}, "array": [[1.0, 2.0], [3.0, 4.0]], "image": png(),
        "bytes": b"\\x00\\xff", "none": None,
    }
    empty = dict.fromkeys(full)
    less = {**full, "list": [], "fixed": [3, None], "struct": {"a": None, "b": None}, "image": None}
    return Dataset.from_list([full, empty, less], features=features)

def shown(data):
    data = data.cast_column("image", Image(decode=False))
    return repr([dict(row) for row in data])
"""
NAMES = "from {} import Array2D, ClassLabel, Dataset, Features, Image, LargeList, List, Value, load_dataset\n"


def ours() -> dict[str, Any]:
    place: dict[str, Any] = {
        "Array2D": Array2D,
        "ClassLabel": ClassLabel,
        "Dataset": Dataset,
        "Features": Features,
        "Image": Image,
        "LargeList": LargeList,
        "List": List,
        "Value": Value,
    }
    exec(DATA, place)
    return place


def theirs(world: Any, code: str, **environment: str) -> str:
    return str(world.python(NAMES.format("datasets") + DATA + code, **environment))


def test_the_reference_loads_what_we_push(world: Any) -> None:
    place = ours()
    data = place["make"]()
    data.push_to_hub(world.id("ours"), num_shards=2)
    code = f"loaded = load_dataset({world.id('ours')!r}, split='train')\nprint(shown(loaded)); print(loaded.features)"
    rows, types = theirs(world, code).rsplit("\n", 1)
    assert rows == place["shown"](data)
    assert types == theirs(world, "print(make().features)")


def test_we_load_what_the_reference_pushes(world: Any) -> None:
    place = ours()
    theirs(world, f"make().push_to_hub({world.id('theirs')!r}, num_shards=2)")
    loaded = load_dataset(world.id("theirs"), split="train")
    assert place["shown"](loaded) == place["shown"](place["make"]())
    assert loaded.features == place["make"]().features
    streamed = Dataset.from_list(
        list(load_dataset(world.id("theirs"), split="train", streaming=True).decode(False)), features=loaded.features
    )
    assert place["shown"](streamed) == place["shown"](loaded)


def test_the_card_says_the_same(world: Any) -> None:
    ours()["make"]().push_to_hub(world.id("card-a"))
    theirs(world, f"make().push_to_hub({world.id('card-b')!r})")
    mine, other = (get_dataset_config_info(world.id(name)) for name in ("card-a", "card-b"))
    assert mine.features == other.features
    assert mine.splits is not None
    assert other.splits is not None
    assert mine.splits["train"].num_examples == other.splits["train"].num_examples == 3


def test_both_push_to_one_dataset(world: Any) -> None:
    repo = world.id("shared")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    theirs(world, f"Dataset.from_dict({{'x': [2, 3]}}).push_to_hub({repo!r}, split='test')")
    theirs(world, f"Dataset.from_dict({{'y': ['a']}}).push_to_hub({repo!r}, 'second')")
    Dataset.from_dict({"y": ["b"]}).push_to_hub(repo, "second", split="dev")
    Dataset.from_dict({"x": [4]}).push_to_hub(repo, mode="append")
    assert load_dataset(repo).num_rows == {"train": 2, "test": 2}
    assert load_dataset(repo, "second").num_rows == {"train": 1, "dev": 1}
    code = f"""
print({{name: part.num_rows for name, part in load_dataset({repo!r}).items()}})
print({{name: part.num_rows for name, part in load_dataset({repo!r}, 'second').items()}})
"""
    assert theirs(world, code) == "{'train': 2, 'test': 2}\n{'train': 1, 'dev': 1}"


def test_the_questions_have_the_same_answers(world: Any) -> None:
    repo = world.id("asked")
    DatasetDict({"train": Dataset.from_dict({"x": [1]}), "dev": Dataset.from_dict({"x": [2]})}).push_to_hub(repo, "en")
    Dataset.from_dict({"y": ["a"]}).push_to_hub(repo, "fr", set_default=True)
    code = f"""
import json
from datasets import (get_dataset_config_info, get_dataset_config_names, get_dataset_default_config_name,
    get_dataset_infos, get_dataset_split_names, load_dataset_builder)
info = get_dataset_config_info({repo!r}, "en")
print(json.dumps([
    get_dataset_config_names({repo!r}), get_dataset_default_config_name({repo!r}),
    get_dataset_split_names({repo!r}, "en"), info.features.to_dict(),
    {{name: split.num_examples for name, split in info.splits.items()}},
    sorted(get_dataset_infos({repo!r})), load_dataset_builder({repo!r}).config.name,
]))"""
    info = get_dataset_config_info(repo, "en")
    assert info.features is not None
    assert info.splits is not None
    answers = [
        sorted(get_dataset_config_names(repo)),
        get_dataset_default_config_name(repo),
        get_dataset_split_names(repo, "en"),
        info.features.to_dict(),
        {name: split.num_examples for name, split in info.splits.items()},
        sorted(get_dataset_infos(repo)),
        load_dataset_builder(repo).config_name,
    ]
    expected = json.loads(world.python(code))
    assert answers == [sorted(expected[0]), *expected[1:]]


def test_a_builder_reads_what_it_found(world: Any) -> None:
    repo = world.id("found")
    Dataset.from_dict({"x": [1]}).push_to_hub(repo)
    builder = load_dataset_builder(repo)
    Dataset.from_dict({"x": [2]}).push_to_hub(repo)
    assert builder.as_dataset("train")["x"][:] == [1]
    assert list(builder.as_streaming_dataset("train")) == [{"x": 1}]


@pytest.mark.parametrize("flag", ["0", "1"])
def test_our_push_needs_no_xet_and_no_word_about_it(world: Any, flag: str) -> None:
    code = f"""
from arrowsets import Dataset
Dataset.from_dict({{"x": [1]}}).push_to_hub({world.id("xet" + flag)!r})
"""
    answer = world.run(code, HF_HUB_DISABLE_XET=flag)
    assert (answer.returncode, answer.stdout) == (0, "")
    assert "Xet" not in answer.stderr
