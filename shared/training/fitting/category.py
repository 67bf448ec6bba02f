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
LEAST_ROWS = 4
"""Rows from which on a category is known: three may be somebody's, and the file is handed on."""
SMOOTHING = 10.0
"""Rows of the average target that each category is given before it is put in order."""


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
    column: CategoricalColumn,
    rows: Rows | None,
    most: int,
    target: Codes | Floats | None,
    among: Rows | None = None,
) -> Categories:
    """The most frequent categories among the rows, the earlier in the alphabet on a tie.

    among: the rows to count them in, where these are a fold of them: what the whole knows is not
    to be rare in its parts. target: of the rows; categories that go with alike targets become
    neighbours, so that a tree parts them by one threshold. None: they stay in the alphabet's order.
    """
    size = len(column.categories)
    codes, counts = _counted(column, rows)
    chosen = _frequent(counts if among is None else _counted(column, among)[1], most)
    if target is not None:
        chosen = chosen[np.argsort(_scores(codes, counts, target)[chosen], kind="stable")]
    indices = np.full(size + 1, -1, dtype=np.int32)
    indices[chosen] = np.arange(len(chosen), dtype=np.int32)
    names = (*column.categories, GAP)
    return Categories(tuple(names[code] for code in chosen), indices)


def _counted(column: CategoricalColumn, rows: Rows | None) -> tuple[Codes, Rows]:
    """Codes, a gap's behind all others, and how many rows have each."""
    size = len(column.categories)
    codes = column.codes if rows is None else column.codes[rows]
    codes = np.where(codes < 0, size, codes)
    return codes, np.bincount(codes, minlength=size + 1)


def _frequent(counts: Rows, most: int) -> Rows:
    """Codes of the frequent categories, in the order of their codes; at least one."""
    by_count = np.argsort(-counts, kind="stable")
    enough = by_count[counts[by_count] >= LEAST_ROWS][:most]
    return np.sort(enough if len(enough) else by_count[:1])


def _scores(codes: Codes, counts: Rows, target: Codes | Floats) -> Floats:
    """A number for each code: its target's mean, drawn to that of all where rows are few.

    For classes: along the direction in which the shares of the classes differ most.
    """
    size = len(counts)
    if target.dtype.kind == "f":
        sums = np.bincount(codes, target, minlength=size)[:, None]
    else:
        width = int(target.max()) + 1
        pairs = np.bincount(codes.astype(np.int64) * width + target, minlength=size * width)
        sums = pairs.reshape(size, width).astype(float)
    middle = sums.sum(axis=0) / counts.sum()
    means = (sums + SMOOTHING * middle) / (counts + SMOOTHING)[:, None] - middle
    spread = (means * counts[:, None]).T @ means
    direction = np.linalg.eigh(spread)[1][:, -1]
    direction *= np.sign(direction[np.argmax(np.abs(direction))])
    # Rounded, so that alike ones stay in the alphabet's order on every machine.
    scores: Floats = np.round(means @ direction / (np.abs(means).max() or 1.0), 9)
    return scores
