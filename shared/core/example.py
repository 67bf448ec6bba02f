"""Synthetic instances of a model, as a caller would send them: nobody's row."""

from __future__ import annotations

from typing import Any

from shared.core import date
from shared.core.card import Card
from shared.core.schema import DATE_PARTS, Feature, Schema

Instance = dict[str, Any]


def instances(card: Card) -> list[Instance]:
    """From the card's golden requests; one from the ranges of the schema where it has none."""
    made = [_named(card.schema, inputs) for inputs in card.golden.instances]
    return [one for one in made if one is not None] or [_middle(card.schema)]


def prediction(card: Card) -> Any:
    """What the model answers to the first of them; None where that is not known. A date's parts
    were made up one by one, so the answer to the date is another."""
    known = card.golden.instances and card.golden.predictions
    return card.golden.predictions[0] if known and card.schema.is_plain else None


def _named(schema: Schema, inputs: list[Any]) -> Instance | None:
    if len(inputs) != len(schema.inputs):
        return None
    made: Instance = {}
    left = list(inputs)
    for feature in schema.features:
        width = len(DATE_PARTS) if feature.kind == "date" else 1
        made[feature.name] = _sent(feature, left[0])
        left = left[width:]
    return made


def _sent(feature: Feature, value: Any) -> Any:
    if value is None:
        return None if feature.nullable else _typical(feature)
    if feature.kind == "date":
        return date.text(value)
    return bool(value) if feature.kind == "boolean" else value


def _middle(schema: Schema) -> Instance:
    return {feature.name: _typical(feature) for feature in schema.features}


def _typical(feature: Feature) -> Any:
    if feature.kind == "numeric":
        if feature.minimum is None or feature.maximum is None:
            return 1.0
        return float(f"{feature.minimum / 2 + feature.maximum / 2:.6g}")
    if feature.kind == "categorical":
        return feature.categories[0] if feature.categories else "text"
    return True if feature.kind == "boolean" else "2026-01-15"
