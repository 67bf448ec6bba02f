"""What is odd about right instances: predicted all the same, and told.

No message quotes the value that was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shared.core.errors import Fault
from shared.core.fault import pointer
from shared.core.schema import Feature, Schema


def is_odd(feature: Feature, column: Sequence[Any]) -> bool:
    """Whether a right column of a feature holds anything that is to be told: at the speed of C."""
    if feature.nullable and None in column:
        return True
    if feature.kind == "numeric" and feature.minimum is not None and feature.maximum is not None:
        return bool(min(column) < feature.minimum or max(column) > feature.maximum)
    return bool(feature.categories) and not feature.known.issuperset(column)


def oddities(instances: Sequence[Any], schema: Schema) -> Iterator[Fault]:
    """Everything odd in instances that are right, in order."""
    for index, instance in enumerate(instances):
        by_name = type(instance) is dict
        for place, feature in enumerate(schema.features):
            key: str | int = feature.name if by_name else place
            message = _oddity(feature, instance[key])
            if message:
                yield Fault(pointer("instances", index, key), f"{feature.name[:80]} {message}")


def _oddity(feature: Feature, value: Any) -> str | None:
    if value is None:
        return "is null, as it sometimes was in the training data"
    if feature.kind == "numeric" and feature.minimum is not None and feature.maximum is not None:
        if feature.minimum <= value <= feature.maximum:
            return None
        low, high = feature.minimum, feature.maximum
        return f"lies outside the range of the training data, {low:g} to {high:g}"
    if feature.categories and value not in feature.known:
        return "is none of the frequent categories of the training data"
    return None
