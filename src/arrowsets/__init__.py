"""Datasets as memory-mapped Arrow tables: load, transform, stream and look at training data."""

from arrowsets.combine import concatenate_datasets, interleave_datasets
from arrowsets.dataset import Dataset
from arrowsets.features import (
    Array2D,
    Array3D,
    Array4D,
    Array5D,
    ClassLabel,
    Features,
    Image,
    Json,
    LargeList,
    List,
    Sequence,
    Translation,
    TranslationVariableLanguages,
    Value,
)
from arrowsets.info import DatasetInfo
from arrowsets.load import load_dataset, load_from_disk
from arrowsets.progress import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from arrowsets.splits import DatasetDict
from arrowsets.splits_spec import NamedSplit, ReadInstruction, Split

__version__ = "0.1.0"

__all__ = [
    "Array2D",
    "Array3D",
    "Array4D",
    "Array5D",
    "ClassLabel",
    "Dataset",
    "DatasetDict",
    "DatasetInfo",
    "Features",
    "Image",
    "Json",
    "LargeList",
    "List",
    "NamedSplit",
    "ReadInstruction",
    "Sequence",
    "Split",
    "Translation",
    "TranslationVariableLanguages",
    "Value",
    "are_progress_bars_disabled",
    "concatenate_datasets",
    "disable_progress_bars",
    "enable_progress_bars",
    "interleave_datasets",
    "load_dataset",
    "load_from_disk",
]
