"""Datasets as memory-mapped Arrow tables: load, transform, stream and look at training data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.combine import concatenate_datasets, interleave_datasets
    from arrowsets.compat.conversion import from_hf
    from arrowsets.compat.downloads import (
        DownloadConfig,
        DownloadManager,
        DownloadMode,
        StreamingDownloadManager,
        VerificationMode,
    )
    from arrowsets.compat.experimental import experimental
    from arrowsets.compat.scripts import (
        ArrowBasedBuilder,
        BuilderConfig,
        DatasetBuilder,
        GeneratorBasedBuilder,
        SplitGenerator,
    )
    from arrowsets.dataset import Dataset, DatasetDict
    from arrowsets.derive import disable_caching, enable_caching, is_caching_enabled
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
    from arrowsets.formats import Column
    from arrowsets.info import DatasetInfo, SplitDict, SplitInfo, SubSplitInfo, Version
    from arrowsets.iterable import IterableDataset, IterableDatasetDict
    from arrowsets.iterable.column import IterableColumn
    from arrowsets.load import load_dataset, load_from_disk
    from arrowsets.logging import disable_progress_bar, enable_progress_bar, is_progress_bar_enabled
    from arrowsets.progress import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
    from arrowsets.registry import builder_help
    from arrowsets.splits_spec import NamedSplit, NamedSplitAll, ReadInstruction, Split, SplitBase, percent

__version__ = "0.1.0"

# Names are imported when they are first used, so that importing the package costs next to nothing.
_HOMES = {
    "Array2D": "arrowsets.features",
    "Array3D": "arrowsets.features",
    "Array4D": "arrowsets.features",
    "Array5D": "arrowsets.features",
    "ArrowBasedBuilder": "arrowsets.compat.scripts",
    "Audio": "arrowsets.features",
    "BioSequence": "arrowsets.features",
    "BioStructure": "arrowsets.features",
    "BuilderConfig": "arrowsets.compat.scripts",
    "ClassLabel": "arrowsets.features",
    "Column": "arrowsets.formats",
    "Dataset": "arrowsets.dataset",
    "DatasetBuilder": "arrowsets.compat.scripts",
    "DatasetDict": "arrowsets.dataset",
    "DatasetInfo": "arrowsets.info",
    "DownloadConfig": "arrowsets.compat.downloads",
    "DownloadManager": "arrowsets.compat.downloads",
    "DownloadMode": "arrowsets.compat.downloads",
    "Features": "arrowsets.features",
    "GeneratorBasedBuilder": "arrowsets.compat.scripts",
    "Image": "arrowsets.features",
    "IterableColumn": "arrowsets.iterable.column",
    "IterableDataset": "arrowsets.iterable",
    "IterableDatasetDict": "arrowsets.iterable",
    "Json": "arrowsets.features",
    "LargeList": "arrowsets.features",
    "List": "arrowsets.features",
    "Mesh": "arrowsets.features",
    "NamedSplit": "arrowsets.splits_spec",
    "NamedSplitAll": "arrowsets.splits_spec",
    "Nifti": "arrowsets.features",
    "Pdf": "arrowsets.features",
    "ReadInstruction": "arrowsets.splits_spec",
    "Sequence": "arrowsets.features",
    "Split": "arrowsets.splits_spec",
    "SplitBase": "arrowsets.splits_spec",
    "SplitDict": "arrowsets.info",
    "SplitGenerator": "arrowsets.compat.scripts",
    "SplitInfo": "arrowsets.info",
    "SubSplitInfo": "arrowsets.info",
    "StreamingDownloadManager": "arrowsets.compat.downloads",
    "Translation": "arrowsets.features",
    "TranslationVariableLanguages": "arrowsets.features",
    "Value": "arrowsets.features",
    "VerificationMode": "arrowsets.compat.downloads",
    "Version": "arrowsets.info",
    "Video": "arrowsets.features",
    "are_progress_bars_disabled": "arrowsets.progress",
    "builder_help": "arrowsets.registry",
    "concatenate_datasets": "arrowsets.combine",
    "disable_caching": "arrowsets.derive",
    "disable_progress_bar": "arrowsets.logging",
    "disable_progress_bars": "arrowsets.progress",
    "enable_caching": "arrowsets.derive",
    "enable_progress_bar": "arrowsets.logging",
    "enable_progress_bars": "arrowsets.progress",
    "experimental": "arrowsets.compat.experimental",
    "from_hf": "arrowsets.compat.conversion",
    "get_dataset_config_info": "arrowsets.describe",
    "get_dataset_config_names": "arrowsets.describe",
    "get_dataset_default_config_name": "arrowsets.describe",
    "get_dataset_infos": "arrowsets.describe",
    "get_dataset_split_names": "arrowsets.describe",
    "interleave_datasets": "arrowsets.combine",
    "is_caching_enabled": "arrowsets.derive",
    "is_progress_bar_enabled": "arrowsets.logging",
    "load_dataset": "arrowsets.load",
    "load_dataset_builder": "arrowsets.describe",
    "load_from_disk": "arrowsets.load",
    "percent": "arrowsets.splits_spec",
    "tqdm": "arrowsets.utils.tqdm",
}

# Modules that scripts reach for as attributes, without an import of their own.
_MODULES = {
    "arrow_dataset",
    "arrow_reader",
    "builder",
    "combine",
    "config",
    "dataset_dict",
    "distributed",
    "download",
    "exceptions",
    "features",
    "fingerprint",
    "formats",
    "hub",
    "info",
    "inspect",
    "iterable_dataset",
    "load",
    "logging",
    "parallel",
    "splits",
    "utils",
}
# What other libraries' scripts import lies in a room of its own, behind ours.
__path__ = [*__path__, *(f"{directory}/compat/paths" for directory in __path__)]

__all__ = [
    "Array2D",
    "Array3D",
    "Array4D",
    "Array5D",
    "ArrowBasedBuilder",
    "Audio",
    "BioSequence",
    "BioStructure",
    "BuilderConfig",
    "ClassLabel",
    "Column",
    "Dataset",
    "DatasetBuilder",
    "DatasetDict",
    "DatasetInfo",
    "DownloadConfig",
    "DownloadManager",
    "DownloadMode",
    "Features",
    "GeneratorBasedBuilder",
    "Image",
    "IterableColumn",
    "IterableDataset",
    "IterableDatasetDict",
    "Json",
    "LargeList",
    "List",
    "Mesh",
    "NamedSplit",
    "NamedSplitAll",
    "Nifti",
    "Pdf",
    "ReadInstruction",
    "Sequence",
    "Split",
    "SplitBase",
    "SplitDict",
    "SplitGenerator",
    "SplitInfo",
    "StreamingDownloadManager",
    "SubSplitInfo",
    "Translation",
    "TranslationVariableLanguages",
    "Value",
    "VerificationMode",
    "Version",
    "Video",
    "are_progress_bars_disabled",
    "builder_help",
    "concatenate_datasets",
    "disable_caching",
    "disable_progress_bar",
    "disable_progress_bars",
    "enable_caching",
    "enable_progress_bar",
    "enable_progress_bars",
    "experimental",
    "from_hf",
    "get_dataset_config_info",
    "get_dataset_config_names",
    "get_dataset_default_config_name",
    "get_dataset_infos",
    "get_dataset_split_names",
    "interleave_datasets",
    "is_caching_enabled",
    "is_progress_bar_enabled",
    "load_dataset",
    "load_dataset_builder",
    "load_from_disk",
    "percent",
]


__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
