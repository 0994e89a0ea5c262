"""CoNLL files: a row for each sentence, a list for each column.

A line is a token, its fields lie between blanks or tabs; sentences are parted by empty lines. `.conllu` files have the
ten columns of Universal Dependencies between tabs, and comments after "#".
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from arrowsets.builder import BuilderOptions, FileBuilder
from arrowsets.errors import BadData
from arrowsets.features import Features, List, Value, array_of
from arrowsets.files import DataFile
from arrowsets.record import dataclass

from .rejecting import reject_file

__all__ = ["ConllBuilder", "ConllOptions"]

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_TABLE_ROWS = 2_000


@dataclass(frozen=True)
class ConllOptions(BuilderOptions):
    """How CoNLL files are read.

    Attributes:
        column_names: Names of the first fields of a line; further fields are not read, missing ones are "".
        delimiter: What lies between fields. None: any blanks.
        encoding: Of the files.
        encoding_errors: What to do with bytes that are not in the encoding: "strict", "replace", "ignore".
        skip_docstart: Leave out lines that begin with "-DOCSTART-".
        comment_prefix: Leave out lines that begin with it. None: there are no comments.
    """

    column_names: Sequence[str] = ("tokens",)
    delimiter: str | None = None
    encoding: str = "utf-8"
    encoding_errors: str | None = None
    skip_docstart: bool = True
    comment_prefix: str | None = None


class ConllBuilder(FileBuilder):
    """Read CoNLL files."""

    name = "conll"
    options = ConllOptions
    extensions: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        ".conll": {},
        ".conllu": {"column_names": CONLLU, "delimiter": "\t", "comment_prefix": "#"},
    }
    config: ConllOptions

    def schema(self, files: Sequence[DataFile]) -> Features | None:
        """Return a list of text for each column."""
        del files
        return self.config.features or Features({name: List(Value("string")) for name in self.config.column_names})

    def decodes_text(self) -> bool:
        """Text is text."""
        return False

    def read(self, shard: DataFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
        """Yield the sentences of a file."""
        features = Features({name: List(Value("string")) for name in self.config.column_names})
        if schema is not None:
            features = Features.from_arrow_schema(schema)
        rows: list[list[list[str]]] = []
        try:
            for sentence in self._sentences(shard):
                rows.append(sentence)
                if len(rows) == _TABLE_ROWS:
                    yield self._table(rows, features)
                    rows = []
        except BadData as error:
            reject_file(self, shard.url, error)
        yield self._table(rows, features)

    def _table(self, rows: list[list[list[str]]], features: Features) -> pa.Table:
        columns = {
            name: [[fields[place] if place < len(fields) else "" for fields in sentence] for sentence in rows]
            for place, name in enumerate(self.config.column_names)
        }
        nothing = [None] * len(rows)
        arrays = [array_of(columns.get(name, nothing), feature)[0] for name, feature in features.items()]
        return pa.Table.from_arrays(arrays, schema=features.arrow_schema)

    def _sentences(self, file: DataFile) -> Iterator[list[list[str]]]:
        config = self.config
        sentence: list[list[str]] = []
        for line in self._lines(file):
            text = line.rstrip("\r\n")
            if not text.strip():
                if sentence:
                    yield sentence
                sentence = []
            elif config.skip_docstart and text.startswith("-DOCSTART-"):
                continue
            elif config.comment_prefix is None or not text.startswith(config.comment_prefix):
                sentence.append(text.split(config.delimiter))
        if sentence:
            yield sentence

    def _lines(self, file: DataFile) -> Iterator[str]:
        config = self.config
        try:
            with (
                file.open() as raw,
                io.TextIOWrapper(raw, config.encoding, config.encoding_errors or "strict") as text,
            ):
                yield from text
        except (UnicodeError, LookupError) as error:
            raise BadData(f"{error}; give encoding= or encoding_errors=", file=file.url) from error
