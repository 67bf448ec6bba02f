"""Labels with the probability of every class."""

from __future__ import annotations

from typing import Any


def wanted(parameters: Any) -> bool:
    """Whether a request's `parameters` ask for probabilities."""
    return isinstance(parameters, dict) and parameters.get("probabilities") is True


def labelled(
    labels: list[Any], classes: list[str], shares: list[list[float]]
) -> list[dict[str, Any]]:
    """`{"label": ..., "probabilities": {class: share}}` of each instance."""
    return [
        {"label": label, "probabilities": dict(zip(classes, row, strict=True))}
        for label, row in zip(labels, shares, strict=True)
    ]
