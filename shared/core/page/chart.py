"""Charts as inline SVG. Colours come from classes, since the policy forbids style attributes.

A chart whose figure stands beside it as text is hidden from screen readers; any other has a title.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.core.page.markup import Markup, element


def bar(share: float, *, kind: str = "fill", whisker: float = 0.0) -> Markup:
    """A horizontal bar, 0 to 1 of its cell, with a line of `whisker` to either side of its end."""
    end = 100 * min(max(share, 0.0), 1.0)
    parts = [
        element("rect", x=0, y=4, width=100, height=2, class_="track"),
        element("rect", x=0, y=1, width=max(end, 0.6), height=8, class_=kind),
    ]
    if whisker > 0:
        left, right = max(end - 100 * whisker, 0.0), min(end + 100 * whisker, 100.0)
        parts.append(element("line", x1=left, y1=5, x2=right, y2=5, class_="whisker"))
    return element(
        "svg",
        *parts,
        class_="bar",
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def spark(bars: Sequence[tuple[float, float, float]], title: str) -> Markup:
    """A small histogram for a table's cell: (left, right, height), sides as shares of the width."""
    top = max((height for _, _, height in bars), default=0) or 1.0
    drawn = (
        element(
            "rect",
            x=100 * left + 0.4,
            y=30 - 29 * height / top,
            width=max(100 * (right - left) - 0.8, 0.8),
            height=29 * height / top,
            class_="fill",
        )
        for left, right, height in bars
        if height > 0
    )
    return element(
        "svg",
        element("title", title),
        element("line", x1=0, y1=30, x2=100, y2=30, class_="grid"),
        *drawn,
        class_="spark",
        viewBox="0 0 100 30.5",
        preserveAspectRatio="none",
        role="img",
    )


def figure(width: float, height: float, title: str, *parts: Markup | None) -> Markup:
    """A chart that stands by itself."""
    return element(
        "svg",
        element("title", title),
        *parts,
        class_="figure",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
    )


def label(x: float, y: float, text: str) -> Markup:
    """A text in the middle of x."""
    return element("text", text, x=x, y=y, class_="middle")
