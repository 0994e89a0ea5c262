"""The types of a dataset's columns."""

from __future__ import annotations

from arrowsets.features.base import FeatureType, register
from arrowsets.features.infer import feature_of
from arrowsets.features.label import ClassLabel
from arrowsets.features.nested import LargeList, List, Sequence
from arrowsets.features.scalar import Value
from arrowsets.features.schema import Features

__all__ = ["ClassLabel", "FeatureType", "Features", "LargeList", "List", "Sequence", "Value", "feature_of", "register"]
