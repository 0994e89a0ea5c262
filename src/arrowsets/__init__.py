"""Datasets as memory-mapped Arrow tables: load, transform, stream and look at training data."""

from arrowsets.combine import concatenate_datasets, interleave_datasets
from arrowsets.dataset import Dataset
from arrowsets.features import (
    Array2D,
    Array3D,
    Array4D,
    Array5D,
    Audio,
    BioSequence,
    BioStructure,
    ClassLabel,
    Features,
    Image,
    Json,
    LargeList,
    List,
    Mesh,
    Nifti,
    Pdf,
    Sequence,
    Translation,
    TranslationVariableLanguages,
    Value,
    Video,
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
    "Audio",
    "BioSequence",
    "BioStructure",
    "ClassLabel",
    "Dataset",
    "DatasetDict",
    "DatasetInfo",
    "Features",
    "Image",
    "Json",
    "LargeList",
    "List",
    "Mesh",
    "NamedSplit",
    "Nifti",
    "Pdf",
    "ReadInstruction",
    "Sequence",
    "Split",
    "Translation",
    "TranslationVariableLanguages",
    "Value",
    "Video",
    "are_progress_bars_disabled",
    "concatenate_datasets",
    "disable_progress_bars",
    "enable_progress_bars",
    "interleave_datasets",
    "load_dataset",
    "load_from_disk",
]
