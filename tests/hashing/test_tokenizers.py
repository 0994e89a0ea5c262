"""Tokenizers: their settings count, what they remember of the last call does not."""

from __future__ import annotations

from typing import Any

import pytest

from arrowsets.hashing import explain, fingerprint

tokenizers = pytest.importorskip("tokenizers")


def backend(words: int = 3) -> Any:
    vocabulary = {f"w{i}": i for i in range(words)} | {"[UNK]": words}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return made


class PreTrainedTokenizerBase:
    """Stands for the class of transformers, which marks its tokenizers by this base."""

    def __init__(self, padding_side: str = "right", words: int = 3) -> None:
        self.padding_side = padding_side
        self.model_max_length = 512
        self.special_tokens_map = {"unk_token": "[UNK]"}
        self.backend_tokenizer = backend(words)

    def __call__(self, text: str) -> Any:
        self.backend_tokenizer.enable_padding(length=8)
        self.backend_tokenizer.enable_truncation(8)
        return self.backend_tokenizer.encode(text).ids


PreTrainedTokenizerBase.__module__ = "transformers.tokenization_utils_base"


def test_use_does_not_count() -> None:
    made = backend()
    before = fingerprint(made)
    made.encode("w1 w2 w1")
    made.encode_batch(["w1", "w2"])
    assert fingerprint(made) == before == fingerprint(backend())


def test_vocabulary_and_settings_count() -> None:
    padded = backend()
    padded.enable_truncation(5)
    assert len({fingerprint(made).digest for made in (backend(), backend(4), padded)}) == 3
    assert [difference.path for difference in explain(fingerprint(backend()), fingerprint(padded))] == ["truncation"]


def test_a_call_that_pads_and_truncates_leaves_the_fingerprint() -> None:
    made = PreTrainedTokenizerBase()
    before = fingerprint(lambda row: made(row[0]))
    made("w1 w2")
    assert fingerprint(lambda row: made(row[0])) == before


def test_the_padding_side_is_named() -> None:
    def closing_over(tokenizer: Any) -> Any:
        return lambda row: tokenizer(row["text"])

    old, new = (fingerprint(closing_over(PreTrainedTokenizerBase(side))) for side in ("right", "left"))
    assert [str(found) for found in explain(old, new)] == ["closure tokenizer.padding_side: 'right' -> 'left'"]


def test_the_vocabulary_of_a_pretrained_tokenizer_counts() -> None:
    old, new = (fingerprint(PreTrainedTokenizerBase(words=n)) for n in (3, 4))
    assert [found.path for found in explain(old, new)] == ["model"]
