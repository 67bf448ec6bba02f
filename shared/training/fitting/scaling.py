"""Filling gaps and standardising in place: scikit-learn's transformers without their copies.

Each of theirs takes one to three times the matrix; a test holds these to the same results.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from shared.training.dataset import Floats

BLOCK = 65_536
"""Rows that a scaler is shown at once."""


def learn(step: Any, made: Floats) -> None:
    """Fit a SimpleImputer (median) or a StandardScaler."""
    if isinstance(step, StandardScaler):
        for start in range(0, len(made), BLOCK):
            step.partial_fit(made[start : start + BLOCK])
        return
    step.fit(np.zeros((1, made.shape[1])))
    step.statistics_ = np.array([_median(column) for column in made.T])


def apply(step: Any, made: Floats) -> None:
    """Transform the matrix itself."""
    if isinstance(step, StandardScaler):
        made -= step.mean_
        made /= step.scale_
        return
    for at, middle in enumerate(step.statistics_):
        column = made[:, at]
        column[np.isnan(column)] = middle


def _median(column: Floats) -> float:
    """0 for a column of gaps, as scikit-learn has it where empty columns are kept."""
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0
