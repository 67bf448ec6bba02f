"""The figures at the top of the page."""

from __future__ import annotations

import re

from shared.core.page.facts import Facts
from shared.core.page.markup import Markup, element, joined
from shared.core.text import NAME_LENGTH, count, number, words
from shared.training.reporting.metric import main


def tiles(card: Facts) -> list[Markup]:
    """Quality, rows, features, estimator, warnings: what is known of them."""
    metrics = card.part("metrics")
    made = [*_quality(metrics), *_amounts(card, metrics), *_estimator(card)]
    warnings = len(card.objects("warnings"))
    if warnings:
        made.append(_tile("Warnings", number(warnings)))
    return [element("dl", *made, class_="tiles")] if made else []


def _quality(metrics: Facts) -> list[Markup]:
    figure = main(metrics)
    if figure is None:
        return []
    baseline = metrics.number(figure.baseline)
    note = None if baseline is None else f"without features {number(baseline)}"
    return [_tile(figure.title, number(metrics.number(figure.key) or 0), note)]


def _amounts(card: Facts, metrics: Facts) -> list[Markup]:
    made = []
    if (rows := metrics.number("rows")) is not None:
        trained = metrics.number("trained_rows")
        note = None if trained in (None, rows) else f"{number(trained or 0)} trained on"
        made.append(_tile("Rows", number(rows), note))
    features = len(card.part("schema").objects("features"))
    classes = len(card.part("schema").texts("classes"))
    note = count(classes, "class", "classes") if classes else None
    made.append(_tile("Features", number(features), note))
    return made


def _estimator(card: Facts) -> list[Markup]:
    name = card.part("estimator").text("name")
    task = card.part("metrics").text("task")
    return [_tile("Estimator", _word(name), words(task) or None)] if name else []


def _word(name: str) -> Markup:
    """An estimator's name, which may be broken before its capitals."""
    parts = re.findall(r".[^A-Z]*", name[:NAME_LENGTH], re.DOTALL)
    broken = joined(*(joined(element("wbr"), part) for part in parts))
    return element("span", element("bdi", broken), class_="word")


def _tile(name: str, value: str | Markup, note: str | None = None) -> Markup:
    small = element("small", note) if note else None
    return element("div", element("dt", name), element("dd", value, small))
