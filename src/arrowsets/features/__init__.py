"""The types of a dataset's columns: what Arrow stores, and what users put in and get out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arrowsets.features.array import Array2D, Array3D, Array4D, Array5D
from arrowsets.features.base import FeatureType, register, registered
from arrowsets.features.chunks import cast_column, has_labels
from arrowsets.features.decode import decoder
from arrowsets.features.encode import array_of, cast, infer
from arrowsets.features.infer import feature_of, plain_type
from arrowsets.features.json_value import Json
from arrowsets.features.label import ClassLabel
from arrowsets.features.nested import LargeList, List, Sequence, as_feature
from arrowsets.features.scalar import Value
from arrowsets.features.schema import Features
from arrowsets.features.translation import Translation, TranslationVariableLanguages
from arrowsets.features.unify import is_lossless_cast, takes_keys, unify, unify_types

if TYPE_CHECKING:
    from arrowsets.features.audio import Audio
    from arrowsets.features.bio import BioSequence, BioStructure
    from arrowsets.features.image import Image
    from arrowsets.features.mesh import Mesh
    from arrowsets.features.nifti import Nifti
    from arrowsets.features.pdf import Pdf
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


def __getattr__(name: str) -> Any:
    known = registered()
    if name not in __all__ or name not in known:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = cls = known[name]
    return cls
