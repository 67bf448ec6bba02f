"""What a regression misses by: quantiles, a histogram, and truth against answer in bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.training.dataset import Floats
from shared.training.judging.metric import Numbers, rounded

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BARS = 20
BINS = 10
FEWEST = 5
"""A bin with fewer rows is not shown: it would tell of single rows."""


def summary(truth: Numbers, predicted: Numbers) -> dict[str, Any]:
    """Residuals (truth minus answer), in the target's unit."""
    residuals = (truth - predicted).astype(np.float64)
    values = np.quantile(residuals, QUANTILES)
    return {
        "quantiles": {str(q): rounded(float(v), 3) for q, v in zip(QUANTILES, values, strict=True)},
        "histogram": _histogram(residuals),
        "by_prediction": _by_prediction(truth, predicted),
    }


def _histogram(residuals: Floats) -> dict[str, Any]:
    """Between the outer quantiles; the tails are counted with the outermost bars."""
    low, high = np.quantile(residuals, (0.02, 0.98))
    if not low < high:
        return {"edges": [], "rows": []}
    counts, edges = np.histogram(np.clip(residuals, low, high), BARS, (low, high))
    shown = [int(count) if count >= FEWEST else 0 for count in counts]
    return {"edges": [rounded(float(edge), 4) for edge in edges], "rows": shown}


def _by_prediction(truth: Numbers, predicted: Numbers) -> list[dict[str, Any]]:
    """Rows in tenths by what was answered: the mean answer and the mean truth of each."""
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(order, min(BINS, max(1, len(order) // FEWEST)))
    return [
        {
            "rows": len(part),
            "predicted": rounded(float(predicted[part].mean()), 4),
            "actual": rounded(float(truth[part].mean()), 4),
        }
        for part in parts
        if len(part) >= FEWEST
    ]
