"""What a source declares, as attributes of the datasets and streams made of it."""

from __future__ import annotations

from typing import Any

from arrowsets.info import DatasetInfo

__all__ = ["Described"]


def _of_info(name: str) -> property:
    def read(self: Described) -> Any:
        return getattr(self._info, name)

    return property(read, doc=f"The {name.replace('_', ' ')} that the source declares; None or empty if it does not.")


class Described:
    """What is known besides the rows."""

    _info: DatasetInfo

    builder_name = _of_info("builder_name")
    citation = _of_info("citation")
    config_name = _of_info("config_name")
    dataset_size = _of_info("dataset_size")
    description = _of_info("description")
    download_checksums = _of_info("download_checksums")
    download_size = _of_info("download_size")
    homepage = _of_info("homepage")
    license = _of_info("license")
    size_in_bytes = _of_info("size_in_bytes")
    supervised_keys = _of_info("supervised_keys")
    version = _of_info("version")
