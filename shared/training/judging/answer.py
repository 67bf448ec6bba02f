"""What a model answers for rows that it was not fitted on: all that figures are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shared.training.dataset import Codes, Dataset, Floats, Rows
from shared.training.fold import Fold


class Fitted(Protocol):
    """A fitted model as judging sees it. Codes are indices into the dataset's classes."""

    def predict(self, dataset: Dataset, rows: Rows) -> Codes | Floats:
        """One answer a row."""

    def probabilities(self, dataset: Dataset, rows: Rows) -> Floats | None:
        """(rows, classes), or None where the model has none."""


Fit = Callable[[Rows], Fitted]


@dataclass(frozen=True)
class Answers:
    """Answers for rows, beside the truth and what the baseline would have said.

    rows: a row occurs once a repeat. baseline: the commonest class, or the mean, of the rows that
    each model was fitted on. once: how many of them are the first repeat. folded: whether
    several models gave them.
    """

    rows: Rows
    truth: Codes | Floats
    predicted: Codes | Floats
    probabilities: Floats | None
    baseline: Codes | Floats
    once: int
    folded: bool = False

    def first_repeat(self) -> Answers:
        """Every row at most once."""
        return self.part(np.arange(self.once))

    def part(self, places: Rows) -> Answers:
        """Some of them, as one repeat."""
        chances = self.probabilities
        return Answers(
            self.rows[places],
            self.truth[places],
            self.predicted[places],
            None if chances is None else chances[places],
            self.baseline[places],
            once=len(places),
            folded=self.folded,
        )


def answers(
    dataset: Dataset, repeats: Sequence[Sequence[Fold]], models: Sequence[Sequence[Fitted]]
) -> Answers:
    """What each fold's model says of the rows that it was not fitted on."""
    parts = [
        _ask(dataset, fold, model)
        for folds, fitted in zip(repeats, models, strict=True)
        for fold, model in zip(folds, fitted, strict=True)
    ]
    chances = [part.probabilities for part in parts]
    known = [chance for chance in chances if chance is not None]
    return Answers(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.predicted for part in parts]),
        np.concatenate(known) if len(known) == len(parts) else None,
        np.concatenate([part.baseline for part in parts]),
        once=sum(len(fold.test) for fold in repeats[0]),
        folded=len(parts) > 1,
    )


def _ask(dataset: Dataset, fold: Fold, model: Fitted) -> Answers:
    rows = fold.test
    return Answers(
        rows,
        dataset.target[rows],
        model.predict(dataset, rows),
        model.probabilities(dataset, rows),
        _baseline(dataset, fold),
        once=len(rows),
    )


def _baseline(dataset: Dataset, fold: Fold) -> Codes | Floats:
    taught = dataset.target[fold.train]
    if dataset.is_classification:
        commonest = np.bincount(taught.astype(np.int32)).argmax()
        return np.full(len(fold.test), commonest, dtype=np.int32)
    return np.full(len(fold.test), float(taught.mean()))
