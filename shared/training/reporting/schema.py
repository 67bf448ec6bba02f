"""The schema: every feature that a caller sends, with what the training data had in it."""

from __future__ import annotations

from shared.core import date
from shared.core.page.chart import bar
from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, datum, element, joined, paragraph
from shared.core.page.table import Head, table
from shared.core.schema import DATE_PARTS
from shared.core.text import count, listed, number, percent
from shared.training.reporting import distribution
from shared.training.reporting.importance import weighed

MOST = 30
"""Features, and classes, that are shown."""


def features(card: Facts) -> list[Markup]:
    """The features in the order that an instance has them; of very many, the weightiest."""
    every = list(enumerate(card.part("schema").objects("features"), 1))
    if not every:
        return []
    shown = every
    if len(every) > MOST:
        weight = {name: place for place, (name, _) in enumerate(weighed(card))}
        shown = sorted(every, key=lambda item: weight.get(item[1].text("name"), len(every)))[:MOST]
        shown.sort(key=lambda item: item[0])
    inputs = card.part("facts", "profile", "inputs")
    rows = [_feature(place, feature, inputs) for place, feature in shown]
    more = len(every) - len(shown)
    note = f"And {count(more, 'more feature')}, which the model card lists."
    heads = [
        Head("Feature"),
        Head("No.", "figure", wide=True),
        Head("In the training data"),
        Head("Distribution", "chart"),
    ]
    return [table(None, heads, rows), *([paragraph(note, class_="soft")] if more > 0 else [])]


def target(card: Facts) -> list[Markup]:
    """The target: its classes with their shares, or its distribution."""
    name = card.part("schema").text("target")
    classes = card.part("metrics", "classes").amounts()
    if classes:
        return [element("h3", "Target: ", datum(name)), *_classes(classes)]
    chart = distribution.drawn(card.part("facts", "profile", "target"), None, None)
    return [element("h3", "Target: ", datum(name)), chart] if chart else []


def _classes(classes: dict[str, float]) -> list[Markup]:
    ordered = sorted(classes.items(), key=lambda item: (-item[1], item[0]))
    whole, top = sum(classes.values()) or 1.0, ordered[0][1] or 1.0
    rows: list[list[Content]] = [
        [datum(name), number(amount), percent(amount / whole), bar(amount / top)]
        for name, amount in ordered[:MOST]
    ]
    heads = [
        Head("Class"),
        Head("Rows", "figure"),
        Head("Share", "figure"),
        Head("Share, drawn", "chart"),
    ]
    more = len(ordered) - MOST
    note = f"And {count(more, 'more class', 'more classes')}."
    return [table(None, heads, rows), *([paragraph(note, class_="soft")] if more > 0 else [])]


def _feature(place: int, feature: Facts, inputs: Facts) -> list[Content]:
    name, kind = feature.text("name"), feature.text("kind")
    column = inputs.part(name + DATE_PARTS[0] if kind == "date" else name)
    low, high = feature.number("minimum"), feature.number("maximum")
    return [
        joined(datum(name), " ", element("span", kind, class_="tag")),
        place,
        datum(_contents(feature, column) + _gaps(feature, column), 250),
        distribution.two(column) if kind == "boolean" else distribution.drawn(column, low, high),
    ]


def _contents(feature: Facts, column: Facts) -> str:
    kind, low, high = feature.text("kind"), feature.number("minimum"), feature.number("maximum")
    if kind == "boolean":
        return "true or false"
    if kind == "date":
        return _dates(column.numbers("edges"))
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)}"
    return distribution.frequent(column) or listed(feature.texts("categories"), 5)


def _gaps(feature: Facts, column: Facts) -> str:
    gaps = distribution.gaps(column)
    if gaps:
        return f"; {percent(gaps)} gaps"
    return "; some gaps" if feature.flag("nullable") else ""


def _dates(edges: list[float]) -> str:
    """The outer edges are quantiles, so they are no row's own date."""
    first, last = (date.text(edge) for edge in (edges[0], edges[-1])) if edges else (None, None)
    return f"mostly {first} to {last}" if first and last else "ISO 8601"
