"""A function that is given images and sounds returns them in any form that their columns take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from arrowsets import Audio, Dataset, Features, Image, List, Value
from arrowsets.features.wav import wav_bytes

PIXELS = np.zeros((2, 2, 3), np.uint8)
SOUND = wav_bytes(np.zeros(4, np.float32), 8000)


@pytest.fixture
def dataset() -> Any:
    features = Features({"i": Image(), "a": Audio(), "l": List(Image())})
    return Dataset.from_dict({"i": [PIXELS, None], "a": [SOUND, None], "l": [[PIXELS], None]}, features=features)


@pytest.mark.parametrize("returned", [PIXELS, {"bytes": b"x", "path": None}, b"x", "a.png"])
def test_images_stay_images(dataset: Any, returned: Any) -> None:
    mapped = dataset.map(lambda row: {"i": returned, "l": [returned, None]})
    assert mapped.features == dataset.features


def test_other_values_have_their_own_types(dataset: Any) -> None:
    assert dataset.map(lambda row: {"i": 5}).features["i"] == Value("int64")


def test_sounds_stay_sounds(dataset: Any) -> None:
    def halved(row: Any) -> dict[str, Any]:
        audio = row["a"]
        return {"a": None if audio is None else {**audio, "array": audio["array"][::2]}}

    mapped = dataset.map(halved)
    assert mapped.features["a"] == Audio()
    assert (len(mapped[0]["a"]["array"]), mapped[1]["a"]) == (2, None)


def test_decoded_sounds_make_columns_of_sounds(dataset: Any) -> None:
    mapped = dataset.map(lambda row: {"copy": row["a"]})
    assert mapped.features["copy"] == Audio()
    assert mapped.cast_column("copy", Audio(decode=False))[0]["copy"] == {"bytes": SOUND, "path": None}
