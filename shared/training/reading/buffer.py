"""An array that grows at its end without ever being there twice."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Value = TypeVar("Value", np.float64, np.int32)

_ROOM = 1.25
_LEAST = 1 << 12


class Buffer(Generic[Value]):
    """Values of one type, in rows of `width`. Growing moves pages, not bytes, where it can."""

    def __init__(self, kind: type[Value], width: int = 1) -> None:
        self._values: npt.NDArray[Value] = np.empty(0, kind)
        self._width = width
        self._used = 0

    def append(self, values: npt.NDArray[Value]) -> None:
        """Copy values behind those that are there."""
        end = self._used + values.size
        if end > self._values.size:
            self._values.resize(int(end * _ROOM) + _LEAST, refcheck=False)
        self._values[self._used : end] = values.reshape(-1)
        self._used = end

    def whole(self) -> npt.NDArray[Value]:
        """All values, one row each; appending ends here."""
        if self._values.size != self._used:
            self._values.resize(self._used, refcheck=False)
        return self._values if self._width == 1 else self._values.reshape(-1, self._width)

    def clear(self) -> None:
        """Let go of everything."""
        self._values.resize(0, refcheck=False)
        self._used = 0
