"""The figures that models are told apart by. Each class counts alike, however rare it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.training.dataset import Floats

Labels = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64] | Labels

_LEAST = 1e-15


def confusion(truth: Labels, predicted: Labels, classes: int) -> npt.NDArray[np.int64]:
    """Rows: what it was; columns: what was answered."""
    pairs = truth.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def recalls(table: npt.NDArray[np.int64]) -> Floats:
    """The share of each class that was found; NaN for a class without a row."""
    rows = table.sum(axis=1)
    return np.where(rows > 0, np.diag(table) / np.maximum(rows, 1), np.nan)


def precisions(table: npt.NDArray[np.int64]) -> Floats:
    """The share of each answer that was right; NaN for one that was never given."""
    answers = table.sum(axis=0)
    return np.where(answers > 0, np.diag(table) / np.maximum(answers, 1), np.nan)


def balanced_accuracy(table: npt.NDArray[np.int64]) -> float:
    """The mean recall of the classes that occur."""
    return float(np.nanmean(recalls(table)))


def log_loss(truth: Labels, probabilities: Floats) -> float:
    """Mean surprise, in nats; 0 is perfect."""
    given = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(given, _LEAST, 1.0)).mean())


def roc_auc(positive: npt.NDArray[np.bool_], scores: Floats) -> float | None:
    """How often a positive row scores above a negative one; None where one kind is missing."""
    count = int(positive.sum())
    if not 0 < count < len(positive):
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    above = ranks[positive].sum() - count * (count + 1) / 2
    return float(above / (count * (len(positive) - count)))


def rmse(truth: Numbers, predicted: Numbers) -> float:
    """Root of the mean squared error, in the target's unit."""
    return float(np.sqrt(np.mean((truth - predicted) ** 2)))


def mae(truth: Numbers, predicted: Numbers) -> float:
    """Mean absolute error, in the target's unit."""
    return float(np.abs(truth - predicted).mean())


def r2(truth: Numbers, predicted: Numbers) -> float | None:
    """The share of the variance that is explained; None where there is none."""
    around = float(((truth - truth.mean()) ** 2).sum())
    return None if around == 0 else 1 - float(((truth - predicted) ** 2).sum()) / around


def rounded(value: float | None, digits: int = 6) -> float | None:
    """For JSON: six significant digits, None for what is no number."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.{digits}g}")
