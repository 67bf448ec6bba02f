"""Cross-validation: no model is asked about rows that it was fitted on, nor about their equals."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from shared.training import rowhash
from shared.training.dataset import Dataset, Floats, Rows
from shared.training.rowhash import Hashes

FIRST_DEAL, ANOTHER_DEAL = 2, 5
"""Salts: of the folds that an estimator is chosen by, and of those that it is then judged by."""
OUT = -1
"""The number of a unit that no fold has."""


@dataclass(frozen=True)
class Fold:
    """Rows to fit on and rows to judge by."""

    train: Rows
    test: Rows


def dealt(
    dataset: Dataset, rows: Rows, units: Hashes, count: int, salt: int, most: int | None = None
) -> list[Fold]:
    """Units dealt out like cards, class after class, in an order that their hashes give.

    units: of all rows of the dataset; rows with equal ones stay in one fold. salt: another one
    gives another order. most: rows that take part, about. Only folds that a model can learn from.
    """
    _, first, inverse = np.unique(units[rows], return_index=True, return_inverse=True)
    firsts = rows[first]
    classes = dataset.target[firsts] if dataset.is_classification else np.zeros(len(first))
    order = np.lexsort((rowhash.again(units[firsts], salt), classes))
    share = 1.0 if most is None else min(1.0, most / max(1, len(rows)))
    numbers = np.full(len(first), OUT)
    kept = order[_lowest(classes[order], share, count)]
    numbers[kept] = np.arange(len(kept)) % count
    of_row = numbers[inverse]
    taken = of_row != OUT
    made = [Fold(rows[taken & (of_row != k)], rows[of_row == k]) for k in range(count)]
    return [fold for fold in made if _fits(dataset, fold)]


def forward(
    dataset: Dataset, times: Floats, rows: Rows, count: int, most: int | None = None
) -> list[Fold]:
    """Each fold is asked about the stretch of time after all that it learns from, latest first.

    The first half is only learnt from, so that every fold learns from about as much as the model
    that is chosen will. times: of all rows of the dataset; those of one time stay together, and
    those without any are learnt from. most: rows that take part, the latest ones.
    """
    ordered = rows[np.argsort(times[rows], kind="stable")]
    known = ordered[~np.isnan(times[ordered])]
    known = known[max(0, len(known) - (most or len(known))) :]
    if not len(known):
        return []
    ends = [known[len(known) * (count + k) // (2 * count)] for k in range(count)]
    cuts = [*np.unique(times[ends]), np.inf]
    timeless = rows[np.isnan(times[rows])]
    made = [
        Fold(
            np.sort(np.concatenate([known[times[known] < start], timeless])),
            np.sort(known[(times[known] >= start) & (times[known] < end)]),
        )
        for start, end in reversed([*pairwise(cuts)])
    ]
    return [fold for fold in made if _fits(dataset, fold)]


def _lowest(classes: np.ndarray, share: float, count: int) -> Rows:
    """The first units of each class, its share or one for each fold. classes: sorted."""
    if share == 1.0:
        return np.arange(len(classes))
    starts = np.flatnonzero(np.concatenate([[True], classes[1:] != classes[:-1]]))
    sizes = np.diff([*starts, len(classes)])
    place = np.arange(len(classes)) - np.repeat(starts, sizes)
    return np.flatnonzero(place < np.repeat(np.maximum(count, np.round(sizes * share)), sizes))


def _fits(dataset: Dataset, fold: Fold) -> bool:
    """Whether there is something to ask and to learn: two rows, of two classes."""
    taught = dataset.target[fold.train]
    several = not dataset.is_classification or len(np.unique(taught)) > 1
    return len(fold.test) > 0 and len(taught) > 1 and several
