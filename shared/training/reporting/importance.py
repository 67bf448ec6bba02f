"""Which features the model leans on: what shuffling one of them costs."""

from __future__ import annotations

from shared.core.page.chart import bar
from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, datum, paragraph
from shared.core.page.table import Head, table
from shared.core.text import count, number
from shared.training.reporting.metric import TITLES

MOST = 25


def importance(card: Facts) -> list[Markup]:
    """A bar for each feature, the weightiest first."""
    facts = card.part("facts", "importance")
    losses = weighed(card)
    if not losses:
        return []
    top = max(max(loss for _, loss in losses), 0.0)
    rows: list[list[Content]] = [
        [datum(name), number(loss), bar(loss / top if top > 0 else 0.0)]
        for name, loss in losses[:MOST]
    ]
    metric = facts.text("metric")
    unit = (
        "Rise of the RMSE, in standard deviations of the target"
        if metric == "rmse"
        else f"Loss of {TITLES.get(metric, 'accuracy').lower()}"
    )
    more = len(losses[MOST:]) + (facts.number("not_asked") or 0)
    note = f"And {count(more, 'more feature')} of less weight."
    return [
        paragraph(
            "What it costs when one feature is shuffled and the others stay. Features that say "
            "the same share their weight: shuffling one of them costs little."
        ),
        table(None, [Head("Feature"), Head("Cost", "figure"), Head(unit, "chart")], rows),
        *([paragraph(note, class_="soft")] if more > 0 else []),
    ]


def weighed(card: Facts) -> list[tuple[str, float]]:
    """Features and their losses, as the card orders them."""
    return [
        (feature.text("name"), loss)
        for feature in card.part("facts", "importance").objects("features")
        if (loss := feature.number("loss")) is not None
    ]
