"""What the status page shows of versions: the table, and the figures over time."""

from __future__ import annotations

from shared.core.page.facts import Facts
from shared.core.page.markup import Content, Markup, beside, code, datum, element, joined, paragraph
from shared.core.page.table import Head, table
from shared.core.text import moment, number
from shared.status import link, word
from shared.status.timeline import Point, is_near, timeline

FIGURES = (
    ("balanced_accuracy", "Balanced accuracy", "baseline_balanced_accuracy"),
    ("rmse", "RMSE", "baseline_rmse"),
    ("accuracy", "Accuracy", "baseline_accuracy"),
    ("mae", "MAE", "baseline_mae"),
)
"""(key in the metrics, title, key of the same without features): the first that is there."""

Figure = tuple[str, str, str]


def named(drop: Facts) -> Markup:
    """A version by its name."""
    return code(drop.text("version") or drop.text("drop"), 130)


def main_figure(drops: list[Facts]) -> Figure | None:
    """The figure of the newest version that has one."""
    for drop in drops:
        metrics = drop.part("metrics")
        for figure in FIGURES:
            if metrics.number(figure[0]) is not None:
                return figure
    return None


def versions(drops: list[Facts], live: str) -> list[Markup]:
    """Every drop that became a version, the newest first."""
    figure = main_figure(drops)
    rows = [_row(drop, live, figure) for drop in drops if drop.text("version")]
    heads = [
        Head("Version"),
        Head("State"),
        Head(figure[1] if figure else "Figure", "figure"),
        Head("Rows", "figure", wide=True),
        Head("Dropped", wide=True),
        Head("Report"),
    ]
    return [table(None, heads, rows)] if rows else []


def over_time(drops: list[Facts], live: str) -> list[Markup]:
    """The main figure of every accepted version, oldest left."""
    figure = main_figure(drops)
    if figure is None:
        return []
    key, title, base = figure
    points = [
        Point(value, drop.part("metrics").number(base), drop.text("version") == live)
        for drop in reversed(drops)
        if drop.text("version") and (value := drop.part("metrics").number(key)) is not None
    ]
    if not points:
        return []
    last = points[-1]
    told = f"{title} of {number(len(points))} versions, the newest at {number(last.value)}."
    dashed = " The dashed line is a model without features." if is_near(points) else None
    words = paragraph(told, " The large dot is the live version.", _compared(last), dashed)
    return [beside(timeline(points, f"{title} by version"), words)]


def _compared(point: Point) -> str | None:
    without = point.baseline
    return None if without is None else f" A model without features has {number(without)}."


def _row(drop: Facts, live: str, figure: Figure | None) -> list[Content]:
    metrics = drop.part("metrics")
    kind, told = word.state(drop, live)
    address = link.report(drop)
    source = drop.part("source")
    return [
        joined(named(drop), element("br"), element("small", datum(source.text("name")))),
        element("span", datum(told.replace("_", " ")), class_=f"tag {kind}".strip()),
        metrics.number(figure[0]) if figure else None,
        metrics.number("rows"),
        moment(source.text("time_created")),
        element("a", "report", href=address) if address else None,
    ]
