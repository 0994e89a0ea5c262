"""The Croissant description of a dataset: JSON-LD that catalogues of datasets read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from arrowsets.features.base import FeatureType
from arrowsets.server.viewer.catalogue import Source
from arrowsets.server.viewer.split import Shown

__all__ = ["croissant_of"]

MOST_COLUMNS = 1000
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "arrayShape": "cr:arrayShape",
    "key": "cr:key",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "repeated": "cr:repeated",
    "sc": "https://schema.org/",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = (
    (r"u?int\d*", "sc:Integer"),
    (r"float\d*|double|half|decimal.*", "sc:Float"),
    (r"bool", "sc:Boolean"),
    (r"(large_)?string", "sc:Text"),
    (r"timestamp.*|date\d+", "sc:Date"),
)


def croissant_of(source: Source, configs: Mapping[str, Mapping[str, Shown]], base: str) -> dict[str, Any]:
    """Return the description of a dataset."""
    distribution: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": "repo",
            "name": "repo",
            "description": "The repository that the data are of.",
            "contentUrl": base,
            "encodingFormat": "git+https",
            "sha256": "https://github.com/mlcommons/croissant/issues/80",
        }
    ]
    records: list[dict[str, Any]] = []
    for config, splits in configs.items():
        files = f"parquet-files-for-config-{config}"
        distribution.append(
            {
                "@type": "cr:FileSet",
                "@id": files,
                "containedIn": {"@id": "repo"},
                "encodingFormat": "application/x-parquet",
                "includes": f"{config}/*/*.parquet",
            }
        )
        records += _record_sets(config, splits, files)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": source.title or source.name,
        "distribution": distribution,
        "recordSet": records,
    }


def _record_sets(config: str, splits: Mapping[str, Shown], files: str) -> Iterator[dict[str, Any]]:
    name = f"{config}_splits"
    yield {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": "cr:Split",
        "key": {"@id": f"{name}/split_name"},
        "description": f"Splits for the {config} config.",
        "field": [{"@type": "cr:Field", "@id": f"{name}/split_name", "dataType": "sc:Text"}],
        "data": [{f"{name}/split_name": split} for split in splits],
    }
    features: Mapping[str, FeatureType] = next((shown.features for shown in splits.values()), {})
    fields = [_field(config, column, feature, files) for column, feature in list(features.items())[:MOST_COLUMNS]]
    yield {
        "@type": "cr:RecordSet",
        "@id": config,
        "description": f"The {config} subset, with the splits {', '.join(splits)}.",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{config}/split",
                "dataType": "sc:Text",
                "source": {
                    "fileSet": {"@id": files},
                    "extract": {"fileProperty": "fullpath"},
                    "transform": {"regex": f"{config}/(?:partial-)?({'|'.join(splits)})/.+parquet$"},
                },
                "references": {"field": {"@id": f"{name}/split_name"}},
            },
            *fields,
        ],
    }


def _field(config: str, column: str, feature: FeatureType, files: str) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{config}/{column}",
        "source": {"fileSet": {"@id": files}, "extract": {"column": column}},
    }
    inner = feature
    if feature.type_name in ("List", "LargeList"):
        field["isArray"], field["arrayShape"] = True, "-1"
        inner = feature.children()["item"]
    return {**field, "dataType": _data_type(inner)}


def _data_type(feature: FeatureType) -> str:
    if feature.type_name in ("Image", "Audio", "Video"):
        return f"sc:{feature.type_name}Object"
    if feature.type_name == "ClassLabel":
        return "sc:Integer"
    text = str(feature.storage)
    return next((name for pattern, name in _TYPES if re.fullmatch(pattern, text)), "sc:Text")
