"""Fingerprints of tokenizers: what they were told to do, not what they remember of the last call."""

from __future__ import annotations

import json
from typing import Any

from arrowsets.hashing.tree import Fingerprint, leaf, node
from arrowsets.hashing.visiting import Visitor

__all__ = ["fast", "is_pretrained", "pretrained"]

_ATTRIBUTES = (
    *(
        "padding_side",
        "truncation_side",
        "model_max_length",
        "model_input_names",
        "clean_up_tokenization_spaces",
    ),
    *(
        "split_special_tokens",
        "chat_template",
        "add_bos_token",
        "add_eos_token",
        "add_prefix_space",
        "do_lower_case",
    ),
    *("src_lang", "tgt_lang", "verbose_tokens", "legacy"),
)
_MODEL = ',"model":{'


def fast(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a `tokenizers.Tokenizer` by its JSON form, padding and truncation included."""
    return node("tokenizer", _pipeline(visitor, value.to_str(), ()), f"tokenizer {type(value).__name__}")


def _pipeline(visitor: Visitor, text: str, without: tuple[str, ...]) -> list[tuple[str, Fingerprint]]:
    """Split the JSON of a tokenizer into its parts; the vocabulary, which is most of it, is never parsed."""
    at = text.find(_MODEL)
    try:
        head = json.loads(text[:at] + "}")
    except ValueError:
        return [("tokenizer", leaf("json", text.encode(), "tokenizer JSON"))]
    parts = [(f".{name}", visitor.visit(item)) for name, item in sorted(head.items()) if name not in without]
    return [
        *parts,
        (".model", leaf("json", text[at:].encode(), f"model of {len(text) - at} characters of JSON")),
    ]


def is_pretrained(kind: type) -> bool:
    """Whether a class is a tokenizer of the transformers library."""
    return any(base.__name__ == "PreTrainedTokenizerBase" for base in kind.__mro__)


def pretrained(visitor: Visitor, value: Any) -> Fingerprint:
    """Fingerprint a tokenizer of transformers.

    Calls leave their padding and truncation in the backend, so these are no part of it; the arguments of the
    call are in the code that calls.
    """
    parts = [("class", visitor.visit(type(value)))]
    told = {name: getattr(value, name) for name in _ATTRIBUTES if hasattr(value, name)}
    parts += [(f".{name}", visitor.visit(item)) for name, item in told.items()]
    special = getattr(value, "special_tokens_map", {})
    parts.append((".special_tokens_map", visitor.visit({name: _text(special[name]) for name in sorted(special)})))
    backend = getattr(value, "backend_tokenizer", None)
    if backend is not None:
        text = backend.to_str()
        parts += _pipeline(visitor, text, ("padding", "truncation"))
    else:
        vocabulary = value.get_vocab()
        parts.append((".vocab", visitor.visit(dict(sorted(vocabulary.items())))))
        settings = {name: item for name, item in sorted(value.init_kwargs.items()) if not name.endswith("_file")}
        parts.append((".init_kwargs", visitor.visit({name: _text(item) for name, item in settings.items()})))
    return node("tokenizer", parts, f"tokenizer {type(value).__name__}")


def _text(value: object) -> object:
    """Return plain values as they are, and special tokens as text."""
    if isinstance(value, list | tuple):
        return [_text(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _text(item) for name, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)
