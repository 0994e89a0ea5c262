"""Cells as JSON: what a value of each type looks like in an answer.

Files in cells become addresses of our own, from which they are served when somebody looks at them; here only their headers
are read. What cannot be shown is null and told beside the rows; it never costs the page.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from arrowsets.features import Features
from arrowsets.features.base import FeatureType
from arrowsets.features.media import Media, has_media
from arrowsets.server.viewer.media import Link, describe
from arrowsets.server.viewer.thumbnails import Document, Size, Sizes

__all__ = ["CUT_CHARACTERS", "CellWriter", "feature_items", "json_text"]

CUT_CHARACTERS = 2000
CUT_ITEMS = 1000
_EXACT = 1 << 53
# JSON has no such numbers; as JavaScript names them.
_WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

# What Arrow raises for a value that it cannot give to Python.
_BAD = (ValueError, TypeError, OverflowError, pa.ArrowException)

Links = Callable[[int, str, str, str], str]
"""The address of a file: of a row, a column, a place in the cell ("" for the cell itself) and a file name."""


def feature_items(features: Features, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the columns as answers list them."""
    order = {name: index for index, name in enumerate(features)}
    return [{"feature_idx": order[name], "name": name, "type": _type_json(features[name])} for name in names]


def _type_json(feature: FeatureType) -> Any:
    return feature.to_json()


def json_text(value: Any) -> str:
    """Return JSON of what a writer made."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass
class CellWriter:
    """Writes the columns of a page.

    Args:
        link: Makes addresses of files.
        exact: Integers that JavaScript would round are texts, and so are NaN and infinity, which are null otherwise.
        cut: Values longer than this are cut. None: never.
        sizes: Tells how large thumbnails are. None: there are none.
    """

    link: Links
    roots: Any = None
    exact: bool = False
    cut: int | None = None
    sizes: Sizes | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def rows(self, table: pa.Table, features: Features, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return rows as answers hold them.

        Args:
            numbers: The number of each row in the split.
        """
        cuts: list[list[str]] = [[] for _ in numbers]
        columns = {
            name: self.column(name, features[name], table.column(name), numbers, cuts) for name in table.column_names
        }
        return [
            {
                "row_idx": number,
                "row": {name: values[at] for name, values in columns.items()},
                "truncated_cells": cuts[at],
            }
            for at, number in enumerate(numbers)
        ]

    def column(
        self, name: str, feature: FeatureType, values: Any, numbers: Sequence[int], cuts: list[list[str]]
    ) -> list[Any]:
        """Return the cells of a column; names it in `cuts` of the rows in which it was cut."""
        try:
            if isinstance(feature, Media):
                return [self._file(feature, values[at], number, name) for at, number in enumerate(numbers)]
            loaded, long = self._loaded(values, feature)
        except _BAD:
            loaded, long = self._one_by_one(name, feature, values, numbers)
        cells = []
        for at, (value, number) in enumerate(zip(loaded, numbers, strict=True)):
            cell = self.cell(feature, value, number, name, "")
            cell, was_cut = self._shortened(cell, feature)
            if was_cut or at in long:
                cuts[at].append(name)
            cells.append(cell)
        return cells

    def cell(self, feature: FeatureType | None, value: Any, number: int, name: str, place: str) -> Any:
        """Return one value: nested ones piece by piece, with the type of each."""
        if value is None:
            return None
        if isinstance(feature, Media):
            return self._described(feature, value, number, name, place)
        if isinstance(value, list) and feature is not None and has_media(feature):
            inner = feature.children().get("item")
            return [self.cell(inner, item, number, name, f"{place}[{index}]") for index, item in enumerate(value)]
        if isinstance(value, dict) and feature is not None and feature.children():
            children = feature.children()
            return {
                str(key): self.cell(children.get(key), item, number, name, f"{place}.{key}")
                for key, item in value.items()
            }
        return self.plain(value)

    def plain(self, value: Any) -> Any:
        """Return a value of no special type."""
        if value is None or isinstance(value, (str, bool)):
            return value
        if isinstance(value, int):
            return str(value) if self.exact and abs(value) > _EXACT else value
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            return _WORDS[str(value)] if self.exact else None
        if isinstance(value, (bytes, bytearray, memoryview)):
            return base64.b64encode(value).decode("ascii")
        if isinstance(value, (dt.datetime, dt.date, dt.time)):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {str(key): self.plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(item) for item in value]
        return str(value)

    def _one_by_one(
        self, name: str, feature: FeatureType, values: Any, numbers: Sequence[int]
    ) -> tuple[list[Any], set[int]]:
        """Return Python values of a column in which there is a bad one, which costs no other."""
        loaded, long = [], set()
        for at, number in enumerate(numbers):
            try:
                one, cut = self._loaded(values.slice(at, 1), feature)
            except _BAD as error:
                self.errors.setdefault(name, f"row {number}: cannot be shown: {error}")
                one, cut = [None], set()
            loaded += one
            long |= {at} if cut else set()
        return loaded, long

    def _loaded(self, values: Any, feature: FeatureType) -> tuple[list[Any], set[int]]:
        """Return Python values; of those that will be cut only the beginning, so that a huge cell costs nothing."""
        if self.cut is None:
            return values.to_pylist(), set()
        dtype = values.type
        long: Any = None
        if pa.types.is_string(dtype) or pa.types.is_large_string(dtype):
            long = _above(pc.binary_length(values), 4 * self.cut)
            short = pc.utf8_slice_codeunits(values, 0, self.cut) if pc.any(long).as_py() else values
        elif pa.types.is_binary(dtype) or pa.types.is_large_binary(dtype):
            long = _above(pc.binary_length(values), self.cut)
            short = pc.binary_slice(values, 0, self.cut) if pc.any(long).as_py() else values
        elif (pa.types.is_list(dtype) or pa.types.is_large_list(dtype)) and not has_media(feature):
            long = _above(pc.list_value_length(values), CUT_ITEMS)
            short = pc.list_slice(values, 0, CUT_ITEMS) if pc.any(long).as_py() else values
        if long is None:
            return values.to_pylist(), set()
        return short.to_pylist(), {at for at, each in enumerate(long.to_pylist()) if each}

    def _shortened(self, cell: Any, feature: FeatureType) -> tuple[Any, bool]:
        if self.cut is None or cell is None or isinstance(cell, (bool, int, float)) or isinstance(feature, Media):
            return cell, False
        if isinstance(cell, str):
            return (cell, False) if len(cell) <= self.cut else (cell[: self.cut], True)
        if has_media(feature):
            return cell, False
        text = json_text(cell)
        return (cell, False) if len(text) <= self.cut else (text[: self.cut], True)

    def _file(self, feature: Media, value: Any, number: int, name: str) -> Any:
        """Return a file that is a whole cell, without a copy of its bytes."""
        if not value.is_valid:
            return None
        data, path = value["bytes"], value["path"]
        content = data.as_buffer() if data.is_valid else None
        return self._described(feature, {"bytes": content, "path": path.as_py()}, number, name, "")

    def _described(self, feature: Media, value: Mapping[str, Any], number: int, name: str, place: str) -> Any:
        link = Link(lambda file: self.link(number, name, place, file))

        def page_size(document: Document) -> Size | None:
            return None if self.sizes is None else self.sizes.of(number, name, place, document)

        try:
            return describe(feature, value, link, self.roots, page_size)
        except Exception as error:  # noqa: BLE001 - whatever a library says of a damaged file
            self.errors.setdefault(name, f"row {number}: {error}")
            return None


def _above(lengths: Any, limit: int) -> Any:
    return pc.greater(lengths, pa.scalar(limit))
