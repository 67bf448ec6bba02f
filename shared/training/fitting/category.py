"""Which categories of a text column a model knows; all others are one to it, the unknown.

The list is chosen here and not by the encoder, so that a rare category, which may be somebody's,
never gets into a model's file, and a column of many categories never makes many columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.training.dataset import CategoricalColumn, Codes, Floats, Rows

GAP = ""
"""What a gap in a text column becomes: a category like others, where it is frequent."""
MOST_COLUMNS = 30
"""Of one text column when each category gets a column of its own."""
MOST_RANKS = 250
"""Of one text column when categories become ranks: what a histogram of 255 bins holds."""
LEAST_ROWS = 5


@dataclass(frozen=True)
class Categories:
    """The known categories of one text column. indices: code -> position in names, -1 unknown.

    The last element of indices stands for a gap, so that code -1 finds it.
    """

    names: tuple[str, ...]
    indices: Codes

    def of(self, column: CategoricalColumn, rows: Rows | None) -> Codes:
        """Positions in names, -1 for the unknown."""
        found: Codes = self.indices[column.codes if rows is None else column.codes[rows]]
        return found


def known(
    column: CategoricalColumn, rows: Rows | None, most: int, target: Floats | None
) -> Categories:
    """The most frequent categories among the rows, the earlier in the alphabet on a tie.

    target: a number a row by whose mean the categories are put in order; None: by alphabet.
    """
    codes = column.codes if rows is None else column.codes[rows]
    size = len(column.categories)
    counts = np.bincount(np.where(codes < 0, size, codes), minlength=size + 1)
    chosen = _frequent(counts, most)
    if target is not None:
        sums = np.bincount(np.where(codes < 0, size, codes), target, minlength=size + 1)
        chosen = chosen[np.argsort(sums[chosen] / np.maximum(counts[chosen], 1), kind="stable")]
    indices = np.full(size + 1, -1, dtype=np.int32)
    indices[chosen] = np.arange(len(chosen), dtype=np.int32)
    names = (*column.categories, GAP)
    return Categories(tuple(names[code] for code in chosen), indices)


def _frequent(counts: Rows, most: int) -> Rows:
    """Codes of the frequent categories, in the order of their codes; at least one."""
    by_count = np.argsort(-counts, kind="stable")
    enough = by_count[counts[by_count] >= LEAST_ROWS][:most]
    return np.sort(enough if len(enough) else by_count[:1])
