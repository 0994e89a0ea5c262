"""A self-hosted hub for datasets, which speaks the protocol of huggingface_hub.

    Hub(directory)              the hub without HTTP: tokens, repositories, garbage collection
    app.create_app(directory)   the ASGI application
    serve.serve(directory)      runs it

A commit appears whole or not at all. Paths in a repository are keys and never joined to paths of the file system.
What is imported here needs no extra; `app` and `serve` need starlette and uvicorn.
"""

from arrowsets.server.hub.hub import Hub
from arrowsets.server.hub.settings import HubSettings
from arrowsets.server.hub.sweep import Sweep, sweep

__all__ = ["Hub", "HubSettings", "Sweep", "sweep"]
