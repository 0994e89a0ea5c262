"""The description of the public part of the API, in OpenAPI 3.1; tests hold every answer against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from arrowsets import __version__
from arrowsets.server.viewer.call import Call, as_json

__all__ = ["description", "document"]

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES_NO: Schema = {"type": "boolean"}
SIDE: Schema = {"type": "integer", "minimum": 1}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
ANY_OBJECT: Schema = {"type": "object"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _maybe(*of: Schema) -> Schema:
    return {"anyOf": [*of, {"type": "null"}]}


def _exactly(fields: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return the schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": dict(fields),
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


_SPLIT = {"dataset": TEXT, "config": TEXT, "split": TEXT}
_STATES = {"pending": _list(_ref("Pending")), "failed": _list(_ref("Failed"))}
_SIZES = {
    "num_bytes_parquet_files": COUNT,
    "num_bytes_memory": COUNT,
    "num_rows": COUNT,
    "estimated_num_rows": _maybe(COUNT),
}
_NULLS = {"nan_count": COUNT, "nan_proportion": SHARE}
_EXTENT = ("min", "max", "mean", "median", "std")


def _measured(value: Schema) -> Schema:
    histogram = _exactly({"hist": _list(COUNT), "bin_edges": _list(value)})
    return _exactly({**_NULLS, **{name: _maybe(value) for name in _EXTENT}, "histogram": _maybe(histogram)})


_FREQUENCIES = {"type": "object", "additionalProperties": COUNT}
_LABELS = _exactly(
    {**_NULLS, "no_label_count": COUNT, "no_label_proportion": SHARE, "n_unique": COUNT, "frequencies": _FREQUENCIES}
)
_KINDS: Mapping[str, Schema] = {
    **{
        name: _measured({"type": "number"})
        for name in ("int", "float", "string_text", "list", "audio", "image", "video")
    },
    "datetime": _measured(TEXT),
    "string_label": _LABELS,
    "class_label": _LABELS,
    "bool": _exactly({**_NULLS, "frequencies": _FREQUENCIES}),
}


def _column() -> Schema:
    fitting = [
        {
            "if": {"properties": {"column_type": {"const": name}}},
            "then": {"properties": {"column_statistics": schema}},
        }
        for name, schema in _KINDS.items()
    ]
    return {
        **_exactly({"column_name": TEXT, "column_type": {"enum": list(_KINDS)}, "column_statistics": ANY_OBJECT}),
        "allOf": fitting,
    }


_SCHEMAS: Mapping[str, Schema] = {
    "Error": _exactly({"error": TEXT, "hint": TEXT}, optional=["hint"]),
    "Pending": _exactly({"dataset": TEXT, "config": TEXT}),
    "Failed": _exactly({"dataset": TEXT, "config": TEXT, "error": ANY_OBJECT}),
    "Split": _exactly(_SPLIT),
    "Feature": _exactly({"feature_idx": COUNT, "name": TEXT, "type": {"type": ["object", "array"]}}),
    "Picture": {
        "description": "A cell of the type Image; a thumbnail of a document, which is a JPEG.",
        **_exactly({"src": TEXT, "height": SIDE, "width": SIDE}),
    },
    "Audio": {
        "description": "A cell of the type Audio.",
        **_list(_exactly({"src": TEXT, "type": {"type": "string", "pattern": "^audio/"}})),
    },
    "Video": {"description": "A cell of the type Video.", **_exactly({"src": TEXT})},
    "Pdf": {
        "description": "A cell of the type Pdf. What cannot be drawn has no thumbnail.",
        **_exactly({"src": TEXT, "size_bytes": COUNT, "thumbnail": _ref("Picture")}, optional=["thumbnail"]),
    },
    "Cell": {
        "description": "A value, in the form of its column's type: files are told by their addresses.",
        "anyOf": [*map(_ref, ("Picture", "Audio", "Video", "Pdf")), {"description": "Any other value as JSON."}],
    },
    "Row": _exactly(
        {
            "row_idx": COUNT,
            "row": {"type": "object", "additionalProperties": _ref("Cell")},
            "truncated_cells": _list(TEXT),
        }
    ),
    "Page": _exactly(
        {
            "features": _list(_ref("Feature")),
            "rows": {**_list(_ref("Row")), "maxItems": 100},
            "num_rows_total": COUNT,
            "num_rows_per_page": {"const": 100},
            "partial": YES_NO,
        }
    ),
    "FirstRows": _exactly(
        {
            **_SPLIT,
            "features": _list(_ref("Feature")),
            "rows": {**_list(_ref("Row")), "maxItems": 100},
            "truncated": YES_NO,
        }
    ),
    "IsValid": _exactly(dict.fromkeys(("preview", "viewer", "search", "filter", "statistics"), YES_NO)),
    "Splits": _exactly({"splits": _list(_ref("Split")), **_STATES}, optional=("pending", "failed")),
    "ConfigInfo": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("description", "citation", "homepage", "license", "config_name"), TEXT),
            "features": ANY_OBJECT,
            "version": _exactly(
                {"version_str": TEXT, "major": WHOLE, "minor": WHOLE, "patch": WHOLE}, ("version_str",)
            ),
            "splits": {
                "type": "object",
                "additionalProperties": _exactly(
                    {"name": TEXT, "num_bytes": COUNT, "num_examples": COUNT, "dataset_name": TEXT}
                ),
            },
            "download_size": _maybe(COUNT),
            "dataset_size": COUNT,
        },
        "required": ["features", "splits", "config_name", "dataset_size"],
    },
    "Info": _exactly({"dataset_info": ANY_OBJECT, **_STATES, "partial": YES_NO}, optional=("pending", "failed")),
    "SizeOfDataset": _exactly({"dataset": TEXT, "num_bytes_original_files": _maybe(COUNT), **_SIZES}),
    "SizeOfConfig": _exactly(
        {"dataset": TEXT, "config": TEXT, "num_bytes_original_files": _maybe(COUNT), **_SIZES, "num_columns": COUNT}
    ),
    "SizeOfSplit": _exactly({**_SPLIT, **_SIZES, "num_columns": COUNT}),
    "Size": _exactly(
        {
            "size": _exactly(
                {
                    "dataset": _ref("SizeOfDataset"),
                    "configs": _list(_ref("SizeOfConfig")),
                    "config": _ref("SizeOfConfig"),
                    "splits": _list(_ref("SizeOfSplit")),
                },
                optional=("dataset", "configs", "config"),
            ),
            **_STATES,
            "partial": YES_NO,
        },
        optional=("pending", "failed"),
    ),
    "ParquetFile": _exactly({**_SPLIT, "url": TEXT, "filename": TEXT, "size": COUNT}),
    "Parquet": _exactly(
        {"parquet_files": _list(_ref("ParquetFile")), "features": ANY_OBJECT, **_STATES, "partial": YES_NO},
        optional=("features", "pending", "failed"),
    ),
    "ColumnStatistics": _column(),
    "Statistics": _exactly(
        {
            "num_examples": COUNT,
            "statistics": _list(_ref("ColumnStatistics")),
            "partial": YES_NO,
            "failed": _list(_exactly({"column_name": TEXT, "error": TEXT})),
        },
        optional=("failed",),
    ),
    "Croissant": {
        "type": "object",
        "properties": {
            "@type": {"const": "sc:Dataset"},
            "conformsTo": {"const": "http://mlcommons.org/croissant/1.1"},
            "distribution": _list(ANY_OBJECT),
            "recordSet": _list(ANY_OBJECT),
        },
        "required": ["@context", "@type", "conformsTo", "distribution", "recordSet"],
    },
}

_WINDOW = {"offset": False, "length": False}
_PATHS: Mapping[str, tuple[str, str, Mapping[str, bool]]] = {
    "/is-valid": ("IsValid", "Tell what can be asked.", {"dataset": True, "config": False, "split": False}),
    "/splits": ("Splits", "List splits.", {"dataset": True, "config": False}),
    "/info": ("Info", "Tell what is declared.", {"dataset": True, "config": False}),
    "/size": ("Size", "Count rows and bytes.", {"dataset": True, "config": False}),
    "/parquet": ("Parquet", "List Parquet files.", {"dataset": True, "config": False}),
    "/first-rows": ("FirstRows", "Return the first rows.", dict.fromkeys(_SPLIT, True)),
    "/rows": ("Page", "Return rows.", {**dict.fromkeys(_SPLIT, True), **_WINDOW}),
    "/search": ("Page", "Find rows by words.", {**dict.fromkeys(_SPLIT, True), "query": True, **_WINDOW}),
    "/filter": (
        "Page",
        "Find rows by a condition.",
        {**dict.fromkeys(_SPLIT, True), "where": False, "orderby": False, **_WINDOW},
    ),
    "/statistics": ("Statistics", "Sum columns up.", dict.fromkeys(_SPLIT, True)),
    "/croissant-crumbs": ("Croissant", "Describe in Croissant.", {"dataset": True, "full": False}),
}


def description() -> dict[str, Any]:
    """Return the description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dataset viewer", "version": __version__},
        "paths": {path: {"get": _operation(*facts)} for path, facts in _PATHS.items()},
        "components": {"schemas": dict(_SCHEMAS)},
    }


def _operation(schema: str, summary: str, parameters: Mapping[str, bool]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [
            {"name": name, "in": "query", "required": required, "schema": _parameter(name)}
            for name, required in parameters.items()
        ],
        "responses": {
            "200": _answer(_ref(schema), "The answer."),
            **{status: _answer(_ref("Error"), "An error.") for status in ("401", "404", "422", "500", "501", "503")},
        },
    }


def _parameter(name: str) -> Schema:
    if name == "length":
        return {**COUNT, "maximum": 100, "default": 100}
    return {**COUNT, "default": 0} if name == "offset" else TEXT


def _answer(schema: Schema, text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def document(call: Call) -> Response:
    """Send the description."""
    del call
    return as_json(description())
