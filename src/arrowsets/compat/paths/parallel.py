"""`parallel_backend`, which scripts put around a load with `num_proc`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from arrowsets.logging import get_logger

__all__ = ["parallel_backend"]

logger = get_logger(__name__)


@contextmanager
def parallel_backend(backend_name: str, **options: Any) -> Iterator[None]:
    """Do nothing but say so: files are fetched in threads, and read by the processes of `num_proc`, in any case.

    Other machines work for `map` and `filter` where they are given an executor: `map(function, executor=…)` takes those
    of Dask and Ray, and any other of the interface of `concurrent.futures`.

    >>> with parallel_backend("spark"):
    ...     pass
    """
    if not isinstance(backend_name, str) or not backend_name:
        raise ValueError(f"the name of a backend is a text such as 'spark', not {backend_name!r}")
    del options
    logger.info("parallel_backend(%r): files are fetched in threads, by no backend", backend_name)
    yield
