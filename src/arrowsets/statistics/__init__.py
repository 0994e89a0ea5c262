"""Statistics of columns: what a column holds, in numbers that a header shows: shares, ranges, histograms, frequencies.

    column_statistics(view, name, feature)    those of one column
    describe(view, features)                  those of all, as a table for people

Memory is bounded whatever the number of rows: values that are too many to be kept are read again, once for the histogram
and a few times for the median.
"""

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.statistics.columns import FORMATS, ColumnStatistics, column_statistics
    from arrowsets.statistics.description import Description, describe
    from arrowsets.statistics.kept import read_kept, write_kept
    from arrowsets.statistics.media import allowed_path, image_header

__all__ = [
    "FORMATS",
    "ColumnStatistics",
    "Description",
    "allowed_path",
    "column_statistics",
    "describe",
    "image_header",
    "read_kept",
    "write_kept",
]

__getattr__ = lazily(
    __name__,
    {
        "FORMATS": "arrowsets.statistics.columns",
        "ColumnStatistics": "arrowsets.statistics.columns",
        "Description": "arrowsets.statistics.description",
        "allowed_path": "arrowsets.statistics.media",
        "column_statistics": "arrowsets.statistics.columns",
        "describe": "arrowsets.statistics.description",
        "image_header": "arrowsets.statistics.media",
        "read_kept": "arrowsets.statistics.kept",
        "write_kept": "arrowsets.statistics.kept",
    },
)
