"""Datasets as memory-mapped Arrow tables: load, transform, stream and look at training data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.combine import concatenate_datasets, interleave_datasets
    from arrowsets.dataset import Dataset, DatasetDict
    from arrowsets.describe import (
        get_dataset_config_info,
        get_dataset_config_names,
        get_dataset_default_config_name,
        get_dataset_infos,
        get_dataset_split_names,
        load_dataset_builder,
    )
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
    from arrowsets.iterable import IterableDataset, IterableDatasetDict
    from arrowsets.load import load_dataset, load_from_disk
    from arrowsets.progress import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
    from arrowsets.registry import builder_help
    from arrowsets.splits_spec import NamedSplit, ReadInstruction, Split

__version__ = "0.1.0"

# Names are imported when they are first used, so that importing the package costs next to nothing.
_HOMES = {
    "Array2D": "arrowsets.features",
    "Array3D": "arrowsets.features",
    "Array4D": "arrowsets.features",
    "Array5D": "arrowsets.features",
    "Audio": "arrowsets.features",
    "BioSequence": "arrowsets.features",
    "BioStructure": "arrowsets.features",
    "ClassLabel": "arrowsets.features",
    "Dataset": "arrowsets.dataset",
    "DatasetDict": "arrowsets.dataset",
    "DatasetInfo": "arrowsets.info",
    "Features": "arrowsets.features",
    "Image": "arrowsets.features",
    "IterableDataset": "arrowsets.iterable",
    "IterableDatasetDict": "arrowsets.iterable",
    "Json": "arrowsets.features",
    "LargeList": "arrowsets.features",
    "List": "arrowsets.features",
    "Mesh": "arrowsets.features",
    "NamedSplit": "arrowsets.splits_spec",
    "Nifti": "arrowsets.features",
    "Pdf": "arrowsets.features",
    "ReadInstruction": "arrowsets.splits_spec",
    "Sequence": "arrowsets.features",
    "Split": "arrowsets.splits_spec",
    "Translation": "arrowsets.features",
    "TranslationVariableLanguages": "arrowsets.features",
    "Value": "arrowsets.features",
    "Video": "arrowsets.features",
    "are_progress_bars_disabled": "arrowsets.progress",
    "builder_help": "arrowsets.registry",
    "concatenate_datasets": "arrowsets.combine",
    "disable_progress_bars": "arrowsets.progress",
    "enable_progress_bars": "arrowsets.progress",
    "get_dataset_config_info": "arrowsets.describe",
    "get_dataset_config_names": "arrowsets.describe",
    "get_dataset_default_config_name": "arrowsets.describe",
    "get_dataset_infos": "arrowsets.describe",
    "get_dataset_split_names": "arrowsets.describe",
    "interleave_datasets": "arrowsets.combine",
    "load_dataset": "arrowsets.load",
    "load_dataset_builder": "arrowsets.describe",
    "load_from_disk": "arrowsets.load",
}

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
    "IterableDataset",
    "IterableDatasetDict",
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
    "builder_help",
    "concatenate_datasets",
    "disable_progress_bars",
    "enable_progress_bars",
    "get_dataset_config_info",
    "get_dataset_config_names",
    "get_dataset_default_config_name",
    "get_dataset_infos",
    "get_dataset_split_names",
    "interleave_datasets",
    "load_dataset",
    "load_dataset_builder",
    "load_from_disk",
]


__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
