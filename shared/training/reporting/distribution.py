"""A column's distribution, drawn from the profile that drift is measured by: bins, never rows."""

from __future__ import annotations

from itertools import pairwise

from shared.core.page.chart import spark
from shared.core.page.facts import Facts
from shared.core.page.markup import Markup
from shared.core.text import listed, number, percent

THIN = 0.03
"""Least share of the width that a bin gets: a spike at one value has no width of its own."""

NAMED = 3


def drawn(column: Facts, low: float | None, high: float | None) -> Markup | None:
    """The column as a small histogram. low, high: the range of a number, where known."""
    counts = column.numbers("counts")
    if names := column.texts("names"):
        return _bars(counts, len(names))
    edges = column.numbers("edges")
    if len(counts) != len(edges) + 2 or len(edges) < 1 or edges != sorted(set(edges)):
        return None
    return _density(_outer(edges, low, high), counts[:-1])


def two(column: Facts) -> Markup | None:
    """A boolean as two bars, false and true."""
    counts, edges = column.numbers("counts"), column.numbers("edges")
    if len(counts) != len(edges) + 2 or edges[:1] != [0]:
        return None
    bars = [(0.0, 0.5, counts[0]), (0.5, 1.0, sum(counts[1:-1]))]
    return spark(bars, f"False {number(bars[0][2])} times, true {number(bars[1][2])} times")


def gaps(column: Facts) -> float | None:
    """The share of cells without a value, where the profile tells."""
    counts = column.numbers("counts")
    return counts[-1] / sum(counts) if counts and sum(counts) > 0 else None


def frequent(column: Facts) -> str:
    """The frequent categories in words, with their shares."""
    names, counts = column.texts("names"), column.numbers("counts")
    whole = sum(counts) or 1.0
    told = [f"{name} ({percent(c / whole)})" for name, c in zip(names, counts, strict=False)]
    return listed(told, NAMED)


def _bars(counts: list[float], names: int) -> Markup | None:
    """Each name a bar, the commonest first, and all others together behind them."""
    shown = counts[: names + 1] if len(counts) == names + 2 and counts[names] else counts[:names]
    width = 1 / max(len(shown), 1)
    bars = [(i * width, (i + 1) * width, amount) for i, amount in enumerate(shown)]
    return spark(bars, f"Shares of {number(names)} categories, the commonest first")


def _outer(edges: list[float], low: float | None, high: float | None) -> list[float]:
    """The edges with an end on either side: the range, or no more than half the middle's width."""
    half = (edges[-1] - edges[0]) / 2 or 0.5
    left = edges[0] - half if low is None else max(min(low, edges[0]), edges[0] - half)
    if left == edges[0]:  # many rows with the very least value: a bar as wide as the next
        left -= min(half, edges[1] - edges[0]) if len(edges) > 1 else half
    right = edges[-1] + half if high is None else min(max(high, edges[-1]), edges[-1] + half)
    return [left, *edges, right]


def _density(edges: list[float], counts: list[float]) -> Markup:
    """Bars whose area is their count."""
    span = (edges[-1] - edges[0]) or 1.0
    widths = [
        max((b - a) / span, THIN if amount else 0.0)
        for (a, b), amount in zip(pairwise(edges), counts, strict=True)
    ]
    whole, at, bars = sum(widths) or 1.0, 0.0, []
    for width, amount in zip(widths, counts, strict=True):
        if width > 0:
            bars.append((at, at + width / whole, amount / width))
        at += width / whole
    return spark(bars, f"Histogram from {number(edges[0])} to {number(edges[-1])}")
