"""Which features a model leans on: how much worse it answers when one of them is shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from shared.core.schema import DATE_PARTS
from shared.training.dataset import CategoricalColumn, Column, Dataset, NumericColumn, Rows
from shared.training.fold import Fold
from shared.training.judging import metric
from shared.training.judging.answer import Fitted

MOST_FEATURES = 40
MOST_CALLS = 60
MOST_ROWS = 2_000
MOST_WORK = 4_000_000
"""Rows x features x inputs x classes: the whole stays below about a second."""

SEED = 0


def importance(dataset: Dataset, folds: Sequence[Fold], models: Sequence[Fitted]) -> dict[str, Any]:
    """For each feature the loss of balanced accuracy, or the gain of RMSE, relative to it.

    Features beyond the first MOST_FEATURES by their own weight are not asked about. All within a
    budget counted in work, so that every attempt finds the same.
    """
    groups = _groups(dataset)
    asked = _weightiest(dataset, groups)
    folds = folds[: max(1, MOST_CALLS // max(1, len(asked)))]
    most = _most_rows(dataset, len(asked), len(folds))
    losses = [
        _losses(
            dataset, fold.test[:: -(-len(fold.test) // most)], model, [groups[i] for i in asked]
        )
        for fold, model in zip(folds, models, strict=False)
    ]
    means = np.mean(losses, axis=0)
    order = np.argsort(-means, kind="stable")
    names = dataset.schema.names
    return {
        "metric": "balanced_accuracy" if dataset.is_classification else "rmse",
        "features": [
            {"name": names[asked[i]], "loss": metric.rounded(float(means[i]), 4)} for i in order
        ],
        "not_asked": len(groups) - len(asked),
    }


def _groups(dataset: Dataset) -> list[list[int]]:
    """The inputs of each feature: a date has several, which are shuffled together."""
    groups: list[list[int]] = []
    place = 0
    for feature in dataset.schema.features:
        size = len(DATE_PARTS) if feature.kind == "date" else 1
        groups.append(list(range(place, place + size)))
        place += size
    return groups


def _most_rows(dataset: Dataset, features: int, folds: int) -> int:
    classes = len(dataset.schema.classes or ("",))
    each = MOST_WORK // (features * len(dataset.columns) * classes * folds)
    return int(np.clip(each, 50, MOST_ROWS))


def _weightiest(dataset: Dataset, groups: list[list[int]]) -> list[int]:
    """The features that differ most along the target, where there are more than can be asked."""
    if len(groups) <= MOST_FEATURES:
        return list(range(len(groups)))
    rows = np.arange(0, len(dataset), -(-len(dataset) // MOST_ROWS))
    target = dataset.target[rows]
    if not dataset.is_classification:
        target = np.searchsorted(np.quantile(target, np.linspace(0.1, 0.9, 9)), target)
    weights = [
        max(_weight(dataset.columns[i], rows, target.astype(np.intp)) for i in group)
        for group in groups
    ]
    return sorted(np.argsort(-np.array(weights), kind="stable")[:MOST_FEATURES].tolist())


def _weight(column: Column, rows: Rows, target: np.ndarray) -> float:
    """The share of the ranks' variance that lies between the target's groups."""
    values = column.values if isinstance(column, NumericColumn) else column.codes
    _, ranks = np.unique(values[rows], return_inverse=True)
    spread = float(ranks.var())
    counts = np.maximum(np.bincount(target), 1)
    means = np.bincount(target, weights=ranks) / counts
    return 0.0 if spread == 0 else float((means[target] - ranks.mean()).var() / spread)


def _losses(
    dataset: Dataset, rows: Rows, model: Fitted, groups: Sequence[list[int]]
) -> list[float]:
    """All questions at once: the rows as they are, then once more for each feature shuffled."""
    size = len(rows)
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(size)
    plain = np.tile(rows, len(groups) + 1)
    taken = [plain] * len(dataset.columns)
    for block, group in enumerate(groups, 1):
        shuffled = plain.copy()
        shuffled[block * size : (block + 1) * size] = rows[order]
        for place in group:
            taken[place] = shuffled
    columns = tuple(map(_taken, dataset.columns, taken))
    asked = replace(dataset, columns=columns, target=dataset.target[plain], **_NO_SPLIT)
    predicted = model.predict(asked, np.arange(len(plain))).reshape(-1, size)
    whole, *others = (_score(dataset, dataset.target[rows], answers) for answers in predicted)
    return [whole - other for other in others]


def _taken(column: Column, rows: Rows) -> Column:
    if isinstance(column, NumericColumn):
        return NumericColumn(column.values[rows])
    return CategoricalColumn(column.codes[rows], column.categories)


def _score(dataset: Dataset, truth: np.ndarray, predicted: np.ndarray) -> float:
    """Balanced accuracy; or minus the RMSE in standard deviations of the target."""
    if dataset.schema.classes is None:
        return -metric.rmse(truth, predicted) / (float(truth.std()) or 1.0)
    classes = len(dataset.schema.classes)
    table = metric.confusion(truth.astype(np.int32), predicted.astype(np.int32), classes)
    return metric.balanced_accuracy(table)


_NO_SPLIT: dict[str, Any] = {"order_by": None, "group": None}
