"""Which rows each fold of a cross-validation asks about: always the same for the same dataset."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.training.dataset import CategoricalColumn, Dataset, Rows
from shared.training.fitting.catalogue import SEED


def folds(dataset: Dataset, rows: Rows, number: int, most: int) -> tuple[list[Rows], list[Rows]]:
    """Training rows and asked rows of each fold, over at most `most` of the rows (about).

    Equal rows, and rows of one group where the dataset has groups, stay in one fold; classes are
    dealt out evenly. Fewer folds, or none, where there are too few different rows.
    """
    units = _units(dataset, rows)
    firsts = np.unique(units, return_index=True)[1]
    of_unit = np.empty(len(firsts), dtype=np.intp)
    strata = dataset.target[rows][firsts] if dataset.is_classification else np.zeros(len(firsts))
    chance = np.random.default_rng(SEED)
    dealt = 0
    share = min(1.0, most / len(rows))
    for stratum in np.unique(strata):
        members = chance.permutation(np.flatnonzero(strata == stratum))
        places = np.arange(len(members))
        kept = places < max(number, round(len(members) * share))
        of_unit[members] = np.where(kept, (places + dealt) % number, -1)
        dealt += int(kept.sum())
    fold = of_unit[units]
    asked = [rows[fold == at] for at in range(number)]
    learnt = [rows[(fold != at) & (fold >= 0)] for at in range(number)]
    useful = [at for at in range(number) if len(asked[at]) and len(learnt[at])]
    return [learnt[at] for at in useful], [asked[at] for at in useful]


def _units(dataset: Dataset, rows: Rows) -> npt.NDArray[np.intp]:
    """A number for each row, equal for rows that must not be torn apart."""
    if dataset.group is not None:
        found: npt.NDArray[np.intp] = np.unique(dataset.group[rows], return_inverse=True)[1]
        return found
    differs = np.zeros(len(rows), dtype=bool)
    for column in dataset.columns:
        values = (column.codes if isinstance(column, CategoricalColumn) else column.values)[rows]
        unequal = values[1:] != values[:-1]
        if values.dtype.kind == "f":
            unequal &= ~(np.isnan(values[1:]) & np.isnan(values[:-1]))
        differs[1:] |= unequal
    made: npt.NDArray[np.intp] = np.cumsum(differs)
    return made
