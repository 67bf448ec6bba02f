"""By how much one model is worse than another on the same rows, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from shared.training.dataset import Floats

CONFIDENCE = 0.95
_Z = 1.6448536269514722
"""Of a one-sided 95 % bound."""

FOLDED = 2.25
"""Answers of five folds share four fifths of their training rows, so they vary more than counted
(Nadeau and Bengio: 1/5 + 1/4 instead of 1/5)."""

Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Difference:
    """champion, challenger: the metric of each. by: how much worse the challenger is.

    at_least: the lower 95 % bound of `by`. Balanced accuracy: the difference. RMSE: the relative
    one (.05: the error is 5 % larger).
    """

    metric: str
    champion: float
    challenger: float
    by: float
    at_least: float
    rows: int


def in_recall(
    truth: Labels, champion: Floats, challenger: Floats, *, folded: bool = False
) -> Difference:
    """Balanced accuracy. champion, challenger: for each row, how often each was right (0 to 1).

    Each class is bounded as paired proportions are, with half a row added to each of the four
    cells (Agresti and Min), so that three rows without a difference do not prove anything.
    """
    means, places, spreads = [], [], []
    for code in np.unique(truth):
        mine = truth == code
        gain = champion[mine] - challenger[mine]
        size = len(gain) + 2
        ahead, behind = gain[gain > 0].sum() + 0.5, -gain[gain < 0].sum() + 0.5
        means.append((champion[mine].mean(), challenger[mine].mean()))
        places.append((ahead - behind) / size)
        spreads.append(((ahead + behind) / size - places[-1] ** 2) / size)
    ours, theirs = np.mean([m[1] for m in means]), np.mean([m[0] for m in means])
    spread = np.sqrt(np.sum(spreads) * (FOLDED if folded else 1)) / len(means)
    bound = float(np.mean(places) - _Z * spread)
    return Difference(
        "balanced_accuracy", float(theirs), float(ours), float(theirs - ours), bound, len(truth)
    )


def in_rmse(
    truth: Floats, champion: Floats, challenger: Floats, *, folded: bool = False
) -> Difference:
    """Root mean squared error, relative; its bound is Fieller's for a ratio of paired means."""
    least = (1e-6 * float(truth.std())) ** 2 or np.finfo(float).tiny
    old, new = (champion - truth) ** 2 + least, (challenger - truth) ** 2 + least
    ratio = new.mean() / old.mean()
    bound = _ratio_at_least(new, old, FOLDED if folded else 1.0)
    return Difference(
        "rmse",
        float(np.sqrt(old.mean())),
        float(np.sqrt(new.mean())),
        float(np.sqrt(ratio) - 1),
        float(np.sqrt(bound) - 1),
        len(truth),
    )


def _ratio_at_least(new: Floats, old: Floats, inflation: float) -> float:
    """The lower bound of mean(new) / mean(old); 0 where the rows say nothing."""
    rows = len(new)
    if rows < 2:
        return 0.0
    unit = old.mean()
    new, old = new / unit, old / unit
    scale = stdtrit(rows - 1, CONFIDENCE) ** 2 * inflation / rows
    (vnn, vno), (_, voo) = np.cov(new, old) * scale
    a = 1.0 - voo
    b = new.mean() - vno
    c = new.mean() ** 2 - vnn
    if a <= 0:
        return 0.0
    root = np.sqrt(max(b * b - a * c, 0.0))  # below zero by rounding only
    return max(0.0, float((b - root) / a))
