"""What a column is, from counts of what its cells are: the same in whatever order the rows come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.training.reading.word import meaning

FEW = 20
"""Different words that a spoilt column of numbers may hold ("unknown", "n.d.")."""
MOSTLY = 0.9
LONG = 50
"""Characters on average from which on different texts are prose."""


@dataclass
class Stats:
    """Counts over a column. cells: meaning -> rows; odd: different words that are no numbers.

    words: how many different ones there are (None: too many to count); characters, blanks: of
    the `seen` ones that were looked at, their length in all and how many hold a blank.
    """

    cells: Counter[str] = field(default_factory=Counter)
    odd: set[str] = field(default_factory=set)
    words: int | None = 0
    seen: int = 0
    characters: int = 0
    blanks: int = 0

    @property
    def rows(self) -> int:
        """All cells."""
        return self.cells.total()

    @property
    def filled(self) -> int:
        """Cells that are no gap."""
        return self.rows - self.cells["gap"]

    @property
    def faults(self) -> int:
        """Cells that are neither number nor gap."""
        return self.filled - self.cells["number"]

    def add(self, words: Iterable[str], counts: Iterable[int]) -> None:
        """Count words with the rows of each."""
        for word, count in zip(words, counts, strict=False):
            kind = meaning(word)
            self.cells[kind] += count
            if kind not in ("number", "gap") and len(self.odd) <= FEW:
                self.odd.add(word.strip())


def is_spoilt_number(stats: Stats) -> bool:
    """Whether the column is of numbers, the cells that are none aside."""
    cells = stats.cells
    like = cells["number"] + cells["non_finite"] + cells["decimal_comma"] + cells["shaped"]
    other = stats.filled - like
    few = len(stats.odd) <= FEW or other <= (1 - MOSTLY) * stats.filled
    return like >= 0.5 * stats.filled and few


def decide(stats: Stats, categories: int) -> str:
    """empty, numeric, boolean, date, categorical, id or text."""
    if not stats.filled:
        return "empty"
    if is_spoilt_number(stats):
        return "numeric"
    if stats.cells["truth"] == stats.filled:
        return "boolean"
    if stats.cells["date"] >= MOSTLY * stats.filled:
        return "date"
    if stats.words is not None and _is_category(stats.words, stats.filled, categories):
        return "categorical"
    return what_is_left(stats)


def _is_category(words: int, filled: int, most: int) -> bool:
    """Few enough, and the same ones again and again."""
    return words <= most and (words <= filled / 2 or (words <= FEW and words < 0.8 * filled))


def what_is_left(stats: Stats) -> str:
    """Nearly all different: a name for the row, or prose."""
    seen = max(1, stats.seen)
    prose = stats.characters / seen > LONG or stats.blanks > seen / 2
    return "text" if prose else "id"
