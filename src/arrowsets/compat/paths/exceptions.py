"""What the reference calls the errors that scripts catch."""

from __future__ import annotations

from arrowsets.errors import ArrowsetsError, BadData, CorruptEntry, DataFilesNotFound, SchemaConflict, SplitNotFound

__all__ = [
    "ChecksumVerificationError",
    "DataFilesNotFoundError",
    "DatasetBuildError",
    "DatasetGenerationCastError",
    "DatasetGenerationError",
    "DatasetNotFoundError",
    "DatasetsError",
    "DefunctDatasetError",
    "ExpectedMoreDownloadedFilesError",
    "ExpectedMoreSplitsError",
    "FileFormatError",
    "FileNotFoundDatasetsError",
    "ManualDownloadError",
    "NonMatchingChecksumError",
    "NonMatchingSplitsSizesError",
    "SplitsVerificationError",
    "UnexpectedDownloadedFileError",
    "UnexpectedSplitsError",
]

DatasetsError = ArrowsetsError
FileNotFoundDatasetsError = DatasetNotFoundError = DataFilesNotFoundError = DataFilesNotFound
# What goes wrong while rows are read is raised as it is, with no error around it: all of ours may be meant.
DatasetGenerationError = DatasetBuildError = ArrowsetsError
DatasetGenerationCastError = SchemaConflict
FileFormatError = NonMatchingSplitsSizesError = BadData
UnexpectedSplitsError = ExpectedMoreSplitsError = SplitNotFound
NonMatchingChecksumError = CorruptEntry


class SplitsVerificationError(ArrowsetsError):
    """Never raised as such: what is said of splits and does not hold is one of the errors above."""


class ChecksumVerificationError(ArrowsetsError):
    """Never raised as such, nor are the errors below: sources declare no checksums of downloads here."""


class UnexpectedDownloadedFileError(ChecksumVerificationError):
    """A file that was not announced."""


class ExpectedMoreDownloadedFilesError(ChecksumVerificationError):
    """A file that was announced and did not come."""


class DefunctDatasetError(ArrowsetsError):
    """A dataset that is no more; for code of one's own to raise."""


class ManualDownloadError(ArrowsetsError):
    """A dataset that one must download oneself; for code of one's own to raise."""
