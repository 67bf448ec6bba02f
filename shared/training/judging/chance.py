"""Whether a model has learnt anything: could shuffled answers have done as well?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr
from scipy.stats import random_table, rankdata

from shared.training.judging import metric
from shared.training.judging.answer import Answers

SHUFFLES = 999
SEED = 0

LEVEL = 0.05
LEVEL_OF_FOLDED = 0.025
"""Of noise cross-validated 15 % pass at .05, since the folds share their rows; 5 % pass here."""

FEW_ROWS = 30
LEVEL_OF_FEW = 0.2
"""A handful of rows cannot prove much: a mild doubt must not refuse an honest first try."""

_MOST_CELLS = 4_000_000
_MOST_RANKED = 50_000


@dataclass(frozen=True)
class Signal:
    """metric and baseline: of the model, and of one that learnt nothing. chance: how probable it is
    to do as well without having learnt anything."""

    metric: str
    value: float
    baseline: float
    chance: float
    level: float
    rows: int

    @property
    def there(self) -> bool:
        """Whether the model beats the baseline, and not by luck."""
        return self.chance <= self.level


def signal(answers: Answers, classes: int | None) -> Signal:
    """What the answers prove. classes: how many there are; None for regression."""
    return _numbers(answers) if classes is None else _labels(answers, classes)


def _level(answers: Answers) -> float:
    if answers.once < FEW_ROWS:
        return LEVEL_OF_FEW
    return LEVEL_OF_FOLDED if answers.folded else LEVEL


def _labels(answers: Answers, classes: int) -> Signal:
    """Permutation test: the answers dealt out anew among the rows, both margins kept."""
    truth, predicted = answers.truth.astype(np.int32), answers.predicted.astype(np.int32)
    value = metric.balanced_accuracy(metric.confusion(truth, predicted, classes))
    once = answers.first_repeat()
    table = metric.confusion(once.truth.astype(np.int32), once.predicted.astype(np.int32), classes)
    occurring = int((table.sum(axis=1) > 0).sum())
    rows = len(once.rows)
    baseline = 1 / max(occurring, 1)
    chance = _as_good(table, value) if value > baseline else 1.0
    return Signal("balanced_accuracy", value, baseline, chance, _level(answers), rows)


def _as_good(table: np.ndarray, value: float) -> float:
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    generator = np.random.Generator(np.random.PCG64(SEED))
    shuffles = min(SHUFFLES, _MOST_CELLS // table.size)
    dealt = random_table.rvs(rows, columns, size=shuffles, random_state=generator)
    hits = np.diagonal(dealt, axis1=1, axis2=2)
    there = rows > 0
    scores = (hits[:, there] / rows[there]).mean(axis=1)
    return float((1 + (scores >= value - 1e-12).sum()) / (1 + shuffles))


def _numbers(answers: Answers) -> Signal:
    """One error must be below the mean's, and the answers must rank the rows.

    Either error and ranks, since a few giants can hide what was learnt about all others.
    """
    value = metric.rmse(answers.truth, answers.predicted)
    baseline = metric.rmse(answers.truth, answers.baseline)
    once = answers.first_repeat()
    rows = len(once.rows)
    absolute = [metric.mae(answers.truth, a) for a in (answers.predicted, answers.baseline)]
    better = value < baseline or absolute[0] < absolute[1]
    chance = _ranked(once.truth, once.predicted) if better else 1.0
    return Signal("rmse", value, baseline, chance, _level(answers), rows)


def _ranked(truth: np.ndarray, predicted: np.ndarray) -> float:
    """One-sided p of Spearman's correlation, on a regular sample of very many rows."""
    step = -(-len(truth) // _MOST_RANKED)
    first, second = rankdata(truth[::step]), rankdata(predicted[::step])
    freedom = len(first) - 2
    if freedom < 1 or first.std() == 0 or second.std() == 0:
        return 1.0
    correlation = float(np.corrcoef(first, second)[0, 1])
    spread = max(1 - correlation**2, 1e-12)
    return float(1 - stdtr(freedom, correlation * np.sqrt(freedom / spread)))
