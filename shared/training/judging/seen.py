"""What a model has seen: the hashes of its rows, in a private file beside it.

The lowest bit of each tells whether the model was trained on the row or only evaluated on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.core.errors import ArtifactRefused
from shared.training.rowhash import Hashes

_TRAINED = np.uint64(1)
_WIDTH = 8


@dataclass(frozen=True)
class Seen:
    """Sorted hashes, the lowest bit of each set for a row that the model was trained on."""

    marked: Hashes

    @classmethod
    def of(cls, hashes: Hashes, trained: npt.NDArray[np.bool_]) -> Seen:
        """hashes: of all rows that the model came from; trained: those that it was fitted on."""
        marked = np.sort((hashes & ~_TRAINED) | trained.astype(np.uint64))
        return cls(marked[np.append(True, marked[1:] != marked[:-1])[: len(marked)]])

    @classmethod
    def from_bytes(cls, data: bytes) -> Seen:
        """Reverse of `to_bytes`. Raises ArtifactRefused for anything but sorted numbers."""
        if len(data) % _WIDTH:
            raise ArtifactRefused("the file of seen rows is cut: not a whole number of hashes")
        marked = np.frombuffer(data, dtype="<u8").astype(np.uint64)
        if np.any(marked[1:] <= marked[:-1]):
            raise ArtifactRefused("the file of seen rows is not sorted")
        return cls(marked)

    def to_bytes(self) -> bytes:
        """Little endian, 8 bytes a row."""
        return self.marked.astype("<u8").tobytes()

    def knows(self, hashes: Hashes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """For each row: did it come in the model's data at all; was the model trained on it."""
        if not len(self.marked):
            nothing = np.zeros(len(hashes), dtype=bool)
            return nothing, nothing
        # The last entry not above the row's: a row both trained on and held out counts as trained.
        at = np.searchsorted(self.marked, hashes | _TRAINED, side="right") - 1
        found = self.marked[np.maximum(at, 0)]
        known = (at >= 0) & ((found | _TRAINED) == (hashes | _TRAINED))
        return known, known & ((found & _TRAINED) == _TRAINED)
