"""Numbers that number the rows of a file sorted by class: a perfect leak, however they are spaced.

What fills its range, or has an id's name, is known by itself (features.py). This one is known by
the target: sorted by it, the classes lie one after the other, in whatever order the rows come.
"""

from __future__ import annotations

import numpy as np

from shared.training.dataset import CategoricalColumn, Column, NumericColumn
from shared.training.reading.plan import Planner
from shared.training.reading.typed import Input
from shared.training.reading.verdict import Verdict, column_line

MIN_ROWS = 20
DIFFERENT = 0.45
"""Share of different values from which on they number rows, or pairs of rows."""
HEAD = 1_000


def without(
    inputs: list[Input], target: Column, planner: Planner, verdict: Verdict
) -> tuple[list[Input], list[str]]:
    """The inputs that number nothing, and the names of those that do. What a person or the live
    version says of a column holds."""
    found = [
        one.name
        for one in inputs
        if not planner.forced_kind(one.name)
        and not planner.is_time(one.name)
        and is_numbering(one.columns[0] if len(one.columns) == 1 else None, target)
    ]
    for name in found:
        verdict.warn(
            "id_column",
            "numbers the rows of a file that was sorted by class: by it, the classes lie one after "
            "the other; left out of the features.",
            None,
            name,
            mend=column_line(name, "numeric"),
        )
    return [one for one in inputs if one.name not in found], found


def is_numbering(column: Column | None, target: Column) -> bool:
    """Whole numbers, nearly all different, by which each class is one stretch."""
    if not isinstance(column, NumericColumn) or not isinstance(target, CategoricalColumn):
        return False
    if len(column.values) < MIN_ROWS or len(target.categories) < 2:
        return False
    part = slice(0, HEAD)
    return _numbers(column.values[part], target.codes[part]) and _numbers(
        column.values, target.codes
    )


def _numbers(values: np.ndarray, codes: np.ndarray) -> bool:
    if (values % 1 != 0).any():  # a gap too
        return False
    if len(np.unique(values)) < DIFFERENT * len(values):
        return False
    labelled = codes >= 0
    values, codes = values[labelled], codes[labelled]
    ordered = codes[np.lexsort((codes, values))]
    stretches = 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
    return stretches == len(np.unique(ordered)) and len(ordered) > 0
