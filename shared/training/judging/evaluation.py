"""How well the estimator does on rows that it has not seen, in figures that do not flatter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from shared.training.fitting import estimator
from shared.training.reading.dataset import Dataset

FOLDS = 5
MAX_ROWS_FOR_FOLDS = 2_000
"""Above it one fifth is held out once: each more fold costs a whole fit."""


def evaluate(dataset: Dataset) -> dict[str, Any]:
    """Rows, classes, accuracy, balanced accuracy and the majority's share as baseline."""
    labels = dataset.labels
    classes, counts = np.unique(labels, return_counts=True)
    folds = int(min(FOLDS, counts.min()))
    rounds = folds if len(labels) <= MAX_ROWS_FOR_FOLDS else 1
    right, seen = _predict(dataset, folds, rounds)
    recalls = [right[labels == c].sum() / n for c in classes if (n := seen[labels == c].sum())]
    return {
        "rows": len(labels),
        "features": len(dataset.schema.features),
        "classes": {str(c): int(n) for c, n in zip(classes, counts, strict=True)},
        "method": f"{folds}-fold cross-validation" if rounds > 1 else f"hold-out of 1/{folds}",
        "evaluated_rows": int(seen.sum()),
        "accuracy": round(float(right.sum() / seen.sum()), 6),
        "balanced_accuracy": round(float(np.mean(recalls)), 6),
        "baseline_accuracy": round(float(counts.max() / counts.sum()), 6),
    }


def _predict(dataset: Dataset, folds: int, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """For each row: was it predicted rightly, was it predicted at all."""
    right = np.zeros(len(dataset.labels), dtype=bool)
    seen = np.zeros(len(dataset.labels), dtype=bool)
    for number, (train, test) in enumerate(_splits(dataset, folds)):
        if number < rounds:
            fitted = estimator.fit(
                dataset.values[train], dataset.labels[train], gaps=dataset.has_gaps
            )
            right[test] = fitted.predict(dataset.values[test]) == dataset.labels[test]
            seen[test] = True
    return right, seen


def _splits(dataset: Dataset, folds: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    splitter = StratifiedKFold(folds, shuffle=True, random_state=estimator.SEED)
    yield from splitter.split(np.zeros(len(dataset.labels)), dataset.labels)
