"""Whether one estimator is better than another by more than chance, on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.training.dataset import Codes, Floats

NOISE = 2.0
"""Standard errors of the paired difference below which two estimators count as equal."""


@dataclass(frozen=True)
class Losses:
    """What each asked row lost. values: 0 or 1 for a label, the squared error for a number.

    strata: the true class of each row (all 0 for numbers); every class counts the same, as in
    balanced accuracy.
    """

    values: Floats
    strata: Codes

    @property
    def mean(self) -> float:
        """1 - balanced accuracy, or the mean squared error."""
        return _mean(self.values, self.strata)

    def lead(self, other: Losses) -> float:
        """By how many standard errors of the difference these are smaller than the other's."""
        return _standard_errors(other.values - self.values, self.strata)

    def could_be_told_from_half(self) -> bool:
        """Whether an estimator with half the errors could be told from this one at all."""
        spread = _variance(self.strata, self.values / 2, self.values / 2)
        return self.mean / 2 > NOISE * float(np.sqrt(spread))


def _mean(values: Floats, strata: Codes) -> float:
    sizes = np.bincount(strata)
    sums = np.bincount(strata, values)
    return float(np.mean(sums[sizes > 0] / sizes[sizes > 0]))


def _standard_errors(difference: Floats, strata: Codes) -> float:
    mean = _mean(difference, strata)
    deviation = float(np.sqrt(_variance(strata, difference, difference**2)))
    if deviation == 0.0:
        return 0.0 if mean == 0 else float(np.copysign(np.inf, mean))
    return mean / deviation


def _variance(strata: Codes, values: Floats, squares: Floats) -> float:
    """Of the mean over strata, from each row's expected value and expected square."""
    sizes = np.bincount(strata)
    told = sizes > 0
    n = sizes[told]
    means = np.bincount(strata, values)[told] / n
    variances = np.maximum(np.bincount(strata, squares)[told] / n - means**2, 0.0)
    return float(np.sum(variances / n)) / len(n) ** 2
