"""By which folds a model is judged: one hold-out, or a cross-validation, of few rows repeated."""

from __future__ import annotations

import numpy as np

from shared.training.dataset import Dataset
from shared.training.fold import FIRST_DEAL, Fold, dealt
from shared.training.judging.split import Plan, bad_split

FOLDS = 5
FEW_ROWS = 100
REPEATS_OF_FEW = 3
"""With few rows the figure hangs on how they happen to fall."""


def repeats(dataset: Dataset, plan: Plan, deal: int = FIRST_DEAL) -> list[list[Fold]]:
    """For every repeat its folds; a plan that holds out has one of each. Raises DatasetRejected.

    deal: the salt of the first repeat's folds.
    """
    if plan.holds_out:
        return [[Fold(plan.train, plan.test)]]
    number = REPEATS_OF_FEW if len(dataset) < FEW_ROWS else 1
    return [_folds(dataset, plan, deal + repeat) for repeat in range(number)]


def _folds(dataset: Dataset, plan: Plan, salt: int) -> list[Fold]:
    rows = np.arange(len(dataset))
    made = dealt(dataset, rows, plan.units, _count(dataset, plan), salt)
    if not made:
        raise bad_split("without any one group there is one class left")
    return made


def _count(dataset: Dataset, plan: Plan) -> int:
    """Of a handful of rows no more folds than the rarest class has rows: without one of its two
    rows it is outnumbered, and every model guesses against it."""
    first = np.unique(plan.units, return_index=True)[1]
    most = min(FOLDS, len(first))
    if not dataset.is_classification or len(dataset) >= FEW_ROWS:
        return most
    rarest = int(np.unique(dataset.target[first], return_counts=True)[1].min())
    return min(most, max(2, rarest))
