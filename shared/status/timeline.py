"""A figure over the versions of a model, oldest left, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.core.page.chart import figure
from shared.core.page.markup import Markup, element
from shared.core.page.text import number

LEFT, RIGHT, TOP, LOW = 46, 308, 24, 126


@dataclass(frozen=True)
class Point:
    """One version. baseline: the same figure of a model without features; live: it is now."""

    value: float
    baseline: float | None = None
    live: bool = False


def timeline(points: Sequence[Point], title: str) -> Markup:
    """The figure as a line with a dot for each version; the baseline dashed, the live one large."""
    values = [p.value for p in points] + [p.baseline for p in points if p.baseline is not None]
    low, high = min(values), max(values)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    low, span = low - room, high - low + 2 * room

    def x(place: int) -> float:
        return LEFT + 8 + (RIGHT - LEFT - 16) * (place / max(len(points) - 1, 1))

    def y(value: float) -> float:
        return LOW - (LOW - TOP) * (value - low) / span

    ticks = [low + room, high] if high > low + room else [high]
    base = [(x(i), y(p.baseline)) for i, p in enumerate(points) if p.baseline is not None]
    places = [(x(i), y(p.value)) for i, p in enumerate(points)]
    dots = [
        element(
            "circle",
            cx=left,
            cy=top,
            r=5 if point.live else 3,
            class_="fill second" if point.live else "dot",
        )
        for point, (left, top) in zip(points, places, strict=True)
    ]
    return figure(
        320,
        148,
        title,
        *(_tick(y(value), value) for value in ticks),
        element("path", d=_path(base), class_="dash") if len(base) > 1 else None,
        element(
            "path", d=_path([(x(i), y(p.value)) for i, p in enumerate(points)]), class_="curve"
        ),
        *dots,
        element("text", "oldest", x=LEFT, y=142),
        element("text", "newest", x=RIGHT, y=142, class_="end"),
    )


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(places))


def _tick(y: float, value: float) -> Markup:
    line = element("line", x1=LEFT, y1=y, x2=RIGHT, y2=y, class_="grid")
    return element("g", line, element("text", number(value), x=LEFT - 6, y=y + 4, class_="end"))
