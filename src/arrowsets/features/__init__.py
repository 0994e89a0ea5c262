"""The types of a dataset's columns: what Arrow stores, and what users put in and get out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.features.array import Array2D, Array3D, Array4D, Array5D
    from arrowsets.features.audio import Audio
    from arrowsets.features.base import FeatureType, register, registered
    from arrowsets.features.bio import BioSequence, BioStructure
    from arrowsets.features.chunks import cast_column, has_labels
    from arrowsets.features.decode import decoder
    from arrowsets.features.encode import array_of, cast, infer
    from arrowsets.features.image import Image
    from arrowsets.features.inference import feature_of, plain_type
    from arrowsets.features.json_value import Json
    from arrowsets.features.label import ClassLabel
    from arrowsets.features.mesh import Mesh
    from arrowsets.features.nested import LargeList, List, Sequence, as_feature
    from arrowsets.features.nifti import Nifti
    from arrowsets.features.pdf import Pdf
    from arrowsets.features.scalar import Value
    from arrowsets.features.schema import Features
    from arrowsets.features.translation import Translation, TranslationVariableLanguages
    from arrowsets.features.unification import is_lossless_cast, takes_keys, unify, unify_types
    from arrowsets.features.video import Video

__all__ = [
    "Array2D",
    "Array3D",
    "Array4D",
    "Array5D",
    "Audio",
    "BioSequence",
    "BioStructure",
    "ClassLabel",
    "FeatureType",
    "Features",
    "Image",
    "Json",
    "LargeList",
    "List",
    "Mesh",
    "Nifti",
    "Pdf",
    "Sequence",
    "Translation",
    "TranslationVariableLanguages",
    "Value",
    "Video",
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
    "takes_keys",
    "unify",
    "unify_types",
]

__getattr__ = lazily(
    __name__,
    {
        "Array2D": "arrowsets.features.array",
        "Array3D": "arrowsets.features.array",
        "Array4D": "arrowsets.features.array",
        "Array5D": "arrowsets.features.array",
        "Audio": "arrowsets.features.audio",
        "BioSequence": "arrowsets.features.bio",
        "BioStructure": "arrowsets.features.bio",
        "ClassLabel": "arrowsets.features.label",
        "FeatureType": "arrowsets.features.base",
        "Features": "arrowsets.features.schema",
        "Image": "arrowsets.features.image",
        "Json": "arrowsets.features.json_value",
        "LargeList": "arrowsets.features.nested",
        "List": "arrowsets.features.nested",
        "Mesh": "arrowsets.features.mesh",
        "Nifti": "arrowsets.features.nifti",
        "Pdf": "arrowsets.features.pdf",
        "Sequence": "arrowsets.features.nested",
        "Translation": "arrowsets.features.translation",
        "TranslationVariableLanguages": "arrowsets.features.translation",
        "Value": "arrowsets.features.scalar",
        "Video": "arrowsets.features.video",
        "array_of": "arrowsets.features.encode",
        "as_feature": "arrowsets.features.nested",
        "cast": "arrowsets.features.encode",
        "cast_column": "arrowsets.features.chunks",
        "decoder": "arrowsets.features.decode",
        "feature_of": "arrowsets.features.inference",
        "has_labels": "arrowsets.features.chunks",
        "infer": "arrowsets.features.encode",
        "is_lossless_cast": "arrowsets.features.unification",
        "plain_type": "arrowsets.features.inference",
        "register": "arrowsets.features.base",
        "registered": "arrowsets.features.base",
        "takes_keys": "arrowsets.features.unification",
        "unify": "arrowsets.features.unification",
        "unify_types": "arrowsets.features.unification",
    },
)
