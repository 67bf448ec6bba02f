"""The figures by name: what each is called, what it says, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.page.facts import Facts


@dataclass(frozen=True)
class Metric:
    """key: in the card's metrics; baseline: the key of the same for a model without features."""

    key: str
    title: str
    says: str
    baseline: str = ""


METRICS = (
    Metric(
        "balanced_accuracy",
        "Balanced accuracy",
        "the mean of what was found of each class; 1 is perfect",
        "baseline_balanced_accuracy",
    ),
    Metric("accuracy", "Accuracy", "the share of right answers", "baseline_accuracy"),
    Metric("log_loss", "Log loss", "how far the probabilities are off; 0 is perfect"),
    Metric("roc_auc", "ROC AUC", "how often a positive row scores above a negative one"),
    Metric(
        "rmse",
        "RMSE",
        "root mean squared error, in the target's unit; large misses weigh more",
        "baseline_rmse",
    ),
    Metric("mae", "MAE", "mean absolute error, in the target's unit", "baseline_mae"),
    Metric("r2", "R²", "the share of the target's variance that is explained; 1 is perfect"),
)
TITLES = {metric.key: metric.title for metric in METRICS}


def main(metrics: Facts) -> Metric | None:
    """The figure that models are told apart by: the first one that is there."""
    wanted = (METRICS[0], METRICS[4], *METRICS)
    return next((m for m in wanted if metrics.number(m.key) is not None), None)
