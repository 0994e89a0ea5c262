"""The types of a dataset's columns: what Arrow stores, and what users put in and get out."""

from __future__ import annotations

from arrowsets.features.array import Array2D, Array3D, Array4D, Array5D
from arrowsets.features.base import FeatureType, register, registered
from arrowsets.features.chunks import cast_column, has_labels
from arrowsets.features.decode import decoder
from arrowsets.features.encode import array_of, cast, infer
from arrowsets.features.infer import feature_of, plain_type
from arrowsets.features.json_value import Json
from arrowsets.features.label import ClassLabel
from arrowsets.features.media import Image
from arrowsets.features.nested import LargeList, List, Sequence, as_feature
from arrowsets.features.scalar import Value
from arrowsets.features.schema import Features
from arrowsets.features.translation import Translation, TranslationVariableLanguages
from arrowsets.features.unify import is_lossless_cast, unify, unify_types

__all__ = [
    "Array2D",
    "Array3D",
    "Array4D",
    "Array5D",
    "ClassLabel",
    "FeatureType",
    "Features",
    "Image",
    "Json",
    "LargeList",
    "List",
    "Sequence",
    "Translation",
    "TranslationVariableLanguages",
    "Value",
    "array_of",
    "as_feature",
    "cast",
    "cast_column",
    "has_labels",
    "decoder",
    "feature_of",
    "infer",
    "is_lossless_cast",
    "plain_type",
    "register",
    "registered",
    "unify",
    "unify_types",
]
