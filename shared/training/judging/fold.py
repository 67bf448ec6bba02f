"""Cross-validation: every row is judged by models that were not fitted on it or its equals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.training.dataset import Dataset, Rows
from shared.training.judging import rowhash
from shared.training.judging.split import Plan, bad_split

FOLDS = 5
FEW_ROWS = 100
REPEATS_OF_FEW = 3
"""With few rows the figure hangs on how they happen to fall."""

_SALT = 2


@dataclass(frozen=True)
class Fold:
    """Rows to fit on and rows to judge by."""

    train: Rows
    test: Rows


def folds(dataset: Dataset, plan: Plan) -> list[list[Fold]]:
    """For every repeat its folds; a plan that holds out has one of each. Raises DatasetRejected."""
    if plan.holds_out:
        return [[Fold(plan.train, plan.test)]]
    repeats = REPEATS_OF_FEW if len(dataset) < FEW_ROWS else 1
    return [_folds(dataset, plan, repeat) for repeat in range(repeats)]


def _folds(dataset: Dataset, plan: Plan, repeat: int) -> list[Fold]:
    """Units dealt out like cards, class after class, in an order that their hashes give."""
    _, first, inverse = np.unique(plan.units, return_index=True, return_inverse=True)
    classes = dataset.target[first] if dataset.is_classification else np.zeros(len(first))
    order = np.lexsort((rowhash.again(plan.units[first], _SALT + repeat), classes))
    count = min(_count(dataset, classes), len(first))
    number = np.empty(len(first), dtype=np.intp)
    number[order] = np.arange(len(first)) % count
    of_row = number[inverse]
    made = [Fold(np.flatnonzero(of_row != k), np.flatnonzero(of_row == k)) for k in range(count)]
    if not (usable := [fold for fold in made if _fits(dataset, fold)]):
        raise bad_split("without any one group there is one class left")
    return usable


def _count(dataset: Dataset, classes: np.ndarray) -> int:
    """Of a handful of rows no more folds than the rarest class has rows: without one of its two
    rows it is outnumbered, and every model guesses against it."""
    if not dataset.is_classification or len(dataset) >= FEW_ROWS:
        return FOLDS
    rarest = int(np.unique(classes, return_counts=True)[1].min())
    return max(2, min(FOLDS, rarest))


def _fits(dataset: Dataset, fold: Fold) -> bool:
    """Whether there is something to learn: two classes, or two rows."""
    taught = dataset.target[fold.train]
    return len(taught) > 1 and (not dataset.is_classification or len(np.unique(taught)) > 1)
