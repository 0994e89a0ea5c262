"""The dataset viewer: a page and an HTTP API over any dataset, local or of a hub.

    sources.open_source(data)    files, a directory, a saved dataset, an id or a Dataset, ready to be shown
    app.create_app(sources)      the ASGI application
    serve.view(data)             runs it and opens the page

Rows are read where they lie; nothing is converted before it is shown. Needs the extra `server`.
"""

from arrowsets.server.viewer.settings import ViewerSettings

__all__ = ["ViewerSettings"]
