"""`Dataset`, put together of its rooms."""

from __future__ import annotations

from arrowsets.dataset.caching import CacheMethods
from arrowsets.dataset.columns import ColumnMethods
from arrowsets.dataset.conversion import ConversionMethods
from arrowsets.dataset.core import DatasetCore
from arrowsets.dataset.disk import DiskMethods
from arrowsets.dataset.exporting import ExportMethods
from arrowsets.dataset.feeding import FeedMethods
from arrowsets.dataset.formatting import FormatMethods
from arrowsets.dataset.mapping import MapMethods
from arrowsets.dataset.pushing import PushMethods
from arrowsets.dataset.reading_files import FileMethods
from arrowsets.dataset.rows import RowMethods
from arrowsets.dataset.searching import SearchMethods
from arrowsets.dataset.streaming import StreamMethods
from arrowsets.dataset.viewing import ViewMethods

__all__ = ["Dataset"]


class Dataset(
    FeedMethods,
    FileMethods,
    MapMethods,
    RowMethods,
    ColumnMethods,
    FormatMethods,
    ExportMethods,
    DiskMethods,
    PushMethods,
    CacheMethods,
    StreamMethods,
    ConversionMethods,
    SearchMethods,
    ViewMethods,
    DatasetCore,
):
    """Rows with named, typed columns: a view on Arrow data that lies in files or in memory.

    Methods that change rows or columns return a new dataset and leave this one as it is; only `set_format` and
    `set_transform` change how this one is shown.

    >>> dataset = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]})
    >>> dataset
    Dataset({
        features: ['text', 'label'],
        num_rows: 2
    })
    """
