"""Labels with the probability of every class."""

from __future__ import annotations

from typing import Any


def wanted(parameters: Any) -> bool:
    """Whether a request's `parameters` ask for probabilities."""
    return isinstance(parameters, dict) and parameters.get("probabilities") is True


def of(estimator: Any, instances: Any) -> list[dict[str, Any]]:
    """`{"label": ..., "probabilities": {class: share}}` of each instance.

    The label is the estimator's own `predict`, so that asking for probabilities changes no answer.
    """
    labels = estimator.predict(instances).tolist()
    classes = [str(name) for name in estimator.classes_.tolist()]
    shares = estimator.predict_proba(instances).tolist()
    return [
        {"label": label, "probabilities": dict(zip(classes, row, strict=True))}
        for label, row in zip(labels, shares, strict=True)
    ]
