"""Cells as words: each different text once, and for every row which it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.training.reading.number import (
    DECIMAL_COMMA,
    GAPS,
    INFINITE,
    LARGEST,
    NUMBER,
    SHAPED,
    shape,
)

TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})

_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[T ][0-9:.Z+-]*)?")


@dataclass(frozen=True)
class Words:
    """words: the different cells as they stand; codes: of each row, its place in words."""

    codes: npt.NDArray[np.int32]
    words: Sequence[str]

    @classmethod
    def of(cls, cells: Sequence[str]) -> Words:
        """The words of some cells, in order of appearance."""
        known: dict[str, int] = {}
        codes = [known.setdefault(cell, len(known)) for cell in cells]
        return cls(np.array(codes, np.int32), list(known))

    @property
    def counts(self) -> list[int]:
        """How many rows each word has."""
        counts: list[int] = np.bincount(self.codes, minlength=len(self.words)).tolist()
        return counts


def meaning(cell: str) -> str:
    """What a cell is: gap, number, non_finite, decimal_comma, shaped (5 %), truth, date or text."""
    text = cell.strip()
    if NUMBER.fullmatch(text):
        return "number" if abs(float(text)) <= LARGEST else "non_finite"
    low = text.casefold()
    if low in GAPS:
        return "gap"
    if low in ("true", "false"):
        return "truth"
    if INFINITE.fullmatch(text):
        return "non_finite"
    if DECIMAL_COMMA.fullmatch(text):
        return "decimal_comma"
    if shape(text) in SHAPED:
        return "shaped"
    return "date" if _DATE.fullmatch(text) else "text"


def number(cell: str) -> float | None:
    """The number in a cell, or None."""
    return float(cell) if meaning(cell) == "number" else None


def truth(cell: str) -> float | None:
    """1 or 0 for a truth value, or None."""
    low = cell.strip().casefold()
    return 1.0 if low in TRUE else 0.0 if low in FALSE else None


def is_gap(cell: str) -> bool:
    """Whether a feature's cell means that nothing is known."""
    return cell.strip().casefold() in GAPS


def is_blank(word: str) -> bool:
    """Whether a label is missing: every other text is one."""
    return not word.strip()
