"""Whether probabilities mean what they say."""

from __future__ import annotations

from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, beside, datum, paragraph
from shared.core.page.table import Head, table
from shared.core.text import percent
from shared.training.reporting import plot


def calibration(card: Facts) -> list[Markup]:
    """The reliability diagram and its figures."""
    facts = card.part("metrics", "calibration")
    bins = [
        (said, true, part)
        for part in facts.objects("bins")
        if (said := part.number("probability")) is not None
        and (true := part.number("share")) is not None
        and 0 <= said <= 1
        and 0 <= true <= 1
    ]
    if not bins:
        return []
    points = [(said, true, part.number("rows") or 0) for said, true, part in bins]
    rows: list[list[Content]] = [
        [percent(said), percent(true), part.number("rows")] for said, true, part in bins
    ]
    heads = [
        Head("Probability given", "figure"),
        Head("Came true", "figure"),
        Head("Rows", "figure"),
    ]
    return [
        paragraph(
            "Of the rows that were called 80 %, four fifths should be so: points on the dashed "
            "line. Larger points stand for more rows. The probabilities are those of ",
            datum(facts.text("class")) if facts.text("class") else "the class that was answered",
            ".",
            _gap(facts),
        ),
        beside(
            plot.reliability(points, "Reliability diagram: how often each probability came true"),
            table("The same in figures", heads, rows),
        ),
    ]


def _gap(facts: Facts) -> str | None:
    gap = facts.number("mean_gap")
    return None if gap is None else f" They are off by {100 * gap:.2g} points on average."
