"""Charts that stand by themselves: an interval, a reliability diagram, a histogram.

They are drawn 320 units wide, so that their text keeps its size on a phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from shared.core.page.chart import figure, label
from shared.core.page.markup import Markup, element
from shared.core.text import brief

LEFT, WIDE, LOW, HIGH = 46, 256, 216, 190
"""The square of the reliability diagram."""


def bound(least: float, by: float, limit: float | None, title: str) -> Markup:
    """How much worse a challenger is: the difference, its lower bound, zero, and the limit."""
    marks = [least, by, 0.0] + ([] if limit is None else [limit])
    span = (max(marks) - min(marks)) or 1.0
    start, scale = min(marks) - 0.12 * span, 296 / (1.24 * span)

    def x(value: float) -> float:
        return 12 + (value - start) * scale

    edge = None if limit is None else x(limit)
    return figure(
        320,
        82,
        title,
        element("line", x1=12, y1=52, x2=308, y2=52, class_="grid"),
        element("line", x1=x(0), y1=24, x2=x(0), y2=52, class_="axis"),
        element("line", x1=x(least), y1=38, x2=x(by), y2=38, class_="whisker"),
        element("line", x1=x(least), y1=32, x2=x(least), y2=44, class_="whisker"),
        element("circle", cx=x(by), cy=38, r=5, class_="dot"),
        None if edge is None else element("line", x1=edge, y1=18, x2=edge, y2=52, class_="limit"),
        None if edge is None else label(edge, 12, "limit"),
        label(x(0), 65, "equal"),
        element("text", "better", x=12, y=79),
        element("text", "worse", x=308, y=79, class_="end"),
    )


def reliability(points: Sequence[tuple[float, float, float]], title: str) -> Markup:
    """(probability given, share that came true, rows) of each bin, against the diagonal."""
    ticks = [0, 0.25, 0.5, 0.75, 1]
    return _curve(points, ticks, title, "came true", "probability that was given")


def agreement(points: Sequence[tuple[float, float, float]], title: str) -> Markup:
    """(mean answer, mean truth, rows) of each bin, against the diagonal."""
    every = [value for answer, truth, _ in points for value in (answer, truth)]
    low, span = min(every), (max(every) - min(every)) or 1.0
    ticks = [low, low + span / 2, low + span]
    return _curve(points, ticks, title, "mean truth", "mean answer")


def _curve(
    points: Sequence[tuple[float, float, float]],
    ticks: Sequence[float],
    title: str,
    left: str,
    below: str,
) -> Markup:
    low, span = ticks[0], ticks[-1] - ticks[0]
    most = max((rows for _, _, rows in points), default=1) or 1
    shares = [((x - low) / span, (y - low) / span) for x, y, _ in points]
    places = [(LEFT + WIDE * said, LOW - HIGH * true) for said, true in shares]
    path = " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(places))
    dots = (
        element("circle", cx=x, cy=y, r=2.5 + 4.5 * (rows / most) ** 0.5, class_="dot")
        for (x, y), (_, _, rows) in zip(places, points, strict=True)
    )
    return figure(
        320,
        252,
        title,
        *_grid(ticks),
        element("line", x1=LEFT, y1=LOW, x2=LEFT + WIDE, y2=LOW - HIGH, class_="dash"),
        element("path", d=path, class_="curve"),
        *dots,
        element("text", left, x=4, y=13),
        label(LEFT + WIDE / 2, 246, below),
    )


def histogram(edges: Sequence[float], counts: Sequence[float], title: str, below: str) -> Markup:
    """Counts between rising edges, of any widths: a bar's area is its count."""
    sides = list(pairwise(edges))
    heights = [amount / (b - a) for (a, b), amount in zip(sides, counts, strict=True)]
    top, span = max(heights, default=0) or 1.0, (edges[-1] - edges[0]) or 1.0

    def x(value: float) -> float:
        return 12 + 296 * (value - edges[0]) / span

    bars = (
        element(
            "rect",
            x=x(left) + 0.5,
            y=130 - 120 * height / top,
            width=max(x(right) - x(left) - 1, 0.5),
            height=120 * height / top,
            class_="fill",
        )
        for (left, right), height in zip(sides, heights, strict=True)
        if height > 0
    )
    zero = edges[0] < 0 < edges[-1]
    return figure(
        320,
        164,
        title,
        *bars,
        element("line", x1=12, y1=130, x2=308, y2=130, class_="axis"),
        element("line", x1=x(0), y1=4, x2=x(0), y2=130, class_="dash") if zero else None,
        element("text", brief(edges[0]), x=12, y=145),
        label(x(0), 145, "0") if zero and 50 < x(0) < 270 else None,
        element("text", brief(edges[-1]), x=308, y=145, class_="end"),
        label(160, 161, below),
    )


def _grid(ticks: Sequence[float]) -> Iterator[Markup]:
    for place, tick in enumerate(ticks):
        share = place / (len(ticks) - 1)
        x, y = LEFT + WIDE * share, LOW - HIGH * share
        yield element("line", x1=LEFT, y1=y, x2=LEFT + WIDE, y2=y, class_="grid")
        yield element("line", x1=x, y1=LOW, x2=x, y2=LOW - HIGH, class_="grid")
        yield element("text", brief(tick), x=LEFT - 6, y=y + 4, class_="end")
        yield label(x, LOW + 15, brief(tick))
