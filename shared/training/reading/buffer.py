"""An array that grows at its end without ever being there twice."""

from __future__ import annotations

import mmap
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Value = TypeVar("Value", np.float64, np.int32)

_ROOM = 1.5
"""Pages that nothing was written to yet take no memory."""
_LEAST = 1 << 14


class Buffer(Generic[Value]):
    """Values of one type, in rows of `width`. Growing moves pages, not bytes, where it can."""

    def __init__(self, kind: type[Value], width: int = 1) -> None:
        self._kind: type[Value] = kind
        self._width = width
        self._pages: mmap.mmap | None = None
        self._used = 0

    def append(self, values: npt.NDArray[Value]) -> None:
        """Copy values behind those that are there. Not while `whole` is in use."""
        end = self._used + values.nbytes
        if self._pages is None or end > len(self._pages):
            self._pages = _sized(self._pages, int(end * _ROOM) + _LEAST)
        room = np.frombuffer(self._pages, self._kind, values.size, self._used)
        room[:] = values.reshape(-1)
        self._used = end

    def whole(self) -> npt.NDArray[Value]:
        """All values, one row each."""
        pages = bytearray() if self._pages is None else self._pages
        if isinstance(pages, mmap.mmap) and len(pages) > self._used > 0:
            self._pages = pages = _sized(pages, self._used)
        count = self._used // np.dtype(self._kind).itemsize
        values = np.frombuffer(pages, self._kind, count)
        return values if self._width == 1 else values.reshape(-1, self._width)

    def clear(self) -> None:
        """Let go of everything."""
        self._pages, self._used = None, 0


def _sized(pages: mmap.mmap | None, size: int) -> mmap.mmap:
    if pages is None:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        pages.resize(size)
    except SystemError:  # no mremap here, as on macOS
        if size < len(pages):
            return pages
        made = _sized(None, size)
        made[: len(pages)] = pages[:]
        return made
    return pages
