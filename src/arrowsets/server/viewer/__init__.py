"""The dataset viewer: a page and an HTTP API over any dataset, local or of a hub.

    open_source(data)            files, a directory, a saved dataset, an id or a Dataset, ready to be shown
    app.create_app(sources)      the ASGI application
    serve.view(data)             runs it and opens the page

Rows are read where they lie; nothing is converted before it is shown. Needs the extra `server`.
"""

from arrowsets.server.viewer.catalogue import Config, Source
from arrowsets.server.viewer.settings import ViewerSettings
from arrowsets.server.viewer.sources import open_source
from arrowsets.server.viewer.split import Split

__all__ = ["Config", "Source", "Split", "ViewerSettings", "open_source"]
