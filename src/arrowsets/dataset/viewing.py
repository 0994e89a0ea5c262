"""Looking at a dataset: statistics of its columns, and the viewer in a browser."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from arrowsets import statistics
from arrowsets.dataset.core import DatasetCore
from arrowsets.errors import MissingDependency

__all__ = ["ViewMethods", "open_viewer"]


class ViewMethods(DatasetCore):
    """`Dataset.describe` and `Dataset.view`."""

    def describe(self) -> statistics.Description:
        """Return statistics of the columns: shares of null, ranges, frequencies and small histograms, as a table.

        Texts are told by their lengths, labels and texts of few kinds by how often each is there, images by their
        widths. A column that cannot be read is told as such.

        >>> from arrowsets import Dataset
        >>> Dataset.from_dict({"x": [1, 2, 2, None]}).describe()
        4 rows
        column  type  null  unique  min  median  mean    max  distribution
        x       int   25%           1    2       1.6667  2    ▄█
        """
        return statistics.describe(self._view, self._features)

    def view(self, *, port: int = 0, browser: bool = True) -> Any:
        """Show the rows in a browser, with search, filters and statistics; return what serves them.

        It is served to this machine only, from a thread, until `.close()` or the end of the process. In a notebook the
        answer shows itself as a frame. Needs the extra `server`.

        Args:
            port: 0 takes a free one.
            browser: Open the page in a browser.
        """
        return open_viewer(self, port, browser)


def open_viewer(data: Any, port: int, browser: bool) -> Any:
    """Serve what is there; the server stands above the library, so it is found by its name, as a plug-in is."""
    try:
        serving = import_module("arrowsets.server.viewer.serve")
    except ModuleNotFoundError as error:
        raise MissingDependency.of("the viewer", str(error.name), "server") from error
    return serving.view(data, port=port, browser=browser)
