"""What the reference calls the errors that scripts catch."""

from __future__ import annotations

from arrowsets.errors import ArrowsetsError, BadData, DataFilesNotFound, SchemaConflict, SplitNotFound

__all__ = [
    "DataFilesNotFoundError",
    "DatasetBuildError",
    "DatasetGenerationCastError",
    "DatasetGenerationError",
    "DatasetNotFoundError",
    "DatasetsError",
    "FileNotFoundDatasetsError",
    "NonMatchingSplitsSizesError",
    "UnexpectedSplitsError",
]

DatasetsError = ArrowsetsError
FileNotFoundDatasetsError = DatasetNotFoundError = DataFilesNotFoundError = DataFilesNotFound
# What goes wrong while rows are read is raised as it is, with no error around it: all of ours may be meant.
DatasetGenerationError = DatasetBuildError = ArrowsetsError
DatasetGenerationCastError = SchemaConflict
NonMatchingSplitsSizesError = BadData
UnexpectedSplitsError = SplitNotFound
