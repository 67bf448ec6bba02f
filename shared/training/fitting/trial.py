"""One candidate, asked fold after fold about rows that it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shared.core.errors import DatasetRejected
from shared.training.dataset import Codes, Dataset, Floats, Rows
from shared.training.fitting import estimator
from shared.training.fitting.catalogue import Choice
from shared.training.fitting.contest import Losses
from shared.training.fitting.estimator import Fitted
from shared.training.fold import Fold


@dataclass
class Trial:
    """What a candidate lost on each fold so far, and what was fitted for it.

    out: why it takes no further part, "" while it does. keeps: whether `fitted` is to be kept.
    """

    choice: Choice
    keeps: bool = False
    lost: list[Floats] = field(default_factory=list)
    fitted: list[tuple[Rows, Fitted]] = field(default_factory=list)
    out: str = ""


class Questions:
    """The folds that every candidate is asked about, one after the other."""

    def __init__(self, dataset: Dataset, rows: Rows, folds: Sequence[Fold]) -> None:
        self.folds = folds
        self._dataset, self._rows = dataset, rows
        size = 0.0 if dataset.is_classification else float(np.abs(dataset.target[rows]).max())
        self._scale = size or 1.0  # the square of a square of a large number is none

    @property
    def rows(self) -> int:
        """Rows that are asked about in all."""
        return sum(len(fold.test) for fold in self.folds)

    @property
    def metric(self) -> str:
        """Which figure."""
        return "balanced_accuracy" if self._dataset.is_classification else "rmse"

    def answered(self, trial: Trial) -> bool:
        """Whether it was asked about every fold and gave numbers."""
        return len(trial.lost) == len(self.folds) and bool(np.isfinite(trial.lost[-1]).all())

    def ask(self, trial: Trial) -> None:
        """The next fold. A trial that cannot learn, or gives no numbers, is out."""
        fold = self.folds[len(trial.lost)]
        try:
            fitted = estimator.fit(self._dataset, fold.train, trial.choice, self._rows)
        except DatasetRejected as error:
            trial.out = error.findings[0].message
            return
        if trial.keeps:
            trial.fitted.append((fold.train, fitted))
        trial.lost.append(self._lost(fitted, fold.test))
        if not np.isfinite(trial.lost[-1]).all():
            trial.out = "its answers are no numbers"

    def losses(self, trial: Trial, folds: int | None = None) -> Losses:
        """Of the first folds, of all that it was asked if nothing is said."""
        values = np.concatenate(trial.lost[:folds])
        return Losses(values, self._strata(len(trial.lost[:folds])))

    def figure(self, losses: Losses) -> float:
        """Balanced accuracy, or the root mean squared error."""
        if self._dataset.is_classification:
            return round(1 - losses.mean, 6)
        return float(f"{losses.mean**0.5 * self._scale:.6g}")

    def _lost(self, fitted: Fitted, asked: Rows) -> Floats:
        truth, predicted = self._dataset.target[asked], fitted.predict(self._dataset, asked)
        if self._dataset.is_classification:
            wrong: Floats = (predicted != truth).astype(np.float64)
            return wrong
        squares: Floats = ((predicted - truth) / self._scale) ** 2
        return squares

    def _strata(self, folds: int) -> Codes:
        asked = np.concatenate([fold.test for fold in self.folds[:folds]])
        if not self._dataset.is_classification:
            return np.zeros(len(asked), dtype=np.int32)
        classes: Codes = self._dataset.target[asked].astype(np.int32)
        return classes
