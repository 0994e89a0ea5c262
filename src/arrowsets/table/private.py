"""Pages of one's own: arrays that show a mapped file without a copy, and may be written to.

A map that a reader shares must never be written to: the system ends the process. A private map of the same pages may be: a
page that is written to becomes this map's own, and neither the file nor any other reader sees it.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from arrowsets.record import dataclass

__all__ = ["own", "register"]

AnyNumpy = npt.NDArray[Any]

# Making a map costs as much as copying so many bytes.
_WORTH_IT = 1 << 18


@dataclass(frozen=True)
class _Mapped:
    path: str
    size: int
    file: tuple[int, int]


_maps: dict[int, _Mapped] = {}


def register(data: pa.Buffer, path: str, found: os.stat_result) -> None:
    """Remember which file a buffer shows, for as long as there is the buffer."""
    _maps[data.address] = _Mapped(path, data.size, (found.st_dev, found.st_ino))
    weakref.finalize(data, _maps.pop, data.address, None).atexit = False


def own(array: AnyNumpy) -> AnyNumpy:
    """Return an array of the same values that may be written to: private pages of the file it lies in, or a copy."""
    if array.nbytes < _WORTH_IT or not array.flags.c_contiguous:
        return array.copy()
    address = array.__array_interface__["data"][0]
    for start, mapped in list(_maps.items()):
        if start <= address and address + array.nbytes <= start + mapped.size:
            return _private(array, mapped, address - start)
    return array.copy()


def _private(array: AnyNumpy, mapped: _Mapped, place: int) -> AnyNumpy:
    import mmap

    skipped = place % mmap.ALLOCATIONGRANULARITY
    try:
        with Path(mapped.path).open("rb") as file:
            found = os.fstat(file.fileno())
            if (found.st_dev, found.st_ino) != mapped.file or found.st_size != mapped.size:
                return array.copy()  # another file has this name by now
            pages = mmap.mmap(file.fileno(), skipped + array.nbytes, access=mmap.ACCESS_COPY, offset=place - skipped)
    except OSError:
        return array.copy()
    return np.frombuffer(pages, array.dtype, array.size, skipped).reshape(array.shape)
