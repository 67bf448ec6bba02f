"""A figure over the versions of a model, oldest left, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.core.page.chart import figure
from shared.core.page.markup import Markup, element
from shared.core.text import brief

LEFT, RIGHT, TOP, LOW = 56, 308, 24, 126


@dataclass(frozen=True)
class Point:
    """One version. baseline: the same figure of a model without features; live: it is now."""

    value: float
    baseline: float | None = None
    live: bool = False


def timeline(points: Sequence[Point], title: str) -> Markup:
    """The figure as a line with a dot for each version, the live one's large.

    The baseline is dashed where it is so near that the line keeps its shape beside it.
    """
    low, high = span(points)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    low, height = low - room, high - low + 2 * room

    def x(place: int) -> float:
        return LEFT + 8 + (RIGHT - LEFT - 16) * (place / max(len(points) - 1, 1))

    def y(value: float) -> float:
        return LOW - (LOW - TOP) * (value - low) / height

    ticks = [low + room, high] if high > low + room else [high]
    base = [
        (x(i), y(p.baseline))
        for i, p in enumerate(points)
        if p.baseline is not None and is_near(points)
    ]
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


def is_near(points: Sequence[Point]) -> bool:
    """Whether the baseline is shown."""
    values = [point.value for point in points]
    near = max(values) - min(values)
    every = [*values, *(p.baseline for p in points if p.baseline is not None)]
    return len(every) > len(values) and max(every) - min(every) <= 4 * near


def span(points: Sequence[Point]) -> tuple[float, float]:
    """The least and the largest value that are shown."""
    values = [point.value for point in points]
    if is_near(points):
        values += [point.baseline for point in points if point.baseline is not None]
    return min(values), max(values)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(places))


def _tick(y: float, value: float) -> Markup:
    line = element("line", x1=LEFT, y1=y, x2=RIGHT, y2=y, class_="grid")
    return element("g", line, element("text", brief(value), x=LEFT - 6, y=y + 4, class_="end"))
