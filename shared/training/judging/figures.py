"""How good a model is, as figures for the card and the report: aggregates only, never a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.training.dataset import Dataset
from shared.training.judging import calibration, metric, residual
from shared.training.judging.answer import Answers
from shared.training.judging.metric import rounded
from shared.training.judging.split import Plan

MOST_SHOWN_CLASSES = 20
"""A larger confusion matrix is told by its commonest mistakes."""

_Z = 1.959963984540054


def figures(
    dataset: Dataset, plan: Plan, answers: Answers, positive_class: str = ""
) -> dict[str, Any]:
    """Metrics of the answers: those of the task, and how they were come by."""
    task = (
        _labels(dataset, answers, positive_class)
        if dataset.is_classification
        else _numbers(answers)
    )
    return {
        "rows": len(dataset),
        "features": len(dataset.schema.features),
        "task": "classification" if dataset.is_classification else "regression",
        "method": _method(plan, answers),
        "split": plan.split,
        "why": plan.why,
        "trained_rows": len(plan.train),
        "evaluated_rows": answers.once,
        **task,
    }


def score(metrics: dict[str, Any]) -> float | None:
    """What a floor is held against: balanced accuracy, or R2."""
    value = metrics["balanced_accuracy"] if "balanced_accuracy" in metrics else metrics["r2"]
    return None if value is None else float(value)


def _method(plan: Plan, answers: Answers) -> str:
    if plan.holds_out:
        return "hold-out"
    repeats = round(len(answers.rows) / max(answers.once, 1))
    return "cross-validation" + (f", {repeats} times" if repeats > 1 else "")


def _labels(dataset: Dataset, answers: Answers, positive_class: str) -> dict[str, Any]:
    names = dataset.schema.classes or ()
    truth, predicted = answers.truth.astype(np.int32), answers.predicted.astype(np.int32)
    table = metric.confusion(truth, predicted, len(names))
    recalls, precisions = metric.recalls(table), metric.precisions(table)
    counts = np.bincount(dataset.target.astype(np.int32), minlength=len(names))
    occurring = np.flatnonzero(table.sum(axis=1))
    per_class = {
        names[i]: {
            "rows": int(counts[i]),
            "recall": rounded(recalls[i]),
            "precision": rounded(precisions[i]),
        }
        for i in range(len(names))
    }
    right = answers.baseline == answers.truth
    return {
        "classes": {name: int(count) for name, count in zip(names, counts, strict=True)},
        "accuracy": rounded(float(np.trace(table) / table.sum())),
        "balanced_accuracy": rounded(metric.balanced_accuracy(table)),
        "balanced_accuracy_interval": _interval(table, len(answers.rows) / answers.once),
        "baseline_accuracy": rounded(float(right.mean())),
        "baseline_balanced_accuracy": rounded(1 / len(occurring)),
        "per_class": per_class,
        "confusion": _confusion(answers.first_repeat(), names),
        **_chances(answers, names, positive_class),
    }


def _chances(answers: Answers, names: tuple[str, ...], positive_class: str) -> dict[str, Any]:
    """What probabilities add, where the model has them."""
    chances = answers.probabilities
    if chances is None:
        return {"log_loss": None, "calibration": None}
    truth = answers.truth.astype(np.int32)
    one = names.index(positive_class) if positive_class in names else 1
    facts: dict[str, Any] = {
        "log_loss": rounded(metric.log_loss(truth, chances)),
        "calibration": calibration.table(answers, names, one),
    }
    if len(names) == 2:
        facts["roc_auc"] = rounded(metric.roc_auc(truth == one, chances[:, one]))
    return facts


def _interval(table: np.ndarray, repeats: float) -> list[float | None]:
    """95 %, from the recalls with two rows of each outcome added, so that 3 of 3 is not certain."""
    rows = table.sum(axis=1) / repeats
    there = rows > 0
    found, size = np.diag(table)[there] / repeats + 2, rows[there] + 4
    shares = found / size
    spread = np.sqrt(np.sum(shares * (1 - shares) / size)) / there.sum()
    middle = float(shares.mean())
    value = metric.balanced_accuracy(table)
    low, high = min(middle - _Z * spread, value), max(middle + _Z * spread, value)
    return [rounded(max(0.0, float(low)), 3), rounded(min(1.0, float(high)), 3)]


def _confusion(answers: Answers, names: tuple[str, ...]) -> dict[str, Any]:
    truth, predicted = answers.truth.astype(np.int32), answers.predicted.astype(np.int32)
    table = metric.confusion(truth, predicted, len(names))
    if len(names) <= MOST_SHOWN_CLASSES:
        return {"classes": list(names), "counts": table.tolist()}
    mistakes = table - np.diag(np.diag(table))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:MOST_SHOWN_CLASSES]
    pairs = [divmod(int(place), len(names)) for place in order if mistakes.flat[place]]
    return {
        "mistakes": [
            {"class": names[i], "answered": names[j], "rows": int(mistakes[i, j])} for i, j in pairs
        ]
    }


def _numbers(answers: Answers) -> dict[str, Any]:
    truth, predicted = answers.truth.astype(np.float64), answers.predicted.astype(np.float64)
    once = answers.first_repeat()
    return {
        "rmse": rounded(metric.rmse(truth, predicted)),
        "mae": rounded(metric.mae(truth, predicted)),
        "r2": rounded(metric.r2(truth, predicted)),
        "baseline_rmse": rounded(metric.rmse(truth, answers.baseline)),
        "baseline_mae": rounded(metric.mae(truth, answers.baseline)),
        "residuals": residual.summary(once.truth, once.predicted),
    }
