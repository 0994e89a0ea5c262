"""Texts in several languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.features.base import FeatureType, Frozen, register
from arrowsets.features.nested import List, Struct
from arrowsets.features.scalar import Value
from arrowsets.record import dataclass

__all__ = ["Translation", "TranslationVariableLanguages"]


@register
@dataclass(frozen=True)
class Translation(Frozen):
    """One text in each of some languages: a dict of text by language.

    >>> Translation(languages=["en", "fr"]).storage
    StructType(struct<en: string, fr: string>)
    """

    type_name: ClassVar[str] = "Translation"
    dtype: ClassVar[str] = "dict"
    languages: list[str] = field(hash=False)
    id: str | None = field(default=None, repr=False)

    @property
    def storage(self) -> pa.DataType:
        """A struct of strings, languages in alphabetical order."""
        return self._struct().storage

    def encode(self, value: Any) -> Any:
        """Return the texts by language; a missing language is null."""
        return self._struct().encode(value)

    def from_values(self, values: Sequence[Any]) -> pa.Array[Any]:
        """Build an array of dicts of texts."""
        return self._struct().from_values(values)

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return a struct array of these languages."""
        return self._struct().cast(array)

    def flatten(self) -> FeatureType | dict[str, FeatureType]:
        """Return a text feature by language."""
        return dict(self._struct())

    def _struct(self) -> Struct:
        return Struct({language: Value("string") for language in sorted(self.languages)})


_PAIRS = Struct({"language": List(Value("string")), "translation": List(Value("string"))})


@register
@dataclass(frozen=True)
class TranslationVariableLanguages(Frozen):
    """Texts in whichever languages a row has: two lists of equal length, languages and texts.

    >>> TranslationVariableLanguages(["en", "fr"]).encode({"fr": ["le", "la"], "en": "the"})
    {'language': ['en', 'fr', 'fr'], 'translation': ['the', 'la', 'le']}

    Args:
        languages: The languages that are allowed; None allows all.
    """

    type_name: ClassVar[str] = "TranslationVariableLanguages"
    dtype: ClassVar[str] = "dict"
    languages: list[str] | None = field(default=None, hash=False)
    num_languages: int | None = None
    id: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.languages:
            object.__setattr__(self, "languages", sorted(set(self.languages)))
            object.__setattr__(self, "num_languages", len(self.languages))

    @property
    def storage(self) -> pa.DataType:
        """A struct of two lists of strings."""
        return _PAIRS.storage

    @property
    def needs_encode(self) -> bool:
        """Whether Arrow cannot build this type from Python values without `encode`."""
        return True

    def encode(self, value: Any) -> Any:
        """Return the two lists for a dict of one text, or some, by language."""
        if not isinstance(value, Mapping):
            raise TypeError(f"translations are a dict of texts by language, got {value!r}")
        if value.keys() == _PAIRS.keys() and not self._names_languages(value):
            return {"language": list(value["language"]), "translation": list(value["translation"])}
        unknown = sorted(set(value) - set(self.languages)) if self.languages else []
        if unknown:
            raise ValueError(f"unknown languages {unknown!r}; allowed: {self.languages!r}")
        pairs = sorted(
            (language, text)
            for language, texts in value.items()
            for text in ([texts] if isinstance(texts, str) else texts)
        )
        return {"language": [pair[0] for pair in pairs], "translation": [pair[1] for pair in pairs]}

    def cast(self, array: pa.Array[Any]) -> pa.Array[Any]:
        """Return a struct array of the two lists."""
        return _PAIRS.cast(array)

    def flatten(self) -> FeatureType | dict[str, FeatureType]:
        """Return the two lists."""
        return dict(_PAIRS)

    def _names_languages(self, value: Mapping[str, Any]) -> bool:
        return isinstance(value["language"], str)
